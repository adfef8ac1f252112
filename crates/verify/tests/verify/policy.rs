use std::num::NonZeroU16;

use boyin_model::json::Reader;
use boyin_model::time::UnixTime;
use boyin_suite::{Algorithm, ES256, SM2_SM3};
use boyin_testkit::mutate::{Parts, sign};
use boyin_testkit::prefecture::{Prefecture, World, now, status_token};
use boyin_verify::{
    Check, MAX_POLICY_BYTES, Note, Policy, PolicyError, Reason, StatusSnapshot, Verdict, Verifier,
    VerifyAlg as _, Weight, WhenStale,
};

fn hours(hours: u16) -> WhenStale {
    WhenStale::AcceptFor { hours: NonZeroU16::new(hours).unwrap() }
}

fn stale_world(prefecture: &Prefecture, trust_end: UnixTime, status_end: UnixTime) -> World {
    let mut list = prefecture.trust_list();
    list.next_update = trust_end;
    let trust = prefecture.trust(&list);
    let mut claims = prefecture.status_list();
    claims.iat = now().minus(5 * 3600);
    claims.exp = status_end;
    let mut status = StatusSnapshot::default();
    status.add(&status_token(&claims, &prefecture.office.lists), &trust).unwrap();
    World { now: now(), trust, status }
}

#[test]
fn a_stale_list_serves_as_long_as_the_policy_says_and_is_noted() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let document = prefecture.issue(&prefecture.draft("food-business-permit"));
    let later = now().plus(1000);
    let check = |policy: Policy, trust_end, status_end| {
        let verifier = Prefecture::verifier().with_policy(policy);
        let report = verifier.check(&document, &stale_world(&prefecture, trust_end, status_end).context());
        let told: serde_json::Value = serde_json::from_slice(&report.to_json()).unwrap();
        let codes = report.notes().iter().map(|note| match note {
            Note::NotCanonical => "not_canonical",
            Note::StaleTrustAccepted => "stale_trust_accepted",
            Note::StaleStatusAccepted => "stale_status_accepted",
        });
        assert_eq!(told["notes"], codes.collect::<serde_json::Value>());
        (report.verdict(), report.notes().to_vec())
    };
    let trust = Policy::default().when_trust_stale(hours(2));
    let status = Policy::default().when_status_stale(hours(2));
    let (last, first_after) = (now().minus(2 * 3600 - 1), now().minus(2 * 3600));
    assert_eq!(check(trust.clone(), last, later), (Verdict::Passed, vec![Note::StaleTrustAccepted]));
    assert_eq!(check(trust.clone(), first_after, later).0, Verdict::Indeterminate(Reason::TrustListStale));
    assert_eq!(check(trust, later, now()).0, Verdict::Indeterminate(Reason::StatusListStale));
    assert_eq!(check(status.clone(), later, last), (Verdict::Passed, vec![Note::StaleStatusAccepted]));
    assert_eq!(check(status.clone(), later, first_after).0, Verdict::Indeterminate(Reason::StatusListStale));
    assert_eq!(check(status, now(), later).0, Verdict::Indeterminate(Reason::TrustListStale));
    assert_eq!(check(Policy::default(), later, later), (Verdict::Passed, Vec::new()));
}

#[test]
fn a_stale_list_does_not_hide_a_revocation() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let document = prefecture.issue(&prefecture.draft("food-business-permit"));
    let index =
        prefecture.assignment(prefecture.catalog.find("food-business-permit").unwrap().code).status.index;
    let trust = prefecture.trust(&prefecture.trust_list());
    let mut claims = prefecture.status_list();
    claims.exp = now().minus(60);
    claims.list.set(index, 1).unwrap();
    let mut status = StatusSnapshot::default();
    status.add(&status_token(&claims, &prefecture.office.lists), &trust).unwrap();
    let world = World { now: now(), trust, status };
    let lenient = Prefecture::verifier().with_policy(Policy::default().when_status_stale(hours(9)));
    assert_eq!(lenient.check(&document, &world.context()).verdict(), Verdict::Failed(Reason::Revoked));
}

