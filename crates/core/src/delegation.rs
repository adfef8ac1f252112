//! Delegations (委托代办): a holder who is there lets another person act for them, with these license types, for these items and this
//! purpose, until then and so many times.
//!
//! A delegation is an act: its number is that of its event, and what is left of it is counted from the events of the holder's file,
//! so the holder sees every use. Who may act is kept as a keyed digest of their number (`docs/decisions/0017`).

mod agent;
mod terms;

use std::collections::BTreeSet;

use boyin_archive::{
    Archive, ArchiveError, Event, EventKind, HolderNote, MAX_EVENTS, Outcome, ReadOf, Reader,
};
use boyin_exempt::InputKey;
use boyin_model::id::{CreditCode, HolderCode, LicenseTypeCode};
use boyin_model::time::UnixTime;

use self::agent::digest_of;
use self::terms::Terms;
use crate::desk::{Desk, Order, act};
use crate::error::{DeskError, LookupError};
use crate::lookup::{Lookup, read_of};

pub use self::terms::{
    DelegationFault, DelegationWish, MAX_DELEGATION_DAYS, MAX_DELEGATION_ITEMS, MAX_DELEGATION_TYPES,
    MAX_DELEGATION_USES, MAX_DELEGATIONS_OF_HOLDER,
};

/// Why somebody may not act for a holder. In the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DelegationRefusal {
    /// The holder has made none of this number.
    #[error("委托不存在。The holder has made no delegation of this number: see `boyin holder delegations`")]
    None,
    /// It is for somebody else.
    #[error("受托人不符。The delegation is for another person")]
    OtherAgent,
    /// The holder took it back.
    #[error("委托已撤销。The delegation was revoked")]
    Revoked,
    /// Its term is over.
    #[error("委托已到期。The delegation has ended")]
    Ended,
    /// As often as it may be used it was.
    #[error("委托次数已用完。The delegation is used up")]
    UsedUp,
    /// It does not name a license type that is asked for, or none is asked for of the holder.
    #[error("委托不含所需证照类型。The delegation does not name a license type that is asked for")]
    OtherType,
    /// It does not name the item.
    #[error("委托不含该事项。The delegation does not name this item")]
    OtherItem,
    /// It is for another purpose.
    #[error("委托用途不符。The delegation is for another purpose: say it word by word")]
    OtherPurpose,
}

impl DelegationRefusal {
    /// Stable machine code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::None => "delegation_none",
            Self::OtherAgent => "delegation_other_agent",
            Self::Revoked => "delegation_revoked",
            Self::Ended => "delegation_ended",
            Self::UsedUp => "delegation_used_up",
            Self::OtherType => "delegation_other_type",
            Self::OtherItem => "delegation_other_item",
            Self::OtherPurpose => "delegation_other_purpose",
        }
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DelegationError {
    /// Nobody may act for the holder in this.
    #[error(transparent)]
    Refused(#[from] DelegationRefusal),
    /// The terms are none.
    #[error(transparent)]
    Terms(#[from] DelegationFault),
    /// The desk or its archive.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl DelegationError {
    /// Stable machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Terms(fault) => fault.code(),
            Self::Desk(error) => error.code(),
        }
    }
}

impl From<ArchiveError> for DelegationError {
    fn from(error: ArchiveError) -> Self {
        Self::Desk(error.into())
    }
}

/// A delegation as the events of a holder's file tell it. It names nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Number of its event.
    pub number: u64,
    /// When it was made.
    pub at: UnixTime,
    /// At which office.
    pub office: CreditCode,
    /// What for, word by word.
    pub purpose: String,
    /// Of which license types.
    pub license_types: BTreeSet<LicenseTypeCode>,
    /// For which items: codes or keys.
    pub items: BTreeSet<String>,
    /// The first instant after.
    pub until: UnixTime,
    /// How often it may be used.
    pub uses: u32,
    /// How often it was.
    pub used: u32,
    /// When it was taken back.
    pub revoked_at: Option<UnixTime>,
    /// Keyed digest of who may act.
    agent: String,
}

/// Shows the number: the rest is a holder's.
impl std::fmt::Debug for Delegation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Delegation({}, ..)", self.number)
    }
}

/// As what somebody acts for a holder.
#[derive(Clone, Copy)]
pub struct DelegationUse<'u> {
    /// Number of the delegation.
    pub number: u64,
    /// Who acts.
    pub agent: &'u HolderCode,
    /// Which license types are asked for of the holder, in whatever role; with none at all nobody acts for them, and it is refused.
    pub license_types: &'u BTreeSet<LicenseTypeCode>,
    /// Which items, each under the names by which the delegation may name it.
    pub items: &'u [Vec<String>],
    /// What the event says of it, in a word.
    pub told: &'u str,
}

