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

use crate::desk::{Desk, Order, act, signing_entry};
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
            let done = self.lists_of(*code).and_then(|uris| {
                uris.into_iter().try_for_each(|uri| {
                    let status = self.status.read().unwrap_or_else(PoisonError::into_inner);
                    let fresh_until = status.fresh_until(*code, &uri);
                    drop(status);
                    // A list by a key that has a successor meanwhile is signed anew.
                    let old = fresh_until.is_none_or(|end| end <= now.plus(half));
                    if old || self.signer_changed(*code, &uri, now) {
                        return self.publish_status_list(*code, &uri, now);
                    }
                    self.publish_if_changed(*code, &uri, now)
                })
            });
            failed.extend(done.err().map(|error| (*code, error)));
        }
        let seals = self.publish_seals(now);
        failed.extend(seals.err().map(|error| (self.config.authority_code, error)));
        failed
    }

    /// Publishes the office's lists as if none had been published before: the way back after a list that was made under
    /// a clock that ran ahead. Verifiers that saw that list keep it until they start anew.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn start_status_list_over(&self, office: CreditCode, now: UnixTime) -> Result<(), DeskError> {
        self.lists_of(office)?.into_iter().try_for_each(|uri| {
            self.status.write().unwrap_or_else(PoisonError::into_inner).forget(office, &uri);
            self.publish_status_list(office, &uri, now)
        })
    }

    /// Publishes those of the office's lists that lack a change.
    pub(crate) fn publish_changes(&self, office: CreditCode, now: UnixTime) -> Result<(), DeskError> {
        let uris = self.lists_of(office)?;
        uris.into_iter().try_for_each(|uri| self.publish_if_changed(office, &uri, now))
    }

    fn publish_if_changed(&self, office: CreditCode, uri: &str, now: UnixTime) -> Result<(), DeskError> {
        match self.archive.unpublished(uri)? {
            Some(_) => self.publish_status_list(office, uri, now),
            None => Ok(()),
        }
    }

    /// URIs of the office's lists in the order of their numbers; the first one also before it is published.
    pub(crate) fn lists_of(&self, office: CreditCode) -> Result<Vec<String>, DeskError> {
        let mut uris = vec![self.config.status_list_uri(office, 1)];
        for number in 2.. {
            let uri = self.config.status_list_uri(office, number);
            if self.archive.status_list(&uri)?.is_none() {
                break;
            }
            uris.push(uri);
        }
        Ok(uris)
    }

    /// The list in which the office's licenses get their places now: the newest.
    pub(crate) fn open_list(&self, office: CreditCode) -> Result<String, DeskError> {
        let mut newest = self.newest_list.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(uri) = newest.get(&office) {
            return Ok(uri.clone());
        }
        let uri = self.lists_of(office)?.pop().expect("there is always a first list");
        newest.insert(office, uri.clone());
        Ok(uri)
    }

    /// Begins the next list after `full` and publishes it, unless somebody else just did.
    pub(crate) fn next_list_after(
        &self,
        office: CreditCode,
        full: &str,
        now: UnixTime,
    ) -> Result<String, DeskError> {
        let mut newest = self.newest_list.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(uri) = newest.get(&office).filter(|uri| *uri != full) {
            return Ok(uri.clone());
        }
        let number = u32::try_from(self.lists_of(office)?.len()).unwrap_or(u32::MAX).saturating_add(1);
        let uri = self.config.status_list_uri(office, number);
        self.publish_status_list(office, &uri, now)?;
        newest.insert(office, uri.clone());
        Ok(uri)
    }

    /// Takes over the lists published earlier. One that is refused (its key left the trust list) is as good as none.
    pub(crate) fn load_status(&self) -> Result<(), DeskError> {
        let mut status = self.status.write().unwrap_or_else(PoisonError::into_inner);
        for code in self.offices.keys() {
            for uri in self.lists_of(*code)? {
                if let Some(token) = self.archive.status_list(&uri)? {
                    let _ = status.add(&token, &self.trust());
                }
            }
        }
        Ok(())
    }

    /// Builds the list from the archive, so that what is published is what is filed.
    fn publish_status_list(&self, office: CreditCode, uri: &str, now: UnixTime) -> Result<(), DeskError> {
        // Reading and publishing are one step: a list read earlier must not take the place of one read later.
        let _one_at_a_time = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        self.publish_alone(office, uri, now)
    }

    /// The caller holds `publishing`.
    pub(crate) fn publish_alone(
        &self,
        office: CreditCode,
        uri: &str,
        now: UnixTime,
    ) -> Result<(), DeskError> {
        let made = self.next_instant(office, uri, now)?;
        let mark = self.archive.unpublished(uri)?;
        let hours = self.config.status_list_hours;
        let claims = StatusListClaims {
            sub: uri.to_owned(),
            iat: made,
            exp: made.plus(u64::from(hours) * 3600),
            ttl: u32::from(hours) * 3600 / 4,
            list: self.filed_status(uri)?,
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
        self.archive.publish_status_list(&act(&order, digest)?, uri, &token)?;
        self.status.write().unwrap_or_else(PoisonError::into_inner).add(&token, &self.trust())?;
        if let Some(mark) = mark {
            self.archive.mark_published(uri, &mark)?;
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
    fn signer_changed(&self, office: CreditCode, uri: &str, now: UnixTime) -> bool {
        let Ok(Some(token)) = self.archive.status_list(uri) else { return true };
        let trust = self.trust();
        // The key of the instant that the next list would bear: the last one may lie a second ahead.
        let made = self.next_instant(office, uri, now).unwrap_or(now);
        let current = signing_entry(trust.list(), office, made);
        let signer = signer_of(&token);
        // Nobody else could sign it anew: such a list stays until it is old.
        current.is_some_and(|current| signer.as_ref() != Some(&current.kid))
    }

    fn filed_status(&self, uri: &str) -> Result<StatusList, DeskError> {
        let mut list = StatusList::new(StatusBits::Two, self.config.status_list_entries);
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
