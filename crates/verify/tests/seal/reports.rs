//! What a report tells: names, codes, and which of several faults decides.

use boyin_model::limits::MAX_SEAL_BYTES;
use boyin_model::register::Period;
use boyin_model::seal::UNIT_SEAL;
use boyin_model::time::UnixTime;
use boyin_model::trust::Sunset;
use boyin_suite::Algorithm;
use boyin_testkit::key::FixedKey;
use boyin_testkit::prefecture::{Prefecture, now, since};
use boyin_testkit::seals::{
    CertificateByHand, DOCUMENT, SEAL_ID, SealWorld, context, key_usage, name, register_list,
};
use boyin_verify::Reader;
use boyin_verify::seal::{
    Document, SealCheck, SealContext, SealDetail, SealNote, SealOutcome, SealReason, SealReport, SealSubject,
    SealVerdict, SealVerifier,
};
use serde_json::{Value, json};

fn told(report: &SealReport) -> Value {
    serde_json::from_slice(&report.to_json()).unwrap()
}

/// A signature of the world's signer a minute ago, verified over a document.
fn signed(world: &SealWorld, document: Document<'_>) -> SealReport {
    let seal = world.seal_by_hand(&world.info().write().unwrap());
    let signature = world.signature_by_hand(&seal, now().minus(60));
    SealVerifier::new(Reader::Ours).check_signature(&signature, document, &context(&world.store(), now()))
}

#[test]
fn verdicts_reasons_notes_and_subjects_are_told() {
    let world = SealWorld::new(Algorithm::Es256);
    let passed = signed(&world, Document::Bytes(DOCUMENT));
    let (id, version, signed_at) = (Some(SEAL_ID.to_owned()), Some(4), Some(now().minus(60)));
    assert_eq!(passed.subject(), &SealSubject { id, kind: Some(UNIT_SEAL), version, signed_at });
    let report = told(&passed);
    assert_eq!(report["verdict"], "passed");
    assert_eq!(report["notes"], json!(["register_not_asked", "signing_time_unproven", "no_timestamp"]));
    assert_eq!(report.get("reason"), None);
    for (document, verdict, reason) in [
        (Document::Bytes(b"another"), "failed", SealReason::DocumentMismatch),
        (Document::NotGiven, "indeterminate", SealReason::DocumentMissing),
    ] {
        let report = signed(&world, document);
        assert_eq!(report.verdict().reason(), Some(reason));
        let report = told(&report);
        assert_eq!((&report["verdict"], &report["reason"]["code"]), (&json!(verdict), &json!(reason.code())));
    }
}

#[test]
fn what_is_too_large_is_not_hashed() {
    let world = SealWorld::new(Algorithm::Es256);
    for (length, is_hashed, reason) in
        [(MAX_SEAL_BYTES, true, SealReason::Malformed), (MAX_SEAL_BYTES + 1, false, SealReason::TooLarge)]
    {
        let report =
            SealVerifier::new(Reader::Ours).check_seal(&vec![0; length], &context(&world.store(), now()));
        assert_eq!(report.verdict(), SealVerdict::Failed(reason), "{length}");
        assert_eq!(told(&report).get("document").is_some(), is_hashed, "{length}");
    }
}

#[test]
fn what_is_known_to_be_wrong_outweighs_what_is_not_known() {
    let mut world = SealWorld::new(Algorithm::Es256);
    let (issuer, by) = (name("nobody"), FixedKey::signing(Algorithm::Es256, 912));
    let (from, until) = (now().minus(1000), now().plus(1000));
    let hand = CertificateByHand {
        issuer_key: &by,
        issuer: &issuer,
        key: &world.signer.0,
        name: "签章人",
        serial: 7,
        from,
        until,
    };
    // For encryption, and by an authority that nobody knows.
    let certificate = hand.write(&[key_usage(0b0010_0000)]);
    world.signer.1 = certificate;
    let report = signed(&world, Document::Bytes(DOCUMENT));
    let wrong = SealOutcome::NotPassed(SealReason::SignerKeyUsage, None);
    assert_eq!(report.outcome(SealCheck::SignerCertificate), wrong);
}

#[test]
fn a_certificate_ends_after_its_last_second() {
    for (until, has_ended) in [(now(), false), (now().minus(1), true)] {
        let mut world = SealWorld::new(Algorithm::Es256);
        let key = world.signer.0.clone();
        world.signer.1 =
            boyin_testkit::seals::certificate(&world.authority, &key, 2, SEAL_ID, now().minus(1000), until);
        let report = signed(&world, Document::Bytes(DOCUMENT));
        assert_eq!(report.notes().contains(&SealNote::SignerEndedSince), has_ended, "{until}");
    }
}

/// Whoever has no trust list but knows of an end refuses what was signed after it, however old the certificates are.
#[test]
fn ends_that_certificates_are_verified_with_count_for_seal_and_signature() {
    let world = SealWorld::new(Algorithm::Es256);
    let info = world.info();
    let seal = world.seal_by_hand(&info.write().unwrap());
    let signed_at = now().minus(60);
    let signature = world.signature_by_hand(&seal, signed_at);
    let ends: [(UnixTime, &[SealCheck]); 3] = [
        (info.created, &[SealCheck::MakerSignature, SealCheck::Signature]),
        (signed_at, &[SealCheck::Signature]),
        (signed_at.plus(1), &[]),
    ];
    for (sign_until, not_passed) in ends {
        let mut store = world.store();
        store.end_algorithms(&[Sunset { alg: "ES256".to_owned(), sign_until, verify_until: None }]);
        let report = SealVerifier::new(Reader::Ours).check_signature(
            &signature,
            Document::Bytes(DOCUMENT),
            &context(&store, now()),
        );
        let ended = |check: &SealCheck| {
            matches!(report.outcome(*check), SealOutcome::NotPassed(SealReason::AlgorithmEnded, _))
        };
        let mut found: Vec<_> = SealCheck::ALL.into_iter().filter(ended).collect();
        found.sort_by_key(|check| *check == SealCheck::Signature);
        assert_eq!(found, not_passed, "{sign_until}");
    }
}

/// The instant that is told is the one that missed the limit: that of signing, or now.
#[test]
fn the_end_of_an_algorithm_is_told() {
    let world = SealWorld::new(Algorithm::Es256);
    let seal = world.seal_by_hand(&world.info().write().unwrap());
    let signed_at = now().minus(60);
    let signature = world.signature_by_hand(&seal, signed_at);
    let store = world.store();
    for (sign_until, verify_until, at) in
        [(signed_at, None, signed_at), (signed_at.plus(1), Some(now()), now())]
    {
        let mut list = register_list(world.algorithm, &[(&seal, &[Period { from: since(), until: None }])]);
        list.algorithms = vec![Sunset { alg: "ES256".to_owned(), sign_until, verify_until }];
        let register = Prefecture::new(world.algorithm).trust(&list);
        let context = SealContext { register: Some(&register), ..context(&store, now()) };
        let report =
            SealVerifier::new(Reader::Ours).check_signature(&signature, Document::Bytes(DOCUMENT), &context);
        // Limit and instant are one: the first at which it does not count any more.
        let missed = SealDetail::Instants { at, limit: at };
        let ended = SealOutcome::NotPassed(SealReason::AlgorithmEnded, Some(missed));
        assert_eq!(report.outcome(SealCheck::Signature), ended);
    }
}
