//! What a certificate's key is for (RFC 5280 §4.2.1.12).

use super::der::{only, tag};
use super::oid::Oid;

/// `id-kp-timeStamping`, 1.3.6.1.5.5.7.3.8.
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// Extended key usage: the purposes that a key may be used for.
///
/// `ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedKeyUsage {
    purposes: Vec<Oid>,
    critical: bool,
}

impl ExtendedKeyUsage {
    pub(super) fn read(value: &[u8], critical: bool) -> Option<Self> {
        let mut items = only(value, tag::SEQUENCE)?;
        let mut purposes = Vec::new();
        while !items.is_empty() {
            purposes.push(Oid::from_der_content(items.take(tag::OID)?.content)?);
        }
        (!purposes.is_empty()).then_some(Self { purposes, critical })
    }

    /// The purposes, at least one, in the order of the certificate.
    #[must_use]
    pub fn purposes(&self) -> &[Oid] {
        &self.purposes
    }

    /// Whether the extension is marked critical.
    #[must_use]
    pub fn is_critical(&self) -> bool {
        self.critical
    }

    /// Whether it is critical and names time-stamping and nothing else, as RFC 3161 §2.3 demands of an authority.
    #[must_use]
    pub fn only_time_stamping(&self) -> bool {
        self.critical && matches!(self.purposes.as_slice(), [only] if only.as_bytes() == TIME_STAMPING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_stamping_key_is_for_nothing_else() {
        let one = [0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];
        let read = |value: &[u8], critical| ExtendedKeyUsage::read(value, critical);
        assert!(read(&one, true).unwrap().only_time_stamping());
        assert!(!read(&one, false).unwrap().only_time_stamping());
        let two = [0x30, 20, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 4];
        assert_eq!(read(&two, true).unwrap().purposes().len(), 2);
        assert!(!read(&two, true).unwrap().only_time_stamping());
        let other = [0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 9];
        assert!(!read(&other, true).unwrap().only_time_stamping());
        for bad in [&[0x30, 0][..], &one[..11], &[], &[0x30, 2, 6, 0], &[0x31, 3, 6, 1, 1]] {
            assert_eq!(read(bad, true), None);
        }
    }
}
