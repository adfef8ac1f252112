//! `TSTInfo` and `MessageImprint`.

use super::reading::{At as _, Reading, algorithm, integer, oid};
use super::{Accuracy, Fault, GenTime, Imprint, Note, TimestampError, TstInfo};
use crate::limits::MAX_TOKEN_ITEMS;
use crate::tlv::{
    CONTEXT_0, CONTEXT_1, Cursor, Element, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, SEQUENCE,
};

/// Digits of a fraction that are kept.
const FRACTION_DIGITS: usize = 9;
/// `[0]` and `[1]` IMPLICIT INTEGER.
const MILLIS: u8 = 0x80;
const MICROS: u8 = 0x81;

impl<'b> TstInfo<'b> {
    pub(super) fn of(whole: &Element<'b>, reading: &mut Reading) -> Result<Self, TimestampError> {
        let mut parts = whole.inside();
        let version = parts.expect(INTEGER, "TSTInfo.version")?;
        if version.integer("TSTInfo.version")? != 1 {
            return Err(version.fault("TSTInfo.version", Fault::Value));
        }
        let policy = oid(&mut parts, "policy")?;
        let imprint = imprint(&mut parts)?;
        let serial = integer(&parts.expect(INTEGER, "serialNumber")?, "serialNumber")?;
        let time = gen_time(&parts.expect(GENERALIZED_TIME, "genTime")?, reading)?;
        let accuracy = parts.maybe(SEQUENCE, "accuracy")?.map(|element| accuracy(&element)).transpose()?;
        let ordering = reading.flag(&mut parts, "ordering")?;
        let nonce = parts.maybe(INTEGER, "nonce")?.map(|element| integer(&element, "nonce")).transpose()?;
        let authority = match parts.maybe(CONTEXT_0, "tsa")? {
            Some(tagged) => {
                let mut inner = tagged.inside();
                let name = inner.any("tsa")?;
                inner.end("tsa")?;
                Some(name.whole)
            }
            None => None,
        };
        if let Some(list) = parts.maybe(CONTEXT_1, "TSTInfo.extensions")? {
            extensions(&list, reading)?;
        }
        parts.end("TSTInfo")?;
        Ok(Self { policy, imprint, serial, time, accuracy, ordering, nonce, authority })
    }
}

/// `MessageImprint`.
pub(super) fn imprint<'b>(parts: &mut Cursor<'b>) -> Result<Imprint<'b>, TimestampError> {
    let mut inner = parts.expect(SEQUENCE, "messageImprint")?.inside();
    let algorithm = algorithm(&mut inner, "messageImprint.hashAlgorithm")?;
    let digest = inner.expect(OCTET_STRING, "messageImprint.hashedMessage")?.content;
    inner.end("messageImprint")?;
    Ok(Imprint { algorithm, digest })
}

fn gen_time(element: &Element<'_>, reading: &mut Reading) -> Result<GenTime, TimestampError> {
    let time = element.time("genTime")?;
    if !time.is_utc {
        reading.odd(Note::ZoneOffset, "genTime", element)?;
    }
    let digits = time.fraction.unwrap_or_default();
    if digits.ends_with('0') {
        reading.odd(Note::LongFraction, "genTime", element)?;
    }
    if digits.len() > FRACTION_DIGITS {
        return Err(element.fault("genTime", Fault::Time));
    }
    let nanos = format!("{digits:0<FRACTION_DIGITS$}").parse().unwrap_or_default();
    Ok(GenTime { at: time.at, nanos })
}

fn accuracy(element: &Element<'_>) -> Result<Accuracy, TimestampError> {
    let mut parts = element.inside();
    let seconds = match parts.maybe(INTEGER, "accuracy.seconds")? {
        Some(seconds) => seconds.integer("accuracy.seconds")?,
        None => 0,
    };
    let mut thousandths = |tag, field| match parts.maybe(tag, field)? {
        Some(part) => {
            let value = part.integer(field)?;
            if (1..=999).contains(&value) { Ok(value) } else { Err(part.fault(field, Fault::Value)) }
        }
        None => Ok(0),
    };
    let millis = thousandths(MILLIS, "accuracy.millis")?;
    let micros = thousandths(MICROS, "accuracy.micros")?;
    parts.end("accuracy")?;
    Ok(Accuracy { seconds, micros: millis * 1000 + micros })
}

/// Extensions are read to refuse those that a reader must know: there are none that this one knows.
pub(super) fn extensions(list: &Element<'_>, reading: &mut Reading) -> Result<(), TimestampError> {
    let field = "extensions";
    let mut items = list.inside();
    if items.is_empty() {
        return Err(list.fault(field, Fault::Structure));
    }
    let mut count = 0;
    while !items.is_empty() {
        count += 1;
        if count > MAX_TOKEN_ITEMS {
            return Err(list.fault(field, Fault::TooMany));
        }
        let one = items.expect(SEQUENCE, field)?;
        let mut parts = one.inside();
        parts.expect(OID, field)?;
        if reading.flag(&mut parts, field)? {
            return Err(one.fault(field, Fault::Value));
        }
        parts.expect(OCTET_STRING, field)?;
        parts.end(field)?;
        reading.odd(Note::UnknownExtension, field, &one)?;
    }
    Ok(())
}
