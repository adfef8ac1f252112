use boyin_issue::{SigningKey, presentation};
use boyin_model::presentation::Presentation;
use boyin_present::{Demand, DynamicReason, PresentReason, PresentationReport, Presented, SeenNonces, check};
use boyin_suite::Algorithm;
use boyin_testkit::prefecture::{Prefecture, World, now};
use boyin_verify::AnyReason as _;

use crate::{at, both, card, claims_of, dynamic_of, showing};

fn checked(world: &World, shown: &Presented, seconds: u64, seen: &mut SeenNonces) -> PresentationReport {
    let context = boyin_verify::Context { now: at(seconds), ..world.context() };
    check(shown, &Prefecture::verifier(), &context, Demand::Dynamic, Some(seen))
}

/// Its license passes, whatever becomes of the dynamic part.
fn refused(world: &World, shown: &Presented, seconds: u64) -> DynamicReason {
    let report = checked(world, shown, seconds, &mut SeenNonces::default());
    assert_eq!(report.license.verdict(), boyin_verify::Verdict::Passed);
    let reason = report.dynamic.as_ref().unwrap().outcome.unwrap_err();
    assert_eq!(report.verdict().reason(), Some(PresentReason::Dynamic(reason)));
    reason
}

fn signed(claims: &Presentation, key: &SigningKey) -> Vec<u8> {
    key.sign_jws(&presentation(claims, key.reference())).unwrap()
}

#[test]
fn a_code_counts_for_a_minute_and_once() {
    for prefecture in both() {
        let world = prefecture.world();
        let shown = dynamic_of(&prefecture, card(&prefecture), now());
        for seconds in [0, 59] {
            let mut seen = SeenNonces::default();
            assert_eq!(checked(&world, &shown, seconds, &mut seen).verdict().code(), "passed");
            let again = checked(&world, &shown, seconds, &mut seen);
            assert_eq!(again.dynamic.as_ref().unwrap().outcome, Err(DynamicReason::Repeated));
            assert_eq!(again.verdict().code(), "failed");
        }
        assert_eq!(refused(&world, &shown, 60), DynamicReason::Expired);
    }
}

#[test]
fn clocks_may_differ_by_the_tolerance() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let world = prefecture.world();
    let ahead = dynamic_of(&prefecture, card(&prefecture), at(300));
    assert_eq!(checked(&world, &ahead, 0, &mut SeenNonces::default()).verdict().code(), "passed");
    let ahead = dynamic_of(&prefecture, card(&prefecture), at(301));
    assert_eq!(refused(&world, &ahead, 0), DynamicReason::FromFuture);
}

#[test]
fn without_a_memory_the_question_stays_open() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let shown = dynamic_of(&prefecture, card(&prefecture), now());
    let report = check(&shown, &Prefecture::verifier(), &prefecture.world().context(), Demand::Dynamic, None);
    assert_eq!(report.dynamic.as_ref().unwrap().outcome, Err(DynamicReason::NoMemory));
    assert_eq!(report.verdict().code(), "indeterminate");
}

/// Whoever cuts the statement off has a static code of the same license.
#[test]
fn a_static_code_is_refused_where_a_dynamic_one_is_demanded() {
    for prefecture in both() {
        let (world, verifier) = (prefecture.world(), Prefecture::verifier());
        let cut = Presented { statement: None, ..dynamic_of(&prefecture, card(&prefecture), now()) };
        let report = |demand| check(&cut, &verifier, &world.context(), demand, None);
        assert_eq!(report(Demand::default()).verdict().code(), "passed");
        let refused = report(Demand::Dynamic);
        assert_eq!(refused.license.verdict(), boyin_verify::Verdict::Passed);
        assert_eq!(refused.verdict().code(), "failed");
        assert_eq!(refused.verdict().reason(), Some(PresentReason::Dynamic(DynamicReason::Missing)));
        let told = refused.to_json();
        assert_eq!(told["kind"], "static");
        assert_eq!(told["reason"]["code"], "dynamic_missing");
        assert!(told["dynamic"].is_null());
    }
}

/// A license that does not pass uses no code up: its holder shows it again when the verifier has fetched its lists.
#[test]
fn only_a_license_that_passes_uses_a_code_up() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let shown = dynamic_of(&prefecture, card(&prefecture), now());
    let without_lists = World { status: boyin_verify::StatusSnapshot::default(), ..prefecture.world() };
    let mut seen = SeenNonces::default();
    let open = checked(&without_lists, &shown, 0, &mut seen);
    assert_eq!(open.verdict().code(), "indeterminate");
    assert!(seen.is_empty());
    assert_eq!(checked(&prefecture.world(), &shown, 1, &mut seen).verdict().code(), "passed");
    assert_eq!(seen.len(), 1);
    // What was shown is told all the same.
    let again = checked(&without_lists, &shown, 2, &mut seen);
    assert_eq!(again.dynamic.as_ref().unwrap().outcome, Err(DynamicReason::Repeated));
    assert_eq!(again.verdict().code(), "failed");
}

#[test]
fn a_full_memory_leaves_it_open() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let shown = dynamic_of(&prefecture, card(&prefecture), now());
    let mut seen = SeenNonces::default();
    for number in 0..boyin_present::limits::MAX_SEEN_NONCES {
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&number.to_be_bytes());
        seen.see(nonce, at(60), now());
    }
    let report = checked(&prefecture.world(), &shown, 0, &mut seen);
    assert_eq!(report.dynamic.as_ref().unwrap().outcome, Err(DynamicReason::MemoryFull));
}

