//! Seals as signed data: made, used, and verified by those who have the trust list.

use std::sync::Arc;

use boyin::archive::SealChange;
use boyin::issue::{Assignment, SigningKey};
use boyin::model::credential::{Envelope, LicenseClaims};
use boyin::model::id::LicenseId;
use boyin::model::json::Reader;
use boyin::model::register::SealId;
use boyin::model::seal::{Picture, Seal};
use boyin::model::status::StatusReference;
use boyin::model::time::UnixTime;
use boyin::suite::{Algorithm, SoftwareKey, SystemRandom, all_x509};
use boyin::verify::chain::CertificateStore;
use boyin::verify::seal::{Document, SealReason, SealVerdict, SealVerifier};
use boyin::verify::{Reason, Verdict};
use boyin::{Checked, Desk, DeskError, Lookup, SealMaking};

use crate::office::{PASSPHRASE, Prefecture, identity_card, order, police};
use crate::seals::{apply, at, by, change, refusal, staffed};

const DOCUMENT: &[u8] = b"a decision";

fn making(at: UnixTime) -> SealMaking<'static> {
    SealMaking {
        picture: Picture { format: "PNG", data: b"\x89PNG", width_mm: 45, height_mm: 30 },
        valid_until: at.plus(365 * 86_400),
        version: 4,
        second: "乙",
    }
}

/// A seal of the police, in use since minute 3.
fn in_use(desk: &Desk) -> SealId {
    let id = apply(desk);
    change(desk, id, 1, &SealChange::Approve);
    desk.make_seal(id, &making(at(2)), &by("丙", police(), 2), &mut SystemRandom).unwrap();
    change(desk, id, 3, &SealChange::TakeIntoUse);
    id
}

fn seal_at(desk: &Desk, id: SealId, minutes: u64) -> Vec<u8> {
    desk.seal_document(id, DOCUMENT, "decision", &by("丁", police(), minutes)).unwrap().signature
}

fn verdict(lookup: &Lookup, bytes: &[u8], document: Document<'_>, now: UnixTime) -> SealVerdict {
    lookup.refresh(now).unwrap();
    match lookup.verify_any(bytes, document, now) {
        Checked::Seal(report) => report.verdict(),
        Checked::License(_) => panic!("a seal is taken for a license"),
    }
}

/// A seal, a signature made with it, and what that is over; all by minute 4.
pub(crate) fn sealed(prefecture: &Prefecture) -> (Vec<u8>, Vec<u8>, &'static [u8]) {
    let desk = prefecture.desk();
    let id = in_use(&desk);
    let signature = seal_at(&desk, id, 4);
    (desk.seal_bytes(id, 0, "戊").unwrap(), signature, DOCUMENT)
}

#[test]
fn a_document_is_sealed_and_verified_with_the_trust_list_alone() {
    let prefecture = staffed();
    let desk = prefecture.desk();
    let lookup = prefecture.lookup();
    let id = in_use(&desk);
    let signature = seal_at(&desk, id, 4);
    let document = Document::Bytes(DOCUMENT);
    assert_eq!(verdict(&lookup, &signature, document, at(5)), SealVerdict::Passed);
    let seal = desk.seal_bytes(id, 0, "戊").unwrap();
    assert_eq!(verdict(&lookup, &seal, Document::NotGiven, at(5)), SealVerdict::Passed);
    Seal::read(&seal, Reader::Ours).unwrap();

    let other = Document::Bytes(b"another decision");
    let mismatch = SealVerdict::Failed(SealReason::DocumentMismatch);
    assert_eq!(verdict(&lookup, &signature, other, at(5)), mismatch);
    let missing = SealVerdict::Indeterminate(SealReason::DocumentMissing);
    assert_eq!(verdict(&lookup, &signature, Document::NotGiven, at(5)), missing);

    // The authority certifies signers and makers only: it is no maker, and nobody is one without the register.
    let mut store = CertificateStore::new(&all_x509());
    store.add_anchor(&prefecture.home.seal_authority_certificate().unwrap().unwrap()).unwrap();
    let context = boyin::verify::seal::SealContext { now: at(5), certificates: &store, register: None };
    let report = SealVerifier::new(Reader::Ours).check_signature(&signature, document, &context);
    assert!(matches!(report.verdict(), SealVerdict::Indeterminate(_)));
}

#[test]
fn suspension_and_destruction_count_from_the_next_verification() {
    let prefecture = staffed();
    let desk = prefecture.desk();
    let lookup = prefecture.lookup();
    let id = in_use(&desk);
    let before = seal_at(&desk, id, 4);
    let seal = desk.seal_bytes(id, 0, "戊").unwrap();
    change(&desk, id, 5, &SealChange::Suspend { reason: "保管人变更" });
    let refused = desk.seal_document(id, DOCUMENT, "decision", &by("丁", police(), 6));
    assert_eq!(refusal(refused), "seal_transition");
    let document = Document::Bytes(DOCUMENT);
    assert_eq!(verdict(&lookup, &before, document, at(6)), SealVerdict::Passed, "sealed before");
    let out_of_use = SealVerdict::Failed(SealReason::NotInForce);
    assert_eq!(verdict(&lookup, &seal, Document::NotGiven, at(6)), out_of_use);

    change(&desk, id, 7, &SealChange::Recall { reason: "机构撤并" });
    change(&desk, id, 8, &SealChange::Destroy { second: "乙", reason: "已销毁介质" });
    assert_eq!(verdict(&lookup, &seal, Document::NotGiven, at(9)), out_of_use);
    assert_eq!(verdict(&lookup, &before, document, at(9)), SealVerdict::Passed);
    let again = desk.make_seal(id, &making(at(9)), &by("丙", police(), 9), &mut SystemRandom);
    assert_eq!(refusal(again), "seal_transition");
}

