//! Keys, and the sealing of values.
//!
//! Whoever holds the disk without the root secret learns neither a holder's number nor any value, and cannot change a value
//! or move it to another key unnoticed. What stays visible: license identifiers, status list names, how many entries
//! there are and when they were filed.
//!
//! The root secret wraps the keys in the table `data_key` and does nothing else: it can be changed without touching a
//! value. The *base secret* (key 0) gives the keys of indexes, which stay; the data keys (1 and up) seal values, and the
//! highest one is current. What is personal in a license is sealed under a key of its own.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::{fmt, mem};

use boyin_model::address::Address;
use boyin_model::alg::{Digest32, Randomness, RandomnessUnavailable};
use boyin_model::id::{CreditCode, HolderCode};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use ring::hmac::{self, HMAC_SHA256};
use ring::rand::SecureRandom as _;
use zeroize::{Zeroize, Zeroizing};

use crate::store::Table;

/// Salt of the key derivation. Part of the disk format.
const SALT: &[u8] = b"boyin-archive/1";
/// First byte of a value of formats 1 and 2: AES-256-GCM under a key from the base secret, with a derived nonce.
const SEALED_BY_BASE: u8 = 1;
/// First byte of a value under a data key: its id follows.
const SEALED_BY_DATA_KEY: u8 = 2;
/// First byte of a value under the key of its record.
const SEALED_BY_RECORD_KEY: u8 = 3;
/// First byte of a wrapped key.
const WRAPPED: u8 = 1;
/// Id of the base secret.
pub(crate) const BASE: KeyId = 0;
/// Id of the first data key.
pub(crate) const FIRST_DATA_KEY: KeyId = 1;
/// Length of a cursor's authenticator.
pub(crate) const CURSOR_TAG: usize = 16;

/// Number of a key in the table `data_key`.
pub(crate) type KeyId = u32;
/// 32 secret bytes, wiped when dropped.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// A copy of a secret, made in the memory that is wiped.
pub(crate) fn secret(bytes: &[u8; 32]) -> Secret {
    let mut copy = Secret::default();
    copy.copy_from_slice(bytes);
    copy
}

/// The 32 secret bytes that open an archive: they wrap its keys. Made once, from the operating system's randomness, and
/// kept outside the archive; without it the archive cannot be read.
pub struct RootSecret {
    bytes: Secret,
    random: Source,
}

impl RootSecret {
    /// Takes 32 uniformly random bytes. A password is not one. New keys of the archive come from the operating system's
    /// randomness.
    #[must_use]
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self { bytes, random: Source(None) }
    }

    /// The same secret; new keys of the archive come from `random`.
    #[must_use]
    pub fn with_randomness(self, random: impl Randomness + Send + 'static) -> Self {
        Self { random: Source(Some(Arc::new(Mutex::new(random)))), ..self }
    }
}

impl fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootSecret(..)")
    }
}

/// Where new keys come from.
#[derive(Clone)]
struct Source(Option<Arc<Mutex<dyn Randomness + Send>>>);

impl Source {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        match &self.0 {
            Some(source) => source.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes),
            None => ring::rand::SystemRandom::new().fill(bytes).map_err(|_| RandomnessUnavailable),
        }
    }
}

/// Keyed digest that stands for a holder in the index: without the base secret it cannot be computed or tested.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderKey(pub [u8; 32]);

impl fmt::Debug for HolderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderKey(..)")
    }
}

/// Why stored bytes were not opened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unopened {
    /// They were not sealed by this vault for this place.
    NotAuthentic,
    /// They are sealed under a data key that is not known here.
    UnknownKey(KeyId),
}

/// What was sealed, behind bytes that mean nothing any more. Wiped when dropped.
pub(crate) struct Opened {
    bytes: Zeroizing<Vec<u8>>,
    start: usize,
}

