use std::borrow::Cow;

use der::asn1::ObjectIdentifier;

use super::reading::{At as _, Reading};
use super::{
    CertificateDigest, Extension, Fault, Note, PERSONAL_SEAL, Picture, Seal, SealError, SealInfo, Signers,
    UNIT_SEAL, Version, encoding_of,
};
use crate::alg::SignatureEncoding;
use crate::json::Reader;
use crate::limits::{MAX_CERTIFICATE_BYTES, MAX_SEAL_BYTES, MAX_SEAL_CERTIFICATES, MAX_SEAL_EXTENSIONS};
use crate::tlv::{
    BIT_STRING, BOOLEAN, CONTEXT_0, Cursor, Element, GENERALIZED_TIME, IA5_STRING, INTEGER, OCTET_STRING,
    OID, PRINTABLE_STRING, SEQUENCE, UTC_TIME, UTF8_STRING,
};

/// Text at the beginning of every seal.
const HEADER_ID: &str = "ES";
const PICTURE_TYPES: [&str; 5] = ["PNG", "GIF", "JPG", "BMP", "SVG"];

impl<'b> Seal<'b> {
    /// Reads `SESeal` of any version, which must fill `bytes`.
    ///
    /// # Errors
    /// [`SealError`] with the first field at fault.
    pub fn read(bytes: &'b [u8], reader: Reader) -> Result<Self, SealError> {
        let whole = document(bytes, "SESeal")?;
        Self::of(&whole, &mut Reading::new(reader))
    }

    pub(super) fn of(whole: &Element<'b>, reading: &mut Reading) -> Result<Self, SealError> {
        let mut parts = whole.inside();
        let info = parts.expect(SEQUENCE, "eSealInfo")?;
        let mut seal = match parts.any("cert")? {
            certificate if certificate.tag == OCTET_STRING => {
                later(whole, &info, &certificate, &mut parts, reading)?
            }
            maker => first(whole, &info, &maker, reading)?,
        };
        parts.end("SESeal")?;
        seal.notes = std::mem::take(&mut reading.notes);
        Ok(seal)
    }
}

/// The one element that fills a document.
pub(super) fn document<'b>(bytes: &'b [u8], field: &'static str) -> Result<Element<'b>, SealError> {
    if bytes.len() > MAX_SEAL_BYTES {
        return Err(SealError { field, offset: 0, fault: Fault::TooLarge });
    }
    let mut outer = Cursor::new(bytes);
    let whole = outer.expect(SEQUENCE, field)?;
    outer.end(field)?;
    Ok(whole)
}

/// The flat structure of versions 4 and 5.
fn later<'b>(
    whole: &Element<'b>,
    info: &Element<'b>,
    certificate: &Element<'b>,
    parts: &mut Cursor<'b>,
    reading: &mut Reading,
) -> Result<Seal<'b>, SealError> {
    let algorithm = parts.expect(OID, "signAlgID")?;
    let signature = signature_value(&parts.expect(BIT_STRING, "signedValue")?, "signedValue", reading)?;
    let timestamp = timestamp(parts)?;
    let (number, body) = seal_info(info, false, reading)?;
    let version = if timestamp.is_some() || number == 5 { Version::V5 } else { Version::V4 };
    if number != u32::from(version.number()) {
        reading.odd(Note::OddVersionNumber, "header.version", info)?;
    }
    Ok(Seal {
        version,
        bytes: whole.whole,
        info: body,
        maker: certificate_bytes(certificate, "cert")?,
        algorithm: ObjectIdentifier::from_bytes(algorithm.content).ok(),
        signature,
        signed: Cow::Borrowed(info.whole),
        timestamp,
        notes: Vec::new(),
    })
}

/// The nested structure of version 1, in which the maker's certificate and algorithm are signed too.
fn first<'b>(
    whole: &Element<'b>,
    info: &Element<'b>,
    maker: &Element<'b>,
    reading: &mut Reading,
) -> Result<Seal<'b>, SealError> {
    let wrapped;
    let maker = match maker.tag {
        SEQUENCE => maker,
        BIT_STRING => {
            reading.odd(Note::WrappedMaker, "signInfo", maker)?;
            let mut inner = Cursor::new(maker.bits("signInfo")?);
            wrapped = inner.expect(SEQUENCE, "signInfo")?;
            inner.end("signInfo")?;
            &wrapped
        }
        _ => return Err(maker.fault("signInfo", Fault::Version)),
    };
    let mut parts = maker.inside();
    let certificate = parts.expect(OCTET_STRING, "cert")?;
    let algorithm = parts.expect(OID, "signatureAlgorithm")?;
    let signature = signature_value(&parts.expect(BIT_STRING, "signData")?, "signData", reading)?;
    parts.end("signInfo")?;
    let (number, body) = seal_info(info, true, reading)?;
    if number != 1 {
        reading.odd(Note::OddVersionNumber, "header.version", info)?;
    }
    Ok(Seal {
        version: Version::V1,
        bytes: whole.whole,
        info: body,
        maker: certificate_bytes(&certificate, "cert")?,
        algorithm: ObjectIdentifier::from_bytes(algorithm.content).ok(),
        signature,
        signed: Cow::Owned(sequence(&[info.whole, certificate.whole, algorithm.whole])),
        timestamp: None,
        notes: Vec::new(),
    })
}

