//! What is on file, held against what a material requires.

use std::borrow::Cow;
use std::collections::BTreeMap;

use boyin_model::credential::FieldValue;
use boyin_model::id::{DivisionCode, HolderCode};
use boyin_model::time::Date;
use boyin_verify::{Held, Owner, Verdict};

use super::file::{Candidate, Files};
use super::{Carrier, Finding};
use crate::item::{Comparand, LICENSE_NUMBER, Material, Requirement};
use crate::limits::EXPIRES_SOON_DAYS;
use crate::party::{CollectedEntry, CollectedStanding, Entry, Kind, Party, stale};
use crate::reason::{Reason, Responsible};
use crate::request::Request;

/// Reasons of one entry, with what the verifier says.
type Causes = Vec<(Reason, Option<boyin_verify::Reason>)>;

/// How one entry stands to a requirement.
enum Standing {
    /// It meets it.
    Good,
    /// Unknown whether it does.
    Open(Causes),
    /// It does not.
    Bad(Causes),
}

/// What is on file, held against a material.
pub(super) enum Weighed {
    /// One alternative is met, by these licenses.
    Good(Vec<Carrier>),
    /// None is.
    NotMet {
        /// Whether one could be: nothing of it is known not to be met.
        open: bool,
        /// Whether something on file speaks against the fact that the material proves.
        contradicted: bool,
        /// Why not.
        findings: Vec<Finding>,
    },
}

impl Weighed {
    pub(super) fn findings(self) -> (bool, bool, Vec<Finding>) {
        match self {
            Self::Good(_) => (false, false, Vec::new()),
            Self::NotMet { open, contradicted, findings } => (open, contradicted, findings),
        }
    }
}

/// How a requirement stands.
enum Met {
    Yes(Carrier),
    Open(Vec<Finding>),
    No(Vec<Finding>),
}

pub(super) fn weigh(material: &Material, request: &Request, files: &Files<'_>) -> Weighed {
    let (mut any_open, mut contradicted, mut all) = (false, false, Vec::new());
    for (place, alternative) in material.accept.iter().enumerate() {
        let (mut carriers, mut open, mut findings) = (Vec::<Carrier>::new(), true, Vec::new());
        for requirement in alternative {
            match requirement.met(place, request, files) {
                Met::Yes(carrier) if carriers.contains(&carrier) => {}
                Met::Yes(carrier) => carriers.push(carrier),
                Met::Open(found) => findings.extend(found),
                Met::No(found) => {
                    open = false;
                    findings.extend(found);
                }
            }
        }
        if !carriers.is_empty() && findings.is_empty() {
            return Weighed::Good(carriers);
        }
        any_open |= open;
        contradicted |= findings.iter().any(Finding::contradicts);
        all.extend(findings);
    }
    Weighed::NotMet { open: any_open, contradicted, findings: all }
}

impl Finding {
    fn contradicts(&self) -> bool {
        let against = [boyin_verify::Reason::Revoked, boyin_verify::Reason::Suspended];
        self.reason == Reason::NotValid && self.cause.is_some_and(|cause| against.contains(&cause))
    }
}

/// Who mends what the verifier found.
fn responsible(reason: Reason, cause: Option<boyin_verify::Reason>) -> Responsible {
    match cause.map(|cause| cause.info().owner) {
        None => reason.info().responsible,
        Some(Owner::Holder) => Responsible::Applicant,
        Some(Owner::Issuer) => Responsible::Issuer,
        Some(Owner::Verifier) => Responsible::FirstContact,
        Some(Owner::Operator) => Responsible::Operator,
    }
}

