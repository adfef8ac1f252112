use der::asn1::ObjectIdentifier;

use super::read::{document, extensions, signature_value, tagged_extensions, timestamp};
use super::reading::{At as _, Reading};
use super::{Fault, Note, Seal, SealError, SealSignature, SigningTime, Version};
use crate::json::Reader;
use crate::limits::MAX_CERTIFICATE_BYTES;
use crate::tlv::{
    BIT_STRING, CONTEXT_0, Cursor, Element, GENERALIZED_TIME, IA5_STRING, INTEGER, OCTET_STRING, OID,
    SEQUENCE, UTC_TIME, sequence,
};

/// What the outer structure of bytes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `SESeal`.
    Seal,
    /// `SES_Signature`.
    Signature,
}

/// Whether bytes are meant as a seal or a seal signature, or as neither, by their outer structure alone: the first element
/// within the first is a header (SEQUENCE) in a seal and a version (INTEGER) in a signature. Whether they are cut off, too
/// long or followed by other bytes is for the reader to say.
#[must_use]
pub fn detect(bytes: &[u8]) -> Option<Kind> {
    let inside = sequence(sequence(bytes)?)?;
    match *inside.first()? {
        SEQUENCE => Some(Kind::Seal),
        INTEGER => Some(Kind::Signature),
        _ => None,
    }
}

impl<'b> SealSignature<'b> {
    /// Reads `SES_Signature` of any version, which must fill `bytes`.
    ///
    /// # Errors
    /// [`SealError`] with the first field at fault.
    pub fn read(bytes: &'b [u8], reader: Reader) -> Result<Self, SealError> {
        let whole = document(bytes, "SES_Signature")?;
        let mut parts = whole.inside();
        let signed = parts.expect(SEQUENCE, "toSign")?;
        let mut reading = Reading::new(reader);
        let body = Body::of(&signed, reader, &mut reading)?;
        let outer = match parts.maybe(OCTET_STRING, "cert")? {
            Some(certificate) => {
                let algorithm = parts.expect(OID, "signatureAlgID")?;
                Some((certificate, algorithm))
            }
            None => None,
        };
        let value = signature_value(&parts.expect(BIT_STRING, "signature")?, "signature", &mut reading)?;
        let timestamp = timestamp(&mut parts)?;
        parts.end("SES_Signature")?;
        let (certificate, algorithm) = match (body.seal.version, body.signer, outer) {
            (Version::V1, Some(inner), None) if timestamp.is_none() => inner,
            (Version::V4 | Version::V5, None, Some(outer)) => outer,
            _ => return Err(whole.fault("SES_Signature", Fault::Version)),
        };
        if certificate.content.len() > MAX_CERTIFICATE_BYTES {
            return Err(certificate.fault("cert", Fault::TooLarge));
        }
        if body.number != u32::from(body.seal.version.number()) {
            reading.odd(Note::OddVersionNumber, "version", &signed)?;
        }
        Ok(Self {
            version: body.seal.version,
            number: body.number,
            seal: body.seal,
            time: body.time,
            document_digest: body.digest,
            property: body.property,
            extensions: body.extensions,
            signer: certificate.content,
            algorithm: ObjectIdentifier::from_bytes(algorithm.content).ok(),
            signature: value,
            signed: signed.whole,
            timestamp,
            notes: reading.notes,
        })
    }
}

/// `TBS_Sign`.
struct Body<'b> {
    number: u32,
    seal: Seal<'b>,
    time: SigningTime<'b>,
    digest: &'b [u8],
    property: &'b str,
    extensions: Vec<super::Extension<'b>>,
    /// Certificate and algorithm, which version 1 has here.
    signer: Option<(Element<'b>, Element<'b>)>,
}

impl<'b> Body<'b> {
    fn of(signed: &Element<'b>, reader: Reader, reading: &mut Reading) -> Result<Self, SealError> {
        let mut parts = signed.inside();
        let number = parts.expect(INTEGER, "version")?.integer("version")?;
        let seal = Seal::of(&parts.expect(SEQUENCE, "eseal")?, &mut Reading::new(reader))?;
        let first = seal.version == Version::V1;
        let time = parts.any("timeInfo")?;
        let time = if first { first_time(&time, reading)? } else { later_time(&time, reading)? };
        let digest = parts.any("dataHash")?;
        let digest = match digest.tag {
            OCTET_STRING if first => {
                reading.odd(Note::OctetString, "dataHash", &digest)?;
                digest.content
            }
            BIT_STRING => digest.bits("dataHash")?,
            _ => return Err(digest.fault("dataHash", Fault::Tag)),
        };
        let property = parts.expect(IA5_STRING, "propertyInfo")?.text("propertyInfo")?;
        let signer = match parts.maybe(OCTET_STRING, "cert")? {
            Some(certificate) => Some((certificate, parts.expect(OID, "signatureAlgorithm")?)),
            None => None,
        };
        let extensions = match (parts.maybe(CONTEXT_0, "extDatas")?, first) {
            (Some(tagged), false) => tagged_extensions(&tagged, reading)?,
            (Some(tagged), true) => return Err(tagged.fault("extDatas", Fault::Tag)),
            (None, _) => match parts.maybe(SEQUENCE, "extDatas")? {
                Some(list) => {
                    reading.odd(Note::OddExtensionTag, "extDatas", &list)?;
                    extensions(&list, reading)?
                }
                None => Vec::new(),
            },
        };
        parts.end("toSign")?;
        Ok(Self { number, seal, time, digest, property, extensions, signer })
    }
}

fn later_time<'b>(element: &Element<'b>, reading: &mut Reading) -> Result<SigningTime<'b>, SealError> {
    if element.tag != GENERALIZED_TIME {
        reading.odd(Note::OddTimeType, "timeInfo", element)?;
    }
    reading.time(element, "timeInfo").map(SigningTime::Instant)
}

/// A bit string with a time or a timestamp token in it.
fn first_time<'b>(element: &Element<'b>, reading: &mut Reading) -> Result<SigningTime<'b>, SealError> {
    let content = match element.tag {
        BIT_STRING => element.bits("timeInfo")?,
        OCTET_STRING => {
            reading.odd(Note::OctetString, "timeInfo", element)?;
            element.content
        }
        _ => return later_time(element, reading),
    };
    match content.first() {
        Some(&(UTC_TIME | GENERALIZED_TIME)) => {
            let mut inner = Cursor::new(content);
            let time = inner.any("timeInfo")?;
            inner.end("timeInfo")?;
            if time.tag != UTC_TIME {
                reading.odd(Note::OddTimeType, "timeInfo", element)?;
            }
            reading.time(&time, "timeInfo").map(SigningTime::Instant)
        }
        Some(&SEQUENCE) => Ok(SigningTime::Token(content)),
        _ => {
            reading.odd(Note::TimeAsText, "timeInfo", element)?;
            // `YYMMDDHHMMSSZ` has 13 characters.
            let tag = if content.len() == 13 { UTC_TIME } else { GENERALIZED_TIME };
            reading.time(&Element { tag, content, ..*element }, "timeInfo").map(SigningTime::Instant)
        }
    }
}
