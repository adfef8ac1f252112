use boyin_model::status::LicenseStatus;
use boyin_model::trust::{Sunset, TrustList};
use boyin_present::limits::{MAX_BUNDLE_BYTES, MAX_BUNDLE_STATUS_LISTS};
use boyin_present::{Bundle, BundleError, Demand, PresentationReport, Presented, check};
use boyin_suite::{Algorithm, all_jws};
use boyin_testkit::key::FixedKey;
use boyin_testkit::prefecture::{Prefecture, now, status_token};
use boyin_verify::{AnyReason as _, Context, Reason, StatusError, TrustError};

use crate::{at, card};

const DAY: u64 = 86_400;

fn bundle_of(prefecture: &Prefecture, list: &TrustList) -> Bundle {
    Bundle {
        trust_list: prefecture.trust_token(list),
        status_lists: vec![status_token(&prefecture.status_list(), &prefecture.office.lists)],
        handovers: Vec::new(),
    }
}

fn checked(prefecture: &Prefecture, bundle: &Bundle, seconds: u64) -> PresentationReport {
    let opened = bundle.open(prefecture.anchor_jwk(), &all_jws(), at(seconds)).unwrap();
    let context = Context { now: at(seconds), trust: &opened.trust, status: &opened.status };
    let shown = Presented { license: card(prefecture), statement: None };
    check(&shown, &Prefecture::verifier(), &context, Demand::Any, None)
}

#[test]
fn a_bundle_is_enough_and_its_age_is_told() {
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let bundle = Bundle::read(&bundle_of(&prefecture, &prefecture.trust_list()).write()).unwrap();
    let report = checked(&prefecture, &bundle, 100);
    assert_eq!(report.verdict().code(), "passed");
    // The list of the sample is a day old, its status list an hour.
    let told = report.to_json();
    assert_eq!(told["age"]["trust_list"]["age_seconds"], DAY + 100);
    assert_eq!(told["age"]["status_list"]["age_seconds"], 3700);
    assert_eq!(told["age"]["status_list"]["fresh_until"], at(DAY).seconds());
    assert_eq!(told["kind"], "static");
}

/// At each limit, and what the age is then.
#[test]
fn a_stale_bundle_leaves_the_question_open() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let bundle = bundle_of(&prefecture, &prefecture.trust_list());
    for (seconds, verdict, code) in [
        (DAY - 1, "passed", None),
        (DAY, "indeterminate", Some("status_list_stale")),
        (6 * DAY, "indeterminate", Some("trust_list_stale")),
    ] {
        let report = checked(&prefecture, &bundle, seconds);
        assert_eq!(
            (report.verdict().code(), report.verdict().reason().map(|reason| reason.info().code)),
            (verdict, code)
        );
        assert_eq!(report.trust_list.seconds, DAY + seconds);
        assert_eq!(report.status_list.unwrap().seconds, 3600 + seconds);
    }
}

#[test]
fn a_license_revoked_in_the_bundle_is_refused() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let mut claims = prefecture.status_list();
    let card_type = prefecture.catalog.find("identity-card").unwrap().code;
    let index = prefecture.assignment(card_type).status.index;
    claims.list.set(index, LicenseStatus::Revoked.value()).unwrap();
    let revoked = status_token(&claims, &prefecture.office.lists);
    let mut bundle = bundle_of(&prefecture, &prefecture.trust_list());
    bundle.status_lists = vec![revoked];
    for seconds in [0, 2 * DAY] {
        let report = checked(&prefecture, &bundle, seconds);
        assert_eq!(
            (report.verdict().code(), report.verdict().reason().unwrap().info().code),
            ("failed", "revoked")
        );
    }
}

/// Whoever leaves a list out, or puts a refused one in, gets no verdict that passes.
#[test]
fn a_list_that_is_not_in_it_is_missed() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let mut bundle = bundle_of(&prefecture, &prefecture.trust_list());
    let token = bundle.status_lists.remove(0);
    let report = checked(&prefecture, &bundle, 0);
    assert_eq!(report.verdict().reason().unwrap().info().code, "status_list_unavailable");
    assert_eq!((report.status_list, report.verdict().code()), (None, "indeterminate"));
    assert!(report.to_json()["age"]["status_list"].is_null());
    let changed = [&token[..token.len() - 4], b"AAAA"].concat();
    bundle.status_lists.push(changed);
    let opened = bundle.open(prefecture.anchor_jwk(), &all_jws(), now()).unwrap();
    assert_eq!(opened.refused, [(0, StatusError::Signature)]);
    assert_eq!(checked(&prefecture, &bundle, 0).verdict().code(), "indeterminate");
}

