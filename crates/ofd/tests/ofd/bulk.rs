//! Many documents at once: each report is the one that the document has alone.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use boyin_model::alg::{
    AlgId, BadKey, BadSignature, BulkJob, Digest32, Hasher, PublicKey, VerifyAlg, VerifyKey,
};
use boyin_model::limits::MAX_SEAL_BYTES;
use boyin_ofd::{OfdReason, OfdReport, OfdVerdict, OfdVerifier};
use boyin_suite::{Algorithm, all_x509};
use boyin_testkit::ofd::{Draft, Form, Signing};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context, revocation_list};
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

/// The threads that came, which wait for each other.
#[derive(Default)]
struct Meeting {
    here: Mutex<HashSet<ThreadId>>,
    came: Condvar,
}

impl Meeting {
    /// Nobody waits as long, unless nobody else comes.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// Whether so many came.
    fn wait_for(&self, count: usize) -> bool {
        let mut here = self.here.lock().unwrap();
        here.insert(thread::current().id());
        self.came.notify_all();
        let (_here, waited) =
            self.came.wait_timeout_while(here, Self::PATIENCE, |here| here.len() < count).unwrap();
        !waited.timed_out()
    }
}

/// No document is finished on one thread before one is on each other: so each takes its part.
#[test]
fn all_threads_take_part() {
    const THREADS: usize = 3;
    let world = SealWorld::new(Algorithm::Sm2);
    let store = world.store();
    let (verifier, context) = (OfdVerifier::new(Reader::Field), context(&store, now()));
    let good = draft(&world, "good", &Signing::default()).write();
    let documents = vec![&good; 40 * THREADS];
    let meeting = Meeting::default();
    let finish = |reports: Vec<OfdReport>| {
        let met = meeting.wait_for(THREADS);
        reports.iter().map(|report| (met, report.verdict())).collect::<Vec<_>>()
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build().unwrap();
    let found = pool.install(|| verifier.check_many_with(&documents, &context, finish));
    assert_eq!(found, vec![(true, OfdVerdict::Passed); documents.len()]);
    assert_eq!(meeting.here.lock().unwrap().len(), THREADS);
}

/// An algorithm that notes how much is asked of it at once.
#[derive(Debug)]
struct Noting {
    alg: &'static dyn VerifyAlg,
    signatures: Mutex<Vec<usize>>,
    digests: Mutex<Vec<usize>>,
}

impl Noting {
    fn new(alg: &'static dyn VerifyAlg) -> &'static Self {
        let (signatures, digests) = (Mutex::default(), Mutex::default());
        Box::leak(Box::new(Self { alg, signatures, digests }))
    }
}

impl VerifyAlg for Noting {
    fn id(&self) -> &'static AlgId {
        self.alg.id()
    }

    fn key(&self, public: PublicKey<'_>) -> Result<Box<dyn VerifyKey>, BadKey> {
        self.alg.key(public)
    }

    fn verify_bulk(&self, jobs: &[BulkJob<'_>]) -> Vec<Result<(), BadSignature>> {
        self.signatures.lock().unwrap().push(jobs.len());
        self.alg.verify_bulk(jobs)
    }

    fn digest(&self, parts: &[&[u8]]) -> Digest32 {
        self.alg.digest(parts)
    }

    fn hasher(&self) -> Box<dyn Hasher> {
        self.alg.hasher()
    }

    fn digest_many(&self, messages: &[&[u8]]) -> Vec<Digest32> {
        self.digests.lock().unwrap().push(messages.len());
        self.alg.digest_many(messages)
    }
}

/// The signatures of all documents of a share are verified in one call, and their files digested in one.
#[test]
fn what_documents_have_is_verified_together() {
    const DOCUMENTS: usize = 8;
    for algorithm in Algorithm::ALL {
        let world = SealWorld::new(algorithm);
        let noting = all_x509().map(Noting::new);
        let algs = noting.map(|alg| -> &'static dyn VerifyAlg { alg });
        let mut store = CertificateStore::new(&algs);
        store.add_anchor(world.authority.certificate()).unwrap();
        store.add_maker(&world.maker.1).unwrap();
        store.add_revocation_list(&revocation_list(&world, &[], now().minus(60))).unwrap();
        let documents: Vec<_> = (0..DOCUMENTS)
            .map(|number| draft(&world, &number.to_string(), &Signing::default()).write())
            .collect();
        let verifier = OfdVerifier::new(Reader::Field);
        let reports = verifier.check_many(&documents, &context(&store, now()));
        assert!(reports.iter().all(|report| report.verdict() == OfdVerdict::Passed));
        let of_all = |noted: fn(&Noting) -> &Mutex<Vec<usize>>| -> Vec<usize> {
            let noted = noting.iter().flat_map(|alg| noted(alg).lock().unwrap().clone());
            noted.filter(|count| *count > 0).collect()
        };
        assert_eq!(of_all(|alg| &alg.signatures), [DOCUMENTS], "{algorithm}");
        let references = Draft::new(&world).files.len() + 1;
        assert_eq!(of_all(|alg| &alg.digests), [DOCUMENTS * references], "{algorithm}");
    }
}
