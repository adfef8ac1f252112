//! License identifiers, as we write them.

use super::read_license::Parts;
use super::text::{alphanumeric, printed, through_text};
use super::{CreditCode, IdError, IdErrorKind, LicenseTypeCode, ReadLicenseId, check};

/// Identifier of one license in one version:
/// `1.2.156.3005.2.<type 21>.<issuer 18>.<serial 1–64>.<version 3>.<check 1>`.
///
/// The check character is ISO 7064 MOD 37,36 over type, issuer, serial and version without the dots, with 0–9 counting
/// 0–9 and A–Z counting 10–35: begin with `p = 36`; for each character `s = (p + c) mod 36`, 0 counting as 36, and
/// `p = 2·s mod 37`; the check character counts `(37 − p) mod 36`.
///
/// Both maps of a step are one-to-one, so every wrong character is caught. A swap of the neighbors `a`, `b` is missed
/// exactly if they are consecutive values (35 and 0 included: `b ≡ a + 1 mod 36`) and `p + a ≡ 18 mod 36` before them:
/// then one order gives `2·18 + b ≡ b`, the other `2·19 + a ≡ 1 + a`, the same. That is one pair out of 630 for each
/// `p`. Inside the two credit codes their own checks catch these as well; what remains is the serial, the version and
/// the three digits of the type.
///
/// ```
/// use boyin_model::id::LicenseId;
/// let id = LicenseId::parse("1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U")?;
/// assert_eq!((id.serial(), id.version()), ("20230000403", 1));
/// assert!(id.next_version()?.as_str().ends_with(".002.S"));
/// # Ok::<(), boyin_model::id::IdError>(())
/// ```
///
/// GB/T 36904-2018. Identifiers of others may deviate: [`LicenseId::read`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LicenseId {
    text: Box<str>,
    license_type: LicenseTypeCode,
    issuer: CreditCode,
    version: u16,
}

impl LicenseId {
    /// The object identifier under which all license identifiers stand, with the dot that follows.
    pub const OID_PREFIX: &'static str = "1.2.156.3005.2.";
    /// Characters of the longest serial. Ours: the standard sets none, up to 32 were seen.
    pub const MAX_SERIAL: usize = 64;
    /// Characters of the longest identifier.
    pub const MAX_LEN: usize = Self::SERIAL_START + Self::MAX_SERIAL + Self::AFTER_SERIAL;
    /// Prefix, type, dot, issuer, dot.
    const SERIAL_START: usize = Self::OID_PREFIX.len() + 21 + 1 + 18 + 1;
    /// Dot, version, dot, check character.
    const AFTER_SERIAL: usize = 1 + 3 + 1 + 1;

    /// Reads an identifier strictly: credit codes and check character hold, everything is in its one spelling.
    ///
    /// # Errors
    /// As [`LicenseId::read`]; as [`LicenseTypeCode::parse`] and [`CreditCode::parse`], with the offset in the whole
    /// identifier; [`IdErrorKind::CheckCharacter`] for anything but the strict check character.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let parts = Parts::split(text)?;
        let license_type =
            LicenseTypeCode::parse(parts.license_type).map_err(|e| e.shifted(Parts::TYPE_START))?;
        let issuer = CreditCode::parse(parts.issuer).map_err(|e| e.shifted(Parts::ISSUER_START))?;
        if check::license(parts.covered) != parts.check {
            return Err(IdErrorKind::CheckCharacter.at(text.len() - 1));
        }
        Ok(Self { text: text.into(), license_type, issuer, version: parts.version })
    }

    /// Reads an identifier of others: older forms and a wrong check are reported, not refused.
    ///
    /// # Errors
    /// Only what leaves no parts to speak of: [`IdErrorKind::Prefix`], [`IdErrorKind::Parts`],
    /// [`IdErrorKind::TooLong`], [`IdErrorKind::TooShort`], [`IdErrorKind::Character`], [`IdErrorKind::LowerCase`],
    /// [`IdErrorKind::NotDigit`], [`IdErrorKind::Issuer`], [`IdErrorKind::Version`].
    pub fn read(text: &str) -> Result<ReadLicenseId, IdError> {
        ReadLicenseId::read(text)
    }

    /// Puts an identifier together and computes its check character.
    ///
    /// `serial` is 1 to [`LicenseId::MAX_SERIAL`] digits and upper-case letters, `version` is 1 to 999.
    ///
    /// # Errors
    /// [`IdErrorKind::TooShort`], [`IdErrorKind::TooLong`], [`IdErrorKind::LowerCase`], [`IdErrorKind::Character`] with
    /// the offset in the serial; [`IdErrorKind::Version`] at 0.
    pub fn new(
        license_type: LicenseTypeCode,
        issuer: CreditCode,
        serial: &str,
        version: u16,
    ) -> Result<Self, IdError> {
        check_serial(serial)?;
        if !(1..=999).contains(&version) {
            return Err(IdErrorKind::Version.at(0));
        }
        let covered = format!("{license_type}.{issuer}.{serial}.{version:03}");
        let check = char::from(check::license(&covered));
        let text = format!("{}{covered}.{check}", Self::OID_PREFIX).into_boxed_str();
        Ok(Self { text, license_type, issuer, version })
    }

    /// The same license, one version later.
    ///
    /// # Errors
    /// [`IdErrorKind::Version`] after version 999.
    pub fn next_version(&self) -> Result<Self, IdError> {
        Self::new(self.license_type, self.issuer, self.serial(), self.version + 1)
    }

    /// The whole identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The type of the license (证照类型代码).
    #[must_use]
    pub fn license_type(&self) -> LicenseTypeCode {
        self.license_type
    }

    /// The body that issued it (证照颁发机构).
    #[must_use]
    pub fn issuer(&self) -> CreditCode {
        self.issuer
    }

    /// The issuer's serial, the same in every version.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.text[Self::SERIAL_START..self.text.len() - Self::AFTER_SERIAL]
    }

    /// The version, `1..=999`.
    #[must_use]
    pub fn version(&self) -> u16 {
        self.version
    }
}

pub(super) fn check_serial(serial: &str) -> Result<(), IdError> {
    if serial.is_empty() {
        return Err(IdErrorKind::TooShort { need: 1 }.at(0));
    }
    for (place, character) in serial.chars().enumerate() {
        if place == LicenseId::MAX_SERIAL {
            return Err(IdErrorKind::TooLong { max: LicenseId::MAX_SERIAL }.at(place));
        }
        let byte = u8::try_from(character).map_err(|_| IdErrorKind::Character.at(place))?;
        alphanumeric(byte).map_err(|kind| kind.at(place))?;
    }
    Ok(())
}

through_text!(LicenseId);
printed!(LicenseId);