impl Requirement {
    fn met(&self, alternative: usize, request: &Request, files: &Files<'_>) -> Met {
        let finding = |(reason, cause): (Reason, Option<_>), license: Option<&Candidate<'_>>| Finding {
            cause,
            alternative: Some(alternative + 1),
            role: Some(self.holder),
            type_name: Some(self.type_name.clone()),
            license: license.map(|found| found.id.clone()).filter(|id| !id.is_empty()),
            responsible: responsible(reason, cause),
            ..Finding::of(reason)
        };
        let Some(license_type) = self.license_type else {
            return Met::No(vec![finding((Reason::TypeNotCataloged, None), None)]);
        };
        if files.party(self.holder).is_none() {
            return Met::Open(vec![finding((Reason::PartyMissing, None), None)]);
        }
        let (mut open, mut findings) = (false, Vec::new());
        for candidate in files.of(self.holder, license_type) {
            let causes = match self.stands(candidate, request, files) {
                Standing::Good => return Met::Yes(self.carrier(candidate, request.at.date())),
                Standing::Open(causes) => {
                    open = true;
                    causes
                }
                Standing::Bad(causes) => causes,
            };
            findings.extend(causes.into_iter().map(|cause| finding(cause, Some(candidate))));
        }
        if findings.is_empty() {
            findings.push(finding((Reason::NotOnFile, None), None));
        }
        if open { Met::Open(findings) } else { Met::No(findings) }
    }

    fn carrier(&self, candidate: &Candidate<'_>, day: Date) -> Carrier {
        let (version, until) = match &candidate.entry.0 {
            Kind::Proven(_, verified) => {
                (Some(verified.claims().license_id.version()), verified.claims().valid_until)
            }
            Kind::NotProven(..) => (None, None),
            Kind::Collected(record) => (None, record.license.valid_until),
        };
        Carrier {
            role: self.holder,
            license_type: candidate.license_type,
            type_name: self.type_name.clone(),
            id: candidate.id.clone(),
            version,
            grade: candidate.entry.grade(),
            digest: candidate.digest.clone(),
            expires_soon: until.filter(|last| *last <= day.plus_days(EXPIRES_SOON_DAYS)),
        }
    }

    fn stands(&self, candidate: &Candidate<'_>, request: &Request, files: &Files<'_>) -> Standing {
        let day = request.at.date();
        let (said, mut causes) = candidate.entry.says(files.party(self.holder), day);
        if let Some(said) = said {
            self.conditions(&said, day, &mut causes);
            self.compare(&said, request, files, &mut causes);
        }
        if causes.is_empty() {
            Standing::Good
        } else if causes.iter().all(|(reason, _)| reason.is_open()) {
            Standing::Open(causes)
        } else {
            Standing::Bad(causes)
        }
    }

    fn conditions(&self, said: &Said<'_>, day: Date, causes: &mut Causes) {
        let needed = day.plus_days(self.min_days.into());
        if self.min_days > 0 && said.until.is_some_and(|last| last < needed) {
            causes.push((Reason::RemainingValidity, None));
        }
        if self.division.is_some_and(|wanted| !wanted.contains(said.division)) {
            causes.push((Reason::DivisionMismatch, None));
        }
    }

    /// Holds the fields against what they have to be equal to.
    fn compare(&self, said: &Said<'_>, request: &Request, files: &Files<'_>, causes: &mut Causes) {
        for (field, comparand) in &self.equals {
            let wanted = match comparand {
                Comparand::Number(role) => files.party(*role).map(|party| party.holder.as_str()),
                Comparand::Name(role) => files.party(*role).map(|party| party.name.as_str()),
                Comparand::Form(key) => request.form.get(key).map(String::as_str),
            };
            let reason = match (said.field(field), wanted, comparand) {
                (None, _, _) => self.absent(field, said),
                (Some(_), None, Comparand::Form(_)) => Reason::FormValueMissing,
                (Some(_), None, Comparand::Number(_) | Comparand::Name(_)) => Reason::PartyMissing,
                (Some(value), Some(wanted), Comparand::Name(role))
                    if value == wanted && !files.is_named(*role) =>
                {
                    Reason::NameNotConfirmed
                }
                (Some(value), Some(wanted), _) if value == wanted => continue,
                (Some(_), Some(_), _) => Reason::FieldMismatch,
            };
            if !causes.contains(&(reason, None)) {
                causes.push((reason, None));
            }
        }
    }

    /// What it means that a field is not there: what a signed license hides, whoever presents it may have left away.
    fn absent(&self, field: &str, said: &Said<'_>) -> Reason {
        let hidden = field == LICENSE_NUMBER || self.hidden.contains(field);
        if said.signed && hidden { Reason::FieldNotShown } else { Reason::FieldMissing }
    }
}

impl Entry {
    /// The name of the holder that it says, if it counts on this day (it is of grade A or B, and proven or in its time and undisputed)
    /// and is held by `holder`.
    #[must_use]
    pub fn name_of(&self, holder: &HolderCode, day: Date) -> Option<&str> {
        let name = match &self.0 {
            Kind::Proven(_, verified) => verified.claims().holder_name.as_deref()?,
            Kind::NotProven(..) => return None,
            Kind::Collected(record) => record.license.holder_name.as_str(),
        };
        let party = Party { holder: holder.clone(), name: name.to_owned(), file: Vec::new() };
        self.confirms_name(&party, day).then_some(name)
    }

