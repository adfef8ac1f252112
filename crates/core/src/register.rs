//! The seal register at the desk: who may do what, and what verifiers get to know of it.

use std::sync::{Arc, PoisonError};

use boyin_archive::{
    ArchiveError, Event, MAX_EVENTS, MAX_PAGE, Outcome, SealApplication, SealChange, SealRecord,
};
use boyin_issue::SigningKey;
use boyin_model::alg::{Digest32, VerifyAlg as _};
use boyin_model::b64;
use boyin_model::id::CreditCode;
use boyin_model::json;
use boyin_model::register::{Power, SealAct, SealId, SealState};
use boyin_model::time::UnixTime;
use boyin_model::trust::{SealVersion, TrustList, in_force};
use boyin_suite::ES256;
use boyin_verify::TrustSnapshot;

use crate::desk::{Desk, Order, act};
use crate::error::DeskError;
use crate::keyring::TRUST_KEY;
use crate::officers::Officer;

/// A use that is counted: what a signer needs to sign with the seal.
#[derive(Clone)]
pub struct SealUse {
    /// Number of the event in the log.
    pub event: u64,
    /// When the use was counted: the instant to sign with.
    pub at: UnixTime,
    /// Whether it had been counted before.
    pub replayed: bool,
    /// The seal, as made for that instant.
    pub seal: Vec<u8>,
    /// Its digest: `sha-256:` and 64 hexadecimal digits.
    pub digest: String,
}

/// Prints the event only.
impl std::fmt::Debug for SealUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealUse").field("event", &self.event).finish_non_exhaustive()
    }
}

impl Desk {
    /// Applies for a seal; its number is in the outcome.
    ///
    /// # Errors
    /// [`DeskError::NotAppointed`], [`DeskError::Power`], [`DeskError::OtherOffice`], [`DeskError::ForeignSeal`] for who
    /// may not; what the archive refuses.
    pub fn apply_seal(&self, application: &SealApplication, order: &Order) -> Result<Outcome, DeskError> {
        let officer = self.officer(&order.who, Some(order.office), SealAct::Apply.power())?;
        self.check_owner(&officer, application.owner)?;
        let request = ES256.digest(&[b"apply seal\0", &json::canonical(application)]);
        Ok(self.archive.apply_seal(&act(order, request)?, application)?)
    }

    /// Does something to a seal, and publishes what verifiers have to know of it.
    ///
    /// # Errors
    /// As [`apply_seal`](Self::apply_seal), for the second person, too; [`DeskError::TrustNotPublished`] if the act is
    /// filed but the trust list does not show it yet.
    pub fn change_seal(
        &self,
        id: SealId,
        change: &SealChange<'_>,
        order: &Order,
    ) -> Result<Outcome, DeskError> {
        let deed = change.act();
        let officer = self.officer(&order.who, Some(order.office), deed.power())?;
        let record = self.archive.seal_record(id)?.ok_or(ArchiveError::SealNotFound)?;
        // Which office may use a seal is one of its limits.
        if deed.power() == Power::Manage {
            self.check_owner(&officer, record.owner)?;
        }
        if let Some(second) = change.second().filter(|second| *second != order.who) {
            let second = self.officer(second, None, deed.power())?;
            self.check_owner(&second, record.owner)?;
        }
        let outcome = self.archive.change_seal(&act(order, request(id, change))?, id, change)?;
        if deed.changes_force()
            && let Err(source) = self.publish_seals(order.at)
        {
            return Err(DeskError::TrustNotPublished { event: outcome.event, source: Box::new(source) });
        }
        Ok(outcome)
    }

    /// Counts one use of a seal and gives the seal out to be signed with. Sign only after this is `Ok`.
    ///
    /// The same order again counts nothing and gives the same seal and instant, unless the seal is out of use meanwhile.
    ///
    /// # Errors
    /// As [`change_seal`](Self::change_seal).
    pub fn use_seal(&self, id: SealId, document: &str, order: &Order) -> Result<SealUse, DeskError> {
        let outcome = self.change_seal(id, &SealChange::Use { document }, order)?;
        let record = self.archive.seal_record(id)?.ok_or(ArchiveError::SealNotFound)?;
        // A repetition is no way around a suspension.
        if record.state != SealState::InUse {
            return Err(ArchiveError::SealTransition { from: record.state, act: SealAct::Use }.into());
        }
        let (seal, digest) = self.seal_as_of(&record, outcome.at)?;
        Ok(SealUse { event: outcome.event, at: outcome.at, replayed: outcome.replayed, seal, digest })
    }

    /// The bytes that a seal had at an instant, and their digest.
    pub(crate) fn seal_as_of(
        &self,
        record: &SealRecord,
        at: UnixTime,
    ) -> Result<(Vec<u8>, String), DeskError> {
        let covers = |version: &SealVersion| in_force(version.from, version.until, at);
        let place = record.versions.iter().position(covers).ok_or(ArchiveError::SealNotFound)?;
        let bytes = self.archive.seal_bytes(record.id, place)?.ok_or(ArchiveError::SealNotFound)?;
        Ok((bytes, record.versions[place].digest.clone()))
    }

