//! The archive of licenses: 一人一档, 一企一档.
//!
//! One directory on one disk holds every license with its status and the log of all acts. Three promises:
//!
//! 1. **Nothing acknowledged is lost.** An act is one synced batch of document, indexes, status slot, event and
//!    idempotency record. It is there as a whole or not at all, after a crash too.
//! 2. **Nothing is written anonymously or twice.** An act names who, which office, what for and when, and carries an
//!    idempotency key; the same act again gives the recorded outcome.
//! 3. **The disk alone tells nothing about a holder.** Index keys are keyed digests, values are sealed with keys derived
//!    from a root secret that is not on the disk; a changed or moved value is an error.
//!
//! What is read back is *unverified*: this crate knows no signature. `docs/archive-format.md` specifies the bytes.
//!
//! ```
//! use std::sync::Arc;
//! use boyin_archive::{Act, Archive, MemoryStore, RootSecret};
//! use boyin_model::{id::CreditCode, time::UnixTime};
//!
//! let secret = RootSecret::new([7; 32].into()); // from the operating system's randomness, in earnest
//! let office = CreditCode::parse("11100000000013338W")?;
//! let at = UnixTime::new(1_767_196_800).expect("before the year 9999");
//! let act = Act::new("operator", office, "first installation", at, "create", [0; 32])?;
//! let archive = Archive::create_in(Arc::new(MemoryStore::new()), &secret, &act)?;
//! assert_eq!(archive.events(None, 10)?.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | `store`, `rocks`, `memory` | the seam to the engine, the engine on disk, the engine in memory |
//! | `group_commit` | the thread through which engines write |
//! | `vault`, `record_keys` | keys, sealing of values; keys of licenses that were read lately |
//! | `chain` | what links one event to the next |
//! | `layout` | bytes of every key and every value |
//! | `record`, `act`, `names` | what is filed; acts and the events they leave, with their names |
//! | `seal` | the seal register: what an act makes of a seal |
//! | `version` | which license took the place of which |
//! | `mass` | changes of many licenses at once |
//! | `spool` | reads of processes that cannot write |
//! | `collected` | records collected from other systems, and the imports that bring them |
//! | `archive` | the archive itself |

mod act;
mod archive;
mod backup;
mod chain;
mod check;
mod collected;
mod cursor;
mod decision;
mod error;
mod group_commit;
mod layout;
mod mass;
mod memory;
mod names;
mod record;
mod record_keys;
mod rocks;
mod seal;
mod spool;
mod store;
mod vault;
mod version;

pub use act::{
    Act, ActError, Change, Event, EventKind, HolderNote, MAX_IDEMPOTENCY_KEY, MAX_WORDS, Note, Outcome,
    StatusChange,
};
pub use archive::{
    Archive, Copied, CopyError, CopyProgress, CopyStep, Counts, LogHead, LogLine, MAX_ADDRESSES,
    MAX_AT_ADDRESS, MAX_EVENTS, MAX_PAGE, MAX_SLOTS, Resealing, TakenReads, Unpublished,
};
pub use backup::{
    BACKUP_FORMAT, Backup, BackupError, BackupFile, BackupOrder, FileFault, FileFaultKind, Manifest,
};
pub use check::{CheckProgress, CheckReport, Fault, FaultKind, MAX_FAULTS};
pub use collected::{
    CollectedId, CollectedPage, CollectedRecord, CollectedRow, CollectedRows, CollectedState, ImportId,
    ImportJob, ImportStep, MAX_ALIKE, MAX_STEP, Submission,
};
pub use cursor::{Cursor, Page};
pub use decision::{DecisionFiling, MAX_DECISION};
pub use error::{ArchiveError, Damaged, OpenError};
pub use group_commit::{GroupCommit, WriteGroup};
pub use layout::FORMAT_VERSION;
pub use mass::{
    HolderEnd, LeftReason, MAX_MASS, MassItem, MassLeft, MassPlan, MassRecord, MassScope, PlanDigest,
    SignOff, Undone,
};
pub use memory::{Failure, MemoryStore};
pub use record::{
    Filing, Grade, LicenseRecord, MAX_CREDENTIAL, MAX_LIST_ID, MAX_TEXT, MAX_TOKEN, RecordField, StatusSlot,
};
pub use record_keys::{DEFAULT_RECORD_KEY_MEMORY, RecordKeyUse};
pub use rocks::{EngineMemory, EngineMemoryUse, RocksStore, engine_memory, set_engine_memory};
pub use seal::{MAX_SEAL, SealApplication, SealChange, SealRecord, seal_digest};
pub use spool::{Keeping, MAX_TOLD, Read, ReadOf, ReadSpool, Reader, SpoolError};
pub use store::{
    Append, Batch, Build, Cause, Committed, Condition, Durability, Entry, Expect, Numbered, Parts,
    Protection, Store, StoreError, Table, Write, prefix_end,
};
pub use vault::{HolderKey, RootSecret};
pub use version::{MAX_VERSIONS, Succession, SuccessionKind, Version};
