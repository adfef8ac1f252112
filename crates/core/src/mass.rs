//! Changes of many licenses: what the end of a holder (死亡、注销登记) makes of a file, and decisions on many licenses at once.
//! Planned, signed off by a second person, done, and undone while there is time.

use boyin_archive::{
    Archive, ArchiveError, Change, HolderEnd, LicenseRecord, MAX_MASS, MAX_PAGE, MassPlan, MassRecord,
    MassScope, Outcome, ReadOf, Reader, SignOff, StatusChange,
};
use boyin_model::alg::VerifyAlg as _;
use boyin_model::credential::Envelope;
use boyin_model::id::{CreditCode, DivisionCode, HolderCode, LicenseId, LicenseTypeCode};
use boyin_model::json::{Reader as JsonReader, Value};
use boyin_model::status::LicenseStatus;
use boyin_model::time::UnixTime;
use boyin_suite::ES256;

use crate::desk::{Desk, Order, act};
use crate::error::{DeskError, HomeError, LookupError};
use crate::home::Home;
use crate::lookup::{Lookup, read_of};

/// Which licenses of the archive are meant. Only those that are in force or suspended are: one that another change of many licenses
/// put out of force, and that is to stay so if that is undone, has to be named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Of this type.
    pub license_type: Option<LicenseTypeCode>,
    /// Issued in this division.
    pub division: Option<DivisionCode>,
    /// Issued by this office.
    pub issuer: Option<CreditCode>,
    /// Filed at this instant or later.
    pub from: Option<UnixTime>,
    /// Filed before this instant.
    pub until: Option<UnixTime>,
}

impl Selection {
    fn takes(&self, record: &LicenseRecord) -> bool {
        self.issuer.is_none_or(|issuer| record.id.issuer() == issuer)
            && self.from.is_none_or(|from| from <= record.filed_at)
            && self.until.is_none_or(|until| record.filed_at < until)
            && self.division.is_none_or(|division| division_of(&record.credential) == Some(division))
    }
}

/// The division that a license names in the open.
fn division_of(credential: &[u8]) -> Option<DivisionCode> {
    let envelope = Envelope::open(credential, JsonReader::Ours).ok()?;
    let credential = envelope.read().ok()?;
    DivisionCode::parse(credential.payload.get("division_code").and_then(Value::as_text)?).ok()
}

/// Many licenses that are meant.
#[derive(Clone)]
pub enum Many {
    /// All of a holder that died or was deregistered, but those of types that outlive their holder.
    Holder(HolderCode, HolderEnd),
    /// Those that are chosen so.
    Selected(Selection),
    /// These.
    Licenses(Vec<LicenseId>),
}

/// Shows nothing: it may name a person.
impl std::fmt::Debug for Many {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Many(..)")
    }
}

impl Many {
    /// Which types outlive their holder is asked of the catalog as it is published: without a good one, no holder is closed.
    fn scope<E: From<ArchiveError> + From<HomeError>>(
        &self,
        archive: &Archive,
        home: &Home,
    ) -> Result<MassScope, E> {
        Ok(match self {
            Self::Holder(holder, end) => {
                let catalog = home.newest_catalog()?;
                let keeps = catalog.types().filter(|license_type| license_type.outlives_holder);
                let keeps = keeps.map(|license_type| license_type.code).collect();
                MassScope::Holder { holder: holder.clone(), end: *end, keeps }
            }
            Self::Selected(selection) => MassScope::Licenses(select(archive, selection)?),
            Self::Licenses(ids) => MassScope::Licenses(ids.clone()),
        })
    }
}

/// Reads all licenses of the type, or of the archive.
fn select(archive: &Archive, selection: &Selection) -> Result<Vec<LicenseId>, ArchiveError> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = archive.list(selection.license_type.as_ref(), cursor.as_ref(), MAX_PAGE)?;
        for record in page.items.into_iter().filter(|record| selection.takes(record)) {
            let status = match archive.status_of(&record.id) {
                Err(ArchiveError::Erased { .. }) => continue,
                status => status?,
            };
            if !matches!(status, Some(LicenseStatus::Valid | LicenseStatus::Suspended)) {
                continue;
            }
            if found.len() == MAX_MASS {
                return Err(ArchiveError::MassTooMany);
            }
            found.push(record.id);
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}

