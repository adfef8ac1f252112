//! Acts and the events they leave: nothing is written anonymously, and nothing twice.

use std::fmt;

use boyin_model::alg::Digest32;
use boyin_model::id::{CreditCode, LicenseId};
use boyin_model::register::SealId;
use boyin_model::time::UnixTime;

use boyin_model::status::LicenseStatus;

/// Most characters of a person, a purpose or a reason.
pub const MAX_WORDS: usize = 200;
/// Most bytes of an idempotency key.
pub const MAX_IDEMPOTENCY_KEY: usize = 128;

/// Who does something, for which office, why and when; and what makes a repetition recognizable.
///
/// The same office with the same idempotency key means the same act. `request` is a digest of what was asked, so that
/// one key used for two different requests is noticed.
#[derive(Clone, PartialEq, Eq)]
pub struct Act {
    who: String,
    office: CreditCode,
    purpose: String,
    at: UnixTime,
    idempotency_key: String,
    request: Digest32,
    under: Option<String>,
}

impl Act {
    /// Checks the words and the key.
    ///
    /// # Errors
    /// [`ActError`] if `who` or `purpose` is blank, longer than [`MAX_WORDS`] characters or has control characters, or
    /// if the key is not `1..=`[`MAX_IDEMPOTENCY_KEY`] bytes without control characters.
    pub fn new(
        who: impl Into<String>,
        office: CreditCode,
        purpose: impl Into<String>,
        at: UnixTime,
        idempotency_key: impl Into<String>,
        request: Digest32,
    ) -> Result<Self, ActError> {
        let act = Self {
            who: who.into(),
            office,
            purpose: purpose.into(),
            at,
            idempotency_key: idempotency_key.into(),
            request,
            under: None,
        };
        if !is_words(&act.who) {
            return Err(ActError::Who);
        }
        if !is_words(&act.purpose) {
            return Err(ActError::Purpose);
        }
        let key = &act.idempotency_key;
        if !(1..=MAX_IDEMPOTENCY_KEY).contains(&key.len()) || key.chars().any(char::is_control) {
            return Err(ActError::IdempotencyKey);
        }
        Ok(act)
    }

    /// The act behind a further event of the same batch. No caller's key is like its key: it holds a control character.
    pub(crate) fn part(&self, place: usize) -> Self {
        self.with_key(&format!("{}\0{place}", self.idempotency_key))
    }

    /// The same act, and by which rules it is done: stands at the end of the event's detail. Longer words than
    /// [`MAX_WORDS`], blank ones and ones with control characters are left out.
    #[must_use]
    pub fn under(self, rules: &str) -> Self {
        Self { under: is_words(rules).then(|| rules.to_owned()), ..self }
    }

    /// By which rules, if that was said.
    pub(crate) fn rules(&self) -> Option<&str> {
        self.under.as_deref()
    }

    /// The same act under another idempotency key.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self { idempotency_key: key.to_owned(), ..self.clone() }
    }

    /// The person who acts.
    #[must_use]
    pub fn who(&self) -> &str {
        &self.who
    }

    /// The office that acts.
    #[must_use]
    pub fn office(&self) -> &CreditCode {
        &self.office
    }

    /// What for.
    #[must_use]
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// When.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.at
    }

    /// What makes a repetition recognizable, within the office.
    #[must_use]
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// Digest of the request.
    #[must_use]
    pub fn request(&self) -> &Digest32 {
        &self.request
    }
}

/// Prints nothing: an act names a person.
impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Act(..)")
    }
}

/// Neither blank nor longer than [`MAX_WORDS`] characters, and on one line.
pub(crate) fn is_words(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= MAX_WORDS && !text.chars().any(char::is_control)
}

/// Why an act was refused before anything was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// Nobody acts.
    #[error("name the person who acts in 1 to 200 characters")]
    Who,
    /// No purpose.
    #[error("say what for in 1 to 200 characters")]
    Purpose,
    /// No usable idempotency key.
    #[error("give an idempotency key of 1 to 128 bytes")]
    IdempotencyKey,
}

impl ActError {
    /// Stable code for callers.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Who => "act_who",
            Self::Purpose => "act_purpose",
            Self::IdempotencyKey => "act_idempotency_key",
        }
    }
}

