//! Many digests under one timestamp: a Merkle tree as in RFC 9162 §2.1, with SM3 or SHA-256.
//!
//! ```text
//! leaf(d)    = H(00 ‖ d)          d: digest of one document, 32 bytes
//! node(l, r) = H(01 ‖ l ‖ r)
//! ```
//! The token's imprint is the root itself. A proof has the sibling of each node on the way from the leaf to the root.

use crate::alg::{Digest32, VerifyAlg};
use crate::hex;
use crate::json::{self, Reader, Value};
use crate::limits::MAX_BATCH;

/// `format` of a proof.
const PROOF_FORMAT: i64 = 1;
/// Siblings of a leaf among [`MAX_BATCH`].
const MAX_STEPS: usize = 24;
const LEAF: &[u8] = &[0];
const NODE: &[u8] = &[1];

/// Why there is no batch, or no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// No digest, or more than [`MAX_BATCH`].
    #[error("a batch has 1 to {MAX_BATCH} digests")]
    Size,
    /// The place is beyond the batch.
    #[error("the batch has no such place")]
    Place,
    /// Not the JSON form of a proof.
    #[error("this is no inclusion proof")]
    Proof,
}

/// A tree over digests.
#[derive(Clone, Debug)]
pub struct Batch {
    algorithm: &'static str,
    /// From the leaves to the root.
    levels: Vec<Vec<Digest32>>,
}

/// Shows that a digest is under a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The digest algorithm, by its name in this project.
    pub algorithm: &'static str,
    /// Place of the digest, from 0.
    pub place: u32,
    /// Digests in the batch.
    pub size: u32,
    /// Siblings from the leaf upward.
    pub path: Vec<Digest32>,
}

fn node(alg: &dyn VerifyAlg, left: &Digest32, right: &Digest32) -> Digest32 {
    alg.digest(&[NODE, left, right])
}

impl Batch {
    /// The tree over `digests`, in their order.
    ///
    /// # Errors
    /// [`BatchError::Size`].
    pub fn new(alg: &dyn VerifyAlg, digests: &[Digest32]) -> Result<Self, BatchError> {
        if digests.is_empty() || digests.len() > MAX_BATCH {
            return Err(BatchError::Size);
        }
        let mut levels = Vec::new();
        let mut level: Vec<_> = digests.iter().map(|digest| alg.digest(&[LEAF, digest])).collect();
        while level.len() > 1 {
            // The last of an odd number is its own parent: the tree is that of RFC 9162, whose left part is full.
            let parent = |pair: &[Digest32]| match pair {
                [left, right] => node(alg, left, right),
                _ => pair[0],
            };
            let above = level.chunks(2).map(parent).collect();
            levels.push(std::mem::replace(&mut level, above));
        }
        levels.push(level);
        Ok(Self { algorithm: alg.id().digest, levels })
    }

    /// What is to be stamped.
    #[must_use]
    pub fn root(&self) -> Digest32 {
        self.levels[self.levels.len() - 1][0]
    }

    /// The proof of the digest at a place.
    ///
    /// # Errors
    /// [`BatchError::Place`].
    pub fn proof(&self, place: usize) -> Result<Proof, BatchError> {
        let size = self.levels[0].len();
        if place >= size {
            return Err(BatchError::Place);
        }
        let sibling = |(height, level): (usize, &Vec<Digest32>)| level.get((place >> height) ^ 1).copied();
        let below_root = self.levels[..self.levels.len() - 1].iter().enumerate();
        let small = |number: usize| u32::try_from(number).map_err(|_| BatchError::Size);
        Ok(Proof {
            algorithm: self.algorithm,
            place: small(place)?,
            size: small(size)?,
            path: below_root.filter_map(sibling).collect(),
        })
    }
}

impl Proof {
    /// The root that the proof leads to from a digest (RFC 9162 §2.1.3.2); `None` if the algorithm is another one, or
    /// place, size and path do not fit.
    #[must_use]
    pub fn root(&self, alg: &dyn VerifyAlg, digest: &Digest32) -> Option<Digest32> {
        if alg.id().digest != self.algorithm || self.place >= self.size {
            return None;
        }
        let (mut place, mut last) = (self.place, self.size - 1);
        let mut reached = alg.digest(&[LEAF, digest]);
        let mut path = self.path.iter();
        while last > 0 {
            if place & 1 == 1 {
                reached = node(alg, path.next()?, &reached);
            } else if place < last {
                reached = node(alg, &reached, path.next()?);
            }
            (place, last) = (place >> 1, last >> 1);
        }
        path.next().is_none().then_some(reached)
    }

    /// The canonical JSON form (`docs/format.md` §12.4).
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let path = self.path.iter().map(|digest| Value::Text(hex::encode(digest).into())).collect();
        let members = [
            ("algorithm", Value::Text(self.algorithm.into())),
            ("format", Value::Int(PROOF_FORMAT)),
            ("path", Value::Array(path)),
            ("place", Value::Int(self.place.into())),
            ("size", Value::Int(self.size.into())),
        ];
        let mut out = Vec::new();
        json::write(&json::object(members), &mut out);
        out
    }

    /// Reads the canonical form.
    ///
    /// # Errors
    /// [`BatchError::Proof`].
    pub fn read(bytes: &[u8]) -> Result<Self, BatchError> {
        let value = json::parse(bytes, Reader::Ours).map_err(|_| BatchError::Proof)?.value;
        let proof = Self::of(&value).ok_or(BatchError::Proof)?;
        // One spelling only: no further members.
        if proof.write() == bytes { Ok(proof) } else { Err(BatchError::Proof) }
    }

    fn of(value: &Value<'_>) -> Option<Self> {
        let Value::Object(members) = value else { return None };
        let number = |name| {
            let Some(Value::Int(number)) = members.get(name) else { return None };
            u32::try_from(*number).ok()
        };
        let Some(Value::Text(name)) = members.get("algorithm") else { return None };
        let algorithm = ["sm3", "sha-256"].into_iter().find(|known| name == known)?;
        let Some(Value::Array(steps)) = members.get("path") else { return None };
        if steps.len() > MAX_STEPS {
            return None;
        }
        let step = |step: &Value<'_>| {
            let Value::Text(text) = step else { return None };
            hex::decode(text)?.try_into().ok()
        };
        let path = steps.iter().map(step).collect::<Option<Vec<_>>>()?;
        let (place, size) = (number("place")?, number("size")?);
        let fits = usize::try_from(size).is_ok_and(|size| size <= MAX_BATCH);
        fits.then_some(Self { algorithm, place, size, path })
    }
}
