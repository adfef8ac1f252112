//! Many documents at once: each report is the one that the document has alone.

use boyin_model::limits::MAX_SEAL_BYTES;
use boyin_ofd::{OfdReason, OfdVerdict, OfdVerifier};
use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, Form, Signing};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context};
use boyin_verify::Reader;
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::SealReason;

use crate::source::stored;
use crate::{failed, shown};

const VALUE: &str = "Doc_0/Signs/Sign_0/SignedValue.dat";

fn draft<'w>(world: &'w SealWorld, text: &str, signing: &Signing) -> Draft<'w> {
    let mut draft = Draft::new(world);
    draft.put("Doc_0/Attachs/data.xml", text);
    draft.sign(signing);
    draft
}

/// Documents of one seal, sound and not, and what is none.
fn documents(world: &SealWorld) -> Vec<Vec<u8>> {
    let plain = Signing::default;
    let digital = |form| Signing { form, kind: "Sign", with_seal_file: false, ..plain() };
    let mut all: Vec<_> =
        ["one", "two", "three"].iter().map(|text| draft(world, text, &plain()).write()).collect();
    all.extend(
        [Form::SealV1, Form::SealV5].map(|form| draft(world, "v", &Signing { form, ..plain() }).write()),
    );
    all.extend(
        [Form::Attached, Form::Detached, Form::Bare].map(|form| draft(world, "d", &digital(form)).write()),
    );
    // A file changed after the signing; a signature with one bit changed; that of another document.
    let mut changed = draft(world, "four", &plain());
    changed.put("Doc_0/Res/qr.png", "another picture");
    all.push(changed.write());
    let mut broken = draft(world, "five", &plain());
    let mut value = broken.get(VALUE).to_vec();
    let last = value.len() - 1;
    value[last] ^= 1;
    broken.put(VALUE, value);
    all.push(broken.write());
    let mut swapped = draft(world, "six", &plain());
    swapped.put(VALUE, draft(world, "seven", &plain()).get(VALUE));
    all.push(swapped.write());
    // Two signatures, none, and no container at all.
    let mut twice = draft(world, "eight", &plain());
    twice.sign(&Signing { over_others: true, whole: true, ..plain() });
    all.push(twice.write());
    all.push(Draft::new(world).write_without_list());
    all.push(b"%PDF-1.7".to_vec());
    all.push(Vec::new());
    all
}