/// Prints nothing: it names a person.
impl std::fmt::Debug for DelegationUse<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DelegationUse(..)")
    }
}

impl Delegation {
    /// Whether it can still be used at `at`.
    #[must_use]
    pub fn is_open(&self, at: UnixTime) -> bool {
        self.revoked_at.is_none() && at < self.until && self.used < self.uses
    }

    /// The delegation whose terms an event has, not used yet; `None` if these are not terms as [`Desk::grant_delegation`] writes
    /// them.
    #[must_use]
    pub fn granted(event: &Event) -> Option<Self> {
        let Terms { agent, items, types, until, uses } = Terms::read(&event.detail)?;
        Some(Self {
            number: event.number,
            at: event.at,
            office: event.office,
            purpose: event.why.clone(),
            license_types: types,
            items,
            until,
            uses,
            used: 0,
            revoked_at: None,
            agent,
        })
    }

    /// Whether it lets somebody act so.
    fn allows(
        &self,
        wanted: &DelegationUse<'_>,
        agent: &str,
        purpose: &str,
        at: UnixTime,
    ) -> Result<(), DelegationRefusal> {
        if self.agent != agent {
            return Err(DelegationRefusal::OtherAgent);
        }
        if self.revoked_at.is_some() {
            return Err(DelegationRefusal::Revoked);
        }
        if self.until <= at {
            return Err(DelegationRefusal::Ended);
        }
        if self.used >= self.uses {
            return Err(DelegationRefusal::UsedUp);
        }
        // Nothing asked is no way around: it would be a subset of every delegation.
        if wanted.license_types.is_empty() || !wanted.license_types.is_subset(&self.license_types) {
            return Err(DelegationRefusal::OtherType);
        }
        let named = |names: &Vec<String>| names.iter().any(|name| self.items.contains(name));
        if wanted.items.is_empty() || !wanted.items.iter().all(named) {
            return Err(DelegationRefusal::OtherItem);
        }
        if self.purpose == purpose.trim() { Ok(()) } else { Err(DelegationRefusal::OtherPurpose) }
    }
}

/// The number at the beginning of the detail of an event that concerns a delegation.
fn number_in(detail: &str) -> Option<u64> {
    detail.split(' ').next()?.parse().ok()
}

/// All delegations of a holder, in order, as the log has them.
fn delegations_of(archive: &Archive, holder: &HolderCode) -> Result<Vec<Delegation>, ArchiveError> {
    let (mut found, mut after): (Vec<Delegation>, _) = (Vec::new(), None);
    loop {
        let events = archive.events_of_holder(holder, after, MAX_EVENTS)?;
        for event in &events {
            let of = |found: &[Delegation]| {
                let number = number_in(&event.detail);
                found.iter().position(|known| Some(known.number) == number)
            };
            if event.what == EventKind::DelegationGranted {
                found.extend(Delegation::granted(event));
            } else if event.what == EventKind::DelegationUsed
                && let Some(place) = of(&found)
            {
                found[place].used = found[place].used.saturating_add(1);
            } else if event.what == EventKind::DelegationRevoked
                && let Some(place) = of(&found)
            {
                found[place].revoked_at = Some(event.at);
            }
        }
        match events.last() {
            Some(last) if events.len() == MAX_EVENTS => after = Some(last.number),
            Some(_) | None => return Ok(found),
        }
    }
}

impl Lookup {
    /// The delegations of a holder, in order, for somebody who says what for: a read of the holder's.
    ///
    /// # Errors
    /// [`LookupError`]; [`LookupError::Spool`] if the read could not be recorded.
    pub fn delegations(
        &self,
        holder: &HolderCode,
        reader: &Reader,
        now: UnixTime,
    ) -> Result<Vec<Delegation>, LookupError> {
        let found = delegations_of(&self.archive, holder)?;
        let of = ReadOf::HolderLog(found.len());
        self.keep(&[read_of(reader, now, of, self.archive.holder_key(holder))])?;
        Ok(found)
    }
}

impl Desk {
    pub(crate) fn agent_digest(&self, agent: &HolderCode) -> String {
        digest_of(&InputKey(*self.archive.decision_key()), agent)
    }

