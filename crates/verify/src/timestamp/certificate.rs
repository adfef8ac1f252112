//! What a timestamp asks of a certificate that paths do not.

use boyin_model::timestamp::SignerId;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer as _;

/// Facts of a certificate, for finding the signer's and for judging it.
pub(super) struct Facts {
    issuer: Vec<u8>,
    serial: Vec<u8>,
    key_id: Option<Vec<u8>>,
    /// Extended key usage is critical and names timestamping alone (RFC 3161 §2.3).
    pub(super) only_timestamps: bool,
}

impl Facts {
    pub(super) fn read(certificate: &[u8]) -> Option<Self> {
        let (rest, parsed) = X509Certificate::from_der(certificate).ok()?;
        let mut facts = Self {
            issuer: parsed.issuer().as_raw().to_vec(),
            serial: parsed.raw_serial().to_vec(),
            key_id: None,
            only_timestamps: false,
        };
        for extension in parsed.extensions() {
            let parsed = extension.parsed_extension();
            if let ParsedExtension::ExtendedKeyUsage(usage) = parsed {
                let others = usage.any
                    || usage.server_auth
                    || usage.client_auth
                    || usage.code_signing
                    || usage.email_protection
                    || usage.ocsp_signing
                    || !usage.other.is_empty();
                facts.only_timestamps = extension.critical && usage.time_stamping && !others;
            } else if let ParsedExtension::SubjectKeyIdentifier(id) = parsed {
                facts.key_id = Some(id.0.to_vec());
            }
        }
        rest.is_empty().then_some(facts)
    }

    /// Whether the signer's identifier means this certificate.
    pub(super) fn is(&self, id: &SignerId<'_>) -> bool {
        match *id {
            SignerId::Issued { issuer, serial } => self.has_serial(serial) && self.issuer == issuer,
            SignerId::Key(key) => self.key_id.as_deref() == Some(key),
        }
    }

    pub(super) fn has_serial(&self, serial: &[u8]) -> bool {
        self.serial == serial
    }

    /// Whether the GeneralNames (DER) are the issuer's name alone: `SEQUENCE { [4] { Name } }`.
    pub(super) fn has_issuer(&self, names: &[u8]) -> bool {
        let tagged = |tag: u8, content: &[u8]| {
            let length = der_length(content.len());
            [&[tag], length.as_slice(), content].concat()
        };
        names == tagged(0x30, &tagged(0xa4, &self.issuer))
    }
}

fn der_length(length: usize) -> Vec<u8> {
    match u8::try_from(length) {
        Ok(short @ ..=0x7f) => vec![short],
        _ => {
            let digits = length.to_be_bytes();
            let digits = &digits[digits.iter().take_while(|digit| **digit == 0).count()..];
            let count = u8::try_from(digits.len()).unwrap_or(u8::MAX);
            [&[0x80 | count], digits].concat()
        }
    }
}
