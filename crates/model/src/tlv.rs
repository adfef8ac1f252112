//! A walk over DER elements that keeps the original bytes: what is signed is never encoded again.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::time::UnixTime;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const IA5_STRING: u8 = 0x16;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// `[0]`, constructed.
pub(crate) const CONTEXT_0: u8 = 0xa0;
/// `[1]`, constructed.
pub(crate) const CONTEXT_1: u8 = 0xa1;

/// Where and why bytes are not what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TlvError {
    pub(crate) field: &'static str,
    pub(crate) offset: usize,
    pub(crate) fault: TlvFault,
}

/// See [`TlvError`]; what each means stands at [`crate::seal::Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlvFault {
    Truncated,
    Trailing,
    Length,
    Tag,
    Integer,
    Text,
    BitString,
    Time,
}

/// One element.
#[derive(Clone, Copy)]
pub(crate) struct Element<'b> {
    pub(crate) tag: u8,
    pub(crate) content: &'b [u8],
    /// Tag, length and content.
    pub(crate) whole: &'b [u8],
    /// Where it begins in the document.
    pub(crate) at: usize,
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Element({:#04x}, {} bytes at {})", self.tag, self.content.len(), self.at)
    }
}

/// Reads elements one after another.
pub(crate) struct Cursor<'b> {
    rest: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    pub(crate) fn new(rest: &'b [u8]) -> Self {
        Self { rest, at: 0 }
    }

    /// The next element, whatever it is. Lengths must be definite and in their shortest form.
    pub(crate) fn any(&mut self, field: &'static str) -> Result<Element<'b>, TlvError> {
        let fault = |fault| TlvError { field, offset: self.at, fault };
        let (header, length) = header(self.rest).map_err(fault)?;
        let end = header.checked_add(length).ok_or(fault(TlvFault::Length))?;
        let (whole, rest) = self.rest.split_at_checked(end).ok_or(fault(TlvFault::Truncated))?;
        let element = Element { tag: whole[0], content: &whole[header..], whole, at: self.at };
        self.rest = rest;
        self.at += end;
        Ok(element)
    }

    /// The next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8, field: &'static str) -> Result<Element<'b>, TlvError> {
        let element = self.any(field)?;
        if element.tag == tag { Ok(element) } else { Err(element.wrong(field, TlvFault::Tag)) }
    }

    /// The next element, if it has this tag.
    pub(crate) fn maybe(&mut self, tag: u8, field: &'static str) -> Result<Option<Element<'b>>, TlvError> {
        match self.rest.first() {
            Some(next) if *next == tag => self.any(field).map(Some),
            Some(_) | None => Ok(None),
        }
    }

    /// Tag of the next element.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn end(&self, field: &'static str) -> Result<(), TlvError> {
        if self.is_empty() {
            return Ok(());
        }
        Err(TlvError { field, offset: self.at, fault: TlvFault::Trailing })
    }
}

/// Bytes of tag and length, and the length.
fn header(bytes: &[u8]) -> Result<(usize, usize), TlvFault> {
    let [tag, first, rest @ ..] = bytes else {
        return Err(TlvFault::Truncated);
    };
    if tag & 0x1f == 0x1f {
        return Err(TlvFault::Tag);
    }
    let many = match *first {
        short @ ..=0x7f => return Ok((2, usize::from(short))),
        // Indefinite, or longer than any document that is read.
        0x80 | 0x85.. => return Err(TlvFault::Length),
        long => usize::from(long & 0x7f),
    };
    let digits = rest.get(..many).ok_or(TlvFault::Truncated)?;
    let length = digits.iter().fold(0, |length, digit| length * 256 + usize::from(*digit));
    if digits[0] == 0 || length < 0x80 {
        return Err(TlvFault::Length);
    }
    Ok((2 + many, length))
}