/// A statement is about one license with certain fields shown: neither another license nor other fields can take it over.
#[test]
fn a_statement_is_about_what_was_shown() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let world = prefecture.world();
    let statement = dynamic_of(&prefecture, card(&prefecture), now()).statement;
    let all = prefecture.issue(&prefecture.draft("identity-card"));
    let marriage = prefecture.issue(&prefecture.draft("marriage-certificate"));
    for other in [all.clone(), showing(&all, &["holder_name"]), marriage] {
        let shown = Presented { license: other, statement: statement.clone() };
        // The compact form carries it, for what belongs to what is the verifier's question.
        let shown =
            Presented::decode(&shown.encode(boyin_present::limits::MAX_COMPACT_BYTES).unwrap()).unwrap();
        assert_eq!(refused(&world, &shown, 0), DynamicReason::OtherLicense);
    }
}

#[test]
fn only_the_office_that_issued_can_state() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let world = prefecture.world();
    let license = card(&prefecture);
    let claims = claims_of(&prefecture, &license, now(), [1; 16]);
    let with = |statement: Vec<u8>| Presented { license: license.clone(), statement: Some(statement) };
    assert_eq!(
        refused(&world, &with(signed(&claims, &prefecture.other.es256)), 0),
        DynamicReason::KeyForeign
    );
    assert_eq!(refused(&world, &with(signed(&claims, &prefecture.anchor)), 0), DynamicReason::KeyUnknown);
    // Another key of the same office may: of another suite with its digest.
    let sm2 = &prefecture.office.sm2;
    let digest = Algorithm::Sm2.verifier().digest(&[&license]);
    let by_sm2 = with(signed(&Presentation { credential: digest, ..claims.clone() }, sm2));
    assert_eq!(checked(&world, &by_sm2, 0, &mut SeenNonces::default()).verdict().code(), "passed");
    let compact = by_sm2.encode(boyin_present::limits::QR_BUDGET_BYTES).unwrap();
    assert_eq!(Presented::decode(&compact).unwrap(), by_sm2);
}

#[test]
fn a_changed_statement_is_refused() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let world = prefecture.world();
    let license = card(&prefecture);
    let claims = claims_of(&prefecture, &license, now(), [1; 16]);
    let good = String::from_utf8(signed(&claims, prefecture.key())).unwrap();
    let with =
        |statement: String| Presented { license: license.clone(), statement: Some(statement.into_bytes()) };
    let parts: Vec<_> = good.split('.').collect();
    let later = Presentation { issued_at: at(1), ..claims.clone() };
    let later = String::from_utf8(signed(&later, prefecture.key())).unwrap();
    let mixed = [parts[0], later.split('.').nth(1).unwrap(), parts[2]].join(".");
    assert_eq!(refused(&world, &with(mixed), 0), DynamicReason::Signature);
    for bad in [parts[..2].join("."), String::new()] {
        assert_eq!(refused(&world, &with(bad), 0), DynamicReason::Malformed);
    }
    // A license is signed by the same key, and is no statement.
    let token = std::str::from_utf8(&license).unwrap().split('~').next().unwrap().to_owned();
    assert_eq!(refused(&world, &with(token), 0), DynamicReason::Malformed);
}

#[test]
fn keys_and_algorithms_count_in_their_time() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let license = card(&prefecture);
    let shown = dynamic_of(&prefecture, license.clone(), now());
    let world_of = |list| {
        let trust = prefecture.trust(&list);
        let mut status = boyin_verify::StatusSnapshot::default();
        let token =
            boyin_testkit::prefecture::status_token(&prefecture.status_list(), &prefecture.office.lists);
        status.add(&token, &trust).unwrap();
        World { now: now(), trust, status }
    };
    // The license was signed an hour ago.
    let mut list = prefecture.trust_list();
    list.issuers[0].keys[0].until = Some(now());
    assert_eq!(refused(&world_of(list), &shown, 0), DynamicReason::KeyNotInForce);
    let mut list = prefecture.trust_list();
    list.algorithms.push(boyin_model::trust::Sunset {
        alg: "ES256".to_owned(),
        sign_until: now(),
        verify_until: None,
    });
    assert_eq!(refused(&world_of(list), &shown, 0), DynamicReason::Algorithm);
}

/// What failed is told before what is open.
#[test]
fn an_expired_code_is_refused_under_stale_lists_too() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let world = prefecture.world();
    let shown = dynamic_of(&prefecture, card(&prefecture), now());
    let late = checked(&world, &shown, 30 * 86_400, &mut SeenNonces::default());
    assert_eq!(late.license.verdict().code(), "indeterminate");
    assert_eq!(late.verdict().reason().unwrap().info().code, "dynamic_expired");
    assert_eq!(late.verdict().code(), "failed");
    let fresh = dynamic_of(&prefecture, card(&prefecture), at(30 * 86_400));
    let open = checked(&world, &fresh, 30 * 86_400, &mut SeenNonces::default());
    assert_eq!(
        (open.verdict().code(), open.verdict().reason().unwrap().info().code),
        ("indeterminate", "trust_list_stale")
    );
}
