//! Many seal signatures at once, and what is remembered meanwhile.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use boyin_model::alg::{
    AlgId, BadKey, BadSignature, BulkJob, Digest32, Hasher, PublicKey, VerifyAlg, VerifyKey,
};
use boyin_suite::{Algorithm, SM2_SM3_DER, all_x509};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{DOCUMENT, SealWorld, context, resigned_seal};
use boyin_verify::Reader;
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::{Document, SealCheck, SealOutcome, SealReason, SealReport, SealVerifier};

fn json(report: &SealReport) -> String {
    String::from_utf8(report.to_json()).unwrap()
}

/// Seal signatures, sound and not, of one seal; the last bytes are none.
fn signatures(world: &SealWorld) -> Vec<Vec<u8>> {
    let seal = world.seal(&world.info());
    let good: Vec<_> = (1..4).map(|minutes| world.signature(&seal, now().minus(60 * minutes))).collect();
    let changed = |at: usize| {
        let mut changed = good[0].clone();
        changed[at] ^= 1;
        changed
    };
    let (length, inside) =
        (good[0].len(), good[0].windows(seal.len()).position(|part| part == seal).unwrap());
    let mut all = vec![
        changed(length - 1),
        changed(inside + seal.len() - 1),
        changed(inside + 60),
        b"no seal".to_vec(),
    ];
    all.extend(good);
    all
}

#[test]
fn reports_in_bulk_are_those_one_by_one() {
    let verifier = SealVerifier::new(Reader::Field);
    for algorithm in Algorithm::ALL {
        let world = SealWorld::new(algorithm);
        let (store, all) = (world.store(), signatures(&world));
        let context = context(&store, now());
        let alone = |bytes: &[u8], document| json(&verifier.check_signature(bytes, document, &context));
        let documents = [Document::Bytes(DOCUMENT), Document::Bytes(b"another"), Document::NotGiven];
        let jobs: Vec<_> =
            all.iter().flat_map(|bytes| documents.map(|document| (bytes.as_slice(), document))).collect();
        let expected: Vec<_> = jobs.iter().map(|(bytes, document)| alone(bytes, *document)).collect();
        let in_bulk = || verifier.check_signatures(&jobs, &context).iter().map(json).collect::<Vec<_>>();
        assert_eq!(in_bulk(), expected);
        let remembered = store.remember();
        for _ in 0..3 {
            assert_eq!(in_bulk(), expected);
        }
        let one_by_one: Vec<_> = jobs.iter().map(|(bytes, document)| alone(bytes, *document)).collect();
        assert_eq!(one_by_one, expected);
        drop(remembered);
        assert_eq!(in_bulk(), expected);
        assert!(verifier.check_signatures(&[], &context).is_empty());
    }
}

/// SM2 in DER that counts what is asked of it.
#[derive(Debug)]
struct Counted {
    verified: AtomicUsize,
    bulks: AtomicUsize,
}

static COUNTED: Counted = Counted { verified: AtomicUsize::new(0), bulks: AtomicUsize::new(0) };

#[derive(Debug)]
struct CountedKey(Box<dyn VerifyKey>);

impl VerifyAlg for Counted {
    fn id(&self) -> &'static AlgId {
        SM2_SM3_DER.id()
    }

    fn key(&self, public: PublicKey<'_>) -> Result<Box<dyn VerifyKey>, BadKey> {
        Ok(Box::new(CountedKey(SM2_SM3_DER.key(public)?)))
    }

    fn verify_bulk(&self, jobs: &[BulkJob<'_>]) -> Vec<Result<(), BadSignature>> {
        if !jobs.is_empty() {
            self.bulks.fetch_add(1, Ordering::Relaxed);
        }
        jobs.iter().map(|job| SM2_SM3_DER.verify_bulk(&[*job])[0]).collect()
    }

    fn digest(&self, parts: &[&[u8]]) -> Digest32 {
        SM2_SM3_DER.digest(parts)
    }

    fn hasher(&self) -> Box<dyn Hasher> {
        SM2_SM3_DER.hasher()
    }
}

impl VerifyKey for CountedKey {
    fn alg(&self) -> &'static dyn VerifyAlg {
        &COUNTED
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        COUNTED.verified.fetch_add(1, Ordering::Relaxed);
        self.0.verify(message, signature)
    }
}

/// The seal and its certificates are verified once in all; each signature of a document once, together with the others.
#[test]
fn a_seal_that_comes_again_is_verified_once() {
    static ALGS: LazyLock<Vec<&'static dyn VerifyAlg>> = LazyLock::new(|| {
        let others = all_x509().into_iter().filter(|alg| alg.id().name != SM2_SM3_DER.id().name);
        let counted: &dyn VerifyAlg = &COUNTED;
        [counted].into_iter().chain(others).collect()
    });
    let world = SealWorld::new(Algorithm::Sm2);
    let mut store = CertificateStore::new(&ALGS);
    store.add_anchor(world.authority.certificate()).unwrap();
    store.add_maker(&world.maker.1).unwrap();
    let seal = world.seal(&world.info());
    let all: Vec<_> = (1..=20).map(|minutes| world.signature(&seal, now().minus(60 * minutes))).collect();
    let jobs: Vec<_> = all.iter().map(|bytes| (bytes.as_slice(), Document::Bytes(DOCUMENT))).collect();
    let verifier = SealVerifier::new(Reader::Field);
    let counts = || {
        let before = COUNTED.verified.load(Ordering::Relaxed);
        let bulks = COUNTED.bulks.load(Ordering::Relaxed);
        let reports = verifier.check_signatures(&jobs, &context(&store, now()));
        for report in &reports {
            for check in [SealCheck::Signature, SealCheck::MakerSignature] {
                assert_eq!(report.outcome(check), SealOutcome::Passed, "{}", json(report));
            }
        }
        (COUNTED.verified.load(Ordering::Relaxed) - before, COUNTED.bulks.load(Ordering::Relaxed) - bulks)
    };
    let remembered = store.remember();
    // Beside those in bulk: the maker's signature and the certificates of maker and signer.
    assert_eq!(counts(), (20 + 3, 1));
    assert_eq!(counts(), (20, 1));
    drop(remembered);
    assert_eq!(counts(), (20 + 3 * 20, 1));
}

/// Another seal by another maker's key is not the one that is known, whatever of it is the same.
#[test]
fn what_is_remembered_is_of_those_very_bytes() {
    let world = SealWorld::new(Algorithm::Sm2);
    let store = world.store();
    let verifier = SealVerifier::new(Reader::Field);
    let seal = world.seal(&world.info());
    let good = world.signature(&seal, now().minus(60));
    // The same seal under another name, signed by its maker again: known by nothing.
    let renamed = resigned_seal(&world, &seal, &[0, 1], &[0x16, 1, b'x']);
    let mut forged = renamed.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let context = context(&store, now());
    let _remembered = store.remember();
    for _ in 0..2 {
        let known = verifier.check_signature(&good, Document::Bytes(DOCUMENT), &context);
        assert_eq!(known.outcome(SealCheck::MakerSignature), SealOutcome::Passed);
        let again = verifier.check_seal(&renamed, &context);
        assert_eq!(again.outcome(SealCheck::MakerSignature), SealOutcome::Passed, "{}", json(&again));
        let found = verifier.check_seal(&forged, &context).outcome(SealCheck::MakerSignature);
        assert!(matches!(found, SealOutcome::NotPassed(SealReason::MakerSignatureMismatch, _)), "{found:?}");
    }
}
