//! What a holder lets others do is told to the log of the holder's file, and counted from it.

use std::sync::PoisonError;

use boyin_model::id::HolderCode;

use super::Archive;
use super::write::Deed;
use crate::act::{Act, HolderNote, Outcome};
use crate::error::ArchiveError;
use crate::layout::FORMAT_WITH_DELEGATIONS;
use crate::store::Batch;

impl Archive {
    /// Tells the log something of a holder's file, if `judge`, who may read the archive, agrees: no other act is done between the
    /// look and the event, so that what is counted by events is counted rightly. The same act again is not judged again.
    ///
    /// # Errors
    /// What `judge` says; [`ArchiveError::OldFormat`], [`ArchiveError::IdempotencyConflict`], [`ArchiveError::Store`]. Nothing is told
    /// then.
    pub fn note_on_holder<E: From<ArchiveError>>(
        &self,
        act: &Act,
        note: HolderNote,
        holder: &HolderCode,
        judge: impl FnOnce() -> Result<(), E>,
    ) -> Result<Outcome, E> {
        if self.format < FORMAT_WITH_DELEGATIONS {
            return Err(ArchiveError::OldFormat.into());
        }
        let (what, detail) = note.parts();
        let holder = self.vault.holder_key(holder);
        let deed = Deed { holder: Some(holder), ..Deed::new(what, detail) };
        let _alone = self.acts.write().unwrap_or_else(PoisonError::into_inner);
        if self.recall(act)?.is_none() {
            judge()?;
        }
        Ok(self.perform_alone(act, &deed, |_| Ok(Batch::new()))?)
    }
}
