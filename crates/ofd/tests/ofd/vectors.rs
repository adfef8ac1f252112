//! Files of other makers, with the verdicts that an independent analysis gave them.

use boyin_model::seal::SealSignature;
use boyin_ofd::package::Package;
use boyin_ofd::{
    Cause, OfdCheck, OfdNote, OfdOutcome, OfdReason, OfdReport, OfdVerdict, OfdVerifier, Protection,
    ValueReport,
};
use boyin_suite::{Algorithm, all_x509};
use boyin_testkit::ofd::{Draft, Signing};
use boyin_testkit::seals::SealWorld;
use boyin_testkit::vectors;
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::{SealCheck, SealContext, SealOutcome, SealReason};
use boyin_verify::{Reader, UnixTime};

use crate::{failed, shown};

/// 2026-11-23, UTC.
const TODAY: u64 = 1_795_392_000;

pub(crate) fn vector(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(vectors::path(&format!("ofd/{name}.ofd"))?).unwrap())
}

/// A store that trusts the certificates that the first signature of a file came with, or nobody; and when that was made, and a minute.
pub(crate) fn trust(bytes: &[u8], trusting: bool) -> (CertificateStore, Option<UnixTime>) {
    let mut store = CertificateStore::new(&all_x509());
    let package = Package::read(bytes).unwrap();
    let value = package.get("Doc_0/Signs/Sign_0/SignedValue.dat").map(|entry| entry.bytes().to_vec());
    let value = value.unwrap_or_default();
    let signature = SealSignature::read(&value, Reader::Field).ok();
    let signed_at = signature.as_ref().and_then(|signature| match signature.time {
        boyin_model::seal::SigningTime::Instant(at) => Some(at.plus(60)),
        boyin_model::seal::SigningTime::Token(_) => None,
    });
    if let Some(signature) = signature.filter(|_| trusting) {
        for certificate in [signature.seal.maker, signature.signer] {
            store.add_anchor(certificate).unwrap();
            store.add_maker(certificate).unwrap();
        }
    }
    (store, signed_at)
}

fn context((store, signed_at): &(CertificateStore, Option<UnixTime>), now: Option<u64>) -> SealContext<'_> {
    let now = now.and_then(UnixTime::new).or(*signed_at).unwrap_or(UnixTime::new(TODAY).unwrap());
    SealContext { now, certificates: store, register: None }
}

pub(crate) fn check_with(
    bytes: &[u8],
    trust: &(CertificateStore, Option<UnixTime>),
    now: Option<u64>,
) -> OfdReport {
    OfdVerifier::new(Reader::Field).check(bytes, &context(trust, now))
}

fn check(bytes: &[u8], trusting: bool, now: Option<u64>) -> OfdReport {
    crate::judged(OfdVerifier::new(Reader::Field), bytes, &context(&trust(bytes, trusting), now))
}

fn outcome(report: &OfdReport, check: OfdCheck) -> &OfdOutcome {
    report.signatures().next().unwrap().outcome(check).unwrap()
}

fn seal_outcome(report: &OfdReport, check: SealCheck) -> SealOutcome {
    match report.signatures().next().unwrap().value() {
        Some(ValueReport::Seal(seal)) => seal.outcome(check),
        other => panic!("{other:?}"),
    }
}

/// Everything but certificates and times is right.
fn assert_sound(report: &OfdReport) {
    for check in [OfdCheck::Format, OfdCheck::References, OfdCheck::Coverage, OfdCheck::SealFile] {
        assert_eq!(outcome(report, check), &OfdOutcome::Passed, "{}", shown(report));
    }
    for check in [SealCheck::Signature, SealCheck::MakerSignature, SealCheck::Document] {
        assert_eq!(seal_outcome(report, check), SealOutcome::Passed, "{}", shown(report));
    }
}