#[test]
fn other_spellings_pass_with_a_note_if_the_policy_reads_from_the_field() {
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let world = prefecture.world();
    let parts = Parts::open(&prefecture.issue(&prefecture.draft("identity-card")));
    let (header, payload) = parts.texts();
    let payload = String::from_utf8(payload).unwrap().replacen(':', " : ", 3);
    let document = sign(&header, payload.as_bytes(), &parts.disclosures, prefecture.key());
    let ours = Prefecture::verifier().check(&document, &world.context());
    assert_eq!(ours.verdict(), Verdict::Failed(Reason::NotCanonical));
    let field = Prefecture::verifier().with_policy(Policy::default().reader(Reader::Field));
    let report = field.check(&document, &world.context());
    assert_eq!((report.verdict(), report.notes()), (Verdict::Passed, &[Note::NotCanonical][..]));
    let told: serde_json::Value = serde_json::from_slice(&report.to_json()).unwrap();
    assert_eq!(told["notes"], serde_json::json!(["not_canonical"]));
    let twice = payload.replacen("{", "{\"iat\":1,", 1);
    let document = sign(&header, twice.as_bytes(), &parts.disclosures, prefecture.key());
    assert_eq!(field.check(&document, &world.context()).verdict(), Verdict::Failed(Reason::DuplicateMember));
}

#[test]
fn an_algorithm_that_the_verifier_does_not_list_is_refused() {
    for (algorithm, verifier) in
        [(Algorithm::Es256, Verifier::new(&[&SM2_SM3])), (Algorithm::Sm2, Verifier::new(&[&ES256]))]
    {
        let prefecture = Prefecture::new(algorithm);
        let document = prefecture.issue(&prefecture.draft("identity-card"));
        let report = verifier.check(&document, &prefecture.world().context());
        assert_eq!(report.verdict(), Verdict::Failed(Reason::AlgNotAllowed));
    }
}

#[test]
#[should_panic(expected = "a verifier needs an algorithm")]
fn a_verifier_without_algorithms_is_a_mistake() {
    let _ = Verifier::new(&[]);
}

#[test]
fn the_default_is_the_built_in_policy_strict() {
    assert_eq!(Policy::named("strict"), Some(Policy::default()));
    assert_eq!(Policy::named("Strict"), None);
    let weights = Check::ALL.map(|check| Policy::default().weight(check));
    assert_eq!(weights, [Weight::Fail; 11]);
    for policy in Policy::built_in() {
        assert_eq!(Policy::read(&policy.write()), Ok(policy.clone()));
    }
}

fn policy_of(from: &str, to: &str) -> Result<Policy, PolicyError> {
    let strict = String::from_utf8(Policy::default().write()).unwrap();
    assert!(strict.contains(from), "{from}");
    Policy::read(strict.replace(from, to).as_bytes())
}

#[test]
fn a_policy_says_which_version_it_is() {
    let read = policy_of("\"version\":1", "\"version\":7").unwrap();
    assert_eq!((read.name(), read.version()), ("strict", 7));
}

#[test]
fn every_fault_of_a_policy_has_its_error() {
    let member = |name| Err(PolicyError::Member(name));
    for (from, to, expected) in [
        ("\"format\":1", "\"format\":2", Err(PolicyError::Format)),
        ("\"format\":1,", "", Err(PolicyError::Format)),
        ("{\"checks\"", "[{\"checks\"", Err(PolicyError::Format)),
        ("\"strict\"", "\"\"", member("name")),
        ("\"strict\"", "\"Strict\"", member("name")),
        ("\"strict\"", "7", member("name")),
        ("\"version\":1", "\"version\":0", member("version")),
        ("\"version\":1", "\"version\":4294967296", member("version")),
        ("\"reader\":\"ours\"", "\"reader\":\"theirs\"", member("reader")),
        ("\"stale_status_hours\":0", "\"stale_status_hours\":65536", member("stale_status_hours")),
        ("\"stale_trust_hours\":0", "\"stale_trust_hours\":-1", member("stale_trust_hours")),
        ("\"checks\":{}", "\"checks\":[]", member("checks")),
        ("\"checks\":{}", "\"checks\":{\"revoked\":\"warn\"}", member("checks")),
        ("\"checks\":{}", "\"checks\":{\"status\":\"ignore\"}", member("checks")),
        ("\"version\":1", "\"version\":1,\"warn\":1", member("an additional member")),
    ] {
        assert_eq!(policy_of(from, to), expected, "{to}");
    }
    assert_eq!(Policy::read(&vec![b' '; MAX_POLICY_BYTES + 1]), Err(PolicyError::Format));
    assert_eq!(policy_of("\"strict\"", &format!("\"{}\"", "a".repeat(65))), member("name"));
    assert!(policy_of("\"strict\"", &format!("\"{}\"", "a".repeat(64))).is_ok());
}

