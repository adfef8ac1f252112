//! The seam to the storage engine: ordered keys, prefix scans and one atomic conditional batch.
//!
//! [`Archive`](crate::Archive) needs nothing else, so another engine stands behind it by implementing [`Store`], in
//! another crate too: [`Batch::into_parts`] hands out what is to be done. [`RocksStore`](crate::RocksStore) is the embedded
//! default, [`MemoryStore`](crate::MemoryStore) the model that tests compare it with.

use std::fmt;
use std::sync::Arc;

/// The tables of the archive: a closed list. Their names are part of the disk format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// What the archive is: format version, key check, time of creation.
    Meta,
    /// License identifier → the license as filed.
    License,
    /// Holder digest and time of filing → nothing; the license identifier is in the key.
    ByHolder,
    /// Status list and index → status and license identifier.
    Status,
    /// Status list → the token last published.
    StatusList,
    /// Number → event.
    Event,
    /// License identifier and event number → nothing.
    EventByLicense,
    /// Digest of office and idempotency key → what the act did.
    Idempotency,
    /// Number of a seal → the seal in the register.
    Seal,
    /// Number of a seal and of its version → the bytes of the seal.
    SealVersion,
    /// Number of a seal and event number → nothing.
    EventBySeal,
    /// Id of a key → the key, wrapped under the root secret.
    DataKey,
    /// License identifier → the key of what is personal in that license.
    RecordKey,
    /// Holder digest and event number → nothing.
    EventByHolder,
    /// Id of a spool of reads → how much of it is in the log.
    ReadSpool,
    /// Name of a collected record → the record.
    Collected,
    /// Holder digest and name of a collected record → nothing.
    CollectedByHolder,
    /// Digest of a key within a source, or of a license number and its holder, and name of a collected record → nothing.
    CollectedByKey,
    /// Name of an import, row and name of a collected record → nothing.
    CollectedByImport,
    /// Name of an import → what it reads and how far it is.
    ImportJob,
    /// License identifier → the versions before and after it; first version of a chain → its head.
    Version,
    /// Event number of a change of many licenses → what it changed.
    MassChange,
    /// License identifier and digest of an address → the address.
    LicenseAddress,
    /// Digest of an address and license identifier → nothing.
    LicenseByAddress,
    /// Event number of a decision on papers → its signed receipt.
    Decision,
    /// Event number of a decision on papers → what it was decided from.
    DecisionInput,
    /// Holder digest and event number of a decision on papers → nothing.
    DecisionByHolder,
}

impl Table {
    /// Every table, in the order of the format document.
    pub const ALL: [Self; 27] = [
        Self::Meta,
        Self::License,
        Self::ByHolder,
        Self::Status,
        Self::StatusList,
        Self::Event,
        Self::EventByLicense,
        Self::Idempotency,
        Self::Seal,
        Self::SealVersion,
        Self::EventBySeal,
        Self::DataKey,
        Self::RecordKey,
        Self::EventByHolder,
        Self::ReadSpool,
        Self::Collected,
        Self::CollectedByHolder,
        Self::CollectedByKey,
        Self::CollectedByImport,
        Self::ImportJob,
        Self::Version,
        Self::MassChange,
        Self::LicenseAddress,
        Self::LicenseByAddress,
        Self::Decision,
        Self::DecisionInput,
        Self::DecisionByHolder,
    ];

