use std::path::PathBuf;
use std::sync::Arc;

use boyin_archive::{ActError, ArchiveError, BackupError, CopyError, OpenError, SpoolError, StoreError};
use boyin_exempt::{ItemCatalogError, Refusal};
use boyin_issue::certificate::CertifyError;
use boyin_issue::seal::SealingError;
use boyin_issue::{Defect, PrepareError, SigningKeyError};
use boyin_model::catalog::{CatalogError, CatalogRefusal};
use boyin_model::id::{CreditCode, LicenseId};
use boyin_model::listing::ListChangeError;
use boyin_model::register::Power;
use boyin_model::time::UnixTime;
use boyin_model::trust::ChangeError;
use boyin_suite::KeyError;
use boyin_verify::{AnchorError, Report, StatusError, TrustError};

use crate::ceremony::CeremonyStop;
use crate::chain::ChainFault;
use crate::config::ConfigFault;
use crate::config_overrides::OverrideFault;
use crate::document::DocumentFault;
use crate::presenting::PresentFault;
use crate::rotation::RotationFault;
use crate::shelf::DraftDigest;
use crate::succession::SuccessionFault;

/// Why a data directory cannot be made or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HomeError {
    /// The root secret of the archive is handed in at each start, and was not.
    #[error("the archive's root secret was not given: set BOYIN_ARCHIVE_SECRET to its 64 hexadecimal digits")]
    NoArchiveSecret,
    /// The directory exists and is not empty.
    #[error("{0} exists and is not empty: choose another directory")]
    NotEmpty(PathBuf),
    /// The path is `.`, `..` or the root: there is no name to put the new directory under.
    #[error("{0} does not name a directory that could be made: give its name, such as ./boyin-data")]
    Unnamed(PathBuf),
    /// The directory holds no data of ours.
    #[error("{0} is not a data directory: make one with `boyin init`")]
    NotAHome(PathBuf),
    /// What a new directory is to be made from is no configuration.
    #[error(transparent)]
    Setup(#[from] ConfigFault),
    /// A setting of the configuration is out of its bounds.
    #[error("{path}: {fault}")]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: ConfigFault,
    },
    /// A setting that the process was given in place of the file's cannot be used.
    #[error(transparent)]
    Override(#[from] OverrideFault),
    /// Written by a newer release.
    #[error(
        "the data directory has format {found}, this release reads up to {supported}: use a newer release"
    )]
    NewerFormat {
        /// Format on disk.
        found: u32,
        /// Newest format that can be read here.
        supported: u32,
    },
    /// The archive is in an engine that this program was not built with.
    #[error(
        "the archive is in the engine `{0}`, which this program does not have: see [store] in boyin.toml"
    )]
    NoEngine(String),
    /// No trust list is kept from then.
    #[error("no trust list is kept that was published by {0}")]
    NoTrustList(UnixTime),
    /// A kept trust list does not have the number of its name.
    #[error("{path} holds trust list {found}: take it out, or put the right one back")]
    KeptUnder {
        /// The file.
        path: PathBuf,
        /// The number in it.
        found: u64,
    },
    /// The draft of a signed list is damaged.
    #[error("{0} is not one change of the list in each line: `discard` of its command throws it away")]
    Draft(PathBuf),
    /// The draft of a signed list is full.
    #[error("the draft of the list is full: sign it first")]
    DraftFull,
    /// The draft of a signed list is not the one that was to be signed.
    #[error(
        "another draft is prepared than the one that was shown, {asked}: `boyin {list} diff` shows it, with its digest {found}"
    )]
    DraftChanged {
        /// Name of the list.
        list: &'static str,
        /// The draft that was to be signed.
        asked: DraftDigest,
        /// The one that is there.
        found: DraftDigest,
    },
    /// A list beside the trust list was never signed.
    #[error("no {0} list is signed yet: `boyin {0} renew` signs the first one")]
    NoList(&'static str),
    /// A list beside the trust list is refused.
    #[error("{path}: {source}")]
    List {
        /// The file.
        path: PathBuf,
        /// Why.
        source: TrustError,
    },
    /// An older list stands in the place of a newer one.
    #[error("{path} holds list {found}, and list {kept} was published: put the newer one back")]
    ListRollback {
        /// The file.
        path: PathBuf,
        /// The number in it.
        found: u64,
        /// The number that is known.
        kept: u64,
    },
    /// The list of this number, in its place or kept, is not the one that was published.
    #[error(
        "{path}: list {sequence}, there or in history/, is not the one that stands in the log: put that one back"
    )]
    ListReplaced {
        /// The place of the list published last.
        path: PathBuf,
        /// The number of both.
        sequence: u64,
    },
    /// The item catalog is refused.
    #[error("{path}: {source}")]
    Items {
        /// The file; of the built-in one, where one's own would be.
        path: PathBuf,
        /// Why.
        source: Box<ItemCatalogError>,
    },
    /// The directory's own item catalog is gone.
    #[error(
        "{0} is not there, and something was decided here by another item catalog than the built-in one: put it back, or copy the \
         built-in one there if that is to count"
    )]
    ItemsGone(PathBuf),
    /// A kept item catalog is not the one that its name says.
    #[error("{0} is not the item catalog that its name says: put it back from a backup")]
    ItemsReplaced(PathBuf),
    /// Nothing is given by a list that the log does not have.
    #[error(
        "{path}: list {sequence} does not stand in the log yet: let the desk take it in, with `boyin sharing check` or `boyin serve --desk`"
    )]
    ListNotLogged {
        /// The place of the list published last.
        path: PathBuf,
        /// The number of the list.
        sequence: u64,
    },
    /// A list would count before now, or before one that is announced already.
    #[error("the list cannot count from {from}: from {earliest} at the earliest")]
    ListDated {
        /// What was asked for.
        from: UnixTime,
        /// The earliest instant.
        earliest: UnixTime,
    },
    /// A change of a list beside the trust list cannot be made.
    #[error("the list cannot be changed so: {0}")]
    ListChange(#[from] ListChangeError),
    /// The statements of totals are damaged.
    #[error("{path}, line {line}: {fault}; put the file back from a backup")]
    Totals {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        fault: ChainFault,
    },
    /// A change of the trust list cannot be made.
    #[error("the trust list cannot be changed so: {0}")]
    TrustChange(#[from] ChangeError),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path}: {source}")]
    Toml {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: Box<toml::de::Error>,
    },
    /// The catalog is wrong.
    #[error(transparent)]
    Catalog(#[from] Box<CatalogError>),
    /// An office names a license type that the catalog does not have, or occurs twice.
    #[error("office {office} in offices.toml: {fault}")]
    Office {
        /// The office.
        office: CreditCode,
        /// What is wrong.
        fault: OfficeFault,
    },
    /// An entry of `officers.toml` is wrong, or one that is asked for.
    #[error("officer {name}: {fault}")]
    Officer {
        /// The person.
        name: String,
        /// What is wrong.
        fault: OfficerFault,
    },
    /// The anchor or the trust list is wrong.
    #[error("trust list: {0}")]
    Trust(#[from] TrustError),
    /// The anchor file is not a key.
    #[error("{0} does not hold a public key: restore it from a backup")]
    Anchor(PathBuf),
    /// The hand-overs do not lead to the anchor of the directory.
    #[error("{0} is none of the anchors of trust/first-anchor.json and trust/handovers.jwt: restore them")]
    AnchorElsewhere(PathBuf),
    /// A key cannot be made or opened.
    #[error("{path}: {source}")]
    Key {
        /// The key file.
        path: PathBuf,
        /// What is wrong.
        source: KeyError,
    },
    /// A key in a token cannot be made or opened.
    #[error(transparent)]
    Hardware(#[from] boyin_hsm::HsmError),
    /// No PIN was handed in.
    #[error("no PIN for the token {0:?}: set BOYIN_PIN_FILE or BOYIN_PIN, or `pin_file` in its reference")]
    NoPin(String),
    /// The ID of a key in a token is not hexadecimal.
    #[error("{0:?} is not the ID of a key in a token: write it in hexadecimal digits")]
    KeyId(String),
    /// The key that the trust list names is not here.
    #[error(
        "the key {0} is not under keys/: restore it from a backup, or give it a successor with `boyin key rotate`"
    )]
    KeyMissing(String),
    /// Remote keys cannot be used by this program.
    #[error("a key is at a remote signer, and this program was not given a way there")]
    NoRemoteAccess,
    /// There is no key to ask remote signers with.
    #[error("there is no key to ask remote signers with: make one with `boyin key client`")]
    NoClientKey,
    /// A remote key is not gone.
    #[error("the signer still signs with {0}: retire it there with `boyin signer key retire` first")]
    StillSigns(String),
    /// The private half of the key was destroyed.
    #[error("the key {0} is retired: its private half was destroyed")]
    Retired(String),
    /// Where the reference points, there is another key.
    #[error("{0}: the key there is another one than the reference says")]
    OtherKey(PathBuf),
    /// An owner has no further name for a key.
    #[error("{0} has a thousand keys: remove the references of retired ones")]
    TooManyKeys(String),
    /// The hand-overs of the anchor are wrong.
    #[error("trust/handovers.jwt: {0}")]
    Anchors(#[from] AnchorError),
    /// A key ceremony cannot be held, or was broken off.
    #[error(transparent)]
    Ceremony(#[from] CeremonyStop),
    /// A key cannot be put in the place of another, or be retired.
    #[error(transparent)]
    Rotation(#[from] RotationFault),
    /// The archive cannot be made or opened.
    #[error(transparent)]
    Archive(#[from] OpenError),
    /// The seal register cannot be read.
    #[error(transparent)]
    Register(#[from] ArchiveError),
    /// A list cannot be signed.
    #[error(transparent)]
    Signing(#[from] SigningKeyError),
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] boyin_model::alg::RandomnessUnavailable),
}

/// Why a backup of a data directory was not made, verified or restored, or an archive not checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HomeBackupError {
    /// The data directory or its keys cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The backup was refused, or could not be made.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The archive's secret is neither in the backup nor where it was looked for.
    #[error("the backup holds no keys: give the directory of the key files with --keys")]
    NoKeys,
    /// The archive is in another engine, which has its own backups.
    #[error(
        "the archive is in {0}: back the database up with its own tools (pg_dump, pg_basebackup), copy the data directory, \
         and check what was restored with `boyin archive check`; see docs/storage.md"
    )]
    OtherEngine(String),
}

/// Why an archive was not moved to another engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The data directory or its keys cannot be used, or the archive in it cannot be opened.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// It would be copied onto itself.
    #[error("the archive is there already: boyin.toml names this very place")]
    Same,
    /// The target cannot be opened.
    #[error("the target of the copy: {0}")]
    Target(StoreError),
    /// The copy failed.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The copy cannot be read.
    #[error(transparent)]
    Read(ArchiveError),
    /// The copy opens with another last event.
    #[error("the copy ends with event {found}, what was copied with {copied}: it is not used")]
    Behind {
        /// Last event of the copy.
        found: u64,
        /// Last event of what was copied.
        copied: u64,
    },
}

/// What is wrong with an office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfficeFault {
    /// The code occurs twice.
    #[error("the code occurs twice")]
    Twice,
    /// The catalog lacks one of its license types.
    #[error("the catalog lacks one of its license types")]
    LicenseType,
}

/// What is wrong with an officer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfficerFault {
    /// The name is not one.
    #[error("write the name in letters, digits and · . - ' ( ), without spaces around it")]
    Name,
    /// The person is there already.
    #[error("is appointed already: dismiss them first")]
    Twice,
    /// The person has another power.
    #[error("has another power already, and nobody has two: dismiss them first, or appoint somebody else")]
    TwoPowers,
    /// Nobody of this name is there.
    #[error("is not appointed")]
    Missing,
}

