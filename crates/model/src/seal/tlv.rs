//! A walk over DER elements that keeps the original bytes: what is signed is never encoded again.

use std::fmt;

use super::{Fault, Note, SealError};
use crate::json::Reader;
use crate::time::UnixTime;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const PRINTABLE_STRING: u8 = 0x13;
pub(super) const IA5_STRING: u8 = 0x16;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
/// `[0]`, constructed.
pub(super) const CONTEXT_0: u8 = 0xa0;

/// One element.
#[derive(Clone, Copy)]
pub(super) struct Element<'b> {
    pub(super) tag: u8,
    pub(super) content: &'b [u8],
    /// Tag, length and content.
    pub(super) whole: &'b [u8],
    /// Where it begins in the document.
    pub(super) at: usize,
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Element({:#04x}, {} bytes at {})", self.tag, self.content.len(), self.at)
    }
}

/// Who is believed to have written what is read, and what was odd about it.
pub(super) struct Reading {
    pub(super) reader: Reader,
    pub(super) notes: Vec<Note>,
}

impl Reading {
    pub(super) fn new(reader: Reader) -> Self {
        Self { reader, notes: Vec::new() }
    }

    /// Notes a deviation, or refuses it.
    pub(super) fn odd(
        &mut self,
        note: Note,
        field: &'static str,
        element: &Element<'_>,
    ) -> Result<(), SealError> {
        match self.reader {
            Reader::Ours => return Err(element.fault(field, Fault::Deviates(note))),
            Reader::Field if !self.notes.contains(&note) => self.notes.push(note),
            Reader::Field => {}
        }
        Ok(())
    }
}

/// Reads elements one after another.
pub(super) struct Cursor<'b> {
    rest: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    pub(super) fn new(rest: &'b [u8]) -> Self {
        Self { rest, at: 0 }
    }

    /// The next element, whatever it is. Lengths must be definite and in their shortest form.
    pub(super) fn any(&mut self, field: &'static str) -> Result<Element<'b>, SealError> {
        let fault = |fault| SealError { field, offset: self.at, fault };
        let (header, length) = header(self.rest).map_err(fault)?;
        let end = header.checked_add(length).ok_or(fault(Fault::Length))?;
        let (whole, rest) = self.rest.split_at_checked(end).ok_or(fault(Fault::Truncated))?;
        let element = Element { tag: whole[0], content: &whole[header..], whole, at: self.at };
        self.rest = rest;
        self.at += end;
        Ok(element)
    }

    /// The next element, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8, field: &'static str) -> Result<Element<'b>, SealError> {
        let element = self.any(field)?;
        if element.tag == tag { Ok(element) } else { Err(element.fault(field, Fault::Tag)) }
    }

    /// The next element, if it has this tag.
    pub(super) fn maybe(&mut self, tag: u8, field: &'static str) -> Result<Option<Element<'b>>, SealError> {
        match self.rest.first() {
            Some(next) if *next == tag => self.any(field).map(Some),
            Some(_) | None => Ok(None),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn end(&self, field: &'static str) -> Result<(), SealError> {
        if self.is_empty() {
            return Ok(());
        }
        Err(SealError { field, offset: self.at, fault: Fault::Trailing })
    }
}

/// Bytes of tag and length, and the length.
fn header(bytes: &[u8]) -> Result<(usize, usize), Fault> {
    let [tag, first, rest @ ..] = bytes else {
        return Err(Fault::Truncated);
    };
    if tag & 0x1f == 0x1f {
        return Err(Fault::Tag);
    }
    let many = match *first {
        short @ ..=0x7f => return Ok((2, usize::from(short))),
        // Indefinite, or longer than any document that is read.
        0x80 | 0x85.. => return Err(Fault::Length),
        long => usize::from(long & 0x7f),
    };
    let digits = rest.get(..many).ok_or(Fault::Truncated)?;
    let length = digits.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit));
    if digits[0] == 0 || length < 0x80 {
        return Err(Fault::Length);
    }
    Ok((2 + many, length))
}

/// What follows the header of the sequence that begins here.
pub(super) fn sequence(bytes: &[u8]) -> Option<&[u8]> {
    let (header, _) = header(bytes).ok().filter(|_| bytes[0] == SEQUENCE)?;
    bytes.get(header..)
}

impl<'b> Element<'b> {
    pub(super) fn fault(&self, field: &'static str, fault: Fault) -> SealError {
        SealError { field, offset: self.at, fault }
    }