/// The elements under one new SEQUENCE header.
fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    let content = elements.concat();
    let length = u32::try_from(content.len()).expect("no longer than the document").to_be_bytes();
    let digits = &length[length.iter().take_while(|digit| **digit == 0).count()..];
    let mut out = vec![SEQUENCE];
    if let [short @ ..=0x7f] = digits {
        out.push(*short);
    } else {
        out.push(0x80 + u8::try_from(digits.len()).expect("at most four"));
        out.extend_from_slice(digits);
    }
    [out, content].concat()
}

/// The number in the header, and the rest.
fn seal_info<'b>(
    element: &Element<'b>,
    first: bool,
    reading: &mut Reading,
) -> Result<(u32, SealInfo<'b>), SealError> {
    let mut parts = element.inside();
    let header = parts.expect(SEQUENCE, "header")?;
    let mut in_header = header.inside();
    let id = in_header.expect(IA5_STRING, "header.ID")?;
    if id.text("header.ID")? != HEADER_ID {
        return Err(id.fault("header.ID", Fault::Value));
    }
    let number = in_header.expect(INTEGER, "header.version")?.integer("header.version")?;
    let vendor = in_header.expect(IA5_STRING, "header.Vid")?.text("header.Vid")?;
    in_header.end("header")?;
    let id = parts.expect(IA5_STRING, "esID")?;
    let id_text = id.text("esID")?;
    if id_text.is_empty() {
        return Err(id.fault("esID", Fault::Text));
    }
    let property = parts.expect(SEQUENCE, "property")?;
    let picture = picture(&parts.expect(SEQUENCE, "picture")?, reading)?;
    let extensions = match parts.maybe(CONTEXT_0, "extDatas")? {
        Some(tagged) => {
            if !first {
                reading.odd(Note::OddExtensionTag, "extDatas", &tagged)?;
            }
            tagged_extensions(&tagged, reading)?
        }
        None => match parts.maybe(SEQUENCE, "extDatas")? {
            Some(list) => extensions(&list, reading)?,
            None => Vec::new(),
        },
    };
    parts.end("eSealInfo")?;
    let info = SealInfo {
        number,
        vendor,
        id: id_text,
        picture,
        extensions,
        ..properties(&property, first, reading)?
    };
    Ok((number, info))
}

/// `SES_ESPropertyInfo`; what stands elsewhere is left empty.
fn properties<'b>(
    element: &Element<'b>,
    first: bool,
    reading: &mut Reading,
) -> Result<SealInfo<'b>, SealError> {
    let mut parts = element.inside();
    let kind_element = parts.expect(INTEGER, "property.type")?;
    let kind = kind_element.integer("property.type")?;
    if !matches!(kind, UNIT_SEAL | PERSONAL_SEAL) {
        reading.odd(Note::OddSealType, "property.type", &kind_element)?;
    }
    let name = parts.expect(UTF8_STRING, "property.name")?.text("property.name")?;
    let list_type = match first {
        true => 1,
        false => parts.expect(INTEGER, "certListType")?.integer("certListType")?,
    };
    let list = parts.expect(SEQUENCE, "certList")?;
    let signers = match list_type {
        1 => Signers::Certificates(list_of(&list, "certList", MAX_SEAL_CERTIFICATES, |items| {
            certificate_bytes(&items.expect(OCTET_STRING, "certList")?, "certList")
        })?),
        2 => Signers::Digests(list_of(&list, "certList", MAX_SEAL_CERTIFICATES, certificate_digest)?),
        _ => return Err(list.fault("certListType", Fault::Value)),
    };
    let mut instant = |field| {
        let element = parts.any(field)?;
        if element.tag != if first { UTC_TIME } else { GENERALIZED_TIME } {
            reading.odd(Note::OddTimeType, field, &element)?;
        }
        reading.time(&element, field)
    };
    let (created, valid_from, valid_until) =
        (instant("createDate")?, instant("validStart")?, instant("validEnd")?);
    parts.end("property")?;
    if valid_until < valid_from {
        return Err(element.fault("validEnd", Fault::Value));
    }
    if valid_from < created {
        let drift = created <= valid_from.plus(crate::time::SECONDS_PER_DAY);
        let note = if drift { Note::ZoneDrift } else { Note::ValidBeforeMade };
        reading.odd(note, "validStart", element)?;
    }
    let picture = Picture { format: "", data: &[], width_mm: 0, height_mm: 0 };
    Ok(SealInfo {
        number: 0,
        vendor: "",
        id: "",
        kind,
        name,
        signers,
        created,
        valid_from,
        valid_until,
        picture,
        extensions: Vec::new(),
    })
}

