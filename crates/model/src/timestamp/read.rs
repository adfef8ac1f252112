//! The SignedData of a token.

use der::asn1::ObjectIdentifier;

use super::reading::{At as _, Reading, algorithm, integer, oid};
use super::{
    Fault, Note, SIGNED_DATA, SIGNED_DATA_GM, SignedAttributes, SignerId, SignerInfo, Syntax, TST_INFO,
    TimestampError, Token, TstInfo,
};
use crate::json::Reader;
use crate::limits::{MAX_CERTIFICATE_BYTES, MAX_TOKEN_BYTES, MAX_TOKEN_CERTIFICATES, MAX_TOKEN_ITEMS};
use crate::tlv::{CONTEXT_0, CONTEXT_1, Cursor, Element, INTEGER, OCTET_STRING, SEQUENCE, SET};

/// `[0]` IMPLICIT OCTET STRING.
const KEY_ID: u8 = 0x80;

impl<'b> Token<'b> {
    /// Reads a token, which must fill `bytes`.
    ///
    /// # Errors
    /// [`TimestampError`] with the first field at fault.
    pub fn read(bytes: &'b [u8], reader: Reader) -> Result<Self, TimestampError> {
        Self::of(&document(bytes, "TimeStampToken")?, &mut Reading::new(reader))
    }

    pub(super) fn of(whole: &Element<'b>, reading: &mut Reading) -> Result<Self, TimestampError> {
        let (syntax, signed) = content_info(whole, "TimeStampToken")?;
        let mut token = signed_data(&signed, syntax, reading)?;
        token.bytes = whole.whole;
        token.notes = std::mem::take(&mut reading.notes);
        Ok(token)
    }
}

/// The one element that fills a document.
pub(crate) fn document<'b>(bytes: &'b [u8], field: &'static str) -> Result<Element<'b>, TimestampError> {
    if bytes.len() > MAX_TOKEN_BYTES {
        return Err(TimestampError { field, offset: 0, fault: Fault::TooLarge });
    }
    let mut outer = Cursor::new(bytes);
    let whole = outer.expect(SEQUENCE, field)?;
    outer.end(field)?;
    Ok(whole)
}

/// Of a ContentInfo which standard it follows, and its SignedData.
pub(crate) fn content_info<'b>(
    whole: &Element<'b>,
    field: &'static str,
) -> Result<(Syntax, Element<'b>), TimestampError> {
    let mut outer = whole.inside();
    let syntax = match oid(&mut outer, "contentType")? {
        SIGNED_DATA => Syntax::Cms,
        SIGNED_DATA_GM => Syntax::Gm,
        _ => return Err(whole.fault("contentType", Fault::Value)),
    };
    let mut tagged = outer.expect(CONTEXT_0, "content")?.inside();
    outer.end(field)?;
    let signed = tagged.expect(SEQUENCE, "SignedData")?;
    tagged.end("content")?;
    Ok((syntax, signed))
}

fn signed_data<'b>(
    signed: &Element<'b>,
    syntax: Syntax,
    reading: &mut Reading,
) -> Result<Token<'b>, TimestampError> {
    let mut parts = signed.inside();
    let number = parts.expect(INTEGER, "SignedData.version")?;
    // RFC 5652 §5.1: 3, since the content is not plain data; GB/T 35275 knows only 1.
    let expected = if syntax == Syntax::Cms { 3 } else { 1 };
    if number.integer("SignedData.version")? != expected {
        reading.odd(Note::OddNumber, "SignedData.version", &number)?;
    }
    let digests = parts.expect(SET, "digestAlgorithms")?;
    let content = content(&mut parts)?;
    let info = {
        let mut inner = content.inside();
        let whole = inner.expect(SEQUENCE, "TSTInfo")?;
        inner.end("eContent")?;
        TstInfo::of(&whole, reading)?
    };
    let (certificates, signer) = after_content(&mut parts, reading)?;
    let signer = signer_info(&signer, syntax, reading)?;
    check_listed(&digests, signer.digest.id, reading)?;
    Ok(Token { bytes: &[], syntax, info, content: content.content, certificates, signer, notes: Vec::new() })
}

/// The OCTET STRING of `encapContentInfo`.
fn content<'b>(parts: &mut Cursor<'b>) -> Result<Element<'b>, TimestampError> {
    let whole = parts.expect(SEQUENCE, "encapContentInfo")?;
    let mut inner = whole.inside();
    if oid(&mut inner, "eContentType")? != TST_INFO {
        return Err(whole.fault("eContentType", Fault::Value));
    }
    let mut tagged = inner.expect(CONTEXT_0, "eContent")?.inside();
    inner.end("encapContentInfo")?;
    let content = tagged.expect(OCTET_STRING, "eContent")?;
    tagged.end("eContent")?;
    Ok(content)
}