#[test]
fn a_seal_made_anew_keeps_its_number_and_what_it_sealed() {
    let prefecture = staffed();
    let desk = prefecture.desk();
    let lookup = prefecture.lookup();
    let id = in_use(&desk);
    let first = seal_at(&desk, id, 4);
    let making = SealMaking { version: 5, ..making(at(5)) };
    desk.make_seal(id, &making, &by("丙", police(), 5), &mut SystemRandom).unwrap();
    let second = seal_at(&desk, id, 6);
    for signature in [&first, &second] {
        assert_eq!(verdict(&lookup, signature, Document::Bytes(DOCUMENT), at(7)), SealVerdict::Passed);
    }
    let old = desk.seal_bytes(id, 0, "戊").unwrap();
    let out_of_use = SealVerdict::Failed(SealReason::NotInForce);
    assert_eq!(verdict(&lookup, &old, Document::NotGiven, at(7)), out_of_use, "it has other bytes now");
}

#[test]
fn who_may_not_make_a_seal_leaves_no_key_behind() {
    let prefecture = staffed();
    let desk = prefecture.desk();
    let id = apply(&desk);
    let keys = || std::fs::read_dir(prefecture.home.dir().join("keys")).unwrap().count();
    let before = keys();
    let make = |who, minutes| {
        refusal(desk.make_seal(id, &making(at(minutes)), &by(who, police(), minutes), &mut SystemRandom))
    };
    assert_eq!(make("丙", 1), "seal_transition", "not approved");
    assert_eq!(make("丁", 1), "power");
    assert_eq!(make("戊", 1), "power");
    assert_eq!(keys(), before);
    let too_long = SealMaking { valid_until: at(0).plus(40 * 365 * 86_400), ..making(at(2)) };
    change(&desk, id, 1, &SealChange::Approve);
    let refused = desk.make_seal(id, &too_long, &by("丙", police(), 2), &mut SystemRandom);
    assert!(matches!(refused, Err(DeskError::Sealing(_))), "it would outlive its maker");
}

#[test]
fn licenses_name_the_seal_in_use_and_fail_if_it_was_not() {
    let prefecture = staffed();
    let desk = prefecture.desk();
    let id = in_use(&desk);
    let receipt = issue(&desk, 4);
    assert_eq!(claims(&receipt).seal, Some(id));
    change(&desk, id, 5, &SealChange::Suspend { reason: "保管人变更" });
    let without = issue(&desk, 6);
    assert_eq!(claims(&without).seal, None, "no seal is in use");

    // What no desk would do: a license under the suspended seal, signed by the right key.
    let forged = under(&prefecture, id, 6);
    let lookup = prefecture.lookup();
    lookup.refresh(at(7)).unwrap();
    assert_eq!(lookup.verify(&receipt, at(7)).verdict(), Verdict::Passed, "the seal was in use then");
    assert_eq!(lookup.verify(&forged, at(7)).verdict(), Verdict::Failed(Reason::SealNotInForce));
    assert_eq!(lookup.verify(&under(&prefecture, id, 4), at(7)).verdict(), Verdict::Passed);
}

fn issue(desk: &Desk, minutes: u64) -> Vec<u8> {
    let mut order = order(police(), &format!("license at {minutes}"));
    order.at = at(minutes);
    desk.issue(&identity_card(), &order, &mut SystemRandom).unwrap().credential
}

/// A license under the seal, past the desk.
fn under(prefecture: &Prefecture, seal: SealId, minutes: u64) -> Vec<u8> {
    let home = &prefecture.home;
    let pem = std::fs::read_to_string(home.dir().join(format!("keys/{}.pem", police()))).unwrap();
    let key = SoftwareKey::from_encrypted_pem(Algorithm::Sm2, &pem, PASSPHRASE.as_bytes()).unwrap();
    let key = SigningKey::new(Arc::new(key)).unwrap();
    let license = identity_card().check(home.catalog(), police(), "测试市公安局").unwrap();
    let serial = format!("20260601TEST{minutes:04}");
    let assignment = Assignment {
        license_id: LicenseId::new(license.license_type().code, police(), &serial, 1).unwrap(),
        status: StatusReference { uri: home.config().status_list_uri(police(), 1), index: 7 },
        issued_at: at(minutes),
        seal: Some(seal),
    };
    let prepared = license.prepare(&assignment, key.reference(), &mut SystemRandom).unwrap();
    let signature = key.sign(prepared.to_be_signed()).unwrap();
    prepared.complete(&signature, key.reference()).unwrap()
}

fn claims(credential: &[u8]) -> LicenseClaims {
    let envelope = Envelope::open(credential, Reader::Ours).unwrap();
    let read = envelope.read().unwrap();
    let revealed = read.reveal(&boyin::suite::SM2_SM3).unwrap();
    LicenseClaims::read(&revealed).unwrap()
}