    /// The name on disk (the column family).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::License => "license",
            Self::ByHolder => "by_holder",
            Self::Status => "status",
            Self::StatusList => "status_list",
            Self::Event => "event",
            Self::EventByLicense => "event_by_license",
            Self::Idempotency => "idempotency",
            Self::Seal => "seal",
            Self::SealVersion => "seal_version",
            Self::EventBySeal => "event_by_seal",
            Self::DataKey => "data_key",
            Self::RecordKey => "record_key",
            Self::EventByHolder => "event_by_holder",
            Self::ReadSpool => "read_spool",
            Self::Collected => "collected",
            Self::CollectedByHolder => "collected_by_holder",
            Self::CollectedByKey => "collected_by_key",
            Self::CollectedByImport => "collected_by_import",
            Self::ImportJob => "import_job",
            Self::Version => "version",
            Self::MassChange => "mass_change",
            Self::LicenseAddress => "license_address",
            Self::LicenseByAddress => "license_by_address",
            Self::Decision => "decision",
            Self::DecisionInput => "decision_input",
            Self::DecisionByHolder => "decision_by_holder",
        }
    }

    /// The version of the disk format that has it first.
    #[must_use]
    pub const fn since(self) -> u32 {
        match self {
            Self::Meta
            | Self::License
            | Self::ByHolder
            | Self::Status
            | Self::StatusList
            | Self::Event
            | Self::EventByLicense
            | Self::Idempotency => 1,
            Self::Seal | Self::SealVersion | Self::EventBySeal => 2,
            Self::DataKey
            | Self::RecordKey
            | Self::EventByHolder
            | Self::ReadSpool
            | Self::Collected
            | Self::CollectedByHolder
            | Self::CollectedByKey
            | Self::CollectedByImport
            | Self::ImportJob => 3,
            Self::Version | Self::MassChange | Self::LicenseAddress | Self::LicenseByAddress => 4,
            Self::Decision | Self::DecisionInput | Self::DecisionByHolder => 5,
        }
    }

    /// How its values are protected: what a change of the data key has to seal anew.
    #[must_use]
    pub const fn protection(self) -> Protection {
        match self {
            Self::License
            | Self::Status
            | Self::StatusList
            | Self::Event
            | Self::Idempotency
            | Self::Seal
            | Self::SealVersion
            | Self::RecordKey
            | Self::ReadSpool
            | Self::Collected
            | Self::ImportJob
            | Self::Version
            | Self::MassChange
            | Self::LicenseAddress
            | Self::Decision
            | Self::DecisionInput => Protection::Sealed,
            Self::Meta => Protection::Mixed,
            Self::ByHolder
            | Self::EventByLicense
            | Self::EventBySeal
            | Self::EventByHolder
            | Self::CollectedByHolder
            | Self::CollectedByKey
            | Self::CollectedByImport
            | Self::LicenseByAddress
            | Self::DecisionByHolder => Protection::Empty,
            Self::DataKey => Protection::Wrapped,
        }
    }
}

/// How the values of a table are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Each is sealed under a data key, or under the key of its record.
    Sealed,
    /// Some are sealed and some are not; the first byte of the latter is none that a sealed value begins with, or the key
    /// tells.
    Mixed,
    /// There are none: the key says everything.
    Empty,
    /// Each is wrapped under a key from the root secret.
    Wrapped,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// An ordered key-value store that several threads share.
///
/// The contract, which every implementation keeps and the test suite checks on each:
///
/// - Keys are byte strings in ascending unsigned order; each [`Table`] is a key space of its own.
/// - A read that begins after a [`commit`](Store::commit) returned `Ok` sees all of that batch. No read ever sees a
///   part of a batch as the final state.
/// - Damaged bytes are an error, never a panic and never a wrong value.
pub trait Store: Send + Sync + fmt::Debug {
    /// The value under `key`, or `None`.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Corrupt`].
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The values under several keys of one table, in the order of the keys: what [`get`](Store::get) gives for each,
    /// which an engine may fetch together.
    ///
    /// # Errors
    /// As [`get`](Store::get).
    fn get_many(&self, table: Table, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        keys.iter().map(|key| self.get(table, key)).collect()
    }

    /// At most `limit` entries whose key begins with `prefix`, ascending, beginning after the key `after`
    /// (which need not exist). Fewer than `limit` entries mean that there are no more.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Corrupt`].
    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;

    /// Does all of `batch` or nothing, in one order that all callers agree on.
    ///
    /// On `Ok` the batch survives power loss, unless the store was opened with [`Durability::Buffered`].
    /// On [`StoreError::Conflict`] nothing was written. After any other error the outcome is unknown until the store is
    /// opened again: the batch is then there as a whole or not at all.
    /// Once a write has failed, the store takes no further batch until it is opened again; reads go on.
    ///
    /// # Errors
    /// [`StoreError`], every variant but `Missing`, `Locked` and `NewerLayout`.
    fn commit(&self, batch: Batch) -> Result<Committed, StoreError>;

