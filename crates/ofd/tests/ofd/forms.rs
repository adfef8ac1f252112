//! What stands in `SignedValue.dat`.

use boyin_model::alg::VerifyAlg as _;
use boyin_model::trust::Sunset;
use boyin_ofd::{Cause, OfdReason, OfdReport, OfdVerdict, OfdVerifier, SignatureKind, ValueReport};
use boyin_suite::{Algorithm, SM2_SM3};
use boyin_testkit::ofd::{Draft, Form, Signing, signed_data};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{
    CertificateByHand, SIGNS, SealWorld, context, der_signature, key_usage, revocation_list,
};
use boyin_testkit::tlv::{part, replaced, tlv};
use boyin_verify::chain::CertificateStore;
use boyin_verify::signed_data::{
    SignedDataCheck, SignedDataNote, SignedDataOutcome, SignedDataReason, SignedDataReport,
};
use boyin_verify::{Reader, UnixTime};

use crate::{check, failed, open, shown};

const VALUE: &str = "Doc_0/Signs/Sign_0/SignedValue.dat";
const DESCRIPTION: &str = "Doc_0/Signs/Sign_0/Signature.xml";

fn signing(form: Form) -> Signing {
    Signing { form, kind: "Sign", with_seal_file: false, ..Signing::default() }
}

fn signed(world: &SealWorld, form: Form) -> Draft<'_> {
    let mut draft = Draft::new(world);
    draft.sign(&signing(form));
    draft
}

fn cms(reason: SignedDataReason) -> OfdVerdict {
    if reason.is_indeterminate() {
        OfdVerdict::Indeterminate(Cause::SignedData(reason))
    } else {
        OfdVerdict::Failed(Cause::SignedData(reason))
    }
}

