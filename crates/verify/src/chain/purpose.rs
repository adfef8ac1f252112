//! What a certificate's key is for (RFC 5280 §4.2.1.12).

use super::certificate::Certificate;
use super::der::{only, tag};
use super::extensions::UsageBit;
use super::oid::Oid;

/// `id-kp`, 1.3.6.1.5.5.7.3, as far as the last arc.
const KEY_PURPOSE: [u8; 7] = [0x2b, 6, 1, 5, 5, 7, 3];
/// `anyExtendedKeyUsage`, 2.5.29.37.0.
const ANY_PURPOSE: &[u8] = &[0x55, 0x1d, 0x25, 0];

/// What a certificate is to be used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Nothing in particular: extended key usage is not asked.
    #[default]
    Any,
    /// A TLS server.
    ServerAuth,
    /// A TLS client.
    ClientAuth,
    /// Signing of programs.
    CodeSigning,
    /// E-mail.
    Email,
    /// Timestamps (RFC 3161 §2.3: critical, and nothing else).
    TimeStamping,
    /// Answers about revocation (RFC 6960 §4.2.2.2).
    OcspSigning,
    /// Documents (RFC 9336).
    DocumentSigning,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 8] = [
        Self::Any,
        Self::ServerAuth,
        Self::ClientAuth,
        Self::CodeSigning,
        Self::Email,
        Self::TimeStamping,
        Self::OcspSigning,
        Self::DocumentSigning,
    ];

    /// Its name in options and reports.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::ServerAuth => "server-auth",
            Self::ClientAuth => "client-auth",
            Self::CodeSigning => "code-signing",
            Self::Email => "email",
            Self::TimeStamping => "time-stamping",
            Self::OcspSigning => "ocsp-signing",
            Self::DocumentSigning => "document-signing",
        }
    }

    /// Last arc of its `KeyPurposeId`.
    fn arc(self) -> Option<u8> {
        match self {
            Self::Any => None,
            Self::ServerAuth => Some(1),
            Self::ClientAuth => Some(2),
            Self::CodeSigning => Some(3),
            Self::Email => Some(4),
            Self::TimeStamping => Some(8),
            Self::OcspSigning => Some(9),
            Self::DocumentSigning => Some(36),
        }
    }

    /// One of these bits of key usage it needs, if there is a key usage.
    fn usage(self) -> &'static [UsageBit] {
        match self {
            Self::Any => &[],
            Self::ServerAuth => {
                &[UsageBit::DigitalSignature, UsageBit::KeyEncipherment, UsageBit::KeyAgreement]
            }
            Self::ClientAuth => &[UsageBit::DigitalSignature, UsageBit::KeyAgreement],
            Self::Email => &[
                UsageBit::DigitalSignature,
                UsageBit::NonRepudiation,
                UsageBit::KeyEncipherment,
                UsageBit::DataEncipherment,
                UsageBit::KeyAgreement,
            ],
            Self::CodeSigning => &[UsageBit::DigitalSignature],
            Self::TimeStamping | Self::OcspSigning | Self::DocumentSigning => {
                &[UsageBit::DigitalSignature, UsageBit::NonRepudiation]
            }
        }
    }

    /// Whether key usage and extended key usage of the subject allow it.
    pub(super) fn is_allowed_to(self, subject: &Certificate) -> bool {
        let Some(arc) = self.arc() else { return true };
        let usage = subject.usage().is_none_or(|usage| usage.has_any(self.usage()));
        let named = match (self, subject.extended_key_usage()) {
            (Self::TimeStamping, extended) => extended.is_some_and(ExtendedKeyUsage::only_time_stamping),
            // Who answers for an authority must have been told so.
            (Self::OcspSigning, extended) => extended.is_some_and(|extended| extended.names(arc)),
            (_, extended) => extended.is_none_or(|extended| extended.names(arc) || extended.names_any()),
        };
        usage && named
    }

    /// Whether an authority's extended key usage, which stands for what it may issue, allows it.
    pub(super) fn is_allowed_below(self, authority: &Certificate) -> bool {
        let Some(arc) = self.arc() else { return true };
        let extended = authority.extended_key_usage();
        extended.is_none_or(|extended| extended.names(arc) || extended.names_any())
    }
}

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

    fn names(&self, arc: u8) -> bool {
        let is = |purpose: &Oid| purpose.as_bytes().strip_prefix(&KEY_PURPOSE) == Some(&[arc]);
        self.purposes.iter().any(is)
    }

    fn names_any(&self) -> bool {
        self.purposes.iter().any(|purpose| purpose.as_bytes() == ANY_PURPOSE)
    }

    /// Whether it is critical and names time-stamping and nothing else, as RFC 3161 §2.3 demands of an authority.
    #[must_use]
    pub fn only_time_stamping(&self) -> bool {
        self.critical && self.purposes.len() == 1 && self.names(8)
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
        assert!(read(&one, true).unwrap().is_critical() && !read(&one, false).unwrap().is_critical());
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