impl Opened {
    /// The bytes from `place` on, in the same memory; those before it are wiped.
    ///
    /// # Panics
    /// If there is no such place.
    pub(crate) fn into_rest(mut self, place: usize) -> Vec<u8> {
        let mut bytes = mem::take(&mut *self.bytes);
        let place = self.start + place;
        bytes[..place].zeroize();
        bytes.drain(..place);
        bytes
    }
}

impl Deref for Opened {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

impl From<Zeroizing<Vec<u8>>> for Opened {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self { bytes, start: 0 }
    }
}

/// What a wrapped key is.
pub(crate) struct Wrapped {
    pub(crate) key: Secret,
    /// Of the base secret: whether values of formats 1 and 2 are still read with it. Of a data key: `false`.
    pub(crate) reads_old_values: bool,
}

/// One key for each table, derived from one data key.
type TableKeys = Vec<LessSafeKey>;

struct Keys {
    current: KeyId,
    known: BTreeMap<KeyId, TableKeys>,
    /// Reads what formats 1 and 2 sealed, until that is sealed anew.
    old: Option<TableKeys>,
}

struct Wrapping {
    check: [u8; 32],
    key: LessSafeKey,
}

pub(crate) struct Vault {
    holders: hmac::Key,
    subjects: hmac::Key,
    collected: hmac::Key,
    addresses: hmac::Key,
    acts: hmac::Key,
    decisions: Secret,
    cursors: hmac::Key,
    nonces: hmac::Key,
    spool: LessSafeKey,
    wrapping: RwLock<Wrapping>,
    keys: RwLock<Keys>,
    random: Source,
}

impl Vault {
    /// A vault with the base secret and no data key yet. `reads_old_values` as in [`Wrapped`].
    pub(crate) fn new(root: &RootSecret, base: &Secret, reads_old_values: bool) -> Self {
        let prk = Salt::new(HKDF_SHA256, SALT).extract(base.as_slice());
        let mac = |purpose: &[u8]| hmac::Key::new(HMAC_SHA256, expand(&prk, &[purpose]).as_slice());
        Self {
            holders: mac(b"holder"),
            subjects: mac(b"subject"),
            collected: mac(b"collected"),
            addresses: mac(b"address"),
            acts: mac(b"act"),
            decisions: expand(&prk, &[b"decision"]),
            cursors: mac(b"cursor"),
            nonces: mac(b"nonce"),
            spool: aead(&expand(&prk, &[b"read spool"])),
            wrapping: RwLock::new(wrapping(root)),
            keys: RwLock::new(Keys {
                current: BASE,
                known: BTreeMap::new(),
                old: reads_old_values.then(|| table_keys(&prk)),
            }),
            random: root.random.clone(),
        }
    }

    /// The base secret of an archive of format 1 or 2: the root secret itself.
    pub(crate) fn base_of_old(root: &RootSecret) -> Secret {
        root.bytes.clone()
    }

    /// Shows which root secret an archive is opened with, and nothing about it.
    pub(crate) fn key_check(root: &RootSecret) -> [u8; 32] {
        wrapping(root).check
    }

    /// As [`key_check`](Vault::key_check), of the root secret in use here.
    pub(crate) fn check(&self) -> [u8; 32] {
        self.wrapping.read().unwrap_or_else(PoisonError::into_inner).check
    }

    /// 32 new random bytes.
    pub(crate) fn new_key(&self) -> Result<Secret, RandomnessUnavailable> {
        let mut key = Zeroizing::new([0; 32]);
        self.random.fill(key.as_mut_slice())?;
        Ok(key)
    }

    /// Takes a data key in; the highest one is current.
    pub(crate) fn add(&self, id: KeyId, key: &Secret) {
        let prk = Salt::new(HKDF_SHA256, SALT).extract(key.as_slice());
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.known.insert(id, table_keys(&prk));
        keys.current = keys.current.max(id);
    }

