//! Coverage: what sources say that they have, and what of it is in the archive. Counted anew each time, so that it is what the
//! archive holds.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use boyin_archive::{
    Archive, ArchiveError, CollectedState, Damaged, Event, EventKind, LicenseRecord, MAX_EVENTS, MAX_PAGE,
    MAX_SLOTS, MAX_STEP, Note, Outcome, Table,
};
use boyin_model::alg::VerifyAlg as _;
use boyin_model::catalog::{CatalogEntry, CatalogRefusal};
use boyin_model::coverage::{Coverage, CoveragePlace, StatedTotal};
use boyin_model::credential::Envelope;
use boyin_model::id::{CreditCode, DivisionCode, LicenseId};
use boyin_model::json::{self, Reader};
use boyin_model::status::LicenseStatus;
use boyin_model::time::UnixTime;
use boyin_model::trust::{TrustList, in_force};
use boyin_suite::ES256;
use serde::{Deserialize, Serialize};

use crate::chain::{Chain, ChainFault};
use crate::desk::{Desk, Order, act};
use crate::error::{DeskError, HomeError, LookupError};
use crate::home::Home;
use crate::keyring::{read_text, replace};
use crate::lookup::Lookup;

/// What the chain of statements hangs on.
const ROOT: &[u8] = b"boyin stated totals";

/// A stated total, and who entered it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// When it was entered.
    pub at: UnixTime,
    /// Number of the event.
    pub event: u64,
    /// For which office it was entered.
    pub office: CreditCode,
    /// What for.
    pub purpose: String,
    /// What was stated.
    pub stated: StatedTotal,
    /// Who entered it.
    pub who: String,
}

impl Statement {
    /// What the log tells.
    fn told_by(event: Event) -> Result<Self, ArchiveError> {
        let stated = serde_json::from_str(&event.detail).map_err(|_| Damaged { table: Table::Event })?;
        let Event { number, at, who, office, why, .. } = event;
        Ok(Self { at, event: number, office, purpose: why, stated, who })
    }
}

impl Home {
    fn totals_path(&self) -> PathBuf {
        self.dir().join("catalog/totals.jsonl")
    }

    /// What sources have said that they have, as the file has it, which whoever can write the directory can make anew.
    /// [`Lookup::stated_totals`] holds it against the log.
    ///
    /// # Errors
    /// [`HomeError::Totals`] if a line was changed, taken out or put in; [`HomeError`].
    pub fn stated_totals(&self) -> Result<Vec<Statement>, HomeError> {
        Ok(self.read_totals()?.0)
    }

    fn read_totals(&self) -> Result<(Vec<Statement>, Vec<u8>, Chain), HomeError> {
        let (path, mut chain) = (self.totals_path(), Chain::begin(ROOT));
        let text = if path.exists() { read_text(&path)? } else { String::new() };
        let mut statements = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let fault = |fault| HomeError::Totals { path: path.clone(), line: number + 1, fault };
            statements.push(chain.read(line.as_bytes()).map_err(fault)?);
        }
        Ok((statements, text.into_bytes(), chain))
    }
}