#[test]
fn what_says_whose_words_these_are_cannot_be_lowered() {
    for check in Check::ALL {
        let lowered = policy_of("\"checks\":{}", &format!("\"checks\":{{\"{}\":\"inform\"}}", check.code()));
        let may = [Check::TrustList, Check::Entitlement, Check::Seal, Check::Validity, Check::Status];
        if may.contains(&check) {
            assert_eq!(lowered.unwrap().weight(check), Weight::Inform);
        } else {
            assert_eq!(lowered, Err(PolicyError::NotToLower(check)));
        }
        let full = policy_of("\"checks\":{}", &format!("\"checks\":{{\"{}\":\"fail\"}}", check.code()));
        assert_eq!(full, Ok(Policy::default()));
    }
}

#[test]
fn a_lowered_check_lets_the_verdict_stand_but_proves_nothing() {
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let document = prefecture.issue(&prefecture.draft("food-business-permit"));
    let index =
        prefecture.assignment(prefecture.catalog.find("food-business-permit").unwrap().code).status.index;
    let trust = prefecture.trust(&prefecture.trust_list());
    let mut claims = prefecture.status_list();
    claims.list.set(index, 1).unwrap();
    let mut status = StatusSnapshot::default();
    status.add(&status_token(&claims, &prefecture.office.lists), &trust).unwrap();
    let world = World { now: now(), trust, status };
    let strict = Prefecture::verifier().check(&document, &world.context());
    assert_eq!(strict.verdict(), Verdict::Failed(Reason::Revoked));
    assert_eq!(strict.lowered().count(), 0);
    let file = Prefecture::verifier().with_policy(Policy::named("file").unwrap());
    let report = file.check(&document, &world.context());
    assert_eq!(report.verdict(), Verdict::Passed);
    assert_eq!(report.lowered().collect::<Vec<_>>(), [(Check::Status, Reason::Revoked, Weight::Warn)]);
    let json: serde_json::Value = serde_json::from_slice(&report.to_json()).unwrap();
    assert_eq!(json["checks"][10]["weight"], "warn");
    assert_eq!(json["checks"][10]["reason"], "revoked");
    assert_eq!(json["policy"]["name"], "file");
    let refused = report.into_verified().unwrap_err();
    assert_eq!(refused.verdict(), Verdict::Passed);
    assert_eq!(refused.to_json(), file.check(&document, &world.context()).to_json());
}

#[test]
fn a_report_names_its_policy_by_the_digest_of_its_bytes() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let document = prefecture.issue(&prefecture.draft("food-business-permit"));
    let digest_of = |policy: Policy| {
        let hex: String = ES256.digest(&[&policy.write()]).iter().map(|byte| format!("{byte:02x}")).collect();
        let verifier = Prefecture::verifier().with_policy(policy);
        let report = verifier.check(&document, &prefecture.world().context());
        let json: serde_json::Value = serde_json::from_slice(&report.to_json()).unwrap();
        assert_eq!(json["policy"]["digest"], format!("sha-256:{hex}"));
        (json["policy"]["name"].as_str().unwrap().to_owned(), hex)
    };
    let (name, strict) = digest_of(Policy::default());
    assert_eq!(name, "strict");
    for policy in [
        Policy::default().when_status_stale(hours(2)),
        Policy::default().when_trust_stale(hours(2)),
        Policy::default().reader(Reader::Field),
    ] {
        let (name, changed) = digest_of(policy);
        assert_eq!(name, "changed");
        assert_ne!(strict, changed);
    }
}
