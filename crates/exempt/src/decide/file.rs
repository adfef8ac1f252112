//! The entries of the parties' files that a matter can rest on, in an order of their own.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use boyin_model::collected::Grade;
use boyin_model::id::LicenseTypeCode;
use boyin_model::json::canonical;
use boyin_model::time::Date;

use crate::item::{Comparand, Material};
use crate::party::{CollectedStanding, Entry, Kind, Party};
use crate::request::{InputKey, Request};
use crate::role::Role;
use crate::text::{hmac_sha256, sha256};

/// Grade, last day (none is the latest), identifier, digest, standing, the license that was issued from it.
type Rank<'c> = (Grade, Reverse<(bool, Option<Date>)>, &'c str, &'c str, &'c str, Option<&'c str>);

/// An entry with its name and digest.
pub(super) struct Candidate<'r> {
    pub(super) entry: &'r Entry,
    pub(super) license_type: LicenseTypeCode,
    pub(super) id: String,
    pub(super) digest: String,
}

/// The license types that matter, by the role of their holder; none of a party of which only number or name matters.
pub(super) type Wanted = BTreeMap<Role, BTreeSet<LicenseTypeCode>>;

pub(super) fn wanted<'c>(materials: impl Iterator<Item = &'c Material>) -> Wanted {
    let mut wanted = Wanted::new();
    for (_, requirement) in materials.flat_map(Material::requirements) {
        wanted.entry(requirement.holder).or_default().extend(requirement.license_type);
        for role in requirement.equals.values().filter_map(Comparand::role) {
            wanted.entry(role).or_default();
        }
    }
    wanted
}

/// What is on file of each party, of the types that the materials name for its role.
pub(super) struct Files<'r> {
    parties: BTreeMap<Role, File<'r>>,
}

struct File<'r> {
    party: &'r Party,
    /// Whether one of the entries confirms the name of the party.
    named: bool,
    /// The best first, none twice.
    found: Vec<Candidate<'r>>,
}

impl<'r> Files<'r> {
    pub(super) fn new(request: &'r Request, wanted: &Wanted, key: &InputKey) -> Self {
        let day = request.at.date();
        let parties = request.parties.iter().filter_map(|(role, party)| {
            let types = wanted.get(role)?;
            let mut found: Vec<_> = party
                .file
                .iter()
                .filter_map(|entry| Some((entry, entry.license_type().filter(|one| types.contains(one))?)))
                .map(|(entry, license_type)| Candidate::new(entry, license_type, key))
                .collect();
            found.sort_by(|one, other| one.rank().cmp(&other.rank()));
            found.dedup_by(|one, other| one.rank() == other.rank());
            let named = found.iter().any(|one| one.entry.confirms_name(party, day));
            Some((*role, File { party, named, found }))
        });
        Self { parties: parties.collect() }
    }

    /// The party of a role.
    pub(super) fn party(&self, role: Role) -> Option<&'r Party> {
        self.parties.get(&role).map(|file| file.party)
    }

    /// Whether a license that counts, on file of the party of a role, shows that it has its name.
    pub(super) fn is_named(&self, role: Role) -> bool {
        self.parties.get(&role).is_some_and(|file| file.named)
    }

    /// The parties that matter, by role, each with what matters of its file.
    pub(super) fn parties(&self) -> impl Iterator<Item = (Role, &'r Party, &[Candidate<'r>])> {
        self.parties.iter().map(|(role, file)| (*role, file.party, file.found.as_slice()))
    }

    /// What is on file of this type.
    pub(super) fn of(
        &self,
        role: Role,
        license_type: LicenseTypeCode,
    ) -> impl Iterator<Item = &Candidate<'r>> {
        let found = self.parties.get(&role).map_or(&[][..], |file| &file.found);
        found.iter().filter(move |candidate| candidate.license_type == license_type)
    }
}

impl<'r> Candidate<'r> {
    fn new(entry: &'r Entry, license_type: LicenseTypeCode, InputKey(key): &InputKey) -> Self {
        let (id, digest) = match &entry.0 {
            Kind::Proven(_, verified) => {
                (verified.claims().license_id.as_str().to_owned(), sha256(&verified.report().to_json()))
            }
            Kind::NotProven(_, report) => {
                let id = report.subject().license_id.as_ref().map_or("", |id| id.as_str());
                (id.to_owned(), sha256(&report.to_json()))
            }
            Kind::Collected(record) => (record.id.clone(), hmac_sha256(key, &canonical(&record.license))),
        };
        Self { entry, license_type, id, digest }
    }

    /// How it stands among the records of its number and holder; signed licenses stand alone.
    pub(super) fn standing(&self) -> &'static str {
        match &self.entry.0 {
            Kind::Proven(..) | Kind::NotProven(..) => "signed",
            Kind::Collected(record) => match record.standing {
                CollectedStanding::Kept => "kept",
                CollectedStanding::Disputed => "disputed",
                CollectedStanding::Dismissed => "dismissed",
            },
        }
    }

    /// The license that was issued from it.
    pub(super) fn issued(&self) -> Option<&'r str> {
        match &self.entry.0 {
            Kind::Proven(..) | Kind::NotProven(..) => None,
            Kind::Collected(record) => record.issued.as_ref().map(|id| id.as_str()),
        }
    }

    /// The best grade first, then the longest validity; the rest makes the order complete.
    fn rank(&self) -> Rank<'_> {
        let until = match &self.entry.0 {
            Kind::Proven(_, verified) => verified.claims().valid_until,
            Kind::NotProven(..) => None,
            Kind::Collected(record) => record.license.valid_until,
        };
        let last = Reverse((until.is_none(), until));
        (self.entry.grade(), last, &self.id, &self.digest, self.standing(), self.issued())
    }
}