    /// What it says, if that is known, and what speaks against it whatever is required.
    fn says(&self, party: Option<&Party>, day: Date) -> (Option<Said<'_>>, Causes) {
        let mut causes = Causes::new();
        if !self.grade().may_exempt() {
            causes.push((Reason::GradeTooLow, None));
        }
        let said = match &self.0 {
            Kind::Proven(_, verified) => Some(Said::of_license(verified, party)),
            Kind::NotProven(_, report) => {
                causes.push(not_proven(report));
                None
            }
            Kind::Collected(record) => {
                causes.extend(record_causes(record, day));
                Some(Said::of_record(record, party))
            }
        };
        causes.extend(said.as_ref().and_then(|said| said.holder).map(|reason| (reason, None)));
        (said, causes)
    }

    /// Whether it counts and shows that the party has its name.
    pub(super) fn confirms_name(&self, party: &Party, day: Date) -> bool {
        let (said, causes) = self.says(Some(party), day);
        causes.is_empty() && said.is_some_and(|said| said.name_shown)
    }
}

/// What the verifier says of a license that did not pass every check.
fn not_proven(report: &boyin_verify::Report) -> (Reason, Option<boyin_verify::Reason>) {
    let cause = match report.verdict() {
        Verdict::Failed(reason) | Verdict::Indeterminate(reason) => reason,
        // A policy let the verdict stand; what it let pass still is not proven.
        Verdict::Passed => {
            let lowered = report.lowered().next().map(|(_, reason, _)| reason);
            lowered.or_else(|| stale(report)).unwrap_or(boyin_verify::Reason::Malformed)
        }
    };
    let reason = if cause.is_indeterminate() { Reason::Undecided } else { Reason::NotValid };
    (reason, Some(cause))
}

/// What speaks against a record by itself.
fn record_causes(record: &CollectedEntry, day: Date) -> Causes {
    let license = &record.license;
    let mut causes = Causes::new();
    match record.standing {
        CollectedStanding::Kept => {}
        CollectedStanding::Disputed => causes.push((Reason::Disputed, None)),
        CollectedStanding::Dismissed => causes.push((Reason::Dismissed, None)),
    }
    if record.issued.is_some() {
        causes.push((Reason::RecordReplaced, None));
    }
    let times = [
        (day < license.issue_date, boyin_verify::Reason::IssuedInFuture),
        (license.valid_from.is_some_and(|first| day < first), boyin_verify::Reason::NotYetValid),
        (license.valid_until.is_some_and(|last| last < day), boyin_verify::Reason::Expired),
    ];
    causes.extend(times.into_iter().filter(|(bad, _)| *bad).map(|(_, why)| (Reason::NotValid, Some(why))));
    causes
}

/// Why a license is not shown to be the party's, if so: by its number, then by its name.
fn not_the_partys(held: Held, name: Option<&str>, party: Option<&Party>) -> Option<Reason> {
    let another = |name: &str| party.is_some_and(|party| party.name != name);
    match held {
        Held::Yes => name.is_some_and(another).then_some(Reason::NameMismatch),
        Held::No => Some(Reason::HolderMismatch),
        Held::NotShown => Some(Reason::HolderNotShown),
    }
}

/// What a license says, signed or not.
struct Said<'r> {
    /// Whether its issuer signed it.
    signed: bool,
    /// Why it is not shown to be the party's, if so.
    holder: Option<Reason>,
    /// Whether it shows the name of its holder.
    name_shown: bool,
    division: DivisionCode,
    until: Option<Date>,
    number: Option<&'r str>,
    fields: &'r BTreeMap<String, FieldValue>,
}

impl<'r> Said<'r> {
    fn of_license(verified: &'r boyin_verify::Verified, party: Option<&Party>) -> Self {
        let claims = verified.claims();
        let held = party.map_or(Held::No, |party| verified.held_by(&party.holder));
        Self {
            signed: true,
            holder: not_the_partys(held, claims.holder_name.as_deref(), party),
            name_shown: claims.holder_name.is_some(),
            division: claims.division,
            until: claims.valid_until,
            number: claims.license_number.as_deref(),
            fields: &claims.fields,
        }
    }

    fn of_record(record: &'r CollectedEntry, party: Option<&Party>) -> Self {
        let license = &record.license;
        let held = party.is_some_and(|party| party.holder == license.holder);
        let held = if held { Held::Yes } else { Held::No };
        Self {
            signed: false,
            holder: not_the_partys(held, Some(&license.holder_name), party),
            name_shown: true,
            division: license.division,
            until: license.valid_until,
            number: Some(&license.license_number),
            fields: &license.fields,
        }
    }

    fn field(&self, name: &str) -> Option<Cow<'r, str>> {
        if name == LICENSE_NUMBER {
            return self.number.map(Into::into);
        }
        self.fields.get(name).map(|value| match value {
            FieldValue::Text(text) => text.as_str().into(),
            FieldValue::Integer(number) => number.to_string().into(),
        })
    }
}