/// What an act did. The codes are on disk and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// The archive was made.
    ArchiveCreated,
    /// A license was filed.
    LicenseIssued,
    /// A license was put out of force for good.
    LicenseRevoked,
    /// A license was put out of force for now.
    LicenseSuspended,
    /// A suspended license is in force again.
    LicenseRestored,
    /// Another license took the place of a license.
    LicenseSuperseded,
    /// A license was given or shown to somebody.
    LicenseShared,
    /// A status list token was published.
    StatusListPublished,
    /// A seal was asked for.
    SealApplied,
    /// It may be made.
    SealApproved,
    /// It was refused.
    SealRejected,
    /// It was made.
    SealMade,
    /// It was made anew under its number.
    SealRemade,
    /// It was put in use.
    SealInUse,
    /// A document was sealed.
    SealUsed,
    /// A seal was taken out of use for now.
    SealSuspended,
    /// A suspended seal is in use again.
    SealRestored,
    /// A seal was taken out of use for good.
    SealRecalled,
    /// A recalled seal was destroyed.
    SealDestroyed,
    /// A license was read.
    LicenseRead,
    /// A holder's file was read.
    HolderRead,
    /// Somebody asked who had read or changed a holder's file.
    HolderLogRead,
    /// A spool of reads ended without having been closed: its process was killed, or the end was cut off.
    ReadsCut,
    /// What is personal in a license was erased.
    LicensePurged,
    /// A new data key became current.
    KeyRotated,
    /// Everything is sealed anew, and the data keys before the current one are gone.
    KeyRetired,
    /// The archive's keys were wrapped under another root secret.
    SecretChanged,
    /// An import of rows of another system was begun.
    ImportBegun,
    /// Rows were taken in.
    RowsImported,
    /// The grade of a collected record was raised.
    CollectedRaised,
    /// A dispute between collected records was decided.
    CollectedResolved,
    /// What a collected record says was erased.
    CollectedErased,
    /// A license was given up or lapsed: it is out of force for good.
    LicenseCanceled,
    /// A license was renewed: its next version is in force, with another validity.
    LicenseRenewed,
    /// The content of a license was changed: its next version is in force.
    LicenseChanged,
    /// A license was issued again as it was: its next version is in force.
    LicenseReissued,
    /// A holder died or was deregistered: licenses were canceled.
    HolderClosed,
    /// Many licenses were put out of force at once.
    LicensesChanged,
    /// A change of many licenses was undone.
    ChangesUndone,
    /// An address of a license was entered.
    AddressAdded,
    /// An address of a license was taken out.
    AddressRemoved,
    /// A signed list beside the trust list was published.
    ListPublished,
    /// It was decided whether an agency is given fields of licenses.
    SharingDecided,
    /// A source said how many licenses it has.
    TotalStated,
    /// It was decided which papers a matter may ask for.
    ExemptionDecided,
    /// What decisions on papers were decided from was erased.
    DecisionInputsErased,
    /// A holder let somebody act for them (委托代办).
    DelegationGranted,
    /// Somebody acted for a holder.
    DelegationUsed,
    /// A holder took that back.
    DelegationRevoked,
    /// The signing key of an office was given a successor.
    SigningKeyRotated,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 50] = [
        Self::ArchiveCreated,
        Self::LicenseIssued,
        Self::LicenseRevoked,
        Self::LicenseSuspended,
        Self::LicenseRestored,
        Self::LicenseSuperseded,
        Self::LicenseShared,
        Self::StatusListPublished,
        Self::SealApplied,
        Self::SealApproved,
        Self::SealRejected,
        Self::SealMade,
        Self::SealRemade,
        Self::SealInUse,
        Self::SealUsed,
        Self::SealSuspended,
        Self::SealRestored,
        Self::SealRecalled,
        Self::SealDestroyed,
        Self::LicenseRead,
        Self::HolderRead,
        Self::HolderLogRead,
        Self::ReadsCut,
        Self::LicensePurged,
        Self::KeyRotated,
        Self::KeyRetired,
        Self::SecretChanged,
        Self::ImportBegun,
        Self::RowsImported,
        Self::CollectedRaised,
        Self::CollectedResolved,
        Self::CollectedErased,
        Self::LicenseCanceled,
        Self::LicenseRenewed,
        Self::LicenseChanged,
        Self::LicenseReissued,
        Self::HolderClosed,
        Self::LicensesChanged,
        Self::ChangesUndone,
        Self::AddressAdded,
        Self::AddressRemoved,
        Self::ListPublished,
        Self::SharingDecided,
        Self::TotalStated,
        Self::ExemptionDecided,
        Self::DecisionInputsErased,
        Self::DelegationGranted,
        Self::DelegationUsed,
        Self::DelegationRevoked,
        Self::SigningKeyRotated,
    ];

    /// Stable code, also on disk.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ArchiveCreated => "archive_created",
            Self::LicenseIssued => "license_issued",
            Self::LicenseRevoked => "license_revoked",
            Self::LicenseSuspended => "license_suspended",
            Self::LicenseRestored => "license_restored",
            Self::LicenseSuperseded => "license_superseded",
            Self::LicenseShared => "license_shared",
            Self::StatusListPublished => "status_list_published",
            Self::SealApplied => "seal_applied",
            Self::SealApproved => "seal_approved",
            Self::SealRejected => "seal_rejected",
            Self::SealMade => "seal_made",
            Self::SealRemade => "seal_remade",
            Self::SealInUse => "seal_in_use",
            Self::SealUsed => "seal_used",
            Self::SealSuspended => "seal_suspended",
            Self::SealRestored => "seal_restored",
            Self::SealRecalled => "seal_recalled",
            Self::SealDestroyed => "seal_destroyed",
            Self::LicenseRead => "license_read",
            Self::HolderRead => "holder_read",
            Self::HolderLogRead => "holder_log_read",
            Self::ReadsCut => "reads_cut",
            Self::LicensePurged => "license_purged",
            Self::KeyRotated => "key_rotated",
            Self::KeyRetired => "key_retired",
            Self::SecretChanged => "secret_changed",
            Self::ImportBegun => "import_begun",
            Self::RowsImported => "rows_imported",
            Self::CollectedRaised => "collected_raised",
            Self::CollectedResolved => "collected_resolved",
            Self::CollectedErased => "collected_erased",
            Self::LicenseCanceled => "license_canceled",
            Self::LicenseRenewed => "license_renewed",
            Self::LicenseChanged => "license_changed",
            Self::LicenseReissued => "license_reissued",
            Self::HolderClosed => "holder_closed",
            Self::LicensesChanged => "licenses_changed",
            Self::ChangesUndone => "changes_undone",
            Self::AddressAdded => "address_added",
            Self::AddressRemoved => "address_removed",
            Self::ListPublished => "list_published",
            Self::SharingDecided => "sharing_decided",
            Self::TotalStated => "total_stated",
            Self::ExemptionDecided => "exemption_decided",
            Self::DecisionInputsErased => "decision_inputs_erased",
            Self::DelegationGranted => "delegation_granted",
            Self::DelegationUsed => "delegation_used",
            Self::DelegationRevoked => "delegation_revoked",
            Self::SigningKeyRotated => "signing_key_rotated",
        }
    }

    /// The kind of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// One line of the event log. It never holds a holder's number or name.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// From 1, without gaps, in the order of the acts.
    pub number: u64,
    /// When.
    pub at: UnixTime,
    /// The person who acted.
    pub who: String,
    /// The office that acted.
    pub office: CreditCode,
    /// What was done.
    pub what: EventKind,
    /// What for.
    pub why: String,
    /// The license it was done to, if it was one.
    pub license: Option<LicenseId>,
    /// The seal it was done to, if it was one.
    pub seal: Option<SealId>,
    /// The person who acted beside `who`, where it takes two.
    pub second: Option<String>,
    /// The clause of the law that a change of status rests on.
    pub basis: Option<String>,
    /// Whether a revoked license counts as never issued.
    pub retroactive: bool,
    /// The license that took the place of a superseded one.
    pub successor: Option<LicenseId>,
    /// Grade of a filed license and the catalog that it was issued under, reason of a change of status, recipient of a share, name of a published list; kind of a
    /// seal asked for, digest of a made seal, what was sealed; otherwise empty.
    pub detail: String,
    /// Whose file it was done to: a keyed digest of the holder, another one than in the index. `None` if it was done to
    /// nobody's, and in events of formats 1 and 2.
    pub subject: Option<Digest32>,
    /// Hash of the event before it, 32 zero bytes in the first; `None` in events of formats 1 and 2.
    pub previous: Option<Digest32>,
}