fn inner(report: &OfdReport) -> &SignedDataReport {
    match report.signatures().next().unwrap().value() {
        Some(ValueReport::SignedData(inner)) => inner,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_value_without_a_certificate_is_open() {
    let world = SealWorld::new(Algorithm::Sm2);
    let draft = signed(&world, Form::Bare);
    assert_eq!(check(&world, &draft.write()).verdict(), open(OfdReason::ValueBare));
    for bytes in [vec![7; 64], vec![7; 256]] {
        let mut raw = draft.clone();
        raw.put(VALUE, bytes);
        assert_eq!(check(&world, &raw.write()).verdict(), open(OfdReason::ValueBare));
    }
}

/// A value that cannot be read contradicts nobody: a damaged seal is none that the list calls one wrongly.
#[test]
fn a_value_that_cannot_be_read_is_what_the_list_says() {
    let world = SealWorld::new(Algorithm::Sm2);
    for (kind, expected) in
        [("Seal", SignatureKind::Seal), ("", SignatureKind::Seal), ("Sign", SignatureKind::Sign)]
    {
        let mut draft = Draft::new(&world);
        draft.sign(&Signing { kind, ..Signing::default() });
        draft.put(VALUE, "damaged");
        let report = check(&world, &draft.write());
        assert_eq!(report.verdict(), failed(OfdReason::ValueUnknown), "{kind}: {}", shown(&report));
        let signature = report.signatures().next().unwrap();
        assert_eq!((signature.kind(), signature.notes()), (expected, &[][..]), "{kind}");
    }
}

#[test]
fn a_value_of_no_known_kind_is_refused() {
    let world = SealWorld::new(Algorithm::Sm2);
    for bytes in [Vec::new(), b"signature".to_vec(), vec![0; 65], vec![0x30, 0], vec![0xff; 4096]] {
        let mut draft = signed(&world, Form::Bare);
        draft.put(VALUE, bytes.clone());
        assert_eq!(check(&world, &draft.write()).verdict(), failed(OfdReason::ValueUnknown), "{bytes:?}");
    }
    // A row of two integers is no longer than two integers are.
    let long = [&[0x30, 71, 2][..], &[7; 70]].concat();
    for (bytes, expected) in
        [(long[..72].to_vec(), open(OfdReason::ValueBare)), (long, failed(OfdReason::ValueUnknown))]
    {
        let mut draft = signed(&world, Form::Bare);
        draft.put(VALUE, bytes);
        assert_eq!(check(&world, &draft.write()).verdict(), expected);
    }
    // A seal is no signature made with it.
    let mut draft = signed(&world, Form::Seal);
    draft.put(VALUE, world.seal(&world.info()));
    assert_eq!(check(&world, &draft.write()).verdict(), failed(OfdReason::ValueUnknown));
}

#[test]
fn a_seal_beside_a_signature_without_one_is_refused() {
    let world = SealWorld::new(Algorithm::Sm2);
    for form in [Form::Attached, Form::Detached, Form::Bare] {
        let mut draft = Draft::new(&world);
        draft.sign(&Signing { with_seal_file: true, ..signing(form) });
        let report = check(&world, &draft.write());
        assert_eq!(report.verdict(), failed(OfdReason::SealUnbound), "{}", shown(&report));
    }
}

/// Puts another value over the same description.
fn with_value(world: &SealWorld, value: impl Fn(&[u8]) -> Vec<u8>) -> OfdReport {
    let mut draft = signed(world, Form::Detached);
    let value = value(draft.get(DESCRIPTION));
    draft.put(VALUE, value);
    check(world, &draft.write())
}

#[test]
fn signed_data_over_something_else_is_refused() {
    let world = SealWorld::new(Algorithm::Sm2);
    let at = now().minus(60);
    let other = SM2_SM3.digest(&[b"other"]);
    let report = with_value(&world, |_| signed_data(&world, Some(&other), None));
    assert_eq!(report.verdict(), cms(SignedDataReason::DocumentMismatch));
    let report = with_value(&world, |_| signed_data(&world, None, Some((&other, at))));
    assert_eq!(report.verdict(), cms(SignedDataReason::DocumentMismatch));
    // The content is right, the attributes are over something else.
    let report =
        with_value(&world, |bytes| signed_data(&world, Some(&SM2_SM3.digest(&[bytes])), Some((&other, at))));
    assert_eq!(report.verdict(), cms(SignedDataReason::DocumentMismatch));
    // The document itself as content, and content with attributes over it, are forms of the standard too.
    let report = with_value(&world, |bytes| signed_data(&world, Some(bytes), None));
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
    let report =
        with_value(&world, |bytes| signed_data(&world, Some(bytes), Some((&SM2_SM3.digest(&[bytes]), at))));
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
}

/// Places in the structure: content [0], SignedData, signerInfos, SignerInfo.
const SIGNER: [usize; 4] = [1, 0, 4, 0];

fn of_signer(rest: usize) -> [usize; 5] {
    [SIGNER[0], SIGNER[1], SIGNER[2], SIGNER[3], rest]
}

#[test]
fn signed_data_that_was_changed_is_refused() {
    let world = SealWorld::new(Algorithm::Sm2);
    let digest = |bytes: &[u8]| SM2_SM3.digest(&[bytes]);
    let made = |bytes: &[u8]| signed_data(&world, Some(&digest(bytes)), None);
    // Signed by somebody else.
    let report = with_value(&world, |bytes| {
        let other = der_signature(&world.maker.0, &digest(bytes));
        replaced(&made(bytes), &of_signer(4), &tlv(4, &[&other]))
    });
    assert_eq!(report.verdict(), cms(SignedDataReason::SignatureMismatch));
    // Without the certificate.
    let report = with_value(&world, |bytes| replaced(&made(bytes), &[1, 0, 3], &[0xa0, 0]));
    assert_eq!(report.verdict(), cms(SignedDataReason::SignerMissing));
    // With somebody else's certificate beside.
    let report = with_value(&world, |bytes| {
        replaced(&made(bytes), &[1, 0, 3], &tlv(0xa0, &[&world.maker.1, &world.signer.1]))
    });
    assert_eq!(report.verdict(), OfdVerdict::Passed);
    // Another algorithm than that of the key.
    let report = with_value(&world, |bytes| {
        let rsa = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0];
        replaced(&made(bytes), &of_signer(3), &rsa)
    });
    assert_eq!(report.verdict(), cms(SignedDataReason::AlgorithmNotAccepted));
    // Another digest than that of the algorithm.
    let report = with_value(&world, |bytes| {
        let sha1 = [0x30, 7, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a];
        replaced(&made(bytes), &of_signer(2), &sha1)
    });
    assert_eq!(report.verdict(), cms(SignedDataReason::AlgorithmNotAccepted));
    // One that would fit the content: only that it is not the key's stands against it.
    let sha256 = [0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
    let report =
        with_value(&world, |bytes| replaced(&signed_data(&world, Some(bytes), None), &of_signer(2), &sha256));
    assert_eq!(report.verdict(), cms(SignedDataReason::AlgorithmNotAccepted), "{}", shown(&report));
    // Attributes that say that they are over something else than data.
    let report = with_value(&world, |bytes| {
        let value = signed_data(&world, None, Some((&digest(bytes), now().minus(60))));
        let at = |path: &[usize]| [&of_signer(3)[..], path].concat();
        // The type, which is as long as that of data, is the last in its kind; then the attributes are signed again.
        let kind = (0..3).find(|nth| part(&value, &at(&[*nth, 0])).last() == Some(&3)).unwrap();
        let mut oid = part(&value, &at(&[kind, 1, 0])).to_vec();
        *oid.last_mut().unwrap() = 9;
        let changed = replaced(&value, &at(&[kind, 1, 0]), &oid);
        let message = tlv(0x31, &[boyin_testkit::tlv::content(part(&changed, &at(&[])))]);
        let signature = der_signature(&world.signer.0, &message);
        replaced(&changed, &of_signer(5), &tlv(4, &[&signature]))
    });
    assert_eq!(report.verdict(), cms(SignedDataReason::DocumentMismatch), "{}", shown(&report));
    let report = with_value(&world, |bytes| [made(bytes), vec![0]].concat());
    assert_eq!(report.verdict(), cms(SignedDataReason::Malformed));
}

#[test]
fn deviations_of_the_field_are_noted() {
    let world = SealWorld::new(Algorithm::Sm2);
    let digest = |bytes: &[u8]| SM2_SM3.digest(&[bytes]);
    let made = |bytes: &[u8]| signed_data(&world, Some(&digest(bytes)), None);
    // The signature as 64 bytes.
    let report = with_value(&world, |bytes| {
        let raw = boyin_suite::der_to_raw(&der_signature(&world.signer.0, &digest(bytes))).unwrap();
        replaced(&made(bytes), &of_signer(4), &tlv(4, &[&raw]))
    });
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
    assert!(inner(&report).notes().contains(&SignedDataNote::RawSignature));
    // The signature algorithm named by the kind of key.
    let report = with_value(&world, |bytes| {
        let key = [0x30, 11, 6, 9, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d, 1];
        replaced(&made(bytes), &of_signer(3), &key)
    });
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
    // Data of CMS around attributes that say data of GB/T 35275.
    let report = with_value(&world, |bytes| {
        let value = signed_data(&world, None, Some((&digest(bytes), now().minus(60))));
        replaced(&value, &[1, 0, 2], &[0x30, 11, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1])
    });
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
    assert!(inner(&report).notes().contains(&SignedDataNote::OtherContentType));
}

fn at_with(world: &SealWorld, form: Form, store: &CertificateStore, now: UnixTime) -> OfdReport {
    let draft = signed(world, form);
    crate::judged(OfdVerifier::new(Reader::Field), &draft.write(), &context(store, now))
}

#[test]
fn certificates_and_times_of_signed_data_are_asked() {
    let world = SealWorld::new(Algorithm::Sm2);
    let (store, later) = (world.store(), now().plus(3600));
    // A year and more after the certificate: with a time it was in time (but no list is fresh), without one nobody knows.
    let end = now().plus(400 * 86_400);
    let reason = |report: OfdReport| report.verdict();
    let unknown = cms(SignedDataReason::RevocationUnknown);
    assert_eq!(reason(at_with(&world, Form::Detached, &store, end)), unknown);
    let report = at_with(&world, Form::Attached, &store, end);
    assert!(
        matches!(
            report.verdict(),
            OfdVerdict::Indeterminate(_)
                | OfdVerdict::Failed(Cause::SignedData(SignedDataReason::ChainInvalid))
        ),
        "{}",
        shown(&report)
    );
    let found = inner(&report).outcome(SignedDataCheck::SigningTime);
    assert!(matches!(found, SignedDataOutcome::NotPassed(SignedDataReason::TimeUnknown, _)));
    // From the future.
    let report = at_with(&world, Form::Detached, &store, now().minus(3600));
    assert_eq!(reason(report), cms(SignedDataReason::FromFuture));
    // Nobody who is trusted.
    let nobody = CertificateStore::new(&boyin_suite::all_x509());
    assert_eq!(reason(at_with(&world, Form::Detached, &nobody, later)), cms(SignedDataReason::ChainMissing));
    // Revoked before, and since.
    for (since, form, expected) in [
        (now().minus(3600), Form::Detached, SignedDataReason::Revoked),
        (now().minus(60), Form::Detached, SignedDataReason::Revoked),
        (now().minus(59), Form::Detached, SignedDataReason::RevokedUnproven),
        (now().minus(3600), Form::Attached, SignedDataReason::RevokedUnproven),
    ] {
        let mut store = CertificateStore::new(&boyin_suite::all_x509());
        store.add_anchor(world.authority.certificate()).unwrap();
        store.add_revocation_list(&revocation_list(&world, &[(2, since)], now().minus(20))).unwrap();
        assert_eq!(reason(at_with(&world, form, &store, now())), cms(expected));
    }
}

fn signing_time(report: &OfdReport) -> SignedDataOutcome {
    inner(report).outcome(SignedDataCheck::SigningTime)
}

#[test]
fn signed_outside_of_the_certificate() {
    let world = SealWorld::new(Algorithm::Sm2);
    let store = world.store();
    for (at, now) in [
        (now().minus(400 * 86_400), now()),
        // Later than the end, and not from the future.
        (now().plus(400 * 86_400), now().plus(401 * 86_400)),
    ] {
        let mut draft = Draft::new(&world);
        draft.sign(&Signing { at, ..signing(Form::Detached) });
        let report = crate::judged(OfdVerifier::new(Reader::Field), &draft.write(), &context(&store, now));
        let outside = SignedDataReason::OutsideCertificate;
        assert!(matches!(signing_time(&report), SignedDataOutcome::NotPassed(found, _) if found == outside));
    }
}

#[test]
fn a_certificate_that_is_not_for_signatures_is_refused() {
    let mut world = SealWorld::new(Algorithm::Sm2);
    let by_hand = CertificateByHand {
        issuer_key: &world.authority_key(),
        issuer: world.authority_name(),
        key: &world.signer.0,
        name: "加密",
        serial: 2,
        from: now().minus(86_400),
        until: now().plus(86_400),
    };
    let (agrees, signs) = (by_hand.write(&[key_usage(0b0010_0000)]), by_hand.write(&[key_usage(SIGNS)]));
    world.signer.1 = signs;
    let draft = signed(&world, Form::Attached);
    assert_eq!(check(&world, &draft.write()).verdict(), OfdVerdict::Passed);
    world.signer.1 = agrees;
    let draft = signed(&world, Form::Attached);
    assert_eq!(check(&world, &draft.write()).verdict(), cms(SignedDataReason::KeyUsage));
}

#[test]
fn an_algorithm_that_has_ended_counts_no_more() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut store = world.store();
    let sunset =
        Sunset { alg: SM2_SM3.id().family.to_owned(), sign_until: now().minus(30), verify_until: None };
    store.end_algorithms(&[sunset]);
    // Certificates are older than the end; the signature without a time counts as of now.
    for (form, expected) in
        [(Form::Detached, OfdVerdict::Passed), (Form::Attached, cms(SignedDataReason::AlgorithmEnded))]
    {
        let report = at_with(&world, form, &store, now());
        if form == Form::Attached {
            assert_eq!(report.verdict(), expected, "{}", shown(&report));
        }
        let found = inner(&report).outcome(SignedDataCheck::Signature);
        assert_eq!(found == SignedDataOutcome::Passed, form == Form::Detached, "{}", shown(&report));
    }
}
