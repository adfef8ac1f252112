//! Why a text is no identifier.

use std::fmt;

/// Why a text is no identifier, and where. Never carries the text itself: it may be a person's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdError {
    /// What is wrong.
    pub kind: IdErrorKind,
    /// Where: the character (not the byte) of the text as it was given, counted from 0. The length of the text where
    /// something is missing at its end.
    pub offset: usize,
}

impl IdError {
    /// A stable name of the kind, for reports and interfaces.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// The same fault in a longer text that holds this one from character `by` on.
    pub(super) fn shifted(self, by: usize) -> Self {
        Self { offset: self.offset + by, ..self }
    }
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {} (counted from 0): {}", self.offset, self.kind)
    }
}

impl std::error::Error for IdError {}

/// What is wrong with a text that should be an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdErrorKind {
    /// The text ends too early.
    #[error("the text ends, but {need} characters are needed")]
    TooShort {
        /// Characters needed.
        need: usize,
    },
    /// The text goes on after its last place.
    #[error("the text goes on, but at most {max} characters are allowed")]
    TooLong {
        /// Characters allowed.
        max: usize,
    },
    /// A character that the identifier never contains.
    #[error("this character is not used in such an identifier")]
    Character,
    /// A letter that is left out because it looks like another character.
    #[error("the letters I, O, S, V and Z are not used in credit codes")]
    ConfusableLetter,
    /// A lower-case letter where only upper case is written.
    #[error("letters are written in upper case")]
    LowerCase,
    /// Anything but a digit where a digit belongs.
    #[error("a digit 0 to 9 belongs here")]
    NotDigit,
    /// White space before or after a holder's number.
    #[error("white space is not allowed at the beginning or the end")]
    OuterSpace,
    /// No administrative division has this code.
    #[error("no administrative division has this code")]
    Division,
    /// The calendar has no such day.
    #[error("the calendar has no such day of birth")]
    NoSuchDay,
    /// Born before 1800.
    #[error("the day of birth is before the year 1800")]
    TooEarly,
    /// A citizen's number of the form with 15 digits, given out until 1999.
    #[error("this is a number of the old form with 15 digits, which must be upgraded to 18 first")]
    LegacyForm,
    /// The check character does not match the others.
    #[error("the check character does not match the characters before it")]
    CheckCharacter,
    /// The check character of the organization code inside a credit code does not match.
    #[error("the check character of the organization code does not match the eight characters before it")]
    OrganizationCheck,
    /// A license identifier begins otherwise.
    #[error("a license identifier begins with 1.2.156.3005.2.")]
    Prefix,
    /// A license identifier with too few or too many parts.
    #[error("five parts, divided by dots, follow the prefix: type, issuer, serial, version, check character")]
    Parts,
    /// An issuer that is neither a credit code nor a division code.
    #[error(
        "an issuer is written with 18 characters (credit code) or, in older identifiers, 6 digits (division)"
    )]
    Issuer,
    /// A version outside `001..=999`.
    #[error("a version is between 001 and 999")]
    Version,
    /// Not in the list of kinds of holder numbers.
    #[error("no kind of holder number has this code")]
    HolderCodeType,
}

impl IdErrorKind {
    /// A stable name, for reports and interfaces.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "id_too_short",
            Self::TooLong { .. } => "id_too_long",
            Self::Character => "id_character",
            Self::ConfusableLetter => "id_confusable_letter",
            Self::LowerCase => "id_lower_case",
            Self::NotDigit => "id_not_digit",
            Self::OuterSpace => "id_outer_space",
            Self::Division => "id_division",
            Self::NoSuchDay => "id_no_such_day",
            Self::TooEarly => "id_too_early",
            Self::LegacyForm => "id_legacy_form",
            Self::CheckCharacter => "id_check_character",
            Self::OrganizationCheck => "id_organization_check",
            Self::Prefix => "id_prefix",
            Self::Parts => "id_parts",
            Self::Issuer => "id_issuer",
            Self::Version => "id_version",
            Self::HolderCodeType => "id_holder_code_type",
        }
    }

    pub(super) fn at(self, offset: usize) -> IdError {
        IdError { kind: self, offset }
    }
}