/// What follows the header of the sequence that begins here.
pub(crate) fn sequence(bytes: &[u8]) -> Option<&[u8]> {
    let (header, _) = header(bytes).ok().filter(|_| bytes[0] == SEQUENCE)?;
    bytes.get(header..)
}

impl<'b> Element<'b> {
    pub(crate) fn wrong(&self, field: &'static str, fault: TlvFault) -> TlvError {
        TlvError { field, offset: self.at, fault }
    }

    /// The elements within.
    pub(crate) fn inside(&self) -> Cursor<'b> {
        Cursor { rest: self.content, at: self.at + (self.whole.len() - self.content.len()) }
    }

    /// An integer from 0 to 2^31 − 1 in its shortest form.
    pub(crate) fn integer(&self, field: &'static str) -> Result<u32, TlvError> {
        let shortest = match *self.content {
            [] => false,
            [0, next, ..] => next >= 0x80,
            [first, ..] => first < 0x80,
        };
        let value = self.content.iter().try_fold(0_u32, |value, byte| {
            value.checked_mul(256).map(|value| value + u32::from(*byte)).filter(|value| *value < 1 << 31)
        });
        value.filter(|_| shortest).ok_or(self.wrong(field, TlvFault::Integer))
    }

    /// Text of one of the character sets of ASN.1 that are subsets of UTF-8.
    pub(crate) fn text(&self, field: &'static str) -> Result<&'b str, TlvError> {
        let text = std::str::from_utf8(self.content).ok();
        let text = text.filter(|text| match self.tag {
            UTF8_STRING => true,
            PRINTABLE_STRING => text.bytes().all(is_printable),
            _ => text.is_ascii(),
        });
        text.filter(|text| !text.chars().any(char::is_control)).ok_or(self.wrong(field, TlvFault::Text))
    }

    /// The bytes of a bit string, which must be whole ones.
    pub(crate) fn bits(&self, field: &'static str) -> Result<&'b [u8], TlvError> {
        match self.content {
            [0, bytes @ ..] => Ok(bytes),
            _ => Err(self.wrong(field, TlvFault::BitString)),
        }
    }

    /// An instant, in UTC or with an offset, with or without a fraction.
    pub(crate) fn time(&self, field: &'static str) -> Result<Time<'b>, TlvError> {
        let fault = self.wrong(field, TlvFault::Time);
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
            _ => return Err(self.wrong(field, TlvFault::Tag)),
        };
        let (local, zone) = rest.split_at_checked(10).ok_or(fault)?;
        let seconds = seconds(year, local).ok_or(fault)?;
        let (fraction, offset) = zone_seconds(zone).ok_or(fault)?;
        let instant =
            seconds.checked_sub(offset.unwrap_or(0)).and_then(|seconds| u64::try_from(seconds).ok());
        let at = instant.and_then(UnixTime::new).ok_or(fault)?;
        Ok(Time { at, fraction, is_utc: offset.is_none() })
    }
}

/// An instant as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time<'b> {
    /// Its whole seconds.
    pub(crate) at: UnixTime,
    /// Digits after the point, if there is one.
    pub(crate) fraction: Option<&'b str>,
    /// It ends with `Z`.
    pub(crate) is_utc: bool,
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

/// The fraction that may precede `Z`, `+HHMM` or `-HHMM`, and the seconds ahead of UTC of the latter two.
fn zone_seconds(zone: &str) -> Option<(Option<&str>, Option<i64>)> {
    let (fraction, zone) = match zone.strip_prefix('.') {
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            let (fraction, zone) = rest.split_at(end);
            (!fraction.is_empty()).then_some((Some(fraction), zone))?
        }
        None => (None, zone),
    };
    if zone == "Z" {
        return Some((fraction, None));
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_at_checked(2)?;
    let (hours, minutes) = (digits(hours)?, digits(minutes).filter(|_| minutes.len() == 2)?);
    // The widest offsets in use are 14 hours.
    (hours <= 14 && minutes < 60).then_some((fraction, Some(sign * (hours * 3600 + minutes * 60))))
}