    /// Forgets all data keys but the current one, and how to read old values.
    pub(crate) fn retire(&self) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let current = keys.current;
        keys.known.retain(|id, _| *id == current);
        keys.old = None;
    }

    /// The data key that seals now.
    pub(crate) fn current(&self) -> KeyId {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).current
    }

    /// Uses another root secret from now on.
    pub(crate) fn rewrap_with(&self, root: &RootSecret) {
        *self.wrapping.write().unwrap_or_else(PoisonError::into_inner) = wrapping(root);
    }

    /// `01 ‖ nonce (12) ‖ AES-256-GCM(key (32) ‖ reads old values (1)) ‖ tag (16)` under the root secret in use.
    pub(crate) fn wrap(&self, id: KeyId, wrapped: &Wrapped) -> Result<Vec<u8>, RandomnessUnavailable> {
        self.wrap_under(&self.wrapping.read().unwrap_or_else(PoisonError::into_inner), id, wrapped)
    }

    /// As [`wrap`](Vault::wrap), under another root secret.
    pub(crate) fn wrap_for(
        &self,
        root: &RootSecret,
        id: KeyId,
        wrapped: &Wrapped,
    ) -> Result<Vec<u8>, RandomnessUnavailable> {
        self.wrap_under(&wrapping(root), id, wrapped)
    }

    fn wrap_under(
        &self,
        wrapping: &Wrapping,
        id: KeyId,
        wrapped: &Wrapped,
    ) -> Result<Vec<u8>, RandomnessUnavailable> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce)?;
        let body = Zeroizing::new([wrapped.key.as_slice(), &[u8::from(wrapped.reads_old_values)]].concat());
        Ok(seal_with(&wrapping.key, &[WRAPPED], nonce, associated(Table::DataKey, &id.to_be_bytes()), &body))
    }

    /// Reads [`wrap`](Vault::wrap).
    pub(crate) fn unwrap(&self, id: KeyId, bytes: &[u8]) -> Option<Wrapped> {
        unwrap_with(&self.wrapping.read().unwrap_or_else(PoisonError::into_inner), id, bytes)
    }

    /// As [`unwrap`](Vault::unwrap), before there is a vault.
    pub(crate) fn unwrap_base(root: &RootSecret, bytes: &[u8]) -> Option<Wrapped> {
        unwrap_with(&wrapping(root), BASE, bytes)
    }

    /// HMAC-SHA256 over `code type ‖ 00 ‖ code`.
    pub(crate) fn holder_key(&self, holder: &HolderCode) -> HolderKey {
        let parts: [&[u8]; 3] = [holder.code_type().code().as_bytes(), &[0], holder.as_str().as_bytes()];
        HolderKey(digest(&self.holders, &parts))
    }

    /// What stands for a holder in events: HMAC-SHA256 over the holder key. Not the holder key itself, because events
    /// leave the archive.
    pub(crate) fn subject(&self, holder: &HolderKey) -> Digest32 {
        digest(&self.subjects, &[&holder.0])
    }

    /// HMAC-SHA256 over the parts, each with its length before it.
    pub(crate) fn collected(&self, parts: &[&[u8]]) -> [u8; 32] {
        let lengths: Vec<_> = parts.iter().map(|part| length(part)).collect();
        let with_lengths = lengths.iter().zip(parts).flat_map(|(length, part)| [length.as_slice(), part]);
        digest(&self.collected, &with_lengths.collect::<Vec<_>>())
    }

    /// HMAC-SHA256 over an address in its one spelling.
    pub(crate) fn address_key(&self, address: &Address) -> Digest32 {
        digest(&self.addresses, &[address.as_str().as_bytes()])
    }

    /// The key under which decisions on papers digest what they were decided from.
    pub(crate) fn decision_key(&self) -> Secret {
        self.decisions.clone()
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

    /// `02 ‖ id of the data key (4) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`, bound to the table and the key.
    ///
    /// The nonce is `HMAC-SHA256(nonce key, table ‖ 00 ‖ key length ‖ key ‖ plaintext)`, cut to 12 bytes: it can repeat
    /// under another plaintext only by collision, even after a backup was restored and written on from there, where a
    /// counter would repeat. Each table has its own value key, so 2^32 values per table and data key stay within the bound
    /// of NIST SP 800-38D §8.3 (probability of a collision below 2^-32).
    pub(crate) fn seal(&self, table: Table, key: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let nonce = self.nonce(table, key, plaintext);
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let id = keys.current;
        let data = keys.known.get(&id).expect("an archive that is written has a data key");
        let [a, b, c, d] = id.to_be_bytes();
        let head = [SEALED_BY_DATA_KEY, a, b, c, d];
        seal_with(table_key(data, table), &head, nonce, associated(table, key), plaintext)
    }

    /// Gives back what [`seal`](Vault::seal) was given for the same table and key.
    pub(crate) fn open(
        &self,
        table: Table,
        key: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let (version, rest) = sealed.split_first().ok_or(Unopened::NotAuthentic)?;
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        match *version {
            SEALED_BY_BASE => {
                let old = keys.old.as_ref().ok_or(Unopened::NotAuthentic)?;
                open_with(table_key(old, table), associated(table, key), rest)
            }
            SEALED_BY_DATA_KEY => {
                let (id, rest) = rest.split_first_chunk().ok_or(Unopened::NotAuthentic)?;
                let id = KeyId::from_be_bytes(*id);
                let data = keys.known.get(&id).ok_or(Unopened::UnknownKey(id))?;
                open_with(table_key(data, table), associated(table, key), rest)
            }
            _ => Err(Unopened::NotAuthentic),
        }
    }

    /// Whether a sealed value is under the current data key. One under the key of a record depends on no data key.
    pub(crate) fn is_current(&self, sealed: &[u8]) -> bool {
        match sealed.split_first() {
            Some((&SEALED_BY_DATA_KEY, rest)) => {
                rest.first_chunk().is_some_and(|id| KeyId::from_be_bytes(*id) == self.current())
            }
            Some((&SEALED_BY_RECORD_KEY, _)) => true,
            Some(_) | None => false,
        }
    }

    /// `03 ‖ nonce (12) ‖ ciphertext ‖ tag (16)` under the key of a record.
    pub(crate) fn seal_record(&self, record: &Secret, table: Table, key: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let nonce = self.nonce(table, key, plaintext);
        seal_with(&aead(record), &[SEALED_BY_RECORD_KEY], nonce, associated(table, key), plaintext)
    }

    /// Whether a value is sealed under the key of its record.
    pub(crate) fn is_by_record_key(sealed: &[u8]) -> bool {
        sealed.first() == Some(&SEALED_BY_RECORD_KEY)
    }

    /// Whether a value is as formats 1 and 2 sealed it.
    pub(crate) fn is_by_base(sealed: &[u8]) -> bool {
        sealed.first() == Some(&SEALED_BY_BASE)
    }

    /// Gives back what [`seal_record`](Vault::seal_record) was given for the same key, table and key of the table. It is
    /// opened where it stands: what is personal is in memory once.
    pub(crate) fn open_record(
        record: &Secret,
        table: Table,
        key: &[u8],
        sealed: Vec<u8>,
    ) -> Result<Opened, Unopened> {
        let start = 1 + NONCE_LEN;
        let mut bytes = Zeroizing::new(sealed);
        let (head, body) = bytes.split_at_mut_checked(start).ok_or(Unopened::NotAuthentic)?;
        let nonce = match head {
            [SEALED_BY_RECORD_KEY, nonce @ ..] => <[u8; NONCE_LEN]>::try_from(&*nonce),
            _ => return Err(Unopened::NotAuthentic),
        };
        let nonce = Nonce::assume_unique_for_key(nonce.map_err(|_| Unopened::NotAuthentic)?);
        let opened = aead(record).open_in_place(nonce, associated(table, key), body);
        let end = start + opened.map_err(|_| Unopened::NotAuthentic)?.len();
        bytes.truncate(end);
        Ok(Opened { bytes, start })
    }

    /// A frame of a spool of reads: `nonce (12) ‖ ciphertext ‖ tag (16)`, bound to the spool and its place in it. Under a key from the
    /// base secret, because a follower may be behind the current data key.
    pub(crate) fn seal_frame(&self, place: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let nonce = self.nonce(Table::ReadSpool, place, plaintext);
        seal_with(&self.spool, &[], nonce, associated(Table::ReadSpool, place), plaintext)
    }

    /// Reads [`seal_frame`](Vault::seal_frame).
    pub(crate) fn open_frame(&self, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        open_with(&self.spool, associated(Table::ReadSpool, place), sealed)
    }

    fn nonce(&self, table: Table, key: &[u8], plaintext: &[u8]) -> [u8; NONCE_LEN] {
        let mac = digest(&self.nonces, &[table.name().as_bytes(), &[0], &length(key), key, plaintext]);
        *mac.first_chunk().expect("a digest is longer than a nonce")
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

fn wrapping(root: &RootSecret) -> Wrapping {
    let prk = Salt::new(HKDF_SHA256, SALT).extract(root.bytes.as_slice());
    Wrapping { check: *expand(&prk, &[b"key check"]), key: aead(&expand(&prk, &[b"wrap"])) }
}

fn unwrap_with(wrapping: &Wrapping, id: KeyId, bytes: &[u8]) -> Option<Wrapped> {
    let rest = bytes.strip_prefix(&[WRAPPED])?;
    let body = open_with(&wrapping.key, associated(Table::DataKey, &id.to_be_bytes()), rest).ok()?;
    let (key, flag) = body.split_first_chunk::<32>()?;
    let reads_old_values = match flag {
        [0] => false,
        [1] if id == BASE => true,
        _ => return None,
    };
    Some(Wrapped { key: Zeroizing::new(*key), reads_old_values })
}

fn table_keys(prk: &Prk) -> TableKeys {
    Table::ALL.into_iter().map(|table| aead(&expand(prk, &[b"value ", table.name().as_bytes()]))).collect()
}

fn table_key(keys: &TableKeys, table: Table) -> &LessSafeKey {
    let place = Table::ALL.iter().position(|t| *t == table).expect("every table is in the list");
    keys.get(place).expect("there is one key per table")
}

fn aead(key: &Secret) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_slice()).expect("the key has 32 bytes"))
}