/// Why an act was refused. Nothing was changed, except for [`DeskError::NotPublished`],
/// [`DeskError::TrustNotPublished`] and where the store could not
/// tell whether it had written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// The office is not in `offices.toml`.
    #[error("no office with code {0} in this data directory: see offices.toml")]
    UnknownOffice(CreditCode),
    /// The trust list names no key of the office for this instant.
    #[error(
        "the trust list names no key with which {office} may sign at {at}: give it one with `boyin key rotate`"
    )]
    NoKeyInForce {
        /// The office.
        office: CreditCode,
        /// When it would sign.
        at: UnixTime,
    },
    /// The license belongs to another office.
    #[error("the license was issued by {0}: only that office can change it")]
    ForeignLicense(CreditCode),
    /// The collected record is of another agency's source.
    #[error("the record is of a source that {0} keeps: only that agency can decide on it")]
    ForeignRecord(CreditCode),
    /// The form has defects; here are all of them.
    #[error("the form has {} defect(s)", .0.len())]
    Defects(Vec<Defect>),
    /// The catalog in force does not allow it.
    #[error(transparent)]
    Catalog(#[from] CatalogRefusal),
    /// A question that has no answer; here is all that is wrong with it.
    #[error(transparent)]
    Question(#[from] Refusal),
    /// The files are too large for one decision.
    #[error(
        "nothing was decided: there is more on file of the parties than one decision can keep; ask for the items of the package \
         one by one"
    )]
    DecisionBounds,
    /// A stated total that is none.
    #[error("a stated total names its source on one line of at most 200 characters, and is below 2^53")]
    Total,
    /// Who, what for or the idempotency key is missing.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The archive refused.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A license is not shown.
    #[error(transparent)]
    Presentation(#[from] PresentFault),
    /// A read was not recorded, so nothing is shown.
    #[error(transparent)]
    Read(#[from] SpoolError),
    /// The license could not be prepared.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The signer failed.
    #[error(transparent)]
    Signing(#[from] SigningKeyError),
    /// The finished license did not pass its own verification.
    #[error("the finished license did not pass its own verification: {}", describe(.0))]
    SelfCheck(Box<Report>),
    /// Licenses of more than one office, or decisions.
    #[error("this concerns other offices, too: only the office that keeps the trust list can do it")]
    AuthorityOnly,
    /// No next version was made of a license.
    #[error(transparent)]
    Succession(#[from] SuccessionFault),
    /// The status list has no free place.
    #[error(
        "the status list of the office has no free place: it holds about a million licenses, and there is no second one yet"
    )]
    StatusListFull,
    /// The change is filed, but no published list shows it yet.
    #[error(
        "filed as event {event}, but NOT yet published ({source}): mend that, then run `boyin status renew`"
    )]
    NotPublished {
        /// Number of the event.
        event: u64,
        /// Why the list was not published.
        source: Box<DeskError>,
    },
    /// Nobody of this name has a power over seals.
    #[error("this person has no power over seals: appoint them first, or let an officer act")]
    NotAppointed,
    /// The person has another power.
    #[error("this takes the power to {needed}, the person has the power to {has}: let another officer act")]
    Power {
        /// The power that it takes.
        needed: Power,
        /// The one that the person has.
        has: Power,
    },
    /// The person acts for another office.
    #[error("the person is an officer of {0}: act for that office")]
    OtherOffice(CreditCode),
    /// The seal belongs to another office.
    #[error(
        "the seal belongs to {0}: let an officer of that office act, or of the one that keeps the trust list"
    )]
    ForeignSeal(CreditCode),
    /// The new key is announced, but the status list is not signed by it yet.
    #[error(
        "the trust list names the new key from {from}, but the status list is NOT signed by it yet ({source}): mend \
         that, then run `boyin status renew`"
    )]
    RotatedNotPublished {
        /// First instant of the new key.
        from: UnixTime,
        /// Why the list was not published.
        source: Box<DeskError>,
    },
    /// The act on a seal is filed, but the trust list does not show it yet.
    #[error(
        "filed as event {event}, but the trust list does NOT show it yet ({source}): mend that, then run \
         `boyin trust renew`"
    )]
    TrustNotPublished {
        /// Number of the event.
        event: u64,
        /// Why the list was not published.
        source: Box<DeskError>,
    },
    /// The seal, or the seal signature, could not be made.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// No document was made of a license.
    #[error(transparent)]
    Document(#[from] DocumentFault),
    /// A certificate could not be made.
    #[error(transparent)]
    Certify(#[from] CertifyError),
    /// The list published last was made later than now.
    #[error(
        "the status list published last is later than now ({next} after {now}): set the clock; if the list was made \
         under a wrong clock, run `boyin status renew --start-over CODE`"
    )]
    ListFromFuture {
        /// The first instant that a new list could have.
        next: UnixTime,
        /// Now.
        now: UnixTime,
    },
    /// A status list of ours is not accepted by the verifier.
    #[error("status list: {0}")]
    Status(#[from] StatusError),
    /// Keys or files.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] boyin_model::alg::RandomnessUnavailable),
}

