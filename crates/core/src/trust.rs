//! The next trust list of a data directory: one at a time, never without the seals of the register.

use std::fs;

use boyin_archive::RootSecret;
use boyin_issue::{SigningKey, trust_list};
use boyin_model::time::{SECONDS_PER_DAY, UnixTime};
use boyin_model::trust::{Change, TrustList, TrustedSeal};
use boyin_suite::all_jws;
use boyin_verify::TrustSnapshot;

use crate::desk::{Order, algorithm_of};
use crate::error::{DeskError, HomeError};
use crate::home::Home;
use crate::keyring::{Passphrase, TRUST_KEY, replace};
use crate::rotation::check_words;

impl Home {
    /// Publishes the next trust list, fresh from now on: the same issuers, and the seals as the register has them.
    ///
    /// # Errors
    /// Who or what for is missing; [`DeskError`].
    pub fn renew_trust_list(&self, passphrase: &Passphrase, order: &Order) -> Result<TrustList, DeskError> {
        check_words(order)?;
        let _one_at_a_time = self.lock_trust()?;
        let renewed = self.renew_locked(passphrase, order.at, |list| {
            self.trust_shelf().deed::<Change>("renew", order, &[], Some(list.sequence), None)
        });
        Ok(renewed?)
    }

    /// Publishes the next trust list with these changes, all or none.
    ///
    /// # Errors
    /// [`HomeError::TrustChange`] within for the first change that cannot be made; who or what for is missing;
    /// [`DeskError`].
    pub fn change_trust(
        &self,
        changes: &[Change],
        passphrase: &Passphrase,
        order: &Order,
    ) -> Result<TrustList, DeskError> {
        check_words(order)?;
        let _one_at_a_time = self.lock_trust()?;
        Ok(self.change_locked(changes, passphrase, order)?)
    }

    /// As [`Self::change_trust`]; the caller holds [`lock_trust`](Self::lock_trust).
    pub(crate) fn change_locked(
        &self,
        changes: &[Change],
        passphrase: &Passphrase,
        order: &Order,
    ) -> Result<TrustList, HomeError> {
        let draft = self.digest_of_trust(changes)?;
        self.renew_locked(passphrase, order.at, |list| {
            changes.iter().try_for_each(|change| list.apply(change))?;
            self.trust_shelf().deed("sign", order, changes, Some(list.sequence), Some(&draft))
        })
    }

    fn renew_locked(
        &self,
        passphrase: &Passphrase,
        now: UnixTime,
        change: impl FnOnce(&mut TrustList) -> Result<(), HomeError>,
    ) -> Result<TrustList, HomeError> {
        let key = self.trust_key(passphrase)?;
        let (_, current) = self.trust()?;
        let mut list = self.next_list(current.list(), now);
        list.seals = self.registered_seals(passphrase)?;
        change(&mut list)?;
        self.put_trust_list(&key, &list)?;
        Ok(list)
    }

    /// What the register says of the seals. A desk may have the archive open at the same time.
    pub(crate) fn registered_seals(&self, passphrase: &Passphrase) -> Result<Vec<TrustedSeal>, HomeError> {
        // Alone under the lock of the trust list: what is there was left over.
        let scratch = self.dir().join("trust/scratch");
        let _ = fs::remove_dir_all(&scratch);
        let place = self.archive_place()?;
        let follow = |secret: &RootSecret| place.follow(&scratch, secret);
        let archive = self.keyring().with_archive_secret(passphrase, follow);
        let seals = archive.and_then(|(archive, _)| Ok(archive.trusted_seals()?));
        let _ = fs::remove_dir_all(&scratch);
        seals
    }

    /// The key of the latest anchor.
    pub(crate) fn trust_key(&self, passphrase: &Passphrase) -> Result<SigningKey, HomeError> {
        let anchors = self.anchors()?;
        let anchor = anchors.latest();
        self.keyring().find(TRUST_KEY, &anchor.kid, algorithm_of(&anchor.alg)?, passphrase)
    }

    /// The list after `current`: the same entries, fresh from now on.
    pub(crate) fn next_list(&self, current: &TrustList, now: UnixTime) -> TrustList {
        TrustList {
            sequence: current.sequence + 1,
            issued_at: now,
            next_update: now.plus(u64::from(self.config().trust_list_days) * SECONDS_PER_DAY),
            ..current.clone()
        }
    }

    /// Signs and publishes a list. The caller holds [`lock_trust`](Self::lock_trust).
    pub(crate) fn put_trust_list(
        &self,
        key: &SigningKey,
        list: &TrustList,
    ) -> Result<TrustSnapshot, HomeError> {
        let token = key.sign_jws(&trust_list(list, key.reference()))?;
        // A list that no reader takes would lock everybody out.
        let anchors = self.anchors()?;
        let snapshot = anchors.load(&token, &all_jws())?;
        // The one before was published and then not kept, if the process ended in between.
        let (before, old) = self.trust()?;
        self.trust_shelf().keep(old.list().sequence, &before)?;
        replace(&self.dir().join("trust/list.jwt"), &token)?;
        self.pin(anchors.latest())?;
        self.trust_shelf().keep(list.sequence, &token)?;
        Ok(snapshot)
    }

    /// Held while the next trust list is made; see [`Shelf::lock`](crate::shelf::Shelf::lock).
    pub(crate) fn lock_trust(&self) -> Result<fs::File, HomeError> {
        self.trust_shelf().lock()
    }
}
