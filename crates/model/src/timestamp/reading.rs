//! Elements of tokens, and what was odd about them.

use der::asn1::ObjectIdentifier;

use super::{Algorithm, Fault, Note, TimestampError};
use crate::json::Reader;
use crate::limits::MAX_TOKEN_INTEGER_BYTES;
use crate::tlv::{BOOLEAN, Cursor, Element, INTEGER, OID, SEQUENCE, TlvError, TlvFault};

/// Who is believed to have written what is read, and what was odd about it.
pub(crate) struct Reading {
    reader: Reader,
    pub(crate) notes: Vec<Note>,
}

impl Reading {
    pub(crate) fn new(reader: Reader) -> Self {
        Self { reader, notes: Vec::new() }
    }

    /// Notes a deviation, or refuses it.
    pub(crate) fn odd(
        &mut self,
        note: Note,
        field: &'static str,
        element: &Element<'_>,
    ) -> Result<(), TimestampError> {
        match self.reader {
            Reader::Ours => return Err(element.fault(field, Fault::Deviates(note))),
            Reader::Field if !self.notes.contains(&note) => self.notes.push(note),
            Reader::Field => {}
        }
        Ok(())
    }

    /// A BOOLEAN whose default is FALSE.
    pub(crate) fn flag(
        &mut self,
        parts: &mut Cursor<'_>,
        field: &'static str,
    ) -> Result<bool, TimestampError> {
        let Some(flag) = parts.maybe(BOOLEAN, field)? else {
            return Ok(false);
        };
        match flag.content {
            [0] => self.odd(Note::DefaultWritten, field, &flag).map(|()| false),
            [0xff] => Ok(true),
            [_] => self.odd(Note::OddBoolean, field, &flag).map(|()| true),
            _ => Err(flag.fault(field, Fault::Structure)),
        }
    }
}

/// An element at fault.
pub(crate) trait At {
    fn fault(&self, field: &'static str, fault: Fault) -> TimestampError;
}

impl At for Element<'_> {
    fn fault(&self, field: &'static str, fault: Fault) -> TimestampError {
        TimestampError { field, offset: self.at, fault }
    }
}

impl From<TlvError> for TimestampError {
    fn from(TlvError { field, offset, fault }: TlvError) -> Self {
        let fault = match fault {
            TlvFault::Time => Fault::Time,
            TlvFault::Truncated
            | TlvFault::Trailing
            | TlvFault::Length
            | TlvFault::Tag
            | TlvFault::Integer
            | TlvFault::Text
            | TlvFault::BitString => Fault::Structure,
        };
        Self { field, offset, fault }
    }
}

/// An object identifier.
pub(crate) fn oid(parts: &mut Cursor<'_>, field: &'static str) -> Result<ObjectIdentifier, TimestampError> {
    let element = parts.expect(OID, field)?;
    ObjectIdentifier::from_bytes(element.content).map_err(|_| element.fault(field, Fault::Structure))
}

/// `AlgorithmIdentifier`.
pub(crate) fn algorithm(parts: &mut Cursor<'_>, field: &'static str) -> Result<Algorithm, TimestampError> {
    let mut inner = parts.expect(SEQUENCE, field)?.inside();
    let id = oid(&mut inner, field)?;
    let plain = inner.is_empty() || inner.any(field)?.whole == [5, 0];
    inner.end(field)?;
    Ok(Algorithm { id, plain })
}

/// Content of an integer of any sign in its shortest form, at most [`MAX_TOKEN_INTEGER_BYTES`] long.
pub(crate) fn integer<'b>(element: &Element<'b>, field: &'static str) -> Result<&'b [u8], TimestampError> {
    if element.content.len() > MAX_TOKEN_INTEGER_BYTES {
        return Err(element.fault(field, Fault::TooLarge));
    }
    let shortest = match *element.content {
        [] => false,
        [0, next, ..] => next >= 0x80,
        [0xff, next, ..] => next < 0x80,
        [_, ..] => true,
    };
    if element.tag == INTEGER && shortest {
        Ok(element.content)
    } else {
        Err(element.fault(field, Fault::Structure))
    }
}