    /// The elements within.
    pub(super) fn inside(&self) -> Cursor<'b> {
        Cursor { rest: self.content, at: self.at + (self.whole.len() - self.content.len()) }
    }

    /// An integer from 0 to 2^31 − 1 in its shortest form.
    pub(super) fn integer(&self, field: &'static str) -> Result<u32, SealError> {
        let shortest = match *self.content {
            [] => false,
            [0, next, ..] => next >= 0x80,
            [first, ..] => first < 0x80,
        };
        let value = self.content.iter().try_fold(0_u32, |value, byte| {
            value.checked_mul(256).map(|value| value | u32::from(*byte)).filter(|value| *value < 1 << 31)
        });
        value.filter(|_| shortest).ok_or(self.fault(field, Fault::Integer))
    }

    /// Text of one of the character sets of ASN.1 that are subsets of UTF-8.
    pub(super) fn text(&self, field: &'static str) -> Result<&'b str, SealError> {
        let text = std::str::from_utf8(self.content).ok();
        let text = text.filter(|text| match self.tag {
            UTF8_STRING => true,
            PRINTABLE_STRING => text.bytes().all(is_printable),
            _ => text.is_ascii(),
        });
        text.filter(|text| !text.chars().any(char::is_control)).ok_or(self.fault(field, Fault::Text))
    }

    /// The bytes of a bit string, which must be whole ones.
    pub(super) fn bits(&self, field: &'static str) -> Result<&'b [u8], SealError> {
        match self.content {
            [0, bytes @ ..] => Ok(bytes),
            _ => Err(self.fault(field, Fault::BitString)),
        }
    }

    /// An instant, in UTC and whole seconds; in [`Reader::Field`] also with an offset or a fraction.
    pub(super) fn time(&self, field: &'static str, reading: &mut Reading) -> Result<UnixTime, SealError> {
        let fault = self.fault(field, Fault::Time);
        let text = std::str::from_utf8(self.content).map_err(|_| fault)?;
        let (year, rest) = match self.tag {
            UTC_TIME => {
                let (two, rest) = text.split_at_checked(2).ok_or(fault)?;
                let two = digits(two).ok_or(fault)?;
                // RFC 5280 §4.1.2.5.1.
                (if two < 50 { 2000 + two } else { 1900 + two }, rest)
            }
            GENERALIZED_TIME => {
                let (four, rest) = text.split_at_checked(4).ok_or(fault)?;
                (digits(four).ok_or(fault)?, rest)
            }
            _ => return Err(self.fault(field, Fault::Tag)),
        };
        let (local, zone) = rest.split_at_checked(10).ok_or(fault)?;
        let seconds = seconds(year, local).ok_or(fault)?;
        let (offset, note) = zone_seconds(zone).ok_or(fault)?;
        if let Some(note) = note {
            reading.odd(note, field, self)?;
        }
        let instant = seconds.checked_sub(offset).and_then(|seconds| u64::try_from(seconds).ok());
        instant.and_then(UnixTime::new).ok_or(fault)
    }
}

/// Whether PrintableString has the character (X.680 §41.4).
fn is_printable(character: u8) -> bool {
    character.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&character)
}

/// Decimal digits and nothing else.
fn digits(text: &str) -> Option<i64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Seconds since the epoch of `year` and `MMDDHHMMSS`.
fn seconds(year: i64, local: &str) -> Option<i64> {
    let mut parts = [0; 5];
    for (part, pair) in parts.iter_mut().zip(local.as_bytes().chunks(2)) {
        *part = digits(std::str::from_utf8(pair).ok()?)?;
    }
    let [month, day, hour, minute, second] = parts.map(|part| i8::try_from(part).unwrap_or(i8::MAX));
    let date = jiff::civil::Date::new(i16::try_from(year).ok()?, month, day).ok()?;
    let time = jiff::civil::Time::new(hour, minute, second, 0).ok()?;
    Some(
        date.to_datetime(time)
            .duration_since(jiff::civil::DateTime::from_parts(
                jiff::civil::date(1970, 1, 1),
                jiff::civil::Time::midnight(),
            ))
            .as_secs(),
    )
}

/// Seconds ahead of UTC of `Z`, `+HHMM` or `-HHMM`, which a fraction may precede, and what is odd about it.
fn zone_seconds(zone: &str) -> Option<(i64, Option<Note>)> {
    let (fraction, zone) = match zone.strip_prefix('.') {
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            let (fraction, zone) = rest.split_at(end);
            (!fraction.is_empty()).then_some((Some(Note::FractionOfSecond), zone))?
        }
        None => (None, zone),
    };
    if zone == "Z" {
        return Some((0, fraction));
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_at_checked(2)?;
    let (hours, minutes) = (digits(hours)?, digits(minutes).filter(|_| minutes.len() == 2)?);
    // The widest offsets in use are 14 hours.
    (hours <= 14 && minutes < 60).then_some((sign * (hours * 3600 + minutes * 60), Some(Note::ZoneOffset)))
}