fn seal_with(
    key: &LessSafeKey,
    head: &[u8],
    nonce: [u8; NONCE_LEN],
    associated: Aad<Vec<u8>>,
    plaintext: &[u8],
) -> Vec<u8> {
    let start = head.len() + NONCE_LEN;
    let mut sealed = Vec::with_capacity(start + plaintext.len() + AES_256_GCM.tag_len());
    sealed.extend_from_slice(head);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plaintext);
    let (_, body) = sealed.split_at_mut(start);
    let tag = key
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), associated, body)
        .expect("values are far below the 64 GiB that AES-GCM can seal");
    sealed.extend_from_slice(tag.as_ref());
    sealed
}

/// `nonce (12) ‖ ciphertext ‖ tag (16)`.
fn open_with(
    key: &LessSafeKey,
    associated: Aad<Vec<u8>>,
    bytes: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Unopened> {
    let (nonce, body) = bytes.split_first_chunk::<NONCE_LEN>().ok_or(Unopened::NotAuthentic)?;
    let mut plaintext = Zeroizing::new(body.to_vec());
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let opened = key.open_in_place(nonce, associated, &mut plaintext);
    let length = opened.map_err(|_| Unopened::NotAuthentic)?.len();
    plaintext.truncate(length);
    Ok(plaintext)
}

/// HMAC-SHA256 key that authenticates the manifests of backups.
pub(crate) fn backup_key(root: &RootSecret) -> hmac::Key {
    let prk = Salt::new(HKDF_SHA256, SALT).extract(root.bytes.as_slice());
    hmac::Key::new(HMAC_SHA256, expand(&prk, &[b"backup"]).as_slice())
}

fn associated(table: Table, key: &[u8]) -> Aad<Vec<u8>> {
    Aad::from([table.name().as_bytes(), &[0], key].concat())
}

fn expand(prk: &Prk, info: &[&[u8]]) -> Secret {
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
