//! Keys derived from the root secret, and the sealing of values.
//!
//! Whoever holds the disk without the secret learns neither a holder's number nor any value, and cannot change a value
//! or move it to another key unnoticed. What stays visible: license identifiers, status list names, how many entries
//! there are and when they were filed.

use std::fmt;

use boyin_model::id::{CreditCode, HolderCode};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use ring::hmac::{self, HMAC_SHA256};
use zeroize::Zeroizing;

use crate::store::Table;

/// Salt of the key derivation. Part of the disk format.
const SALT: &[u8] = b"boyin-archive/1";
/// First byte of every sealed value: AES-256-GCM with a derived nonce.
const SEALED_V1: u8 = 1;
/// Length of a cursor's authenticator.
pub(crate) const CURSOR_TAG: usize = 16;

/// The 32 secret bytes that all keys of one archive come from. Made once, from the operating system's randomness, and
/// kept outside the archive; without it the archive cannot be read.
pub struct RootSecret(Zeroizing<[u8; 32]>);

impl RootSecret {
    /// Takes 32 uniformly random bytes. A password is not one.
    #[must_use]
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootSecret(..)")
    }
}

/// Keyed digest that stands for a holder in the index: without the root secret it cannot be computed or tested.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderKey(pub [u8; 32]);

impl fmt::Debug for HolderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderKey(..)")
    }
}

/// The stored bytes were not sealed by this vault for this place.
#[derive(Debug)]
pub(crate) struct NotAuthentic;

pub(crate) struct Vault {
    check: [u8; 32],
    holders: hmac::Key,
    acts: hmac::Key,
    cursors: hmac::Key,
    nonces: hmac::Key,
    values: Vec<LessSafeKey>,
}

impl Vault {
    pub(crate) fn new(root: &RootSecret) -> Self {
        let prk = Salt::new(HKDF_SHA256, SALT).extract(root.0.as_slice());
        let mac = |purpose: &[u8]| hmac::Key::new(HMAC_SHA256, expand(&prk, &[purpose]).as_slice());
        let value_key = |table: Table| {
            let key = expand(&prk, &[b"value ", table.name().as_bytes()]);
            LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_slice()).expect("the key has 32 bytes"))
        };
        Self {
            check: *expand(&prk, &[b"key check"]),
            holders: mac(b"holder"),
            acts: mac(b"act"),
            cursors: mac(b"cursor"),
            nonces: mac(b"nonce"),
            values: Table::ALL.into_iter().map(value_key).collect(),
        }
    }

    /// Shows which root secret an archive was made with, and nothing about it.
    pub(crate) fn key_check(&self) -> [u8; 32] {
        self.check
    }

    /// HMAC-SHA256 over `code type ‖ 00 ‖ code`.
    pub(crate) fn holder_key(&self, holder: &HolderCode) -> HolderKey {
        let parts: [&[u8]; 3] = [holder.code_type().code().as_bytes(), &[0], holder.as_str().as_bytes()];
        HolderKey(digest(&self.holders, &parts))
    }

    /// HMAC-SHA256 over `office ‖ 00 ‖ idempotency key`. Keyed, because callers put case numbers into their keys.
    pub(crate) fn act_key(&self, office: &CreditCode, key: &str) -> [u8; 32] {
        digest(&self.acts, &[office.as_str().as_bytes(), &[0], key.as_bytes()])
    }

    /// Authenticator of a cursor, over `scope length ‖ scope ‖ position`.
    pub(crate) fn cursor_tag(&self, scope: &[u8], position: &[u8]) -> [u8; CURSOR_TAG] {
        let mac = digest(&self.cursors, &[&length(scope), scope, position]);
        *mac.first_chunk().expect("a digest is longer than its prefix")
    }

    /// Whether `tag` is the authenticator, without telling by time how much of it is right.
    pub(crate) fn is_cursor_tag(&self, scope: &[u8], position: &[u8], tag: &[u8; CURSOR_TAG]) -> bool {
        let right = self.cursor_tag(scope, position);
        right.iter().zip(tag).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
    }

    /// `01 ‖ nonce (12) ‖ ciphertext ‖ tag (16)`, bound to the table and the key.
    ///
    /// The nonce is `HMAC-SHA256(nonce key, table ‖ 00 ‖ key length ‖ key ‖ plaintext)`, cut to 12 bytes: it can repeat
    /// under another plaintext only by collision, even after a backup was restored and written on from there, where a
    /// counter would repeat. Each table has its own value key, so 2^32 values per table stay within the bound of
    /// NIST SP 800-38D §8.3 (probability of a collision below 2^-32).
    pub(crate) fn seal(&self, table: Table, key: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let name = table.name().as_bytes();
        let mac = digest(&self.nonces, &[name, &[0], &length(key), key, plaintext]);
        let nonce: [u8; NONCE_LEN] = *mac.first_chunk().expect("a digest is longer than a nonce");
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plaintext.len() + AES_256_GCM.tag_len());
        sealed.push(SEALED_V1);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let (_, body) = sealed.split_at_mut(1 + NONCE_LEN);
        let tag = self
            .value_key(table)
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), associated(table, key), body)
            .expect("values are far below the 64 GiB that AES-GCM can seal");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Gives back what [`seal`](Vault::seal) was given for the same table and key.
    pub(crate) fn open(
        &self,
        table: Table,
        key: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, NotAuthentic> {
        let (version, rest) = sealed.split_first().ok_or(NotAuthentic)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(NotAuthentic)?;
        if *version != SEALED_V1 {
            return Err(NotAuthentic);
        }
        let mut plaintext = Zeroizing::new(body.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.value_key(table).open_in_place(nonce, associated(table, key), &mut plaintext);
        let length = opened.map_err(|_| NotAuthentic)?.len();
        plaintext.truncate(length);
        Ok(plaintext)
    }

    fn value_key(&self, table: Table) -> &LessSafeKey {
        let place = Table::ALL.iter().position(|t| *t == table).expect("every table is in the list");
        self.values.get(place).expect("there is one key per table")
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

fn associated(table: Table, key: &[u8]) -> Aad<Vec<u8>> {
    Aad::from([table.name().as_bytes(), &[0], key].concat())
}

fn expand(prk: &Prk, info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    let okm = prk.expand(info, HKDF_SHA256).expect("32 bytes are within the limit of HKDF");
    okm.fill(out.as_mut_slice()).expect("the output has the length asked for");
    out
}

fn digest(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    let tag = context.sign();
    *tag.as_ref().first_chunk().expect("HMAC-SHA256 gives 32 bytes")
}

/// Length as eight big-endian bytes.
fn length(bytes: &[u8]) -> [u8; 8] {
    u64::try_from(bytes.len()).expect("a length fits 64 bits").to_be_bytes()
}
