//! Why the archive refused, in sentences that say what to do.

use crate::act::EventKind;
use crate::archive::MAX_ADDRESSES;
use crate::collected::MAX_ALIKE;
use crate::mass::MAX_MASS;
use crate::record::RecordField;
use crate::store::{StoreError, Table};
use boyin_model::alg::RandomnessUnavailable;
use boyin_model::collected::EvidenceFault;
use boyin_model::id::{DivisionCode, LicenseId};
use boyin_model::register::{LimitFault, LimitsError, SealAct, SealState};
use boyin_model::status::LicenseStatus;
use boyin_model::time::UnixTime;

/// Stored bytes that are not what was sealed there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an entry of table {table} is damaged: restore the archive from a backup")]
pub struct Damaged {
    /// Where it is.
    pub table: Table,
}

/// Why an archive was not made or not opened.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The storage engine refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The place holds an archive already.
    #[error("there is an archive here already: open it instead of making one")]
    Exists,
    /// The store is empty: making the archive was not finished.
    #[error("there is no archive here yet: create it first")]
    Empty,
    /// A copy into the store was begun and is not whole.
    #[error("a copy of an archive into this place was not finished: run `boyin archive copy` again")]
    HalfCopied,
    /// The archive was made with another root secret.
    #[error("this is not the root secret of the archive: use the one it was made with")]
    WrongSecret,
    /// The archive was written by a newer release.
    #[error("the archive has format {found}, this release reads up to {supported}: use a newer release")]
    NewerFormat {
        /// Version on disk.
        found: u32,
        /// Newest version that can be read here.
        supported: u32,
    },
    /// What describes the archive is missing or damaged.
    #[error(transparent)]
    Damaged(#[from] Damaged),
    /// No randomness for the archive's keys.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
}

impl OpenError {
    /// Stable code for logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Exists => "archive_exists",
            Self::Empty => "archive_empty",
            Self::HalfCopied => "archive_half_copied",
            Self::WrongSecret => "archive_wrong_secret",
            Self::NewerFormat { .. } => "archive_newer_format",
            Self::Damaged(_) => "archive_damaged",
            Self::Randomness(_) => "randomness",
        }
    }
}