    /// Rewrites what is stored so that no file of the store holds bytes any more that were deleted or replaced under
    /// `key`, or a key that begins with it, before. It may take long; reads and commits go on meanwhile. Backups are not touched, nor what the file
    /// system keeps of files that were removed.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], [`StoreError::Io`], [`StoreError::Full`], [`StoreError::Corrupt`].
    fn scrub(&self, table: Table, key: &[u8]) -> Result<(), StoreError>;

    /// How many entries a table has. Exact where entries are put once and never replaced; an estimate otherwise.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Corrupt`].
    fn len_estimate(&self, table: Table) -> Result<u64, StoreError>;

    /// Where a scan of `table` that failed past the key `from` can go on: a key after it, behind which the damage may end.
    /// `None` if the engine does not know one.
    fn beyond_damage(&self, _table: Table, _from: &[u8]) -> Option<Vec<u8>> {
        None
    }

    /// Takes in what the writing process has written since. A follower may stand still between two calls, or be as new
    /// as the engine's answers; a writer has nothing to do here.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Corrupt`].
    fn catch_up(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// The first byte string after all that begin with `prefix`; `None` if there is no such string.
#[must_use]
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

/// What `Ok` from [`Store::commit`] promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// On the disk: survives power loss.
    #[default]
    Synced,
    /// With the operating system: survives the end of the process, not power loss. For benches and tests.
    Buffered,
}

/// What a key must hold for a batch to be done.
#[derive(Clone, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    Absent,
    /// Exactly these bytes.
    Exactly(Vec<u8>),
}

impl Expect {
    /// Whether a key under which `found` is stands as expected.
    #[must_use]
    pub fn holds(&self, found: Option<&[u8]>) -> bool {
        match self {
            Self::Absent => found.is_none(),
            Self::Exactly(bytes) => found == Some(bytes.as_slice()),
        }
    }
}

/// One condition of a [`Batch`].
pub struct Condition {
    /// Where.
    pub table: Table,
    /// Under which key.
    pub key: Vec<u8>,
    /// What must be there.
    pub expect: Expect,
}

/// One write: a value to put, or `None` to delete.
pub struct Write {
    /// Where.
    pub table: Table,
    /// Under which key.
    pub key: Vec<u8>,
    /// The new value; `None` deletes.
    pub value: Option<Vec<u8>>,
}

/// What a numbered entry and the writes that depend on its number look like.
pub struct Numbered {
    /// Value of the numbered entry itself.
    pub value: Vec<u8>,
    /// Further writes of the same batch that need the number.
    pub also: Vec<Write>,
}

/// The number of an appended entry goes in, and the value of the entry before it, as it is stored; its own value and what
/// depends on it come out.
pub type Build = Box<dyn FnOnce(u64, Option<&[u8]>) -> Result<Numbered, StoreError> + Send>;

/// The numbered entry of a [`Batch`]; what holds of `build` is said at [`Batch::append`].
pub struct Append {
    /// The numbered table.
    pub table: Table,
    /// Makes the entry.
    pub build: Build,
}

/// What a [`Batch`] is made of, for those who implement [`Store`].
pub struct Parts {
    /// All of them must hold, in this order.
    pub conditions: Vec<Condition>,
    /// Done in this order: of two writes of one key the later one counts.
    pub writes: Vec<Write>,
    /// Done after `writes`, in this order.
    pub appends: Vec<Append>,
}

