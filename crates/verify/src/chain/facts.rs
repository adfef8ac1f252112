//! What was found out about signatures, kept while many documents are verified.
//!
//! The certificates of a seal, and the seal itself, come again with every document that it stands on. Whether a key made a
//! signature over some bytes depends on these alone: no instant, no trust list and no revocation is in it. So it is found out
//! once, and everything else is asked anew of each document.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use boyin_model::alg::{Digest32, PublicKey, SignatureEncoding, VerifyAlg, VerifyKey};

use super::CertificateStore;
use super::certificate::Certificate;
use crate::check::fingerprint_alg;

/// Signatures that are remembered. When there are as many, no more are: nobody drives out what is known.
const MAX_SIGNATURES: usize = 1 << 16;
/// Keys that are remembered.
const MAX_KEYS: usize = 1 << 12;

#[derive(Debug, Default)]
pub(super) struct Facts {
    /// How many ask for it.
    askers: AtomicUsize,
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    signatures: HashMap<Digest32, bool>,
    /// By what names their algorithm, and their bits.
    keys: HashMap<(usize, Vec<u8>), Arc<dyn VerifyKey>>,
}

/// While it lives, a [`CertificateStore`] remembers keys, and whether they made signatures of certificates and seals.
#[must_use]
#[derive(Debug)]
pub struct Remembering<'s>(&'s Facts);

impl Drop for Remembering<'_> {
    fn drop(&mut self) {
        if self.0.askers.fetch_sub(1, Ordering::AcqRel) == 1 {
            *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = Known::default();
        }
    }
}

impl Facts {
    fn is_asked(&self) -> bool {
        self.askers.load(Ordering::Acquire) > 0
    }

    /// What is known; a lock whose holder panicked still holds whole facts.
    fn known<T>(&self, read: impl FnOnce(&Known) -> T) -> T {
        read(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn learn(&self, add: impl FnOnce(&mut Known)) {
        add(&mut self.known.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The objects of one set of parameters name it by the same static.
fn name_of(alg: &dyn VerifyAlg) -> usize {
    std::ptr::from_ref(alg.id()).addr()
}

impl CertificateStore {
    /// Remembers keys, and whether they made signatures, until what is returned is dropped: for many documents under few seals.
    ///
    /// No verdict is kept, only whether a key made a signature over some bytes, under a digest of all three: that is the same
    /// at every instant and for every document. At most 65,536 signatures and 4096 keys are remembered.
    pub fn remember(&self) -> Remembering<'_> {
        self.facts.askers.fetch_add(1, Ordering::AcqRel);
        Remembering(&self.facts)
    }

    /// The key of a certificate, if its algorithm is one of the store's that signs with this object identifier in this encoding.
    pub(crate) fn key_of(
        &self,
        certificate: &Certificate,
        algorithm: &[u8],
        encoding: SignatureEncoding,
    ) -> Option<Arc<dyn VerifyKey>> {
        self.key(certificate.alg(&self.algs, algorithm, Some(encoding))?, certificate.key_bits())
    }

    /// Whether `issuer`'s key made the signature of `subject`. Says nothing of whether it may.
    pub(super) fn has_signed(&self, issuer: &Certificate, subject: &Certificate) -> bool {
        let (part, algorithm, signature) = subject.signed_part();
        let alg = issuer.x509_alg(&self.algs, algorithm);
        let key = alg.and_then(|alg| self.key(alg, issuer.key_bits()));
        key.is_some_and(|key| self.has_made(&*key, issuer, part, signature))
    }

    /// Whether the key, that of the certificate, made the signature.
    pub(crate) fn has_made(
        &self,
        key: &dyn VerifyKey,
        certificate: &Certificate,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let verify = || key.verify(message, signature).is_ok();
        if !self.facts.is_asked() {
            return verify();
        }
        let bits = certificate.key_bits();
        let lengths = [name_of(key.alg()), bits.len(), message.len()].map(usize::to_be_bytes).concat();
        let fact = fingerprint_alg(&self.algs).digest(&[&lengths, bits, message, signature]);
        if let Some(found) = self.facts.known(|known| known.signatures.get(&fact).copied()) {
            return found;
        }
        let found = verify();
        self.facts.learn(|known| {
            if known.signatures.len() < MAX_SIGNATURES {
                known.signatures.insert(fact, found);
            }
        });
        found
    }

    fn key(&self, alg: &'static dyn VerifyAlg, bits: &[u8]) -> Option<Arc<dyn VerifyKey>> {
        let read = || alg.key(PublicKey(bits)).ok().map(Arc::from);
        if !self.facts.is_asked() {
            return read();
        }
        let name = (name_of(alg), bits.to_vec());
        if let Some(key) = self.facts.known(|known| known.keys.get(&name).map(Arc::clone)) {
            return Some(key);
        }
        let key: Arc<dyn VerifyKey> = read()?;
        let mut held = Arc::clone(&key);
        self.facts.learn(|known| {
            if let Some(other) = known.keys.get(&name) {
                held = Arc::clone(other);
            } else if known.keys.len() < MAX_KEYS {
                known.keys.insert(name, key);
            }
        });
        Some(held)
    }
}
