//! License identifiers, as others write them.

use super::license::check_serial;
use super::text::{alphanumeric, digit, printed};
use super::{CreditCode, DivisionCode, IdError, IdErrorKind, LicenseId, LicenseTypeCode, check};

/// How a check character of a license identifier came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckChar {
    /// As GB/T 36904 computes it.
    Strict,
    /// As a known deviating program computes it.
    KnownVariant(Variant),
    /// Neither.
    Bad {
        /// What GB/T 36904 computes.
        expected: char,
    },
}

/// A program in the field that computes the check character in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Variant {
    /// A widely copied helper, found on licenses of Shandong: letters count from A = 11 instead of 10 unless the sum
    /// wraps around, and the result is looked up one place too early.
    Shandong,
}

/// The issuer in an identifier of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadIssuer {
    /// A credit code whose checks hold.
    Code(CreditCode),
    /// A division, as in older identifiers.
    Division(DivisionCode),
    /// 18 or 6 characters that are neither, and why.
    Unproven(IdError),
}

/// A license identifier that came from elsewhere: its parts are in place, their checks may fail.
///
/// ```
/// use boyin_model::id::{CheckChar, LicenseId, ReadIssuer};
/// let read = LicenseId::read("1.2.156.3005.2.11100000000013338W011.652701.2019000001.001.A")?;
/// assert!(matches!(read.issuer(), ReadIssuer::Division(_)));
/// assert!(matches!(read.check(), CheckChar::Bad { .. }));
/// assert!(read.to_strict().is_err());
/// # Ok::<(), boyin_model::id::IdError>(())
/// ```
///
/// GB/T 36904-2018; the deviations are those of real files.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReadLicenseId {
    text: Box<str>,
}

impl ReadLicenseId {
    /// The same as [`LicenseId::read`].
    pub(super) fn read(text: &str) -> Result<Self, IdError> {
        Parts::split(text).map(|_| Self { text: text.into() })
    }

    /// The whole identifier, as it was read.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How its check character came out.
    #[must_use]
    pub fn check(&self) -> CheckChar {
        let parts = self.parts();
        if check::license(parts.covered) == parts.check {
            CheckChar::Strict
        } else if check::license_shandong(parts.covered) == parts.check {
            CheckChar::KnownVariant(Variant::Shandong)
        } else {
            CheckChar::Bad { expected: self.expected_check() }
        }
    }

    /// The check character that GB/T 36904 computes.
    #[must_use]
    pub fn expected_check(&self) -> char {
        char::from(check::license(self.parts().covered))
    }

    /// The type of the license.
    ///
    /// # Errors
    /// The fault of the defining body's credit code, at its offset in the whole identifier.
    pub fn license_type(&self) -> Result<LicenseTypeCode, IdError> {
        LicenseTypeCode::parse(self.parts().license_type).map_err(|e| e.shifted(Parts::TYPE_START))
    }

    /// The type of the license, as it was read: 21 characters.
    #[must_use]
    pub fn license_type_str(&self) -> &str {
        self.parts().license_type
    }

    /// The body that issued it. Offsets of a fault count the whole identifier.
    #[must_use]
    pub fn issuer(&self) -> ReadIssuer {
        let issuer = self.issuer_str();
        let proven = if issuer.len() == DIVISION {
            DivisionCode::parse(issuer).map(ReadIssuer::Division)
        } else {
            CreditCode::parse(issuer).map(ReadIssuer::Code)
        };
        proven.unwrap_or_else(|error| ReadIssuer::Unproven(error.shifted(Parts::ISSUER_START)))
    }

    /// The body that issued it, as it was read: 18 characters or 6 digits.
    #[must_use]
    pub fn issuer_str(&self) -> &str {
        self.parts().issuer
    }

    /// The issuer's serial.
    #[must_use]
    pub fn serial(&self) -> &str {
        self.parts().serial
    }

    /// The version, `1..=999`.
    #[must_use]
    pub fn version(&self) -> u16 {
        self.parts().version
    }

    /// The same identifier, if it is strictly right after all.
    ///
    /// # Errors
    /// As [`LicenseId::parse`].
    pub fn to_strict(&self) -> Result<LicenseId, IdError> {
        LicenseId::parse(&self.text)
    }

    fn parts(&self) -> Parts<'_> {
        Parts::split(&self.text).expect("the text was split when it was read")
    }
}

printed!(ReadLicenseId);

const TYPE: usize = 21;
const CODE: usize = 18;
const DIVISION: usize = 6;