    /// Lets somebody act for a holder, who is there and wants it: whoever calls this has made sure of that. What for is the purpose of
    /// the order. The number of the event is that of the delegation.
    ///
    /// # Errors
    /// [`DelegationFault`] within; who or what for is missing; [`DelegationError`].
    pub fn grant_delegation(&self, wish: &DelegationWish, order: &Order) -> Result<Outcome, DelegationError> {
        self.office(order.office)?;
        let order = Order { purpose: order.purpose.trim().to_owned(), ..order.clone() };
        let terms = wish.terms(self.agent_digest(&wish.agent), order.at)?;
        let catalog = self.catalog_at(order.at)?;
        if terms.types.iter().any(|code| catalog.list.entry(*code).is_none()) {
            return Err(DelegationFault::Types.into());
        }
        let detail = terms.write();
        let key = InputKey(*self.archive.decision_key());
        let holder = wish.holder_text();
        // For so long, not until then: the same order a second later is the same act.
        let term = terms.until.seconds().saturating_sub(order.at.seconds());
        let term = Terms { until: UnixTime::new(term).unwrap_or(terms.until), ..terms }.write();
        let asked = [b"delegation\0".as_slice(), holder.as_bytes(), b"\0", term.as_bytes()];
        let act = act(&order, key.digest(&asked.concat()))?;
        self.archive.note_on_holder(&act, HolderNote::DelegationGranted(detail), &wish.holder, || {
            let open = delegations_of(&self.archive, &wish.holder)?;
            let open = open.iter().filter(|known| known.is_open(order.at)).count();
            if open < MAX_DELEGATIONS_OF_HOLDER { Ok(()) } else { Err(DelegationFault::TooMany.into()) }
        })
    }

    /// The end of a delegation as it was made; `None` if the event is none that made one.
    ///
    /// # Errors
    /// [`DelegationError::Desk`].
    pub fn delegation_end(&self, number: u64) -> Result<Option<UnixTime>, DelegationError> {
        let events = self.archive.events(number.checked_sub(1), 1)?;
        let made = events.iter().find(|event| event.number == number);
        let made = made.filter(|event| event.what == EventKind::DelegationGranted);
        Ok(made.and_then(Delegation::granted).map(|delegation| delegation.until))
    }

    /// Uses a delegation once, before anything is done by it. The same order with the same `asked` is the same use.
    ///
    /// # Errors
    /// [`DelegationRefusal`] within if the holder did not let this person do this; [`DelegationError`]. Nothing may be done then.
    pub fn use_delegation(
        &self,
        holder: &HolderCode,
        wanted: &DelegationUse<'_>,
        asked: &[u8],
        order: &Order,
    ) -> Result<Outcome, DelegationError> {
        self.office(order.office)?;
        let key = InputKey(*self.archive.decision_key());
        let agent = digest_of(&key, wanted.agent);
        let (number, at) = (wanted.number, order.at);
        let whose = terms::holder_text(holder);
        let request = [b"delegation used\0".as_slice(), whose.as_bytes(), b"\0", agent.as_bytes()].concat();
        let request = [request.as_slice(), &number.to_be_bytes(), asked].concat();
        let of_use =
            Order { idempotency_key: format!("{}#{number}", order.idempotency_key), ..order.clone() };
        let act = act(&of_use, key.digest(&request))?;
        let note = HolderNote::DelegationUsed(format!("{number} {}", wanted.told));
        self.archive.note_on_holder(&act, note, holder, || {
            let known = delegations_of(&self.archive, holder)?;
            let delegation = known.iter().find(|known| known.number == number);
            let delegation = delegation.ok_or(DelegationRefusal::None)?;
            Ok(delegation.allows(wanted, &agent, &order.purpose, at)?)
        })
    }

    /// Takes a delegation back, for a holder who is there. What was done by it stays done.
    ///
    /// # Errors
    /// [`DelegationRefusal::None`], [`DelegationRefusal::Revoked`] within; [`DelegationError`].
    pub fn revoke_delegation(
        &self,
        holder: &HolderCode,
        number: u64,
        order: &Order,
    ) -> Result<Outcome, DelegationError> {
        self.office(order.office)?;
        let key = InputKey(*self.archive.decision_key());
        let asked = format!("delegation revoked\0{}\0{number}", terms::holder_text(holder));
        let act = act(order, key.digest(asked.as_bytes()))?;
        let note = HolderNote::DelegationRevoked(number.to_string());
        self.archive.note_on_holder(&act, note, holder, || {
            let known = delegations_of(&self.archive, holder)?;
            let delegation = known.iter().find(|known| known.number == number);
            let delegation = delegation.ok_or(DelegationRefusal::None)?;
            match delegation.revoked_at {
                None => Ok(()),
                Some(_) => Err(DelegationRefusal::Revoked.into()),
            }
        })
    }
}

#[cfg(test)]
mod tests;