#[test]
fn one_seal_that_was_used_years_after_its_end() {
    let Some(bytes) = vector("v4_signed_doc") else { return };
    for now in [None, Some(TODAY)] {
        let report = check(&bytes, true, now);
        assert_sound(&report);
        let verdict = OfdVerdict::Failed(Cause::Seal(SealReason::MakerNotInTime));
        assert_eq!(report.verdict(), verdict, "{}", shown(&report));
        let outcome = seal_outcome(&report, SealCheck::SigningTime);
        assert!(matches!(outcome, SealOutcome::NotPassed(SealReason::SignedOutsideCertificate, _)));
        let outcome = seal_outcome(&report, SealCheck::Validity);
        assert!(matches!(outcome, SealOutcome::NotPassed(SealReason::SealExpired, _)));
    }
    let report = check(&bytes, true, None);
    assert_eq!(report.signatures().next().unwrap().protection(), Some(Protection::Continued));
}

#[test]
fn all_is_protected() {
    let Some(bytes) = vector("v4_all_protected") else { return };
    let report = check(&bytes, true, None);
    assert_sound(&report);
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
    assert_eq!(report.signatures().next().unwrap().protection(), Some(Protection::Whole));
    assert_eq!(report.documents()[0].pages(), 1);
    assert!(report.into_verified().is_ok());
    let report = check(&bytes, false, None);
    assert_eq!(report.verdict(), OfdVerdict::Indeterminate(Cause::Seal(SealReason::MakerChainMissing)));
}

#[test]
fn an_invoice_whose_authority_is_not_public() {
    let Some(bytes) = vector("tax_invoice_v4_valid") else { return };
    let report = check(&bytes, false, None);
    assert_sound(&report);
    let verdict = OfdVerdict::Indeterminate(Cause::Seal(SealReason::MakerChainMissing));
    assert_eq!(report.verdict(), verdict, "{}", shown(&report));
    let report = check(&bytes, true, None);
    assert_eq!(report.verdict(), OfdVerdict::Passed);
    // It names `TPLS`, and the folder of its template is `Tpls`.
    assert_eq!(report.documents()[0].notes(), [OfdNote::NameCase]);
}

#[test]
fn an_invoice_that_was_changed() {
    let Some(bytes) = vector("tax_invoice_v4_document_modified") else { return };
    for trusting in [false, true] {
        let report = check(&bytes, trusting, None);
        assert_eq!(report.verdict(), failed(OfdReason::ReferenceMismatch), "{}", shown(&report));
        let signature = report.signatures().next().unwrap();
        let changed: Vec<_> =
            signature.changed().entries().iter().map(|entry| entry.name.as_deref().unwrap()).collect();
        assert_eq!(changed, ["Doc_0/Document.xml"]);
        // The seal signature itself is still good: it is over the description.
        assert_eq!(seal_outcome(&report, SealCheck::Signature), SealOutcome::Passed);
        assert_eq!(seal_outcome(&report, SealCheck::Document), SealOutcome::Passed);
        if trusting {
            assert_eq!(outcome(&report, OfdCheck::Value), &OfdOutcome::Passed);
        }
    }
}

#[test]
fn a_document_without_a_signature() {
    let Some(bytes) = vector("unsigned_helloworld") else { return };
    let report = check(&bytes, false, None);
    assert_eq!(report.verdict(), failed(OfdReason::NotSigned), "{}", shown(&report));
    assert_eq!(report.signatures().count(), 0);
}

/// Another reader of containers sees the same files.
fn assert_agreed(bytes: &[u8]) {
    let ours = Package::read(bytes).unwrap();
    let mut other = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut files = 0;
    for place in 0..other.len() {
        let mut file = other.by_index(place).unwrap();
        if file.is_dir() {
            continue;
        }
        files += 1;
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut content).unwrap();
        let name = file.name().unwrap().to_string();
        assert_eq!(ours.get(&name).unwrap().bytes(), content, "{name}");
    }
    assert_eq!(ours.entries().len(), files);
}

#[test]
fn another_reader_agrees_on_what_is_in_a_sealed_document() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    assert_agreed(&draft.write());
}

#[test]
fn another_reader_agrees_on_what_is_in_them() {
    let names = [
        "v4_signed_doc",
        "v4_all_protected",
        "tax_invoice_v4_valid",
        "tax_invoice_v4_document_modified",
        "unsigned_helloworld",
    ];
    for name in names {
        let Some(bytes) = vector(name) else { return };
        assert_agreed(&bytes);
    }
}