/// The parts of an identifier, each of the right length and alphabet, nothing computed yet.
pub(super) struct Parts<'t> {
    pub(super) license_type: &'t str,
    pub(super) issuer: &'t str,
    pub(super) serial: &'t str,
    pub(super) version: u16,
    pub(super) check: u8,
    /// From the type to the version: what the check character covers.
    pub(super) covered: &'t str,
}

impl<'t> Parts<'t> {
    pub(super) const TYPE_START: usize = LicenseId::OID_PREFIX.len();
    pub(super) const ISSUER_START: usize = Self::TYPE_START + TYPE + 1;

    pub(super) fn split(text: &'t str) -> Result<Self, IdError> {
        check_characters(text)?;
        let rest = after_prefix(text)?;
        let mut pieces = rest.split('.');
        let (Some(license_type), Some(issuer), Some(serial), Some(version), Some(check), None) =
            (pieces.next(), pieces.next(), pieces.next(), pieces.next(), pieces.next(), pieces.next())
        else {
            return Err(IdErrorKind::Parts.at(fifth_dot(text)));
        };
        check_type(license_type).map_err(|e| e.shifted(Self::TYPE_START))?;
        check_issuer(issuer).map_err(|e| e.shifted(Self::ISSUER_START))?;
        let serial_start = Self::ISSUER_START + issuer.len() + 1;
        check_serial(serial).map_err(|e| e.shifted(serial_start))?;
        let version_start = serial_start + serial.len() + 1;
        let version = read_version(version).map_err(|e| e.shifted(version_start))?;
        exact(check, 1).map_err(|e| e.shifted(version_start + 4))?;
        let covered = &rest[..rest.len() - 2];
        let check = *check.as_bytes().first().ok_or(IdErrorKind::Parts.at(text.len()))?;
        Ok(Self { license_type, issuer, serial, version, check, covered })
    }
}

/// After this every character is one byte, and there are not too many.
fn check_characters(text: &str) -> Result<(), IdError> {
    // Most texts have no fault to be found: all at once is several times as fast as one by one.
    let plain = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'.';
    if text.len() <= LicenseId::MAX_LEN && text.bytes().fold(true, |so_far, byte| so_far & plain(byte)) {
        return Ok(());
    }
    for (place, character) in text.chars().enumerate() {
        if place == LicenseId::MAX_LEN {
            return Err(IdErrorKind::TooLong { max: LicenseId::MAX_LEN }.at(place));
        }
        let byte = u8::try_from(character).map_err(|_| IdErrorKind::Character.at(place))?;
        if byte != b'.' {
            alphanumeric(byte).map_err(|kind| kind.at(place))?;
        }
    }
    Ok(())
}

fn after_prefix(text: &str) -> Result<&str, IdError> {
    text.strip_prefix(LicenseId::OID_PREFIX).ok_or_else(|| {
        let same = text.bytes().zip(LicenseId::OID_PREFIX.bytes()).take_while(|(a, b)| a == b).count();
        IdErrorKind::Prefix.at(same)
    })
}

/// Where a part too many begins, or the end of a text with too few.
fn fifth_dot(text: &str) -> usize {
    let dots = text.bytes().enumerate().skip(LicenseId::OID_PREFIX.len()).filter(|&(_, byte)| byte == b'.');
    dots.map(|(place, _)| place).nth(4).unwrap_or(text.len())
}

fn check_type(text: &str) -> Result<(), IdError> {
    exact(text, TYPE)?;
    digits(&text[CODE..]).map_err(|e| e.shifted(CODE))
}

fn check_issuer(text: &str) -> Result<(), IdError> {
    match text.len() {
        CODE => Ok(()),
        DIVISION => digits(text),
        _ => Err(IdErrorKind::Issuer.at(0)),
    }
}

fn read_version(text: &str) -> Result<u16, IdError> {
    exact(text, 3)?;
    digits(text)?;
    text.parse().ok().filter(|&version| version != 0).ok_or(IdErrorKind::Version.at(0))
}

fn digits(text: &str) -> Result<(), IdError> {
    text.bytes().enumerate().try_for_each(|(place, byte)| digit(byte).map_err(|kind| kind.at(place)))
}

fn exact(text: &str, length: usize) -> Result<(), IdError> {
    match text.len() {
        n if n < length => Err(IdErrorKind::TooShort { need: length }.at(n)),
        n if n > length => Err(IdErrorKind::TooLong { max: length }.at(length)),
        _ => Ok(()),
    }
}
