//! What is filed: a license with what an office needs to find and grade it, and its place on a status list.

use std::fmt;

pub use boyin_model::collected::Grade;
use boyin_model::id::{HolderCode, HolderCodeType, LicenseId};
use boyin_model::time::{Date, UnixTime};

/// Most bytes of a credential. A license of the national catalog is 2 to 20 kB; a portrait can add some hundred.
pub const MAX_CREDENTIAL: usize = 1 << 20;
/// Most bytes of a name, title or number. GB/T 36903 practice allows 512 characters for a name.
pub const MAX_TEXT: usize = 2048;
/// Most bytes of a status list's name. It is a URI.
pub const MAX_LIST_ID: usize = 255;
/// Most bytes of a published status list token: 10 million licenses at two bits, incompressible.
pub const MAX_TOKEN: usize = 4 << 20;

/// The place of a license on a status list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StatusSlot {
    /// Name (URI) of the list, `1..=`[`MAX_LIST_ID`] bytes without control characters.
    pub list: String,
    /// Place on the list, from 0.
    pub index: u32,
}

/// A license as it is filed and given back.
///
/// What comes back is as the archive holds it and *not verified*: only the verifier says whether it is in force.
#[derive(Clone, PartialEq, Eq)]
pub struct LicenseRecord {
    /// Identifier, GB/T 36904. It contains the type and the issuer.
    pub id: LicenseId,
    /// The credential with all disclosures, `1..=`[`MAX_CREDENTIAL`] bytes. Never re-encoded.
    pub credential: Vec<u8>,
    /// Kind of the holder's number. The number itself is only in the credential.
    pub holder_code_type: HolderCodeType,
    /// Name of the holder, at most [`MAX_TEXT`] bytes.
    pub holder_name: String,
    /// Name of the license (证照名称), at most [`MAX_TEXT`] bytes.
    pub title: String,
    /// Number of the license (证照号码), at most [`MAX_TEXT`] bytes.
    pub number: String,
    /// Last day in force; `None` if it does not end.
    pub valid_until: Option<Date>,
    /// How much it can be relied on.
    pub grade: Grade,
    /// When it was filed: the time of the act that files it.
    pub filed_at: UnixTime,
    /// Place on a status list; `None` if its issuer keeps the status elsewhere.
    pub slot: Option<StatusSlot>,
}

/// Prints nothing: the fields name a person.
impl fmt::Debug for LicenseRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LicenseRecord(..)")
    }
}

/// A license and whose it is.
#[derive(Clone)]
pub struct Filing {
    /// The license.
    pub record: LicenseRecord,
    /// The holder whose file it goes into. Only a keyed digest of it is stored.
    pub holder: HolderCode,
}

impl fmt::Debug for Filing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Filing(..)")
    }
}

/// The field of a record that cannot be filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordField {
    /// Empty or longer than [`MAX_CREDENTIAL`].
    Credential,
    /// Not the kind of the holder's number.
    HolderCodeType,
    /// Longer than [`MAX_TEXT`].
    HolderName,
    /// Longer than [`MAX_TEXT`].
    Title,
    /// Longer than [`MAX_TEXT`].
    Number,
    /// Not the time of the act.
    FiledAt,
    /// The name of the status list is empty, too long or has control characters.
    StatusList,
    /// The token is empty or longer than [`MAX_TOKEN`].
    Token,
    /// Blank, longer than [`MAX_TEXT`] or with control characters.
    SealName,
    /// Empty or longer than [`MAX_SEAL`](crate::MAX_SEAL).
    SealBytes,
    /// Receipt or inputs are empty or longer than [`MAX_DECISION`](crate::MAX_DECISION), or the summary is none.
    Decision,
}

impl fmt::Display for RecordField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Credential => "the credential is empty or longer than 1 MiB",
            Self::HolderCodeType => "the kind of holder number is not that of the holder",
            Self::HolderName => "the holder's name is longer than 2048 bytes",
            Self::Title => "the title is longer than 2048 bytes",
            Self::Number => "the license number is longer than 2048 bytes",
            Self::FiledAt => "the time of filing is not the time of the act",
            Self::StatusList => "a status list is named by 1 to 255 bytes without control characters",
            Self::Token => "the status list token is empty or longer than 4 MiB",
            Self::SealName => "the words of a seal are 1 to 2048 bytes on one line",
            Self::SealBytes => "the made seal is empty or longer than 1 MiB",
            Self::Decision => "receipt and inputs of a decision are 1 byte to 1 MiB, the summary is at most 100 characters on one line",
        })
    }
}

impl Filing {
    /// Checks what the archive relies on later.
    pub(crate) fn check(&self, at: UnixTime) -> Result<(), RecordField> {
        let record = &self.record;
        let check = |good: bool, field| if good { Ok(()) } else { Err(field) };
        check((1..=MAX_CREDENTIAL).contains(&record.credential.len()), RecordField::Credential)?;
        check(record.holder_code_type == self.holder.code_type(), RecordField::HolderCodeType)?;
        check(record.holder_name.len() <= MAX_TEXT, RecordField::HolderName)?;
        check(record.title.len() <= MAX_TEXT, RecordField::Title)?;
        check(record.number.len() <= MAX_TEXT, RecordField::Number)?;
        check(record.filed_at == at, RecordField::FiledAt)?;
        record.slot.as_ref().map_or(Ok(()), |slot| check_list(&slot.list))
    }
}

/// The name of a status list is part of keys: bounded, and no byte that could end it early.
pub(crate) fn check_list(list: &str) -> Result<(), RecordField> {
    let good = (1..=MAX_LIST_ID).contains(&list.len()) && !list.chars().any(char::is_control);
    if good { Ok(()) } else { Err(RecordField::StatusList) }
}
