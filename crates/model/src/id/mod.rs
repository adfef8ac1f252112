//! Identifiers: what a license, a holder, an issuer and a place are called.
//!
//! Text becomes one of these types through `parse`, which checks everything that the text alone can prove: length,
//! alphabet, calendar date and check characters. Whatever has the type has passed; nothing is checked twice.
//!
//! | type | what it names | standard | example |
//! |---|---|---|---|
//! | [`DivisionCode`] | an administrative division | GB/T 2260 | `652701` |
//! | [`CreditCode`] | an enterprise, an office, any organization (统一社会信用代码) | GB 32100 | `11100000000013338W` |
//! | [`CitizenId`] | a citizen (公民身份号码) | GB 11643 | `11010519491231002X` |
//! | [`LegacyCitizenId`] | a citizen, 15 digits, before 1999 | GB 11643-1989 | `110105491231002` |
//! | [`LicenseTypeCode`] | a type of license: its defining body and a number | GB/T 36902 | `11100000000013338W032` |
//! | [`LicenseId`] | one license in one version, written by us (strict) | GB/T 36904 | `1.2.156.3005.2.…` |
//! | [`ReadLicenseId`] | the same, written by others (tolerant) | GB/T 36904 | |
//! | [`HolderCodeType`] | which kind of number names a holder | GB/T 36903 annex A | `001` |
//! | [`HolderCode`] | a holder: kind and number | GB/T 36903 | |
//!
//! What the check characters catch ([`CreditCode`], [`CitizenId`]: every wrong character and every swap of two
//! neighbors; [`LicenseId`]: every wrong character and all but 1 in 630 of the swaps) is derived at each type.
//! A check character proves that nobody mistyped. It does not prove that the number was ever given to anybody.
//!
//! Numbers of people do not print: their types have no `Display`, and their `Debug` is `CitizenId(..)`.

mod check;
mod citizen;
mod credit;
mod division;
mod error;
mod holder;
mod license;
mod license_type;
mod read_license;
#[cfg(test)]
mod tests;
mod text;

pub use citizen::{CitizenId, CitizenNumber, LegacyCitizenId};
pub use credit::CreditCode;
pub use division::DivisionCode;
pub use error::{IdError, IdErrorKind};
pub use holder::{HolderCode, HolderCodeType};
pub use license::LicenseId;
pub use license_type::LicenseTypeCode;
pub use read_license::{CheckChar, ReadIssuer, ReadLicenseId, Variant};