impl Lookup {
    /// What [`Desk::change_many`] would do now, for somebody who says what for. Nothing is changed.
    ///
    /// # Errors
    /// [`LookupError`]; as [`Desk::change_many`] within.
    pub fn plan_many(
        &self,
        many: &Many,
        change: &StatusChange,
        reader: &Reader,
        now: UnixTime,
    ) -> Result<MassPlan, LookupError> {
        let scope = many.scope::<LookupError>(&self.archive, self.home())?;
        let plan = self.archive.mass_plan(&scope, change, now)?;
        if let Many::Holder(holder, _) = many {
            let of = ReadOf::Holder(plan.items.len() + plan.left.len());
            self.keep(&[read_of(reader, now, of, self.archive.holder_key(holder))])?;
        }
        Ok(plan)
    }

    /// The change of many licenses whose event has this number. It tells nothing personal.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn mass_record(&self, number: u64) -> Result<Option<MassRecord>, LookupError> {
        Ok(self.archive.mass_record(number)?)
    }
}

impl Desk {
    /// Changes many licenses in one act, if what would be done is still exactly what a second person signed off, and publishes the
    /// status lists. It can be undone for [`Config::undo_window_hours`](crate::Config::undo_window_hours).
    ///
    /// # Errors
    /// [`DeskError::AuthorityOnly`] if licenses of other offices would change and the office does not keep the trust list;
    /// [`ArchiveError::PlanChanged`] within, and what else the archive refuses; [`DeskError::NotPublished`] if all is filed but a
    /// list does not show it yet.
    pub fn change_many(
        &self,
        many: &Many,
        change: &StatusChange,
        sign_off: &SignOff,
        order: &Order,
    ) -> Result<Outcome, DeskError> {
        let StatusChange { change: what, reason, basis, .. } = change;
        let what = if *what == Change::Cancel { "cancel" } else { what.to().code() };
        let (digest, second) = (sign_off.digest, &sign_off.second);
        let basis = basis.as_deref().unwrap_or_default();
        let words = format!("change many\0{what}\0{reason}\0{basis}\0{digest}\0{second}");
        let act = act(order, ES256.digest(&[words.as_bytes()]))?;
        if let Some(done) = self.archive.recall(&act)? {
            return self.with_lists(done, order);
        }
        let scope = many.scope::<DeskError>(&self.archive, &self.home)?;
        let foreign = match &scope {
            MassScope::Holder { .. } => true,
            MassScope::Licenses(ids) => ids.iter().any(|id| id.issuer() != order.office),
        };
        if foreign && order.office != self.config.authority_code {
            return Err(DeskError::AuthorityOnly);
        }
        let undo_until = order.at.plus(u64::from(self.config.undo_window_hours) * 3600);
        let outcome = self.archive.mass_change(&act, &scope, change, sign_off, undo_until)?;
        self.with_lists(outcome, order)
    }

    /// Undoes a change of many licenses: each gets the status back that it had, unless something was done to it since, or it was
    /// revoked or canceled once more. The licenses that were left are in the [record](Lookup::mass_record).
    ///
    /// # Errors
    /// [`DeskError::AuthorityOnly`] unless the office did it, or keeps the trust list; what the archive refuses;
    /// [`DeskError::NotPublished`].
    pub fn undo_many(
        &self,
        number: u64,
        second: &str,
        reason: &str,
        order: &Order,
    ) -> Result<Outcome, DeskError> {
        let done = self.archive.events(number.checked_sub(1), 1)?.pop();
        let own = done.is_some_and(|done| done.number == number && done.office == order.office);
        if !own && order.office != self.config.authority_code {
            return Err(DeskError::AuthorityOnly);
        }
        let words = format!("undo many\0{number}\0{second}\0{reason}");
        let act = act(order, ES256.digest(&[words.as_bytes()]))?;
        let outcome = self.archive.undo_mass_change(&act, number, second, reason)?;
        self.with_lists(outcome, order)
    }

    /// Publishes the lists of every office that lack a change.
    fn with_lists(&self, outcome: Outcome, order: &Order) -> Result<Outcome, DeskError> {
        let mut published = Ok(());
        for office in self.offices.keys() {
            // One that fails keeps no other back.
            published = published.and(self.publish_changes(*office, order.at));
        }
        match published {
            Ok(()) => Ok(outcome),
            Err(source) => Err(DeskError::NotPublished { event: outcome.event, source: Box::new(source) }),
        }
    }
}
