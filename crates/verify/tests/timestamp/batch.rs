//! Many documents under one token, against the recursive definition of RFC 9162 §2.1.1.

use boyin_model::alg::{Digest32, VerifyAlg};
use boyin_model::timestamp::batch::{Batch, BatchError, Proof};
use boyin_suite::Algorithm;
use boyin_testkit::prefecture::now;
use boyin_testkit::timestamp::{INFO, TimestampWorld};
use boyin_testkit::tlv::tlv;
use boyin_verify::Reader;
use boyin_verify::timestamp::{
    Stamped, TimestampContext, TimestampPolicy, TimestampReason, TimestampVerdict, check_token,
};

use crate::stamped_at;

fn digests(alg: &dyn VerifyAlg, count: usize) -> Vec<Digest32> {
    (0..count).map(|number| alg.digest(&[&number.to_be_bytes()])).collect()
}

/// MTH of RFC 9162 §2.1.1.
fn tree_hash(alg: &dyn VerifyAlg, digests: &[Digest32]) -> Digest32 {
    if let [one] = digests {
        return alg.digest(&[&[0], one]);
    }
    let left = digests.len().next_power_of_two() / 2;
    alg.digest(&[&[1], &tree_hash(alg, &digests[..left]), &tree_hash(alg, &digests[left..])])
}

/// PATH of RFC 9162 §2.1.3.1.
fn audit_path(alg: &dyn VerifyAlg, place: usize, digests: &[Digest32]) -> Vec<Digest32> {
    if digests.len() == 1 {
        return Vec::new();
    }
    let (left, right) = digests.split_at(digests.len().next_power_of_two() / 2);
    let (mut path, other) = match place.checked_sub(left.len()) {
        None => (audit_path(alg, place, left), right),
        Some(place) => (audit_path(alg, place, right), left),
    };
    path.push(tree_hash(alg, other));
    path
}

#[test]
fn roots_and_paths_are_those_of_the_standard() {
    for algorithm in Algorithm::ALL {
        let alg = algorithm.verifier();
        for size in 1..=33 {
            let digests = digests(alg, size);
            let batch = Batch::new(alg, &digests).unwrap();
            assert_eq!(batch.root(), tree_hash(alg, &digests));
            for (place, digest) in digests.iter().enumerate() {
                let proof = batch.proof(place).unwrap();
                assert_eq!(proof.path, audit_path(alg, place, &digests), "{place} of {size}");
                assert_eq!(proof.root(alg, digest), Some(batch.root()));
                assert_eq!(Proof::read(&proof.write()), Ok(proof.clone()));
                for other in (0..size).filter(|other| *other != place) {
                    assert_ne!(proof.root(alg, &digests[other]), Some(batch.root()));
                    let moved = Proof { place: other.try_into().unwrap(), ..proof.clone() };
                    assert_ne!(moved.root(alg, digest), Some(batch.root()), "{place} as {other} of {size}");
                }
                let longer = Proof { path: [proof.path.clone(), vec![[0; 32]]].concat(), ..proof.clone() };
                assert_eq!(longer.root(alg, digest), None);
                let shorter =
                    Proof { path: proof.path[..proof.path.len().saturating_sub(1)].to_vec(), ..proof };
                assert!(size == 1 || shorter.root(alg, digest).is_none());
            }
            assert_eq!(batch.proof(size), Err(BatchError::Place));
        }
    }
    assert_eq!(Batch::new(Algorithm::Sm2.verifier(), &[]).unwrap_err(), BatchError::Size);
}

#[test]
fn one_token_stamps_a_batch() {
    for algorithm in Algorithm::ALL {
        let (world, alg) = (TimestampWorld::new(algorithm), algorithm.verifier());
        let digests = digests(alg, 1000);
        let batch = Batch::new(alg, &digests).unwrap();
        let mut token = world.stamped(&[], stamped_at());
        token = world.resigned(&token, &[&INFO[..], &[2, 1]].concat(), &tlv(4, &[&batch.root()]));
        let (store, policy) = (world.store(), TimestampPolicy::default());
        let context = TimestampContext {
            now: now(),
            certificates: &store,
            policy: &policy,
            nonce: None,
            claimed: None,
        };
        let verdict = |stamped| check_token(&token, Reader::Ours, stamped, &context).verdict();
        let mismatch = TimestampVerdict::Failed(TimestampReason::ImprintMismatch);
        let proof = batch.proof(777).unwrap();
        assert_eq!(verdict(Stamped::Batched(&proof, digests[777])), TimestampVerdict::Passed);
        assert_eq!(verdict(Stamped::Batched(&proof, digests[778])), mismatch);
        assert_eq!(verdict(Stamped::Digest(alg.id().digest, digests[777])), mismatch);
        let other = if algorithm == Algorithm::Sm2 { "sha-256" } else { "sm3" };
        let renamed = Proof { algorithm: other, ..proof.clone() };
        assert_eq!(verdict(Stamped::Batched(&renamed, digests[777])), mismatch);
    }
}

/// A node is no leaf, and a leaf is no node.
#[test]
fn the_two_kinds_of_hash_are_kept_apart() {
    let alg = Algorithm::Sm2.verifier();
    let digests = digests(alg, 2);
    let root = Batch::new(alg, &digests).unwrap().root();
    let one = Batch::new(alg, &[root]).unwrap();
    assert_ne!(one.root(), root);
    let proof = Proof { algorithm: "sm3", place: 0, size: 1, path: Vec::new() };
    assert_ne!(proof.root(alg, &root), Some(root));
    for bad in [&b"{}"[..], b"[]", br#"{"algorithm":"sm3","format":1,"path":[],"place":0,"size":1,"x":1}"#] {
        assert_eq!(Proof::read(bad), Err(BatchError::Proof));
    }
    assert_eq!(Proof::read(br#"{"algorithm":"sm3","format":1,"path":[],"place":0,"size":1}"#), Ok(proof));
}
