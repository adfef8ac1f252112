//! Elements of seals, and what was odd about them.

use super::{Fault, Note, SealError};
use crate::json::Reader;
use crate::time::UnixTime;
use crate::tlv::{Element, TlvError, TlvFault};

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

    /// An instant, in UTC and whole seconds; in [`Reader::Field`] also with an offset or a fraction.
    pub(super) fn time(&mut self, element: &Element<'_>, field: &'static str) -> Result<UnixTime, SealError> {
        let time = element.time(field)?;
        if !time.is_utc {
            self.odd(Note::ZoneOffset, field, element)?;
        } else if time.fraction.is_some() {
            self.odd(Note::FractionOfSecond, field, element)?;
        }
        Ok(time.at)
    }
}

/// An element at fault.
pub(super) trait At {
    fn fault(&self, field: &'static str, fault: Fault) -> SealError;
}

impl At for Element<'_> {
    fn fault(&self, field: &'static str, fault: Fault) -> SealError {
        SealError { field, offset: self.at, fault }
    }
}

impl From<TlvError> for SealError {
    fn from(TlvError { field, offset, fault }: TlvError) -> Self {
        let fault = match fault {
            TlvFault::Truncated => Fault::Truncated,
            TlvFault::Trailing => Fault::Trailing,
            TlvFault::Length => Fault::Length,
            TlvFault::Tag => Fault::Tag,
            TlvFault::Integer => Fault::Integer,
            TlvFault::Text => Fault::Text,
            TlvFault::BitString => Fault::BitString,
            TlvFault::Time => Fault::Time,
        };
        Self { field, offset, fault }
    }
}