/// Why the archive refused an act or a read. Except after a failed write ([`StoreError::Full`], [`StoreError::Io`]),
/// a refused act has changed nothing.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The storage engine refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored entry is damaged.
    #[error(transparent)]
    Damaged(#[from] Damaged),
    /// The office used this idempotency key for another request.
    #[error(
        "this idempotency key was used for another request (event {event}): give the new request a key of its own"
    )]
    IdempotencyConflict {
        /// Event of the act that the key belongs to.
        event: u64,
        /// What that act did.
        what: EventKind,
    },
    /// Another act has filed a license under this identifier.
    #[error("a license is on file under this identifier: file a new version under its own identifier")]
    Conflict,
    /// The place on the status list belongs to another license.
    #[error("place {index} of the status list is taken: choose a free one")]
    SlotTaken {
        /// The place.
        index: u32,
    },
    /// No license is on file under this identifier.
    #[error("no license is on file under this identifier")]
    NotFound,
    /// The archive does not keep the status of this license.
    #[error("the status of this license is kept by its issuer: change it there")]
    NoSlot,
    /// The status does not allow the change.
    #[error("a license that is {from} cannot become {to}")]
    IllegalTransition {
        /// Status now.
        from: LicenseStatus,
        /// Status asked for.
        to: LicenseStatus,
    },
    /// Other acts on the same license or seal came first again and again.
    #[error("other acts on this license or seal came first: try again")]
    Busy,
    /// The record cannot be filed.
    #[error("the record cannot be filed: {0}")]
    InvalidRecord(RecordField),
    /// No reason or clause, or one that is too long; or something is said that does not belong to the change.
    #[error(
        "give the reason, and the clause if there is one, in 1 to 200 characters each; only a revocation can be \
         retroactive, and only a superseded license has a successor, another one"
    )]
    Reason,
    /// No seal has this number.
    #[error("no seal has this number")]
    SealNotFound,
    /// The state of the seal does not allow the act.
    #[error("a seal that is {from} does not allow: {act}")]
    SealTransition {
        /// State now.
        from: SealState,
        /// What was to be done.
        act: SealAct,
    },
    /// The act takes another person than this one.
    #[error(
        "this takes another person: nobody approves the own application or acts as the second of two alone"
    )]
    SealSamePerson,
    /// The second person is not named.
    #[error("name the second person in 1 to 200 characters")]
    SealSecond,
    /// A limit of the seal stands against the use.
    #[error(transparent)]
    SealLimit(#[from] LimitFault),
    /// The limits asked for cannot be meant.
    #[error(transparent)]
    SealLimits(#[from] LimitsError),
    /// The act is dated before the last one on the seal.
    #[error("the last act on the seal was at {last}, later than this one: set the clock")]
    SealBackdated {
        /// When the last act was.
        last: UnixTime,
    },
    /// The division has given all its numbers.
    #[error("division {0} has no number left for a seal")]
    SealNumbers(DivisionCode),
    /// The archive got a newer format, or another root secret, after it was opened here.
    #[error(
        "the archive was brought to a newer format or under another root secret meanwhile: open it again"
    )]
    Upgraded,
    /// An event does not hold the hash of the one before it, or is missing.
    #[error("the log is broken at event {event}: it was changed from outside, compare it with an export")]
    BrokenLink {
        /// The first event that does not follow.
        event: u64,
    },
    /// What is personal in the license, or what the collected record says, was erased.
    #[error("what was on file under this name was erased (event {event}, {at})")]
    Erased {
        /// The event of the erasure.
        event: u64,
        /// When.
        at: UnixTime,
    },
    /// Values are still to be sealed anew under the current data key.
    #[error("values are still being sealed anew: let `boyin archive key rotate` finish first")]
    Resealing,
    /// The archive is followed in a format that does not have this yet.
    #[error("the archive has an older format: open it once at the desk, which brings it to this one")]
    OldFormat,
    /// No randomness for the key of a record.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// A correction of an import that cannot be corrected.
    #[error(
        "only rejected rows of a finished import can be corrected, and a correction is named by the import that came first"
    )]
    ImportCorrects,
    /// No collected record has this name.
    #[error("no collected record has this name")]
    CollectedNotFound,
    /// Nothing leads from this holder to what a decision on papers was decided from.
    #[error(
        "nothing is kept that a decision on papers of this holder was decided from: check kind and number"
    )]
    NoDecisionInputs,
    /// The import is not where the step begins, is finished, or the step does not count each of its rows once.
    #[error("the import is not where these rows begin: begin it again, it goes on where it ended")]
    ImportStep,
    /// The evidence does not carry the grade.
    #[error(transparent)]
    Evidence(#[from] EvidenceFault),
    /// The grade is no better than the one that the record has.
    #[error("the record has this grade or a better one")]
    NotRaised,
    /// Nothing to decide.
    #[error("the record is not disputed")]
    NotDisputed,
    /// No license can be issued from it.
    #[error(
        "an agency issues licenses from its own undisputed records of grade A or B, once from those that say the same"
    )]
    NotSignable,
    /// Another version has taken the place of the license.
    #[error("version {head} has taken the place of this license: act on that one")]
    NotHead {
        /// The current version.
        head: Box<LicenseId>,
    },
    /// The new license is not the next version of the old one, or not the same holder's.
    #[error("the next version of a license has its identifier with the next number, and the same holder")]
    NotNextVersion,
    /// A license cannot take the place of another one.
    #[error(
        "a license takes the place of another one of its holder if it is on file, in force, and belongs to no other chain of versions; one that passes to somebody else is superseded without a successor"
    )]
    NotSuccessor,
    /// What would be done is not what was signed off.
    #[error(
        "what would be done is not what was signed off: look at it again with a dry run, and have that signed off"
    )]
    PlanChanged,
    /// No license would change.
    #[error("there is nothing to change: every license that was looked at stays as it is")]
    MassNothing,
    /// Too many licenses for one batch.
    #[error("at most {MAX_MASS} licenses change at once: narrow the choice")]
    MassTooMany,
    /// No change of many licenses has this number.
    #[error("no change of many licenses has this number: it is the number of its event")]
    MassNotFound,
    /// It was undone before.
    #[error("it was undone before, by event {event}")]
    MassUndone {
        /// The event.
        event: u64,
    },
    /// The time for it is over.
    #[error("it could be undone until {until}: issue anew what is still needed")]
    UndoOver {
        /// The last instant.
        until: UnixTime,
    },
    /// It does not happen to such a holder.
    #[error(
        "people die, organizations are deregistered: the end does not fit the kind of the holder's number"
    )]
    HolderEnd,
    /// The license has this address.
    #[error("the license has this address already")]
    AddressThere,
    /// The license does not have this address.
    #[error("the license does not have this address")]
    AddressMissing,
    /// The license has as many addresses as one can have.
    #[error("a license has at most {MAX_ADDRESSES} addresses")]
    AddressTooMany,
    /// As many records as can be compared have this key, or this number and holder, and say something else.
    #[error(
        "row {row}: {MAX_ALIKE} other records have its key, or its number and holder: choose columns that tell records apart"
    )]
    TooManyAlike {
        /// Row of the import.
        row: u64,
    },
    /// The cursor is damaged or belongs to another list.
    #[error("the cursor does not belong to this list: begin again without one")]
    BadCursor,
    /// The page size is not offered.
    #[error("ask for 1 to {max} entries at a time")]
    BadLimit {
        /// Most entries of a page.
        max: usize,
    },
}

