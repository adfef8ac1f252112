//! Memory of the tables of all keys: a bound for the whole process, so this binary has one test.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use boyin_model::alg::{BulkJob, PublicKey, Signer as _, VerifyKey};
use boyin_suite::{Algorithm, SoftwareKey, set_table_memory, table_memory};
use boyin_testkit::random::FixedRandom;

/// Bytes of a table of the default width.
const TABLE: usize = 256 << 10;

struct Known {
    key: Box<dyn VerifyKey>,
    signature: Vec<u8>,
}

impl Known {
    fn new(algorithm: Algorithm, random: &mut FixedRandom) -> Self {
        let signer = SoftwareKey::generate(algorithm, random).unwrap();
        let key = signer.alg().key(PublicKey(signer.public_key().0)).unwrap();
        Self { key, signature: signer.sign(b"message").unwrap() }
    }

    /// Right and wrong messages get their verdicts whether there is a table or not.
    fn verify(&self) {
        assert!(self.key.verify(b"message", &self.signature).is_ok());
    }

    fn refuse(&self) {
        assert!(self.key.verify(b"massage", &self.signature).is_err());
    }
}

fn tables() -> usize {
    let memory = table_memory();
    assert_eq!(memory.used, memory.tables * TABLE);
    assert!(memory.used <= memory.limit);
    memory.tables
}

#[test]
fn tables_stay_within_their_memory() {
    let mut random = FixedRandom::new(7);
    for algorithm in Algorithm::ALL {
        let known: Vec<_> = (0..5).map(|_| Known::new(algorithm, &mut random)).collect();
        set_table_memory(3 * TABLE);

        known[0].verify();
        assert_eq!(tables(), 0, "one use is not worth a table");
        known[0].verify();
        assert_eq!(tables(), 1, "the second is");
        known[1].key.prepare(TABLE);
        assert_eq!(tables(), 2, "preparing builds at once");
        known[1].key.prepare(TABLE);
        known[1].key.prepare(10);
        assert_eq!(tables(), 2, "and once");
        known[2].key.prepare(TABLE - 1);
        assert!(table_memory().used < 3 * TABLE, "a smaller budget makes a narrower table");
        assert_eq!(table_memory().tables, 3);
        set_table_memory(0);
        assert_eq!(tables(), 0, "a lower bound drops tables");
        for _ in 0..40 {
            known[0].verify();
            known[0].refuse();
        }
        assert_eq!(tables(), 0, "no memory, no table");

        // Five keys that take turns under a bound of three: the first three get tables and keep them.
        set_table_memory(3 * TABLE);
        for _ in 0..40 {
            known.iter().for_each(Known::verify);
        }
        assert_eq!(tables(), 3);
        let job = |known: &Known| BulkJobOwned { message: b"message", signature: known.signature.clone() };
        let owned: Vec<_> = known.iter().map(job).collect();
        let jobs: Vec<_> = known
            .iter()
            .zip(&owned)
            .map(|(known, owned)| BulkJob {
                key: &*known.key,
                message: owned.message,
                signature: &owned.signature,
            })
            .collect();
        assert_eq!(known[0].key.alg().verify_bulk(&jobs), vec![Ok(()); 5]);
        assert_eq!(tables(), 3);

        // Only two keys are left in use: the one without a table takes the place of an idle one.
        let mut settled = 0;
        for _ in 0..200 {
            known[3].verify();
            known[4].verify();
            settled = tables();
        }
        assert_eq!(settled, 3);
        set_table_memory(2 * TABLE);
        known[3].verify();
        known[4].verify();
        assert_eq!(tables(), 2, "the two in use keep theirs, the longest unused goes");

        drop(known);
        assert_eq!(tables(), 0, "a key takes its table with it");
    }
}

struct BulkJobOwned {
    message: &'static [u8],
    signature: Vec<u8>,
}
