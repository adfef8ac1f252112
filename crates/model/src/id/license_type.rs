//! Types of licenses.

use super::text::{Ascii, digit, exact, printed, through_text};
use super::{CreditCode, IdError, credit};

/// Characters of the defining body's credit code.
const BODY: usize = 18;

/// The code of a license type: the credit code of the body that defines it, then three digits; 21 characters.
///
/// The three digits have no check character of their own; in a [`super::LicenseId`] its check character covers them.
///
/// ```
/// use boyin_model::id::LicenseTypeCode;
/// let title = LicenseTypeCode::parse("11100000MB03271699001")?; // 不动产权证书
/// assert_eq!(title.defining_body().as_str(), "11100000MB03271699");
/// assert_eq!(title.number(), "001");
/// # Ok::<(), boyin_model::id::IdError>(())
/// ```
///
/// GB/T 36902, 证照类型代码.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LicenseTypeCode {
    code: Ascii<21>,
    body: CreditCode,
}

impl LicenseTypeCode {
    /// Reads the 21 characters exactly as they are written.
    ///
    /// # Errors
    /// As [`CreditCode::parse`] for the first 18; [`super::IdErrorKind::NotDigit`] in the last three;
    /// [`super::IdErrorKind::TooShort`] or [`super::IdErrorKind::TooLong`] for another length.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let code: Ascii<21> =
            exact(text, |place, byte| if place < BODY { credit::rule(place, byte) } else { digit(byte) })?;
        let body = CreditCode::checked(code.head())?;
        Ok(Self { code, body })
    }

    /// The 21 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.code.as_str()
    }

    /// The body that defines the type (证照定义机构).
    #[must_use]
    pub fn defining_body(&self) -> CreditCode {
        self.body
    }

    /// The three digits by which the body tells its types apart.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.as_str()[BODY..]
    }
}

through_text!(LicenseTypeCode);
printed!(LicenseTypeCode);
