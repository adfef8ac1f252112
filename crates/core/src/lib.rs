//! Boyin (博印): the paved path.
//!
//! | part | what it does | what it holds |
//! |---|---|---|
//! | [`Home`] | a data directory: configuration, offices, catalog, keys, trust list, archive | nothing secret until asked |
//! | [`Desk`] | acts: issue, renew, change, issue again, revoke, suspend, restore, cancel, many at once and undone; the seal register; publishes status lists and the trust list | private keys, the archive |
//! | [`Lookup`] | reads: one license, one holder's file, verification | no private key; the archive read-only |
//! | [`access`] | agencies' systems as clients of the service | no private key of an office |
//! | [`webhook`] | tells systems of agencies what has changed, signed by an office | with [`Desk`] the key of the office |
//! | [`delegation`] | what holders let others do for them, and how often it was done | |
//! | [`window`] | which papers a matter may ask for: decided, kept, come to again | with [`Desk`] the key of the office |
//! | [`meter`] | how many papers were exempt, by county, office, item and month | |
//! | [`answers`] | what these two say, for programs | |
//! | [`doctor`] | whether a data directory is fit to work with tomorrow | the keys, for a probe each |
//! | [`collect`] | historical collection: files of other systems become records, and records become licenses | |
//!
//! Whoever only verifies needs none of this: `boyin-verify` and `boyin-suite` are enough.

pub mod access;
mod address;
pub mod answers;
mod archive_secret;
mod backup;
mod ceremony;
mod chain;
pub mod collect;
mod config;
mod config_overrides;
mod coverage;
pub mod delegation;
mod desk;
pub mod doctor;
mod document;
mod document_check;
mod draft;
mod engine;
mod error;
mod faces;
mod history;
mod home;
mod in_force;
mod items;
mod keyring;
mod keyring_limits;
mod keyring_reference;
mod keyring_secrets;
mod lists;
mod lookup;
mod mass;
pub mod meter;
mod officers;
mod presenting;
mod publish;
mod reads;
mod register;
mod registry;
mod remote;
mod retry;
pub mod revocation;
mod rotation;
mod rotation_anchor;
mod sealing;
mod share;
mod shelf;
pub mod signer;
mod succession;
pub mod timestamp;
mod tokens;
mod transfer;
pub mod transport;
mod trust;
mod vault;
mod waiting;
pub mod webhook;
pub mod window;

pub use archive_secret::SecretSource;
pub use backup::{BackupKeys, BackupProgress, BackupReceipt, BackupReport, HomeBackup, LicenseFault};
pub use boyin_model::purpose::KeyPurpose;
pub use boyin_picture::Font;
pub use ceremony::{Attendance, CeremonyOrder, CeremonyStop, Question};
pub use chain::ChainFault;
pub use config::{CONFIG_FORMAT, Config, ConfigFault, Memory, Office, SuiteName, UNDO_WINDOW_HOURS};
pub use config_overrides::{OVERRIDE_STEM, OverrideFault, Overrides};
pub use coverage::Statement;
pub use desk::{Desk, Order, Receipt};
pub use document::{DocumentFault, DocumentKind, DocumentMaking, LicenseDocument, MAX_COPY_DAYS};
pub use document_check::{
    CheckedDocument, CopyTerm, DocumentCause, DocumentReason, DocumentTrust, DocumentVerdict,
    DocumentVerifier,
};
pub use engine::{Access, Engine, StoreSetting};
pub use error::{
    DeskError, HomeBackupError, HomeError, LookupError, OfficeFault, OfficerFault, TransferError,
};
pub use faces::{LicensePictures, PictureFault};
pub use home::{Home, Setup};
pub use in_force::{ShareDecision, Stamp as FileStamp};
pub use keyring::{Passphrase, replace as replace_private};
pub use keyring_limits::KeyLimits;
pub use keyring_reference::{
    KEY_REFERENCE_FORMAT, KeyPlace, KeyReference, KeySource, Pkcs11Place, RemotePlace,
};
pub use lists::{Held, LIST_DAYS, ListKind};
pub use lookup::{Found, Health, HealthItem, HolderPage, Lookup};
pub use mass::{Many, Selection};
pub use officers::{Officer, Officers};
pub use presenting::{PresentFault, Presenting, show_fields};
pub use reads::Reads;
pub use register::SealUse;
pub use registry::{Checked, Registry, status_list_id};
pub use remote::{
    MAX_SIGNING_ANSWER_BYTES, RemoteAccess, SIGNATURES_PATH, SIGNING_REQUEST_TYPE, SIGNING_TIMEOUT,
};
pub use rotation::{KeyOwner, KeyState, KeyView, Rotation, RotationFault};
pub use sealing::{SealMaking, Sealed};
pub use share::{
    CertCheck, Compared, CopyMaking, FaceForm, FilePromise, FileWish, LicenseMarks, MAX_SHARED_LICENSES,
    SHARED_COPY_DAYS, ShareFault, ShareQuery, SharedFile, SharedLicense, SharedStatement, StatusMark,
};
pub use shelf::{DraftDigest, MAX_DRAFT_CHANGES};
pub use succession::{NextVersion, NextVersionOrder, SuccessionFault};
pub use tokens::{AccessToken, Scope, TokenGrant, Tokens};

pub use transfer::AfterCopy;

pub use boyin_archive as archive;
pub use boyin_exempt as exempt;
pub use boyin_face as face;
pub use boyin_hsm as hsm;
pub use boyin_import as import;
pub use boyin_issue as issue;
pub use boyin_model as model;
pub use boyin_ofd as ofd;
pub use boyin_suite as suite;
pub use boyin_verify as verify;