fn describe(report: &Report) -> String {
    report.verdict().reason().map_or_else(String::new, |reason| reason.to_string())
}

impl DeskError {
    /// Stable machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownOffice(_) => "unknown_office",
            Self::NoKeyInForce { .. } => "no_key_in_force",
            Self::ForeignRecord(_) => "foreign_record",
            Self::ForeignLicense(_) => "foreign_license",
            Self::Defects(_) => "form_defects",
            Self::Catalog(refusal) => refusal.code(),
            Self::Question(_) => "exemption_question",
            Self::DecisionBounds => "exemption_bounds",
            Self::Total => "stated_total",
            Self::Act(error) => error.code(),
            Self::Archive(error) => error.code(),
            Self::Presentation(fault) => fault.code(),
            Self::Read(error) => error.code(),
            Self::Prepare(_) => "prepare",
            Self::Signing(_) => "signing",
            Self::SelfCheck(_) => "self_check",
            Self::AuthorityOnly => "authority_only",
            Self::Succession(fault) => fault.code(),
            Self::StatusListFull => "status_list_full",
            Self::NotPublished { .. } => "not_published",
            Self::NotAppointed => "not_appointed",
            Self::Power { .. } => "power",
            Self::OtherOffice(_) => "other_office",
            Self::ForeignSeal(_) => "foreign_seal",
            Self::TrustNotPublished { .. } => "trust_not_published",
            Self::RotatedNotPublished { .. } => "rotated_not_published",
            Self::Sealing(_) => "sealing",
            Self::Document(fault) => fault.code(),
            Self::Certify(_) => "certificate",
            Self::ListFromFuture { .. } => "status_list_from_future",
            Self::Status(_) => "status_list",
            Self::Home(_) => "home",
            Self::Randomness(_) => "randomness",
        }
    }
}

/// Why a read failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// The archive refused or is damaged.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Files of the data directory.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The sharing list or the catalog is refused, so nothing is given; the same for each request until files or log change.
    #[error("{0}")]
    Lists(Arc<HomeError>),
    /// The read could not be recorded, so nothing is shown.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// A holder has more licenses than are looked through in one call: what was not looked at is not said to be missing.
    #[error("the holder has more licenses than are looked through for one answer")]
    HolderTooLarge,
    /// A license does not say in which division it was issued.
    #[error("license {0} names no division that can be read: `boyin archive check`")]
    Division(LicenseId),
    /// The trust list on disk is older than the one in use.
    #[error("the trust list on disk has sequence {found}, the one in use {in_use}: put the newer one back")]
    TrustRollback {
        /// Sequence on disk.
        found: u64,
        /// Sequence in use.
        in_use: u64,
    },
}
