//! The signed attributes of a token.

use der::asn1::ObjectIdentifier;

use super::reading::{At as _, Reading, algorithm, integer, oid};
use super::{Algorithm, CertificateId, Fault, Note, SHA256, SignedAttributes, TimestampError};
use crate::limits::MAX_TOKEN_ITEMS;
use crate::tlv::{Cursor, Element, INTEGER, OCTET_STRING, SEQUENCE, SET};

const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
/// RFC 2634 §5.4.
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
/// RFC 5035 §3.
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

impl<'b> SignedAttributes<'b> {
    /// Reads `signedAttrs`, whose tag is `[0]`.
    pub(crate) fn of(tagged: &Element<'b>, reading: &mut Reading) -> Result<Self, TimestampError> {
        let mut found = Self {
            signed: [&[SET], &tagged.whole[1..]].concat(),
            content_type: None,
            message_digest: None,
            signing_time: None,
            certificate: None,
            has_sha1_certificate: false,
        };
        let (mut items, mut seen, mut earlier) = (tagged.inside(), Vec::new(), &[][..]);
        while !items.is_empty() {
            let one = items.expect(SEQUENCE, "signedAttrs")?;
            let mut parts = one.inside();
            let kind = oid(&mut parts, "signedAttrs")?;
            let values = parts.expect(SET, "signedAttrs")?;
            parts.end("signedAttrs")?;
            // RFC 5652 §11: none of them twice, and each with one value.
            if seen.contains(&kind) {
                return Err(one.fault("signedAttrs", Fault::Count));
            }
            seen.push(kind);
            if seen.len() > MAX_TOKEN_ITEMS {
                return Err(tagged.fault("signedAttrs", Fault::TooMany));
            }
            // X.690 §11.6. No encoding is a beginning of another: comparing slices needs no padding.
            if one.whole < earlier {
                reading.odd(Note::UnorderedAttributes, "signedAttrs", tagged)?;
            }
            earlier = one.whole;
            found.take(kind, &values, reading)?;
        }
        Ok(found)
    }

    fn take(
        &mut self,
        kind: ObjectIdentifier,
        values: &Element<'b>,
        reading: &mut Reading,
    ) -> Result<(), TimestampError> {
        let mut inner = values.inside();
        if kind == CONTENT_TYPE {
            self.content_type = Some(oid(&mut inner, "content-type")?);
            Ok(inner.end("content-type")?)
        } else if kind == MESSAGE_DIGEST {
            self.message_digest = Some(inner.expect(OCTET_STRING, "message-digest")?.content);
            Ok(inner.end("message-digest")?)
        } else if kind == SIGNING_TIME {
            let time = inner.any("signing-time").and_then(|value| value.time("signing-time"));
            self.signing_time = time.ok().filter(|_| inner.is_empty()).map(|time| time.at);
            Ok(())
        } else if kind == SIGNING_CERTIFICATE {
            self.has_sha1_certificate = true;
            Ok(())
        } else if kind == SIGNING_CERTIFICATE_V2 {
            let value = inner.expect(SEQUENCE, "signing-certificate-v2")?;
            inner.end("signing-certificate-v2")?;
            self.certificate = Some(certificate_id(&value, reading)?);
            Ok(())
        } else {
            Ok(())
        }
    }
}

/// The first `ESSCertIDv2` of `SigningCertificateV2`: that of the signer.
fn certificate_id<'b>(
    value: &Element<'b>,
    reading: &mut Reading,
) -> Result<CertificateId<'b>, TimestampError> {
    let field = "signing-certificate-v2";
    let mut lists = value.inside();
    let mut certificates = lists.expect(SEQUENCE, field)?.inside();
    // Policies, which nobody uses.
    lists.maybe(SEQUENCE, field)?;
    lists.end(field)?;
    let first = certificates.expect(SEQUENCE, field)?;
    let mut parts = first.inside();
    let id = match parts.peek() {
        Some(SEQUENCE) => {
            let written = algorithm(&mut parts, field)?;
            if written.id == SHA256 {
                reading.odd(Note::DefaultWritten, field, &first)?;
            }
            written
        }
        _ => Algorithm { id: SHA256, plain: true },
    };
    let digest = parts.expect(OCTET_STRING, field)?.content;
    let issued = parts.maybe(SEQUENCE, field)?.map(|issued| issuer_serial(&issued)).transpose()?;
    parts.end(field)?;
    others(&mut certificates)?;
    Ok(CertificateId { algorithm: id, digest, issued })
}

/// `IssuerSerial`.
fn issuer_serial<'b>(element: &Element<'b>) -> Result<(&'b [u8], &'b [u8]), TimestampError> {
    let field = "issuerSerial";
    let mut parts = element.inside();
    let names = parts.expect(SEQUENCE, field)?.whole;
    let serial = integer(&parts.expect(INTEGER, field)?, field)?;
    parts.end(field)?;
    Ok((names, serial))
}

/// The rest of the path may be named after the signer's certificate. It decides nothing here.
fn others(rest: &mut Cursor<'_>) -> Result<(), TimestampError> {
    for _ in 0..MAX_TOKEN_ITEMS {
        if rest.is_empty() {
            return Ok(());
        }
        rest.expect(SEQUENCE, "signing-certificate-v2")?;
    }
    Ok(rest.end("signing-certificate-v2")?)
}