impl Desk {
    /// Enters what a source says that it has. The log is told first; what was interrupted then is finished by the same order.
    ///
    /// # Errors
    /// [`DeskError::Total`] if the source is not named on one line or the total is too large; [`DeskError::Catalog`] if the
    /// catalog has no such type; who or what for is missing; [`DeskError`].
    pub fn state_total(&self, stated: &StatedTotal, order: &Order) -> Result<Outcome, DeskError> {
        if !stated.is_sound() {
            return Err(DeskError::Total);
        }
        let known = self.catalog_at(order.at)?;
        let license_type = stated.place.license_type;
        if known.list.entry(license_type).is_none() {
            return Err(CatalogRefusal::NotListed(license_type).into());
        }
        let said = json::canonical(stated);
        let act = act(order, ES256.digest(&[&said]))?;
        let _one_at_a_time = self.home.shelf::<CatalogEntry>().lock()?;
        let (statements, mut text, chain) = self.home.read_totals()?;
        let told = String::from_utf8_lossy(&said).into_owned();
        let outcome = self.archive.note(&act, Note::TotalStated(told))?;
        if statements.iter().all(|known| known.event != outcome.event) {
            // As the log has it: whoever finishes what was interrupted need not be who began it.
            let event = self.archive.events(outcome.event.checked_sub(1), 1)?.pop();
            let event = event.ok_or(ArchiveError::Damaged(Damaged { table: Table::Event }))?;
            let (line, _) = chain.line(&Statement::told_by(event)?);
            text.extend_from_slice(&line);
            text.push(b'\n');
            replace(&self.home.totals_path(), &text)?;
        }
        Ok(outcome)
    }
}

impl Lookup {
    /// What sources have said that they have, as the event log tells it, oldest first; of one place the last one counts. Reads the
    /// whole log. A line that is missing in the file is told all the same.
    ///
    /// # Errors
    /// [`HomeError::Totals`] within if the file has a line that the log does not tell so; [`LookupError`].
    pub fn stated_totals(&self) -> Result<Vec<Statement>, LookupError> {
        // First: whatever it has was in the log before.
        let lines = self.home().stated_totals()?;
        self.archive.catch_up()?;
        let (mut told, mut after) = (Vec::new(), None);
        loop {
            let events = self.archive.events(after, MAX_EVENTS)?;
            let (last, page) = (events.last().map(|event| event.number), events.len());
            for event in events.into_iter().filter(|event| event.what == EventKind::TotalStated) {
                told.push(Statement::told_by(event)?);
            }
            if page < MAX_EVENTS {
                break;
            }
            after = last;
        }
        if let Some(place) = lines.iter().position(|line| !told.contains(line)) {
            let (path, fault) = (self.home().totals_path(), ChainFault::Log);
            return Err(HomeError::Totals { path, line: place + 1, fault }.into());
        }
        Ok(told)
    }

    /// What of every license type is in the archive, in every division, of every department, beside what sources have stated;
    /// also where an office may issue and nothing is there yet. `seen` is told how many records were counted so far.
    ///
    /// Counts every record, one by one: exact on an archive that stands still.
    ///
    /// # Errors
    /// [`LookupError`]; [`LookupError::Division`] if a license does not say where it was issued.
    pub fn coverage(&self, now: UnixTime, seen: &mut dyn FnMut(u64)) -> Result<Coverage, LookupError> {
        let stated = self.stated_totals()?;
        let mut coverage = Coverage::default();
        for place in entitled(self.registry().trust().list(), now) {
            coverage.expect(place);
        }
        let mut count = Count { archive: &self.archive, lists: HashMap::new(), counted: 0, seen };
        let signed = count.collected(&mut coverage)?;
        count.issued(&mut coverage, &signed)?;
        for statement in stated {
            coverage.stated(&statement.stated);
        }
        Ok(coverage)
    }
}

/// Where which office may issue what.
fn entitled(trust: &TrustList, now: UnixTime) -> impl Iterator<Item = CoveragePlace> {
    trust.issuers.iter().flat_map(move |issuer| {
        let rights = issuer.entitlements.iter();
        rights.filter(move |right| in_force(right.from, right.until, now)).flat_map(move |right| {
            let (license_type, department) = (right.license_type, issuer.code);
            right.divisions.iter().map(move |division| CoveragePlace {
                license_type,
                division: *division,
                department,
            })
        })
    })
}

struct Count<'c> {
    archive: &'c Archive,
    /// What status lists say, once one of their licenses was met.
    lists: HashMap<String, HashMap<u32, LicenseStatus>>,
    counted: u64,
    seen: &'c mut dyn FnMut(u64),
}