    /// A seal, for somebody who manages or audits it.
    ///
    /// # Errors
    /// As [`apply_seal`](Self::apply_seal); [`ArchiveError::SealNotFound`] within.
    pub fn seal(&self, id: SealId, who: &str) -> Result<SealRecord, DeskError> {
        let officer = self.reader(who)?;
        let record = self.archive.seal_record(id)?.ok_or(ArchiveError::SealNotFound)?;
        self.check_owner(&officer, record.owner)?;
        Ok(record)
    }

    /// What happened to a seal, oldest first, for somebody who manages or audits it; `after` is the last event seen.
    ///
    /// # Errors
    /// As [`seal`](Self::seal).
    pub fn seal_history(&self, id: SealId, after: Option<u64>, who: &str) -> Result<Vec<Event>, DeskError> {
        self.seal(id, who)?;
        Ok(self.archive.events_of_seal(id, after, MAX_EVENTS)?)
    }

    /// The bytes of one version of a seal, for somebody who manages or audits it.
    ///
    /// # Errors
    /// As [`seal`](Self::seal).
    pub fn seal_bytes(&self, id: SealId, version: usize, who: &str) -> Result<Vec<u8>, DeskError> {
        self.seal(id, who)?;
        Ok(self.archive.seal_bytes(id, version)?.ok_or(ArchiveError::SealNotFound)?)
    }

    /// The seals that somebody manages or audits, by number, after the number `after`, at most `limit`.
    ///
    /// # Errors
    /// As [`apply_seal`](Self::apply_seal).
    pub fn seals(
        &self,
        after: Option<SealId>,
        limit: usize,
        who: &str,
    ) -> Result<Vec<SealRecord>, DeskError> {
        let officer = self.reader(who)?;
        let (mut found, mut after) = (Vec::new(), after);
        loop {
            let page = self.archive.seals(after, MAX_PAGE)?;
            let (full, last) = (page.len() == MAX_PAGE, page.last().map(|record| record.id));
            found.extend(page.into_iter().filter(|record| self.check_owner(&officer, record.owner).is_ok()));
            if found.len() >= limit || !full {
                found.truncate(limit);
                return Ok(found);
            }
            after = last;
        }
    }

    /// Publishes the next trust list if the one on disk does not say of the seals what the register says.
    ///
    /// # Errors
    /// [`DeskError`]; the register stands, and the next attempt mends the list.
    pub fn publish_seals(&self, now: UnixTime) -> Result<(), DeskError> {
        // The register is read under the lock: a list made from what it was earlier must not take the place of this one.
        let _one_at_a_time = self.home.lock_trust()?;
        let seals = self.archive.trusted_seals()?;
        let (_, current) = self.home.trust()?;
        let mut certificates = current.list().certificates.clone();
        let own = self.home.seal_authority_certificate()?.map(|own| b64::encode(&own));
        certificates.extend(own.filter(|own| !certificates.contains(own)));
        let snapshot = if current.list().seals == seals && current.list().certificates == certificates {
            current
        } else {
            let list = TrustList { seals, certificates, ..self.home.next_list(current.list(), now) };
            self.home.put_trust_list(&self.trust_key()?, &list)?
        };
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        Ok(())
    }

    /// The trust list in use at this desk.
    pub(crate) fn trust(&self) -> Arc<TrustSnapshot> {
        Arc::clone(&self.trust.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key of the latest anchor: another process may have handed over to it meanwhile.
    pub(crate) fn trust_key(&self) -> Result<SigningKey, DeskError> {
        let anchors = self.home.anchors()?;
        let anchor = anchors.latest();
        self.opened_key(TRUST_KEY, &anchor.kid, &anchor.alg)
    }

    /// Reads the officers anew each time: who is dismissed has no power from that instant.
    pub(crate) fn officer(
        &self,
        who: &str,
        office: Option<CreditCode>,
        power: Power,
    ) -> Result<Officer, DeskError> {
        let officer = self.home.officers()?.find(who).cloned().ok_or(DeskError::NotAppointed)?;
        if officer.power != power {
            return Err(DeskError::Power { needed: power, has: officer.power });
        }
        match office.filter(|office| *office != officer.office) {
            Some(_) => Err(DeskError::OtherOffice(officer.office)),
            None => Ok(officer),
        }
    }

    fn reader(&self, who: &str) -> Result<Officer, DeskError> {
        match self.officer(who, None, Power::Audit) {
            Err(DeskError::Power { .. }) => self.officer(who, None, Power::Manage),
            other => other,
        }
    }

    /// The office that keeps the trust list answers for all seals, every other for its own.
    fn check_owner(&self, officer: &Officer, owner: CreditCode) -> Result<(), DeskError> {
        if officer.office == owner || officer.office == self.config.authority_code {
            Ok(())
        } else {
            Err(DeskError::ForeignSeal(owner))
        }
    }
}

/// Every part with its length, so that no two requests look alike.
fn request(id: SealId, change: &SealChange<'_>) -> Digest32 {
    let id = id.to_string();
    let parts: [Option<&[u8]>; 5] = [
        Some(change.act().code().as_bytes()),
        Some(id.as_bytes()),
        change.second().map(str::as_bytes),
        change.words().map(str::as_bytes),
        change.bytes(),
    ];
    let mut whole = b"change seal\0".to_vec();
    for part in parts {
        let length = part.map_or(u64::MAX, |part| u64::try_from(part.len()).unwrap_or(u64::MAX));
        whole.extend_from_slice(&length.to_be_bytes());
        whole.extend_from_slice(part.unwrap_or_default());
    }
    ES256.digest(&[&whole])
}
