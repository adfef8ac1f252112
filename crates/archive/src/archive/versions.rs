//! Acts that put a new version in the place of an old one, and the chains that they make. A license that no entry tells of is
//! the only version of its chain.

use boyin_model::id::LicenseId;
use boyin_model::status::LicenseStatus;

use super::write::Deed;
use super::{Archive, MAX_EVENTS, malformed};
use crate::act::{Act, Change, Event, Outcome, StatusChange};
use crate::error::{ArchiveError, Damaged};
use crate::layout::{self, FORMAT_WITH_VERSIONS};
use crate::record::Filing;
use crate::store::{Batch, Expect, Table};
use crate::vault::HolderKey;
use crate::version::{Links, MAX_VERSIONS, Succession, Version};

const TABLE: Table = Table::Version;

impl Archive {
    /// Files the next version of a license: the new one is in force, the old one superseded and linked to it, the new one
    /// is the head of the chain and has the addresses of the old one, all in one batch. Of two such acts on one version at once one wins.
    ///
    /// # Errors
    /// [`ArchiveError::NotFound`], [`ArchiveError::NoSlot`] for the old version; [`ArchiveError::NotHead`] if another one took its
    /// place before; [`ArchiveError::IllegalTransition`] unless it is in force; [`ArchiveError::NotNextVersion`];
    /// [`ArchiveError::Reason`]; and as [`file`](Archive::file).
    pub fn succeed(
        &self,
        act: &Act,
        filing: &Filing,
        succession: &Succession,
    ) -> Result<Outcome, ArchiveError> {
        let Succession { of, kind, reason, basis } = succession;
        let new = &filing.record.id;
        let told = StatusChange {
            basis: basis.clone(),
            successor: Some(new.clone()),
            ..StatusChange::new(Change::Supersede, reason.as_str())
        };
        self.perform_with(act, &Deed::of_filing(filing), |deed| {
            if !told.is_sound(of) {
                return Err(ArchiveError::Reason);
            }
            let (record, holder) = self.license(of)?.ok_or(ArchiveError::NotFound)?;
            let (batch, from) = self.status_batch(Batch::new(), act, &record, LicenseStatus::Superseded)?;
            let filed = self.filing_batch(batch, act, filing, deed);
            // Asked last: whatever was seen above of another succession is seen here, too.
            self.expect_head(of)?;
            if from != LicenseStatus::Valid {
                return Err(ArchiveError::IllegalTransition { from, to: LicenseStatus::Superseded });
            }
            let same_holder = self.vault.holder_key(&filing.holder) == holder;
            if !same_holder || of.next_version().ok().as_ref() != Some(new) {
                return Err(ArchiveError::NotNextVersion);
            }
            let (batch, record_key) = filed?;
            let batch = self.copy_addresses(batch, of, new, &record_key)?;
            let batch = self.put_link(batch, of, new)?;
            let of_old = Deed::on_license(kind.event(), of, reason.as_str());
            let of_old = Deed { status: Some(told.clone()), holder: Some(holder), ..of_old };
            Ok(self.tell(batch, &act.part(0), of_old))
        })
    }

    /// Makes a license of the holder that is on file the next version of another one's chain.
    pub(super) fn succeeded_by(
        &self,
        batch: Batch,
        old: &LicenseId,
        successor: &LicenseId,
        holder: &HolderKey,
    ) -> Result<Batch, ArchiveError> {
        let record = match self.license(successor) {
            Ok(Some((record, whose))) if whose == *holder => record,
            Ok(_) | Err(ArchiveError::Erased { .. }) => return Err(ArchiveError::NotSuccessor),
            Err(error) => return Err(error),
        };
        if self.links(successor)?.1.is_some() {
            return Err(ArchiveError::NotSuccessor);
        }
        let (slot, sealed, status) = self.status_sealed(&record)?;
        if status != LicenseStatus::Valid {
            return Err(ArchiveError::NotSuccessor);
        }
        let batch = batch.expect(Table::Status, layout::status(slot), Expect::Exactly(sealed));
        self.put_link(batch, old, successor)
    }

