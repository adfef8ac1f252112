//! Changes of the trust list that are prepared and not yet signed, and the journal of who prepared, dropped and signed them.

use boyin_model::time::UnixTime;
use boyin_model::trust::{Change, TrustList};

use crate::desk::Order;
use crate::error::{DeskError, HomeError};
use crate::home::Home;
use crate::keyring::Passphrase;
use crate::lists::unchanged;
use crate::rotation::check_words;
use crate::shelf::{DraftDigest, Shelf};

/// What the trust list is called beside the other lists.
const NAME: &str = "trust";

impl Home {
    pub(crate) fn trust_shelf(&self) -> Shelf {
        Shelf::new(self.dir().join("trust"))
    }

    /// The changes that are prepared, in order.
    ///
    /// # Errors
    /// [`HomeError::Draft`] if the file is not one change in each line.
    pub fn trust_draft(&self) -> Result<Vec<Change>, HomeError> {
        self.trust_shelf().draft()
    }

    /// Stands for the changes that are prepared and the trust list that they change.
    ///
    /// # Errors
    /// As [`trust_draft`](Self::trust_draft); [`HomeError`].
    pub fn trust_draft_digest(&self) -> Result<DraftDigest, HomeError> {
        self.digest_of_trust(&self.trust_draft()?)
    }

    /// Stands for these changes of the trust list.
    pub(crate) fn digest_of_trust(&self, changes: &[Change]) -> Result<DraftDigest, HomeError> {
        Ok(DraftDigest::of(NAME, &self.trust()?.0, changes))
    }

    /// The list that signing the draft would publish.
    ///
    /// # Errors
    /// [`HomeError::TrustChange`] if a change can no longer be made; [`HomeError`].
    pub fn drafted_trust(&self, now: UnixTime) -> Result<TrustList, HomeError> {
        let (_, current) = self.trust()?;
        let mut list = self.next_list(current.list(), now);
        self.trust_draft()?.iter().try_for_each(|change| list.apply(change))?;
        Ok(list)
    }

    /// Prepares one more change. Nothing is published.
    ///
    /// # Errors
    /// [`HomeError::TrustChange`] within if it cannot be made after those before it, [`HomeError::DraftFull`]; who or what
    /// for is missing; [`DeskError`].
    pub fn draft_trust(&self, change: &Change, order: &Order) -> Result<TrustList, DeskError> {
        check_words(order)?;
        let _one_at_a_time = self.lock_trust()?;
        let mut list = self.drafted_trust(order.at)?;
        list.apply(change).map_err(HomeError::from)?;
        self.trust_shelf().prepare(change, order)?;
        Ok(list)
    }

    /// Signs and publishes the draft as the next trust list, all of it or nothing; only the draft `seen`, if one is given.
    ///
    /// # Errors
    /// [`HomeError::DraftChanged`] within if another one is prepared; [`HomeError::TrustChange`] if a change can no longer be made;
    /// who or what for is missing; [`DeskError`]. The draft is then still there.
    pub fn sign_trust_draft(
        &self,
        seen: Option<&DraftDigest>,
        passphrase: &Passphrase,
        order: &Order,
    ) -> Result<TrustList, DeskError> {
        check_words(order)?;
        // Read, published and emptied under one lock: a change that is prepared meanwhile waits for the next list.
        let _one_at_a_time = self.lock_trust()?;
        let changes = self.trust_draft()?;
        unchanged(NAME, seen, &self.digest_of_trust(&changes)?)?;
        let list = self.change_locked(&changes, passphrase, order)?;
        self.trust_shelf().remove_draft()?;
        Ok(list)
    }

    /// Throws the draft away.
    ///
    /// # Errors
    /// Who or what for is missing; [`DeskError`].
    pub fn discard_trust_draft(&self, order: &Order) -> Result<(), DeskError> {
        check_words(order)?;
        let _one_at_a_time = self.lock_trust()?;
        Ok(self.trust_shelf().discard::<Change>(order)?)
    }

    /// What was done to the trust list, oldest first: one JSON object in each line; empty before the first.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn trust_journal(&self) -> Result<String, HomeError> {
        self.trust_shelf().journal()
    }
}
