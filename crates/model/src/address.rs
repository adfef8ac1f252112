//! Addresses of premises and places of business, as text that is compared.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// Most characters of an address, once it is normalized.
pub const MAX_ADDRESS_CHARS: usize = 200;
/// Most bytes of a text that is looked at: no character of an address is longer than 4 bytes, and NFKC makes some shorter.
const MAX_BYTES: usize = 16 * MAX_ADDRESS_CHARS;

/// An address in its one spelling: Unicode NFKC, each run of spaces one space, none around it.
///
/// Two texts that differ only in the width of digits and letters, in compatibility forms or in spaces are one address. That two
/// texts mean one place is not known otherwise: 1号 and 一号 are two.
///
/// ```
/// use boyin_model::address::Address;
/// let typed = Address::parse(" 博乐市北京路１２号 ")?;
/// assert_eq!(typed, Address::parse("博乐市北京路12号")?);
/// # Ok::<(), boyin_model::address::AddressError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

/// Not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address is 1 to {MAX_ADDRESS_CHARS} characters on one line")]
pub struct AddressError;

impl Address {
    /// Normalizes a text.
    ///
    /// # Errors
    /// [`AddressError`] if it is blank, longer than [`MAX_ADDRESS_CHARS`] characters, or has control characters.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.len() > MAX_BYTES || text.chars().any(char::is_control) {
            return Err(AddressError);
        }
        let normal: String = text.nfkc().collect();
        let address = normal.split_whitespace().collect::<Vec<_>>().join(" ");
        let length = address.chars().count();
        if length == 0 || length > MAX_ADDRESS_CHARS || address.chars().any(char::is_control) {
            return Err(AddressError);
        }
        Ok(Self(address))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Prints nothing: it may be where somebody lives.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        Address::parse(text).unwrap().0
    }

    #[test]
    fn width_forms_and_spaces_do_not_tell_addresses_apart() {
        assert_eq!(text("　北京路１２号　Ａ座\u{a0}\u{2003}5室 "), "北京路12号 A座 5室");
        assert_eq!(text("㈠号"), "(一)号");
        assert_eq!(text("e\u{301}"), "é");
        assert_ne!(text("1号"), text("一号"));
        assert_ne!(text("a座"), text("A座"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in ["", " \u{3000}", "a\nb", "a\u{0}", "\u{85}"] {
            assert_eq!(Address::parse(wrong), Err(AddressError), "{wrong:?}");
        }
        assert!(Address::parse(&"号".repeat(MAX_ADDRESS_CHARS)).is_ok());
        assert_eq!(Address::parse(&"号".repeat(MAX_ADDRESS_CHARS + 1)), Err(AddressError));
        // One character becomes eighteen.
        assert_eq!(Address::parse(&"\u{fdfa}".repeat(12)), Err(AddressError));
        assert_eq!(Address::parse(&" ".repeat(MAX_BYTES + 1)), Err(AddressError));
    }

    #[test]
    fn an_address_prints_nothing() {
        assert_eq!(format!("{:?}", Address::parse("北京路1号").unwrap()), "Address(..)");
    }
}
