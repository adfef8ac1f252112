//! What is asked of an algorithm without an effect on any report: signatures together, and tables within a memory.

use std::sync::Mutex;

use boyin_model::alg::{AlgId, BadKey, BadSignature, BulkJob, Digest32, Hasher, PublicKey, VerifyKey};
use boyin_suite::{Algorithm, ES256, SM2_SM3};
use boyin_testkit::prefecture::Prefecture;
use boyin_verify::{TrustSnapshot, Verifier, VerifyAlg};

/// ES256, and what was asked of it.
#[derive(Debug)]
struct Observed {
    bulks: Mutex<Vec<usize>>,
    prepared: &'static Mutex<Vec<usize>>,
}

#[derive(Debug)]
struct ObservedKey {
    key: Box<dyn VerifyKey>,
    prepared: &'static Mutex<Vec<usize>>,
}

impl VerifyAlg for Observed {
    fn id(&self) -> &'static AlgId {
        ES256.id()
    }

    fn key(&self, public: PublicKey<'_>) -> Result<Box<dyn VerifyKey>, BadKey> {
        Ok(Box::new(ObservedKey { key: ES256.key(public)?, prepared: self.prepared }))
    }

    fn verify_bulk(&self, jobs: &[BulkJob<'_>]) -> Vec<Result<(), BadSignature>> {
        self.bulks.lock().unwrap().push(jobs.len());
        jobs.iter().map(|job| job.key.verify(job.message, job.signature)).collect()
    }

    fn digest(&self, parts: &[&[u8]]) -> Digest32 {
        ES256.digest(parts)
    }

    fn hasher(&self) -> Box<dyn Hasher> {
        ES256.hasher()
    }
}

impl VerifyKey for ObservedKey {
    fn alg(&self) -> &'static dyn VerifyAlg {
        self.key.alg()
    }

    fn prepare(&self, budget_bytes: usize) {
        self.prepared.lock().unwrap().push(budget_bytes);
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.key.verify(message, signature)
    }
}

#[test]
fn signatures_of_an_algorithm_are_verified_together() {
    static PREPARED: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    static ALG: Observed = Observed { bulks: Mutex::new(Vec::new()), prepared: &PREPARED };
    let [sm2, es256] = [Algorithm::Sm2, Algorithm::Es256].map(|algorithm| {
        let prefecture = Prefecture::new(algorithm);
        prefecture.issue(&prefecture.draft("business-license"))
    });
    let world = Prefecture::new(Algorithm::Es256).world();
    let documents = [&es256, &sm2, &es256, &b"none".to_vec(), &es256];
    let verifier = Verifier::new(&[&SM2_SM3, &ALG]);
    let reports = verifier.check_bulk(&documents, &world.context());
    assert_eq!(*ALG.bulks.lock().unwrap(), [3]);
    for (report, document) in reports.iter().zip(documents) {
        assert_eq!(report.to_json(), verifier.check(document, &world.context()).to_json());
    }
}

#[test]
fn keys_share_the_memory_for_their_tables() {
    static PREPARED: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    static ALG: Observed = Observed { bulks: Mutex::new(Vec::new()), prepared: &PREPARED };
    let prefecture = Prefecture::new(Algorithm::Es256);
    let list = prefecture.trust_list();
    let keys = || list.issuers.iter().flat_map(|issuer| &issuer.keys);
    let (all, observed) = (keys().count(), keys().filter(|key| key.alg == "ES256").count());
    assert!(observed > 1 && observed < all);
    let token = prefecture.trust_token(&list);
    let trust = TrustSnapshot::load(&token, prefecture.anchor_jwk(), &[&ALG, &SM2_SM3]).unwrap();
    assert!(PREPARED.lock().unwrap().is_empty());
    for (memory, share) in [(all * 1000, 1000), (all * 1000 - 1, 999), (0, 0), (usize::MAX, 256 << 10)] {
        trust.prepare_keys(memory);
        assert_eq!(std::mem::take(&mut *PREPARED.lock().unwrap()), vec![share; observed], "{memory}");
    }
}