/// Conditions and writes that are done together or not at all.
#[derive(Default)]
#[must_use = "a batch does nothing until it is committed"]
pub struct Batch {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) writes: Vec<Write>,
    pub(crate) appends: Vec<Append>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a condition. Conditions are numbered from 0 in the order of these calls.
    pub fn expect(mut self, table: Table, key: impl Into<Vec<u8>>, expect: Expect) -> Self {
        self.conditions.push(Condition { table, key: key.into(), expect });
        self
    }

    /// Puts `value` under `key`, replacing what was there.
    pub fn put(mut self, table: Table, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        self.writes.push(Write { table, key: key.into(), value: Some(value.into()) });
        self
    }

    /// Removes `key` if it is there.
    pub fn delete(mut self, table: Table, key: impl Into<Vec<u8>>) -> Self {
        self.writes.push(Write { table, key: key.into(), value: None });
        self
    }

    /// Puts an entry under the next number of `table`, as eight big-endian bytes.
    ///
    /// Numbers begin at 1 and have no gaps in commit order. `build` gets the number and the value of the entry before
    /// it, exactly as it is stored when this batch is done: of an earlier batch of the same group, or of an earlier call
    /// for the same batch; `None` for the first entry. It returns the value together with the writes that depend on the
    /// number, so that an entry can be bound to its number and to the one before it and be indexed in the same batch. Its
    /// error refuses the batch and nothing of it is written.
    ///
    /// It is called at most once, after all conditions held, on the thread that writes: it must be short and must not
    /// call the store. Entries of one batch get their numbers in the order of these calls.
    pub fn append(
        mut self,
        table: Table,
        build: impl FnOnce(u64, Option<&[u8]>) -> Result<Numbered, StoreError> + Send + 'static,
    ) -> Self {
        self.appends.push(Append { table, build: Box::new(build) });
        self
    }

    /// What is to be done, for those who implement [`Store`].
    #[must_use]
    pub fn into_parts(self) -> Parts {
        let Self { conditions, writes, appends } = self;
        Parts { conditions, writes, appends }
    }
}

/// Keys and values may name persons: only sizes are printed.
impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("conditions", &self.conditions.len())
            .field("writes", &self.writes.len())
            .field("appends", &self.appends.len())
            .finish()
    }
}

/// What a commit assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Number of the entry that was appended last, if the batch had one.
    pub number: Option<u64>,
}

/// Why a store refused.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A condition of the batch did not hold. Nothing was written.
    #[error("condition {condition} of the batch did not hold in table {table}")]
    Conflict {
        /// The table of the first condition that did not hold.
        table: Table,
        /// Its number in the batch, from 0.
        condition: usize,
    },
    /// This handle only follows another process.
    #[error("this handle is read-only: write through the process that owns the archive")]
    ReadOnly,
    /// The disk, the quota or the file size limit is full.
    #[error("no space left: free space on the disk of the archive, then open it again")]
    Full(#[source] Cause),
    /// The operating system, or the database server, refused to read or write.
    #[error("the store refused: {0}")]
    Io(#[source] Cause),
    /// Stored bytes are damaged.
    #[error("stored data is damaged: restore it from a backup ({0})")]
    Corrupt(#[source] Cause),
    /// An earlier write failed; no more is taken.
    #[error("an earlier write failed: find its cause, then open the archive again")]
    Stopped,
    /// Another process (or another handle) has it open for writing.
    #[error("the archive is in use by another process: stop that one first, or follow it read-only")]
    Locked,
    /// There is no store at this place.
    #[error("there is no archive at this place: create it first")]
    Missing,
    /// Another handle has opened the store for writing since, which the engine could not prevent. Nothing was written.
    #[error(
        "another process has taken the archive over for writing: stop one of the two, then open it again"
    )]
    TakenOver,
    /// The engine's own layout is of a newer release.
    #[error("the store has layout {found}, this release reads up to {supported}: use a newer release")]
    NewerLayout {
        /// Version in the store.
        found: u32,
        /// Newest version that can be read here.
        supported: u32,
    },
}

impl StoreError {
    /// Stable code for logs and callers.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "store_conflict",
            Self::ReadOnly => "store_read_only",
            Self::Full(_) => "store_full",
            Self::Io(_) => "store_io",
            Self::Corrupt(_) => "store_corrupt",
            Self::Stopped => "store_stopped",
            Self::Locked => "store_locked",
            Self::Missing => "store_missing",
            Self::TakenOver => "store_taken_over",
            Self::NewerLayout { .. } => "store_newer_layout",
        }
    }
}

/// The engine's own error. Shared, because one failed write answers every batch in it.
#[derive(Clone)]
pub struct Cause(Arc<dyn std::error::Error + Send + Sync>);

impl Cause {
    /// Wraps an error of the engine.
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(Arc::from(error.into()))
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
