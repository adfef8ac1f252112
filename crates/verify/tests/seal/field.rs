//! Files of other makers, with the verdicts that an independent analysis gave them.

use boyin_model::seal::{Seal, SealSignature, SigningTime, Version};
use boyin_suite::all_x509;
use boyin_testkit::vectors;
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::{
    Document, Profile, SealCheck, SealContext, SealDetail, SealNote, SealOutcome, SealReason, SealReport,
    SealVerdict, SealVerifier,
};
use boyin_verify::timestamp::TimestampReason;
use boyin_verify::{Reader, UnixTime};

fn vector(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(vectors::path(&format!("seals/{name}"))?).unwrap())
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

/// 2021-01-01 and 2026-11-23, UTC.
const WITHIN: u64 = 1_609_459_200;
const TODAY: u64 = 1_795_392_000;

/// Trusts these certificates as they are, and as makers.
fn store(pinned: &[&[u8]]) -> CertificateStore {
    let mut store = CertificateStore::new(&all_x509());
    for certificate in pinned {
        store.add_anchor(certificate).unwrap();
        store.add_maker(certificate).unwrap();
    }
    store
}

fn context(store: &CertificateStore, now: u64) -> SealContext<'_> {
    SealContext { now: at(now), certificates: store, register: None }
}

fn shown(report: &SealReport) -> String {
    String::from_utf8_lossy(&report.to_json()).into_owned()
}

#[test]
fn seals_of_the_field_get_their_verdicts() {
    for (name, now, expected) in [
        ("ofdrw_UserV1.esl", WITHIN, SealVerdict::Passed),
        ("ofdrw_UserV1.esl", TODAY, SealVerdict::Failed(SealReason::MakerNotInTime)),
        ("ofdrw_UserV4.esl", WITHIN, SealVerdict::Passed),
        // Made in 2026 under a certificate that ended in 2022.
        ("ofdrw_UserV5.esl", TODAY, SealVerdict::Failed(SealReason::MakerNotInTime)),
        ("ofdrw_UserV5_ts.esl", TODAY, SealVerdict::Failed(SealReason::MakerNotInTime)),
    ] {
        let Some(bytes) = vector(name) else { return };
        let seal = Seal::read(&bytes, Reader::Field).unwrap();
        let trusted = store(&[seal.maker]);
        let verifier = SealVerifier::new(Reader::Field);
        let report = verifier.check_seal(&bytes, &context(&trusted, now));
        assert_eq!(report.verdict(), expected, "{name} at {now}: {}", shown(&report));
        assert_eq!(report.profile(), Profile::of(&seal));
        assert_eq!(report.outcome(SealCheck::MakerSignature), SealOutcome::Passed, "{name}");

        if name == "ofdrw_UserV5_ts.esl" {
            let detail = SealDetail::Timestamp(TimestampReason::Malformed);
            let invalid = SealOutcome::NotPassed(SealReason::TimestampInvalid, Some(detail));
            assert_eq!(report.outcome(SealCheck::Timestamp), invalid);
        }

        // Nobody trusts anybody for being in a file.
        let unknown = store(&[]);
        let report = verifier.check_seal(&bytes, &context(&unknown, WITHIN));
        let outcome = report.outcome(SealCheck::MakerCertificate);
        if matches!(expected, SealVerdict::Passed) {
            let missing = SealReason::MakerChainMissing;
            assert_eq!(
                verifier.check_seal(&bytes, &context(&unknown, now)).verdict(),
                SealVerdict::Indeterminate(missing),
                "{name}"
            );
        }
        assert_ne!(outcome, SealOutcome::Passed, "{name}");

        // One bit of what the maker signed, and one of the value.
        let place =
            bytes.windows(seal.info.id.len()).position(|part| part == seal.info.id.as_bytes()).unwrap();
        for place in [place, bytes.len() - 30] {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let report = verifier.check_seal(&changed, &context(&trusted, WITHIN));
            assert!(matches!(report.verdict(), SealVerdict::Failed(_)), "{name} {place}");
        }
    }
}

#[test]
fn a_signature_of_the_field_gets_its_verdicts() {
    let Some(bytes) = vector("ofdrw_SignedValueV4.dat") else { return };
    let signed = SealSignature::read(&bytes, Reader::Field).unwrap();
    let SigningTime::Instant(time) = signed.time else { panic!("an instant") };
    assert_eq!(signed.version, Version::V4);
    let pinned = store(&[signed.seal.maker, signed.signer]);
    let digest = signed.document_digest.try_into().unwrap();
    let verifier = SealVerifier::new(Reader::Field);
    let verdict = |store: &CertificateStore, document| {
        let report = verifier.check_signature(&bytes, document, &context(store, time.seconds() + 60));
        assert_eq!(report.outcome(SealCheck::Signature), SealOutcome::Passed, "{}", shown(&report));
        assert_eq!(report.outcome(SealCheck::MakerSignature), SealOutcome::Passed);
        assert!(report.notes().contains(&SealNote::SigningTimeUnproven));
        report.verdict()
    };
    assert_eq!(verdict(&pinned, Document::NotGiven), SealVerdict::Indeterminate(SealReason::DocumentMissing));
    assert_eq!(verdict(&pinned, Document::Bytes(b"x")), SealVerdict::Failed(SealReason::DocumentMismatch));
    assert_eq!(verdict(&pinned, Document::Digest(digest)), SealVerdict::Passed);
    let (maker, signer) = (store(&[signed.seal.maker]), store(&[signed.signer]));
    let missing = SealVerdict::Indeterminate(SealReason::SignerChainMissing);
    if signed.seal.maker != signed.signer {
        assert_eq!(verdict(&maker, Document::Digest(digest)), missing);
    }
    let missing = SealVerdict::Indeterminate(SealReason::MakerChainMissing);
    assert_eq!(verdict(&signer, Document::Digest(digest)), missing);
    assert_eq!(verdict(&store(&[]), Document::Digest(digest)), missing);
}