#[test]
fn reports_in_bulk_are_those_one_by_one() {
    for algorithm in Algorithm::ALL {
        let world = SealWorld::new(algorithm);
        let store = world.store();
        let (verifier, context) = (OfdVerifier::new(Reader::Field), context(&store, now()));
        let all = documents(&world);
        let alone: Vec<_> = all.iter().map(|bytes| shown(&verifier.check(bytes, &context))).collect();
        let passed = alone.iter().filter(|report| report.ends_with(r#""verdict":"passed"}"#)).count();
        assert!(passed >= 5 && passed < all.len() - 4, "{passed} of {}", all.len());
        for count in [0, 1, 2, 31, 32, 33, 100] {
            let place = |nth: usize| (nth * 7 + count) % all.len();
            let chosen: Vec<_> = (0..count).map(|nth| &all[place(nth)]).collect();
            let reports = verifier.check_many(&chosen, &context);
            assert_eq!(reports.len(), count);
            for (nth, report) in reports.iter().enumerate() {
                assert_eq!(shown(report), alone[place(nth)], "document {nth} of {count}");
            }
        }
    }
}

/// What is remembered of a seal is who signed it. Whether it was valid is asked for the time of each document.
#[test]
fn a_seal_that_is_known_is_judged_anew_for_each_document() {
    let world = SealWorld::new(Algorithm::Sm2);
    let store = world.store();
    let verifier = OfdVerifier::new(Reader::Field);
    let good = draft(&world, "good", &Signing::default()).write();
    let later = Signing { at: now().plus(3600), ..Signing::default() };
    let early = draft(&world, "from the future", &later).write();
    let reports = verifier.check_many(&[&good, &early, &good], &context(&store, now()));
    let verdicts: Vec<_> = reports.iter().map(boyin_ofd::OfdReport::verdict).collect();
    let future = OfdVerdict::Failed(boyin_ofd::Cause::Seal(SealReason::SignedInFuture));
    assert_eq!(verdicts, [OfdVerdict::Passed, future, OfdVerdict::Passed]);
    // Nor is a verdict kept for the next question: another instant, other certificates.
    let nobody = CertificateStore::new(store.algs());
    for _ in 0..2 {
        let passed = verifier.check_many(&[&good], &context(&store, now()));
        assert_eq!(passed[0].verdict(), OfdVerdict::Passed);
        let before = verifier.check_many(&[&good], &context(&store, now().minus(100 * 86_400)));
        assert_ne!(before[0].verdict(), OfdVerdict::Passed);
        let unknown = verifier.check_many(&[&good], &context(&nobody, now()));
        let missing = OfdVerdict::Indeterminate(boyin_ofd::Cause::Seal(SealReason::MakerChainMissing));
        assert_eq!(unknown[0].verdict(), missing);
    }
}

/// A seal that differs from a known one in its maker's signature alone is another seal.
#[test]
fn a_forged_seal_among_sound_ones_is_found() {
    let world = SealWorld::new(Algorithm::Sm2);
    let store = world.store();
    let verifier = OfdVerifier::new(Reader::Field);
    let good = draft(&world, "good", &Signing::default());
    let mut forged = good.clone();
    let value = forged.get(VALUE).to_vec();
    let seal = forged.get("Doc_0/Signs/Sign_0/Seal.esl").to_vec();
    let at = value.windows(seal.len()).position(|part| part == seal).unwrap() + seal.len() - 1;
    let mut changed = value;
    changed[at] ^= 1;
    forged.put(VALUE, changed);
    let alone = verifier.check(&forged.write(), &context(&store, now()));
    assert_ne!(alone.verdict(), OfdVerdict::Passed);
    assert!(shown(&alone).contains("maker_signature_mismatch"), "{}", shown(&alone));
    let (good, forged) = (good.write(), forged.write());
    let reports = verifier.check_many(&[&good, &forged, &good, &forged], &context(&store, now()));
    for (nth, report) in reports.iter().enumerate() {
        if nth % 2 == 0 {
            assert_eq!(report.verdict(), OfdVerdict::Passed);
        } else {
            assert_eq!(shown(report), shown(&alone));
        }
    }
    assert_eq!(verifier.check(b"PK", &context(&store, now())).verdict(), failed(OfdReason::NotContainer));
}

/// Documents whose signatures are larger than what is held of a share.
#[test]
fn documents_that_hold_much_have_their_reports_in_order() {
    let world = SealWorld::new(Algorithm::Sm2);
    let store = world.store();
    let (verifier, context) = (OfdVerifier::new(Reader::Field), context(&store, now()));
    let good = draft(&world, "good", &Signing::default()).write();
    let mut large = draft(&world, "large", &Signing::default());
    for number in 1..5 {
        large.sign(&Signing::default());
        large.put(&format!("Doc_0/Signs/Sign_{number}/SignedValue.dat"), vec![0x30; 4 << 20]);
    }
    let mut beyond = large.clone();
    for number in 5..9 {
        beyond.sign(&Signing::default());
        beyond.put(&format!("Doc_0/Signs/Sign_{number}/SignedValue.dat"), vec![0x30; 4 << 20]);
    }
    let (large, beyond) = (stored(&large), stored(&beyond));
    let too_much = verifier.check(&beyond, &context);
    assert!(shown(&too_much).contains("more bytes of signatures than are read"), "{}", shown(&too_much));
    let all = [&large, &good, &beyond, &large, &large, &good, &large, &beyond, &good];
    let reports = verifier.check_many(&all, &context);
    assert_eq!(reports.len(), all.len());
    for (bytes, report) in all.iter().zip(&reports) {
        assert_eq!(shown(report), shown(&verifier.check(bytes, &context)));
    }
}

/// A value, and a seal beside one, have each a bound of their own, far below that of all together.
#[test]
fn a_value_or_a_seal_that_is_too_large_is_not_read() {
    let world = SealWorld::new(Algorithm::Sm2);
    let store = world.store();
    let (verifier, context) = (OfdVerifier::new(Reader::Field), context(&store, now()));
    for name in [VALUE, "Doc_0/Signs/Sign_0/Seal.esl"] {
        for (size, is_read) in [(MAX_SEAL_BYTES, true), (MAX_SEAL_BYTES + 1, false)] {
            let mut changed = draft(&world, "one", &Signing::default());
            changed.put(name, vec![0x30; size]);
            let report = verifier.check(&stored(&changed), &context);
            let (malformed, text) = (failed(OfdReason::SignatureMalformed), shown(&report));
            assert_ne!(report.verdict(), OfdVerdict::Passed);
            assert_eq!(report.verdict() != malformed, is_read, "{name} {size}: {text}");
            let told = format!(r#""name":"{name}""#);
            let too_many = text.contains("more bytes of signatures than are read") && text.contains(&told);
            assert_eq!(!too_many, is_read, "{name} {size}: {text}");
        }
    }
}