/// Prints number and kind only: the rest names persons.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("number", &self.number)
            .field("what", &self.what)
            .finish_non_exhaustive()
    }
}

/// What is told to the log alone: nothing else in the archive changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A signed list beside the trust list was published: which, its number and digest.
    ListPublished(String),
    /// It was decided whether an agency is given fields of licenses: the request without values, and the answer.
    SharingDecided(String),
    /// A source said how many licenses it has: the statement.
    TotalStated(String),
    /// The signing key of an office was given a successor: office, key ID, first instant, number of the trust list.
    SigningKeyRotated(String),
}

impl Note {
    pub(crate) fn parts(self) -> (EventKind, String) {
        match self {
            Self::ListPublished(detail) => (EventKind::ListPublished, detail),
            Self::SharingDecided(detail) => (EventKind::SharingDecided, detail),
            Self::TotalStated(detail) => (EventKind::TotalStated, detail),
            Self::SigningKeyRotated(detail) => (EventKind::SigningKeyRotated, detail),
        }
    }
}

/// What is told to the log of a holder's file: nothing else in the archive changes, and the holder sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HolderNote {
    /// Somebody may act for the holder: the terms.
    DelegationGranted(String),
    /// Somebody acted for the holder: number of the delegation, and as what.
    DelegationUsed(String),
    /// A delegation ends: its number.
    DelegationRevoked(String),
}

