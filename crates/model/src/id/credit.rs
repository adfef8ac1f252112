//! Unified social credit codes.

use super::text::{Ascii, alphanumeric, digit, exact, printed, through_text, with_check};
use super::{IdError, IdErrorKind, check};

const ORGANIZATION_START: usize = 8;
const ORGANIZATION_CHECK: usize = 16;
const CHECK: usize = 17;

/// A unified social credit code (统一社会信用代码), 18 characters.
///
/// | places | what |
/// |---|---|
/// | 0 | registering department |
/// | 1 | class of organization |
/// | 2–7 | division of the registrar, digits (100000: national) |
/// | 8–16 | organization code, GB 11714; the last is its own check character |
/// | 17 | check character |
///
/// Characters are digits and the upper-case letters without I, O, S, V, Z, with values 0 to 30. Two checks:
///
/// - outer, GB 32100: `(31 − Σ cᵢ·3^(i−1) mod 31) mod 31` for i = 1…17. 31 is prime, no weight is 0 and no two
///   neighboring weights are equal (`3^i ≠ 3^(i+1)`, last weight 28 against 1), hence every wrong character and every
///   swap of two different neighbors changes the sum: both are always caught.
/// - inner, GB 11714: `11 − Σ cᵢ·wᵢ mod 11` over places 8–15 with weights 3, 7, 9, 10, 5, 8, 4, 2 and letters counted
///   from A = 10 without gaps; 10 is written X, 11 is written 0.
///
/// ```
/// use boyin_model::id::CreditCode;
/// let code = CreditCode::parse("11100000000013338W")?;
/// assert_eq!((code.division(), code.organization_code()), ("100000", "000013338"));
/// assert!(CreditCode::parse("11100000000013338w").is_err());
/// # Ok::<(), boyin_model::id::IdError>(())
/// ```
///
/// GB 32100-2015.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode(Ascii<18>);

impl CreditCode {
    /// Reads a credit code exactly as it is written.
    ///
    /// # Errors
    /// [`IdErrorKind::TooShort`], [`IdErrorKind::TooLong`]; [`IdErrorKind::LowerCase`],
    /// [`IdErrorKind::ConfusableLetter`], [`IdErrorKind::NotDigit`], [`IdErrorKind::Character`] at the character;
    /// [`IdErrorKind::CheckCharacter`] at 17, and where that holds, [`IdErrorKind::OrganizationCheck`] at 16.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        Self::checked(exact(text, rule)?)
    }

    /// The code of characters that each may stand at their place.
    pub(super) fn checked(code: Ascii<18>) -> Result<Self, IdError> {
        if check::credit_code(code.part(0)) != code.bytes()[CHECK] {
            return Err(IdErrorKind::CheckCharacter.at(CHECK));
        }
        inner_holds(&code)?;
        Ok(Self(code))
    }

    /// Completes the first 17 characters, whose inner check must already hold.
    ///
    /// # Errors
    /// As [`CreditCode::parse`], without [`IdErrorKind::CheckCharacter`].
    pub fn compute(first17: &str) -> Result<Self, IdError> {
        let first: Ascii<17> = exact(first17, rule)?;
        inner_holds(&first)?;
        Ok(Self(with_check(*first.bytes(), check::credit_code(*first.bytes()))))
    }

    /// The check character, a digit or X, of the organization code that begins with `first8`.
    ///
    /// # Errors
    /// [`IdErrorKind::TooShort`], [`IdErrorKind::TooLong`], or a character that credit codes do not use.
    pub fn organization_check(first8: &str) -> Result<char, IdError> {
        let first: Ascii<8> = exact(first8, |place, byte| rule(ORGANIZATION_START + place, byte))?;
        Ok(char::from(check::organization_code(*first.bytes())))
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The division of the registrar, six digits. Not a [`super::DivisionCode`]: it may be 100000.
    #[must_use]
    pub fn division(&self) -> &str {
        &self.as_str()[2..ORGANIZATION_START]
    }

    /// The organization code with its check character, nine characters. GB 11714.
    #[must_use]
    pub fn organization_code(&self) -> &str {
        &self.as_str()[ORGANIZATION_START..CHECK]
    }
}

/// What may stand at one place of a credit code.
pub(super) fn rule(place: usize, byte: u8) -> Result<(), IdErrorKind> {
    if (2..ORGANIZATION_START).contains(&place) {
        return digit(byte);
    }
    alphanumeric(byte)?;
    if check::is_confusable(byte) { Err(IdErrorKind::ConfusableLetter) } else { Ok(()) }
}

fn inner_holds<const N: usize>(code: &Ascii<N>) -> Result<(), IdError> {
    if check::organization_code(code.part(ORGANIZATION_START)) == code.bytes()[ORGANIZATION_CHECK] {
        Ok(())
    } else {
        Err(IdErrorKind::OrganizationCheck.at(ORGANIZATION_CHECK))
    }
}

through_text!(CreditCode);
printed!(CreditCode);