impl Count<'_> {
    fn saw(&mut self, records: usize) {
        self.counted += u64::try_from(records).unwrap_or(u64::MAX);
        (self.seen)(self.counted);
    }

    /// Counts collected records, and gives the licenses that were issued from them.
    fn collected(&mut self, coverage: &mut Coverage) -> Result<HashSet<LicenseId>, LookupError> {
        let mut signed = HashSet::new();
        for job in self.archive.import_jobs()? {
            let mut after = None;
            loop {
                let page = self.archive.collected_by_import(job.id, after.as_ref(), MAX_STEP)?;
                after = page.next;
                self.saw(page.rows.len());
                for (_, record) in page.rows {
                    let place = CoveragePlace {
                        license_type: record.license.license_type,
                        division: record.license.division,
                        department: record.agency,
                    };
                    let issued = record.issued.is_some();
                    // Erased or out of force: what was collected is no longer there either.
                    let gone = match &record.issued {
                        Some(id) => !self.in_force(id)?,
                        None => false,
                    };
                    match record.state {
                        CollectedState::Kept if !gone => coverage.collected(place, record.grade, issued),
                        CollectedState::Disputed if !gone => coverage.disputed(place),
                        CollectedState::Kept | CollectedState::Disputed | CollectedState::Dismissed => {
                            coverage.expect(place);
                        }
                    }
                    signed.extend(record.issued);
                }
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(signed)
    }

    fn issued(&mut self, coverage: &mut Coverage, signed: &HashSet<LicenseId>) -> Result<(), LookupError> {
        let mut cursor = None;
        loop {
            let page = self.archive.list(None, cursor.as_ref(), MAX_PAGE)?;
            self.saw(page.items.len());
            for record in &page.items {
                let division = division_of(&record.credential);
                let division = division.ok_or_else(|| LookupError::Division(record.id.clone()))?;
                let (license_type, department) = (record.id.license_type(), record.id.issuer());
                let place = CoveragePlace { license_type, division, department };
                if !signed.contains(&record.id) && self.counts(record)? {
                    coverage.issued(place);
                } else {
                    coverage.expect(place);
                }
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    }

    fn in_force(&mut self, id: &LicenseId) -> Result<bool, LookupError> {
        match self.archive.get(id) {
            Ok(Some(record)) => self.counts(&record),
            Ok(None) | Err(ArchiveError::Erased { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a license is in force or suspended. One whose status others keep counts: it is on file.
    fn counts(&mut self, record: &LicenseRecord) -> Result<bool, LookupError> {
        let Some(slot) = &record.slot else { return Ok(true) };
        if !self.lists.contains_key(&slot.list) {
            let list = statuses(self.archive, &slot.list)?;
            self.lists.insert(slot.list.clone(), list);
        }
        let status = match self.lists[&slot.list].get(&slot.index) {
            Some(status) => Some(*status),
            // Filed since the list was read.
            None => self.archive.status_of(&record.id)?,
        };
        Ok(match status {
            Some(LicenseStatus::Valid | LicenseStatus::Suspended) | None => true,
            Some(LicenseStatus::Revoked | LicenseStatus::Superseded) => false,
        })
    }
}

fn statuses(archive: &Archive, list: &str) -> Result<HashMap<u32, LicenseStatus>, ArchiveError> {
    let (mut found, mut after) = (HashMap::new(), None);
    loop {
        let page = archive.slots(list, after, MAX_SLOTS)?;
        after = page.last().map(|(index, _)| *index);
        let last = page.len() < MAX_SLOTS;
        found.extend(page);
        if last {
            return Ok(found);
        }
    }
}

/// The division that a license names, in the open in every one of ours.
fn division_of(credential: &[u8]) -> Option<DivisionCode> {
    let envelope = Envelope::open(credential, Reader::Field).ok()?;
    let read = envelope.read().ok()?;
    DivisionCode::parse(read.payload.get("division_code")?.as_text()?).ok()
}
