//! What is done to single collected records.

use boyin_archive::{ArchiveError, CollectedId, Outcome};
use boyin_model::alg::VerifyAlg as _;
use boyin_model::collected::{Evidence, Grade};
use boyin_suite::ES256;

use crate::desk::{Desk, Order, act};
use crate::error::DeskError;

impl Desk {
    /// Raises the grade of a record on evidence, with a second person; see [`boyin_archive::Archive::raise_grade`].
    ///
    /// # Errors
    /// [`DeskError::ForeignRecord`]; what the archive refuses.
    pub fn raise_grade(
        &self,
        id: CollectedId,
        to: Grade,
        evidence: &Evidence,
        second: &str,
        order: &Order,
    ) -> Result<Outcome, DeskError> {
        self.check_agency(id, order)?;
        let digest = evidence.digest.as_deref().unwrap_or_default();
        let words = format!("raise\0{id}\0{to}\0{}\0{digest}\0{second}", evidence.kind.code());
        let act = act(order, ES256.digest(&[words.as_bytes()]))?;
        Ok(self.archive.raise_grade(&act, id, to, evidence, second)?)
    }

    /// Decides a dispute for this record; see [`boyin_archive::Archive::resolve_dispute`].
    ///
    /// # Errors
    /// As [`raise_grade`](Self::raise_grade).
    pub fn resolve_dispute(
        &self,
        id: CollectedId,
        reason: &str,
        order: &Order,
    ) -> Result<Outcome, DeskError> {
        self.check_agency(id, order)?;
        let words = format!("decide\0{id}\0{reason}");
        Ok(self.archive.resolve_dispute(&act(order, ES256.digest(&[words.as_bytes()]))?, id, reason)?)
    }

    /// Erases what a record says, with a second person; see [`boyin_archive::Archive::erase_collected`].
    ///
    /// # Errors
    /// As [`raise_grade`](Self::raise_grade).
    pub fn erase_collected(
        &self,
        id: CollectedId,
        second: &str,
        reason: &str,
        order: &Order,
    ) -> Result<Outcome, DeskError> {
        match self.check_agency(id, order) {
            // The same act again finishes what was begun.
            Ok(()) | Err(DeskError::Archive(ArchiveError::Erased { .. })) => {}
            Err(error) => return Err(error),
        }
        let words = format!("erase\0{id}\0{second}\0{reason}");
        let act = act(order, ES256.digest(&[words.as_bytes()]))?;
        Ok(self.archive.erase_collected(&act, id, second, reason)?)
    }

    /// A record is a matter of the agency that keeps its source, and of the office that keeps the trust list.
    fn check_agency(&self, id: CollectedId, order: &Order) -> Result<(), DeskError> {
        let record = self.archive.collected(id)?.ok_or(ArchiveError::CollectedNotFound)?;
        if record.agency != order.office && order.office != self.config.authority_code {
            return Err(DeskError::ForeignRecord(record.agency));
        }
        Ok(())
    }
}