fn certificate_digest<'b>(items: &mut Cursor<'b>) -> Result<CertificateDigest<'b>, SealError> {
    let mut parts = items.expect(SEQUENCE, "certList")?.inside();
    let algorithm = parts.expect(PRINTABLE_STRING, "certList.type")?.text("certList.type")?;
    let value = parts.expect(OCTET_STRING, "certList.value")?.content;
    parts.end("certList")?;
    Ok(CertificateDigest { algorithm, value })
}

fn certificate_bytes<'b>(element: &Element<'b>, field: &'static str) -> Result<&'b [u8], SealError> {
    if element.content.len() > MAX_CERTIFICATE_BYTES {
        return Err(element.fault(field, Fault::TooLarge));
    }
    Ok(element.content)
}

fn picture<'b>(element: &Element<'b>, reading: &mut Reading) -> Result<Picture<'b>, SealError> {
    let mut parts = element.inside();
    let format_element = parts.expect(IA5_STRING, "picture.type")?;
    let format = format_element.text("picture.type")?;
    if !PICTURE_TYPES.contains(&format) {
        reading.odd(Note::OddPictureType, "picture.type", &format_element)?;
    }
    let data = parts.expect(OCTET_STRING, "picture.data")?.content;
    let width_mm = parts.expect(INTEGER, "picture.width")?.integer("picture.width")?;
    let height_mm = parts.expect(INTEGER, "picture.height")?.integer("picture.height")?;
    parts.end("picture")?;
    Ok(Picture { format, data, width_mm, height_mm })
}

/// All elements of a SEQUENCE OF, at most `most`.
fn list_of<'b, T>(
    list: &Element<'b>,
    field: &'static str,
    most: usize,
    mut item: impl FnMut(&mut Cursor<'b>) -> Result<T, SealError>,
) -> Result<Vec<T>, SealError> {
    let (mut items, mut found) = (list.inside(), Vec::new());
    while !items.is_empty() {
        if found.len() == most {
            return Err(list.fault(field, Fault::TooMany));
        }
        found.push(item(&mut items)?);
    }
    Ok(found)
}

/// `[0] EXPLICIT ExtensionDatas`.
pub(super) fn tagged_extensions<'b>(
    tagged: &Element<'b>,
    reading: &mut Reading,
) -> Result<Vec<Extension<'b>>, SealError> {
    let mut inner = tagged.inside();
    let list = inner.expect(SEQUENCE, "extDatas")?;
    inner.end("extDatas")?;
    extensions(&list, reading)
}

pub(super) fn extensions<'b>(
    list: &Element<'b>,
    reading: &mut Reading,
) -> Result<Vec<Extension<'b>>, SealError> {
    if list.content.is_empty() {
        reading.odd(Note::EmptyExtensions, "extDatas", list)?;
    }
    list_of(list, "extDatas", MAX_SEAL_EXTENSIONS, |items| {
        let mut parts = items.expect(SEQUENCE, "ExtData")?.inside();
        let id = parts.expect(OID, "extnID")?;
        if ObjectIdentifier::from_bytes(id.content).is_err() {
            reading.odd(Note::OddExtensionId, "extnID", &id)?;
        }
        let critical = match parts.maybe(BOOLEAN, "critical")? {
            Some(flag) => boolean(&flag, reading)?,
            None => false,
        };
        if critical {
            reading.odd(Note::UnknownCriticalExtension, "extnID", &id)?;
        }
        let value = parts.expect(OCTET_STRING, "extnValue")?.content;
        parts.end("ExtData")?;
        Ok(Extension { id: id.content, critical, value })
    })
}

fn boolean(flag: &Element<'_>, reading: &mut Reading) -> Result<bool, SealError> {
    match flag.content {
        [0] => reading.odd(Note::DefaultWritten, "critical", flag).map(|()| false),
        [0xff] => Ok(true),
        [_] => reading.odd(Note::OddBoolean, "critical", flag).map(|()| true),
        _ => Err(flag.fault("critical", Fault::Value)),
    }
}

/// The bytes of a signature.
pub(super) fn signature_value<'b>(
    element: &Element<'b>,
    field: &'static str,
    reading: &mut Reading,
) -> Result<&'b [u8], SealError> {
    let value = element.bits(field)?;
    if encoding_of(value) == SignatureEncoding::Raw {
        reading.odd(Note::RawSignature, field, element)?;
    }
    Ok(value)
}

/// `timeStamp [0] EXPLICIT BIT STRING OPTIONAL`.
pub(super) fn timestamp<'b>(parts: &mut Cursor<'b>) -> Result<Option<&'b [u8]>, SealError> {
    let Some(tagged) = parts.maybe(CONTEXT_0, "timeStamp")? else {
        return Ok(None);
    };
    let mut inner = tagged.inside();
    let token = inner.expect(BIT_STRING, "timeStamp")?.bits("timeStamp")?;
    inner.end("timeStamp")?;
    Ok(Some(token))
}
