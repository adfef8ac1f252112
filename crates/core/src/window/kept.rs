//! Kept decisions, for somebody who says what for.

use boyin_archive::{Archive, ArchiveError, Damaged, ReadOf, Reader, Table};
use boyin_model::time::UnixTime;

use super::inputs::Inputs;
use crate::error::LookupError;
use crate::lookup::{Lookup, read_of};

impl Lookup {
    /// The signed receipt of the decision whose event has this number, for somebody who says what for. It holds nothing personal, but
    /// names licenses: it is a read of each party's file, on the disk before it is shown. Once its inputs are erased nothing tells
    /// any more whose it was, and it leaves no event.
    ///
    /// # Errors
    /// [`LookupError`]; [`LookupError::Spool`] if the read could not be recorded.
    pub fn decision(
        &self,
        event: u64,
        reader: &Reader,
        now: UnixTime,
    ) -> Result<Option<Vec<u8>>, LookupError> {
        self.decision_in(&self.archive, event, reader, now)
    }

    /// [`decision`](Self::decision) as the archive of a desk has it, which knows what this side has not taken over yet.
    ///
    /// # Errors
    /// As [`decision`](Self::decision).
    pub fn decision_in(
        &self,
        archive: &Archive,
        event: u64,
        reader: &Reader,
        now: UnixTime,
    ) -> Result<Option<Vec<u8>>, LookupError> {
        let Some(receipt) = archive.decision(event)? else { return Ok(None) };
        let damaged = || ArchiveError::Damaged(Damaged { table: Table::DecisionInput });
        let inputs = match archive.decision_inputs(event) {
            Ok(inputs) => inputs.ok_or_else(damaged)?,
            Err(ArchiveError::Erased { .. }) => return Ok(Some(receipt)),
            Err(error) => return Err(error.into()),
        };
        let inputs = Inputs::read(&inputs).ok_or_else(damaged)?;
        let mut reads = Vec::with_capacity(inputs.parties.len());
        for party in inputs.parties.values() {
            let holder = self.holder_key(&party.holder().ok_or_else(damaged)?);
            reads.push(read_of(reader, now, ReadOf::Holder(party.file.len()), holder));
        }
        self.keep(&reads)?;
        Ok(Some(receipt))
    }
}