impl ArchiveError {
    /// Stable code for logs and callers.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Damaged(_) => "archive_damaged",
            Self::IdempotencyConflict { .. } => "idempotency_conflict",
            Self::Conflict => "license_conflict",
            Self::SlotTaken { .. } => "slot_taken",
            Self::NotFound => "license_not_found",
            Self::NoSlot => "license_no_slot",
            Self::IllegalTransition { .. } => "illegal_transition",
            Self::Busy => "archive_busy",
            Self::InvalidRecord(_) => "invalid_record",
            Self::Reason => "invalid_reason",
            Self::SealNotFound => "seal_not_found",
            Self::SealTransition { .. } => "seal_transition",
            Self::SealSamePerson => "seal_same_person",
            Self::SealSecond => "seal_second",
            Self::SealLimit(fault) => fault.code(),
            Self::SealLimits(_) => "seal_limits",
            Self::SealBackdated { .. } => "seal_backdated",
            Self::SealNumbers(_) => "seal_numbers",
            Self::Upgraded => "archive_upgraded",
            Self::BrokenLink { .. } => "log_broken",
            Self::Erased { .. } => "license_erased",
            Self::Resealing => "resealing",
            Self::OldFormat => "archive_old_format",
            Self::Randomness(_) => "randomness",
            Self::ImportCorrects => "import_corrects",
            Self::CollectedNotFound => "collected_not_found",
            Self::NoDecisionInputs => "no_decision_inputs",
            Self::ImportStep => "import_step",
            Self::Evidence(fault) => fault.code(),
            Self::NotRaised => "grade_not_raised",
            Self::NotDisputed => "not_disputed",
            Self::NotSignable => "not_signable",
            Self::NotHead { .. } => "not_head",
            Self::NotNextVersion => "not_next_version",
            Self::NotSuccessor => "not_successor",
            Self::PlanChanged => "plan_changed",
            Self::MassNothing => "mass_nothing",
            Self::MassTooMany => "mass_too_many",
            Self::MassNotFound => "mass_not_found",
            Self::MassUndone { .. } => "mass_undone",
            Self::UndoOver { .. } => "undo_over",
            Self::HolderEnd => "holder_end",
            Self::AddressThere => "address_there",
            Self::AddressMissing => "address_missing",
            Self::AddressTooMany => "address_too_many",
            Self::TooManyAlike { .. } => "too_many_alike",
            Self::BadCursor => "bad_cursor",
            Self::BadLimit { .. } => "bad_limit",
        }
    }
}

impl From<RecordField> for ArchiveError {
    fn from(field: RecordField) -> Self {
        Self::InvalidRecord(field)
    }
}