impl HolderNote {
    pub(crate) fn parts(self) -> (EventKind, String) {
        match self {
            Self::DelegationGranted(detail) => (EventKind::DelegationGranted, detail),
            Self::DelegationUsed(detail) => (EventKind::DelegationUsed, detail),
            Self::DelegationRevoked(detail) => (EventKind::DelegationRevoked, detail),
        }
    }
}

/// What an act led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Number of the event it left.
    pub event: u64,
    /// What was done.
    pub what: EventKind,
    /// When it was done first.
    pub at: UnixTime,
    /// The license it was done to, if it was one.
    pub license: Option<LicenseId>,
    /// The seal it was done to, if it was one.
    pub seal: Option<SealId>,
    /// `true` if the act had been done before and nothing was done now.
    pub replayed: bool,
}

/// A change of status with its reason and what the law says of it.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// What to do.
    pub change: Change,
    /// Why, in 1 to [`MAX_WORDS`] characters, for the event log.
    pub reason: String,
    /// The clause of the law it rests on (法律依据), in 1 to [`MAX_WORDS`] characters.
    pub basis: Option<String>,
    /// Whether the license counts as never issued (撤销，自始无效); only with [`Change::Revoke`]. Otherwise what was done with it
    /// before stays as it is (吊销、注销).
    pub retroactive: bool,
    /// The license that took its place; only with [`Change::Supersede`].
    pub successor: Option<LicenseId>,
}

impl StatusChange {
    /// A change that rests on no clause, from now on.
    pub fn new(change: Change, reason: impl Into<String>) -> Self {
        Self { change, reason: reason.into(), basis: None, retroactive: false, successor: None }
    }

    /// Whether the words are words, and nothing is said that does not belong to the change.
    pub(crate) fn is_sound(&self, id: &LicenseId) -> bool {
        is_words(&self.reason)
            && self.basis.as_deref().is_none_or(is_words)
            && (!self.retroactive || self.change == Change::Revoke)
            && (self.successor.is_none() || self.change == Change::Supersede)
            && self.successor.as_ref() != Some(id)
    }
}

impl fmt::Debug for StatusChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusChange").field("change", &self.change).finish_non_exhaustive()
    }
}

/// What can be done to the status of a license: valid ⇄ suspended, and from both to revoked or superseded, which are final.
/// A canceled license has the status revoked: the event says which of the two it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// Puts it out of force for good.
    Revoke,
    /// Puts it out of force for now.
    Suspend,
    /// Puts a suspended license in force again.
    Restore,
    /// Puts it out of force for good because another license took its place (换发).
    Supersede,
    /// Puts it out of force for good because it lapsed, or was given up (注销).
    Cancel,
}

impl Change {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Revoke, Self::Suspend, Self::Restore, Self::Supersede, Self::Cancel];

    /// The status that it leads to.
    #[must_use]
    pub const fn to(self) -> LicenseStatus {
        match self {
            Self::Revoke | Self::Cancel => LicenseStatus::Revoked,
            Self::Suspend => LicenseStatus::Suspended,
            Self::Restore => LicenseStatus::Valid,
            Self::Supersede => LicenseStatus::Superseded,
        }
    }

    /// Whether it can be done to a license of status `from`.
    #[must_use]
    pub const fn allowed(self, from: LicenseStatus) -> bool {
        match (self, from) {
            (
                Self::Revoke | Self::Supersede | Self::Cancel,
                LicenseStatus::Valid | LicenseStatus::Suspended,
            )
            | (Self::Suspend, LicenseStatus::Valid)
            | (Self::Restore, LicenseStatus::Suspended) => true,
            (_, LicenseStatus::Revoked | LicenseStatus::Superseded)
            | (Self::Suspend, LicenseStatus::Suspended)
            | (Self::Restore, LicenseStatus::Valid) => false,
        }
    }

    pub(crate) const fn event(self) -> EventKind {
        match self {
            Self::Revoke => EventKind::LicenseRevoked,
            Self::Suspend => EventKind::LicenseSuspended,
            Self::Restore => EventKind::LicenseRestored,
            Self::Supersede => EventKind::LicenseSuperseded,
            Self::Cancel => EventKind::LicenseCanceled,
        }
    }
}
