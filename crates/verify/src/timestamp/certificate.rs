//! How a token names the certificate of its authority.

use boyin_model::timestamp::SignerId;

use crate::chain::Certificate;

/// Whether the signer's identifier means this certificate.
pub(super) fn is_meant(certificate: &Certificate, id: &SignerId<'_>) -> bool {
    match *id {
        SignerId::Issued { issuer, serial } => {
            certificate.serial() == serial && certificate.issuer() == issuer
        }
        SignerId::Key(key) => certificate.key_identifier() == Some(key),
    }
}

/// Whether the GeneralNames (DER) are the issuer's name alone: `SEQUENCE { [4] { Name } }`.
pub(super) fn is_issuer(certificate: &Certificate, names: &[u8]) -> bool {
    let tagged = |tag: u8, content: &[u8]| {
        let length = der_length(content.len());
        [&[tag], length.as_slice(), content].concat()
    };
    names == tagged(0x30, &tagged(0xa4, certificate.issuer()))
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