#[test]
fn a_bundle_of_another_anchor_is_refused() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let bundle = bundle_of(&prefecture, &prefecture.trust_list());
    let other = FixedKey::signing(Algorithm::Es256, 99);
    let refused = bundle.open(other.reference().jwk(), &all_jws(), now()).unwrap_err();
    assert_eq!(refused, BundleError::Trust(TrustError::NotByAnchor));
    let changed = Bundle {
        trust_list: [&bundle.trust_list[..bundle.trust_list.len() - 4], b"AAAA"].concat(),
        ..bundle.clone()
    };
    let refused = changed.open(prefecture.anchor_jwk(), &all_jws(), now()).unwrap_err();
    assert_eq!(refused, BundleError::Trust(TrustError::Signature));
    let strange = Bundle { handovers: vec![b"x".to_vec()], ..bundle };
    let refused = strange.open(prefecture.anchor_jwk(), &all_jws(), now()).unwrap_err();
    assert!(matches!(refused, BundleError::Anchor(_)), "{refused}");
}

#[test]
fn a_bundle_has_one_spelling_and_bounds() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let bundle = bundle_of(&prefecture, &prefecture.trust_list());
    let good = String::from_utf8(bundle.write()).unwrap();
    assert_eq!(Bundle::read(good.as_bytes()), Ok(bundle.clone()));
    for (from, to, at_fault) in [
        ("{\"format\"", "{ \"format\"", "JSON"),
        ("\"format\":1", "\"format\":2", "format"),
        ("\"handovers\":[]", "\"handovers\":{}", "handovers"),
        ("\"handovers\":[]", "\"handovers\":[1]", "handovers"),
        ("\"status_lists\":[", "\"status_lists\":[[],", "status_lists"),
        ("\"trust_list\":", "\"trust_list\":7,\"u\":", "members"),
        ("}", ",\"until\":1}", "members"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good);
        assert_eq!(Bundle::read(bad.as_bytes()), Err(BundleError::Format(at_fault)), "{to}");
    }
    let many = Bundle { status_lists: vec![b"x".to_vec(); MAX_BUNDLE_STATUS_LISTS + 1], ..bundle.clone() };
    assert_eq!(Bundle::read(&many.write()), Err(BundleError::Format("status_lists")));
    let many = Bundle { handovers: vec![b"x".to_vec(); 65], ..bundle };
    assert_eq!(Bundle::read(&many.write()), Err(BundleError::Format("handovers")));
    // Not even read as JSON.
    let large = vec![b'x'; MAX_BUNDLE_BYTES + 1];
    assert_eq!(Bundle::read(&large), Err(BundleError::Format("size")));
    let commas = vec![b','; MAX_BUNDLE_STATUS_LISTS + 64 + 4];
    assert_eq!(Bundle::read(&commas), Err(BundleError::Format("number of parts")));
    assert_eq!(Bundle::read(&commas[1..]), Err(BundleError::Format("JSON")));
}

/// As the verifier asks it for one license, so it is asked for all lists of a bundle.
#[test]
fn lists_that_do_not_count_are_told() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let counts = |bundle: &Bundle, seconds| {
        let opened = bundle.open(prefecture.anchor_jwk(), &all_jws(), now()).unwrap();
        assert_eq!((opened.refused.len(), opened.status_lists().len()), (0, bundle.status_lists.len()));
        opened.counts_at(at(seconds))
    };
    let good = bundle_of(&prefecture, &prefecture.trust_list());
    assert_eq!(counts(&good, DAY - 1), Ok(()));
    assert_eq!(counts(&good, DAY), Err(Reason::StatusListStale));
    assert_eq!(counts(&good, 6 * DAY), Err(Reason::TrustListStale));

    let mut ahead = prefecture.trust_list();
    ahead.issued_at = at(301);
    assert_eq!(counts(&bundle_of(&prefecture, &ahead), 0), Err(Reason::TrustListFromFuture));
    let mut claims = prefecture.status_list();
    claims.iat = at(301);
    let ahead = status_token(&claims, &prefecture.office.lists);
    let ahead = Bundle { status_lists: vec![ahead], ..good };
    assert_eq!(counts(&ahead, 0), Err(Reason::StatusListFromFuture));

    let mut ended = prefecture.trust_list();
    let (alg, sign_until) = ("ES256".to_owned(), prefecture.status_list().iat);
    ended.algorithms.push(Sunset { alg, sign_until, verify_until: None });
    assert_eq!(counts(&bundle_of(&prefecture, &ended), 0), Err(Reason::StatusListForeign));
}

#[test]
fn a_trust_list_older_than_the_one_that_is_known_is_refused() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let list = prefecture.trust_list();
    let bundle = bundle_of(&prefecture, &list);
    let open = || bundle.open(prefecture.anchor_jwk(), &all_jws(), now()).unwrap();
    assert!(open().at_least(list.sequence).is_ok());
    assert_eq!(
        open().at_least(list.sequence + 1).unwrap_err(),
        BundleError::Sequence { found: list.sequence, least: list.sequence + 1 }
    );
}