    /// Links the head of a chain to a license that is in none, which becomes the head.
    fn put_link(&self, batch: Batch, old: &LicenseId, new: &LicenseId) -> Result<Batch, ArchiveError> {
        let (links, sealed) = self.links(old)?;
        let head = layout::version_head(&links.first);
        let head_before = self.store.get(TABLE, &head)?;
        let of_new = Links { first: links.first.clone(), before: Some(old.clone()), after: None };
        let of_old = Links { after: Some(new.clone()), ..links };
        let (old, new_key) = (layout::version(old), layout::version(new));
        Ok(batch
            .expect(TABLE, old.as_slice(), as_read(sealed))
            .expect(TABLE, new_key.as_slice(), Expect::Absent)
            .expect(TABLE, head.as_slice(), as_read(head_before))
            .put(TABLE, old.as_slice(), self.seal(TABLE, &old, &layout::version_value(&of_old)))
            .put(TABLE, new_key.as_slice(), self.seal(TABLE, &new_key, &layout::version_value(&of_new)))
            .put(TABLE, head.as_slice(), self.seal(TABLE, &head, new.as_str().as_bytes())))
    }

    /// The links of a version and how they are stored, if they are.
    fn links(&self, id: &LicenseId) -> Result<(Links, Option<Vec<u8>>), ArchiveError> {
        if self.format < FORMAT_WITH_VERSIONS {
            return Ok((Links::alone(id), None));
        }
        let key = layout::version(id);
        let Some(sealed) = self.store.get(TABLE, &key)? else { return Ok((Links::alone(id), None)) };
        let value = self.unseal(TABLE, &key, &sealed)?;
        Ok((layout::read_version(&value).map_err(malformed(TABLE))?, Some(sealed)))
    }

    /// The current version of the chain that a license belongs to: the license itself, if no other one took its place. It is not
    /// said whether one of them is on file.
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn head_of(&self, id: &LicenseId) -> Result<LicenseId, ArchiveError> {
        let (links, _) = self.links(id)?;
        self.head_by(id, &links)
    }

    fn head_by(&self, id: &LicenseId, links: &Links) -> Result<LicenseId, ArchiveError> {
        if links.after.is_none() {
            return Ok(id.clone());
        }
        let head = self.read(TABLE, &layout::version_head(&links.first))?.ok_or(Damaged { table: TABLE })?;
        Ok(layout::parse_license(&head).map_err(malformed(TABLE))?)
    }

    /// Refuses what is done to a version that is not current. What is given back must hold of its entry for it to stay current.
    pub(super) fn expect_head(&self, id: &LicenseId) -> Result<Expect, ArchiveError> {
        let (links, sealed) = self.links(id)?;
        match self.head_by(id, &links)? {
            head if head == *id => Ok(as_read(sealed)),
            head => Err(ArchiveError::NotHead { head: Box::new(head) }),
        }
    }

    /// The versions of a license, the current one first, at most [`MAX_VERSIONS`]; empty if it is not on file.
    ///
    /// # Errors
    /// [`ArchiveError::Store`], [`ArchiveError::Damaged`].
    pub fn versions(&self, id: &LicenseId) -> Result<Vec<Version>, ArchiveError> {
        if self.store.get(Table::License, &layout::license(id))?.is_none() {
            return Ok(Vec::new());
        }
        let mut found: Vec<Version> = Vec::new();
        let mut next = Some(self.head_of(id)?);
        while let Some(id) = next.filter(|_| found.len() < MAX_VERSIONS) {
            let status = match self.status_of(&id) {
                Err(ArchiveError::Erased { .. }) => None,
                status => status?,
            };
            let after = found.last().map(|later| later.id.clone());
            let succeeded = after.map(|after| self.succession_to(&id, &after)).transpose()?;
            next = self.links(&id)?.0.before;
            found.push(Version { id, status, succeeded: succeeded.flatten() });
        }
        Ok(found)
    }

    /// The event that put `after` in the place of `id`.
    fn succession_to(&self, id: &LicenseId, after: &LicenseId) -> Result<Option<Event>, ArchiveError> {
        let mut seen = None;
        loop {
            let mut page = self.events_of(id, seen, MAX_EVENTS)?;
            if let Some(place) = page.iter().position(|event| event.successor.as_ref() == Some(after)) {
                return Ok(Some(page.swap_remove(place)));
            }
            match page.last() {
                Some(last) if page.len() == MAX_EVENTS => seen = Some(last.number),
                Some(_) | None => return Ok(None),
            }
        }
    }
}

/// That an entry is as it was read.
fn as_read(sealed: Option<Vec<u8>>) -> Expect {
    sealed.map_or(Expect::Absent, Expect::Exactly)
}