/// What follows the content of SignedData: certificates, revocation lists, and one signer. RFC 3161 §2.4.2 has no signature
/// but that of the authority, and a second one of a document would be judged by nobody.
pub(crate) fn after_content<'b>(
    parts: &mut Cursor<'b>,
    reading: &mut Reading,
) -> Result<(Vec<&'b [u8]>, Element<'b>), TimestampError> {
    let certificates = match parts.maybe(CONTEXT_0, "certificates")? {
        Some(list) => certificates(&list, reading)?,
        None => Vec::new(),
    };
    if let Some(lists) = parts.maybe(CONTEXT_1, "crls")? {
        reading.odd(Note::ListsWithin, "crls", &lists)?;
    }
    let mut signers = parts.expect(SET, "signerInfos")?.inside();
    parts.end("SignedData")?;
    let signer = signers.expect(SEQUENCE, "signerInfos")?;
    if !signers.is_empty() {
        return Err(signer.fault("signerInfos", Fault::Count));
    }
    Ok((certificates, signer))
}

/// That the list of digest algorithms has the signer's.
pub(crate) fn check_listed(
    list: &Element<'_>,
    digest: ObjectIdentifier,
    reading: &mut Reading,
) -> Result<(), TimestampError> {
    if !digest_algorithms(list)?.contains(&digest) {
        reading.odd(Note::DigestNotListed, "digestAlgorithms", list)?;
    }
    Ok(())
}

fn digest_algorithms(list: &Element<'_>) -> Result<Vec<ObjectIdentifier>, TimestampError> {
    let (mut items, mut found) = (list.inside(), Vec::new());
    while !items.is_empty() {
        if found.len() == MAX_TOKEN_ITEMS {
            return Err(list.fault("digestAlgorithms", Fault::TooMany));
        }
        found.push(algorithm(&mut items, "digestAlgorithms")?.id);
    }
    Ok(found)
}

fn certificates<'b>(list: &Element<'b>, reading: &mut Reading) -> Result<Vec<&'b [u8]>, TimestampError> {
    let (mut items, mut found, field) = (list.inside(), Vec::new(), "certificates");
    let mut count = 0;
    while !items.is_empty() {
        count += 1;
        if count > MAX_TOKEN_CERTIFICATES {
            return Err(list.fault(field, Fault::TooMany));
        }
        let one = items.any(field)?;
        if one.whole.len() > MAX_CERTIFICATE_BYTES {
            return Err(one.fault(field, Fault::TooLarge));
        }
        if one.tag == SEQUENCE {
            found.push(one.whole);
        } else {
            reading.odd(Note::OddCertificate, field, &one)?;
        }
    }
    Ok(found)
}

fn signer_info<'b>(
    whole: &Element<'b>,
    syntax: Syntax,
    reading: &mut Reading,
) -> Result<SignerInfo<'b>, TimestampError> {
    let mut parts = whole.inside();
    let number = parts.expect(INTEGER, "SignerInfo.version")?;
    let id = signer_id(&mut parts)?;
    // RFC 5652 §5.3.
    let expected = match (id, syntax) {
        (SignerId::Key(_), Syntax::Cms) => 3,
        (SignerId::Issued { .. }, _) | (SignerId::Key(_), Syntax::Gm) => 1,
    };
    if number.integer("SignerInfo.version")? != expected {
        reading.odd(Note::OddNumber, "SignerInfo.version", &number)?;
    }
    let digest = algorithm(&mut parts, "digestAlgorithm")?;
    // RFC 5652 §5.3: they must be there where the content is not plain data.
    let attributes = SignedAttributes::of(&parts.expect(CONTEXT_0, "signedAttrs")?, reading)?;
    let algorithm = algorithm(&mut parts, "signatureAlgorithm")?;
    let signature = parts.expect(OCTET_STRING, "signature")?.content;
    if let Some(unsigned) = parts.maybe(CONTEXT_1, "unsignedAttrs")? {
        reading.odd(Note::UnsignedAttributes, "unsignedAttrs", &unsigned)?;
    }
    parts.end("SignerInfo")?;
    Ok(SignerInfo { id, digest, algorithm, attributes, signature })
}

pub(crate) fn signer_id<'b>(parts: &mut Cursor<'b>) -> Result<SignerId<'b>, TimestampError> {
    if let Some(key) = parts.maybe(KEY_ID, "sid")? {
        return Ok(SignerId::Key(key.content));
    }
    let mut inner = parts.expect(SEQUENCE, "sid")?.inside();
    let issuer = inner.expect(SEQUENCE, "sid.issuer")?.whole;
    let serial = integer(&inner.expect(INTEGER, "sid.serialNumber")?, "sid.serialNumber")?;
    inner.end("sid")?;
    Ok(SignerId::Issued { issuer, serial })
}
