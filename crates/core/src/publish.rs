//! Publishing status lists: what the desk does after a change, and when a list grows old.

use std::sync::PoisonError;

use boyin_archive::MAX_SLOTS;
use boyin_issue::status_list;
use boyin_model::alg::VerifyAlg as _;
use boyin_model::id::CreditCode;
use boyin_model::status::{StatusBits, StatusList, StatusListClaims};
use boyin_model::time::UnixTime;
use boyin_suite::ES256;
use boyin_verify::{CLOCK_TOLERANCE_SECONDS, StatusSnapshot, signer_of};

use crate::desk::{Desk, Order, STATUS_LIST_ENTRIES, act, signing_entry};
use crate::error::DeskError;

impl Desk {
    /// Publishes the status lists that are past half of their time, or that lack a change (because the process that
    /// made it ended before it could publish).
    ///
    /// Also publishes the trust list if it does not show the seals as they are.
    ///
    /// Tries every office: a missing key of one stops no other. Returns the offices whose list is not published, and why;
    /// for the trust list, the office that keeps it.
    pub fn renew_status_lists(&self, now: UnixTime) -> Vec<(CreditCode, DeskError)> {
        let half = u64::from(self.config.status_list_hours) * 3600 / 2;
        let mut failed = Vec::new();
        for code in self.offices.keys() {
            let uri = self.list_uri(*code);
            let fresh_until =
                self.status.read().unwrap_or_else(PoisonError::into_inner).fresh_until(*code, &uri);
            // A list by a key that has a successor meanwhile is signed anew.
            let old = fresh_until.is_none_or(|end| end <= now.plus(half)) || self.signer_changed(*code, now);
            let done =
                if old { self.publish_status_list(*code, now) } else { self.publish_changes(*code, now) };
            failed.extend(done.err().map(|error| (*code, error)));
        }
        let seals = self.publish_seals(now);
        failed.extend(seals.err().map(|error| (self.config.authority_code, error)));
        failed
    }

    /// Publishes the office's list as if none had been published before: the way back after a list that was made under
    /// a clock that ran ahead. Verifiers that saw that list keep it until they start anew.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn start_status_list_over(&self, office: CreditCode, now: UnixTime) -> Result<(), DeskError> {
        let uri = self.list_uri(office);
        self.status.write().unwrap_or_else(PoisonError::into_inner).forget(office, &uri);
        self.publish_status_list(office, now)
    }

    /// Publishes the office's list if a change is not in it yet.
    pub(crate) fn publish_changes(&self, office: CreditCode, now: UnixTime) -> Result<(), DeskError> {
        match self.archive.unpublished(&self.list_uri(office))? {
            Some(_) => self.publish_status_list(office, now),
            None => Ok(()),
        }
    }

    /// Takes over the lists published earlier. One that is refused (its key left the trust list) is as good as none.
    pub(crate) fn load_status(&self) -> Result<(), DeskError> {
        let mut status = self.status.write().unwrap_or_else(PoisonError::into_inner);
        for code in self.offices.keys() {
            if let Some(token) = self.archive.status_list(&self.list_uri(*code))? {
                let _ = status.add(&token, &self.trust());
            }
        }
        Ok(())
    }

    pub(crate) fn list_uri(&self, office: CreditCode) -> String {
        self.config.status_list_uri(office)
    }

    /// Builds the list from the archive, so that what is published is what is filed.
    fn publish_status_list(&self, office: CreditCode, now: UnixTime) -> Result<(), DeskError> {
        // Reading and publishing are one step: a list read earlier must not take the place of one read later.
        let _one_at_a_time = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        self.publish_alone(office, now)
    }

    /// The caller holds `publishing`.
    pub(crate) fn publish_alone(&self, office: CreditCode, now: UnixTime) -> Result<(), DeskError> {
        let uri = self.list_uri(office);
        let made = self.next_instant(office, &uri, now)?;
        let mark = self.archive.unpublished(&uri)?;
        let hours = self.config.status_list_hours;
        let claims = StatusListClaims {
            sub: uri.clone(),
            iat: made,
            exp: made.plus(u64::from(hours) * 3600),
            ttl: u32::from(hours) * 3600 / 4,
            list: self.filed_status(&uri)?,
        };
        let key = self.key(office, made)?;
        let token = key.sign_jws(&status_list(&claims, key.reference()))?;
        // Verified before it is published: a list that verifiers refuse would make every license indeterminate.
        StatusSnapshot::default().add(&token, &self.trust())?;
        let digest = ES256.digest(&[&token]);
        let order = Order {
            who: "desk".to_owned(),
            office,
            purpose: "发布状态列表".to_owned(),
            idempotency_key: format!("status-list-{}", boyin_model::b64::encode(&digest)),
            at: now,
        };
        self.archive.publish_status_list(&act(&order, digest)?, &uri, &token)?;
        self.status.write().unwrap_or_else(PoisonError::into_inner).add(&token, &self.trust())?;
        if let Some(mark) = mark {
            self.archive.mark_published(&uri, &mark)?;
        }
        Ok(())
    }

    /// A list is always later than the one before it, so that a verifier knows which of two is the newer one.
    pub(crate) fn next_instant(
        &self,
        office: CreditCode,
        uri: &str,
        now: UnixTime,
    ) -> Result<UnixTime, DeskError> {
        let last = self.status.read().unwrap_or_else(PoisonError::into_inner).made_at(office, uri);
        match last.map(|made| made.plus(1)) {
            Some(next) if next > now.plus(CLOCK_TOLERANCE_SECONDS) => {
                Err(DeskError::ListFromFuture { next, now })
            }
            Some(next) => Ok(next.max(now)),
            None => Ok(now),
        }
    }

    /// Whether the list published last is by another key than the one that signs now.
    fn signer_changed(&self, office: CreditCode, now: UnixTime) -> bool {
        let Ok(Some(token)) = self.archive.status_list(&self.list_uri(office)) else { return true };
        let trust = self.trust();
        // The key of the instant that the next list would bear: the last one may lie a second ahead.
        let made = self.next_instant(office, &self.list_uri(office), now).unwrap_or(now);
        let current = signing_entry(trust.list(), office, made);
        let signer = signer_of(&token);
        // Nobody else could sign it anew: such a list stays until it is old.
        current.is_some_and(|current| signer.as_ref() != Some(&current.kid))
    }

    fn filed_status(&self, uri: &str) -> Result<StatusList, DeskError> {
        let mut list = StatusList::new(StatusBits::Two, STATUS_LIST_ENTRIES);
        let mut after = None;
        loop {
            let slots = self.archive.slots(uri, after, MAX_SLOTS)?;
            for (index, status) in &slots {
                list.set(*index, status.value()).map_err(|_| DeskError::StatusListFull)?;
            }
            match slots.last() {
                Some((index, _)) if slots.len() == MAX_SLOTS => after = Some(*index),
                Some(_) | None => return Ok(list),
            }
        }
    }
}
