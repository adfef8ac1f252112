use std::num::NonZeroU16;

use boyin_model::json::Reader;
use boyin_model::time::UnixTime;
use boyin_suite::{Algorithm, ES256, SM2_SM3};
use boyin_testkit::mutate::{Parts, sign};
use boyin_testkit::prefecture::{Prefecture, World, now, status_token};
use boyin_verify::{Note, Policy, Reason, StatusSnapshot, Verdict, Verifier, WhenStale};

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
        (report.verdict(), report.notes().to_vec())
    };
    let trust = Policy::default().when_trust_stale(hours(2));
    let status = Policy::default().when_status_stale(hours(2));
    let (last, first_after) = (now().minus(2 * 3600 - 1), now().minus(2 * 3600));
    assert_eq!(check(trust, last, later), (Verdict::Passed, vec![Note::StaleTrustAccepted]));
    assert_eq!(check(trust, first_after, later).0, Verdict::Indeterminate(Reason::TrustListStale));
    assert_eq!(check(trust, later, now()).0, Verdict::Indeterminate(Reason::StatusListStale));
    assert_eq!(check(status, later, last), (Verdict::Passed, vec![Note::StaleStatusAccepted]));
    assert_eq!(check(status, later, first_after).0, Verdict::Indeterminate(Reason::StatusListStale));
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
