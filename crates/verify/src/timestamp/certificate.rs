//! How a token names the certificate of its authority.

use boyin_model::timestamp::SignerId;

use crate::chain::Certificate;
use crate::chain::der::{only, tag};

/// Whether the signer's identifier means this certificate.
pub(crate) fn is_meant(certificate: &Certificate, id: &SignerId<'_>) -> bool {
    match *id {
        SignerId::Issued { issuer, serial } => {
            certificate.serial() == serial && certificate.issuer() == issuer
        }
        SignerId::Key(key) => certificate.key_identifier() == Some(key),
    }
}

/// Whether the GeneralNames (DER) are the issuer's name alone: `SEQUENCE { [4] { Name } }`.
pub(super) fn is_issuer(certificate: &Certificate, names: &[u8]) -> bool {
    only(names, tag::SEQUENCE).is_some_and(|mut names| {
        let name = names.take(tag::constructed(4));
        name.is_some_and(|name| name.content == certificate.issuer()) && names.is_empty()
    })
}
