//! A kept decision is come to again: from the files as of then, and held against the receipt byte by byte.

use std::collections::BTreeSet;

use boyin_archive::{ArchiveError, CollectedId, Damaged, HolderKey, LicenseRecord, ReadOf, Reader, Table};
use boyin_exempt::{Channel, Decision, Entry, InputKey, Party, Request, Role, decide, receipt};
use boyin_model::id::{HolderCode, LicenseId};
use boyin_model::time::UnixTime;
use boyin_verify::{Reason, TrustSnapshot};
use serde_json::Value;

use super::as_of::AsOf;
use super::file::{license_entry, record_entry};
use super::inputs::{EntryInputs, Inputs};
use super::receipt::{ReceiptFault, receipt_payload, verify_receipt};
use crate::error::LookupError;
use crate::lookup::{Lookup, read_of};
use crate::meter::Decided;
use crate::registry::Registry;

/// What coming to a decision again led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Number of its event.
    pub event: u64,
    /// When it was decided.
    pub at: UnixTime,
    /// What came of it.
    pub outcome: ReplayOutcome,
}

/// Whether a decision was come to again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayOutcome {
    /// The same bytes.
    Holds,
    /// Not the same; all that differs.
    Differs(Vec<Difference>),
    /// Something of one of its holders was erased, and what it was decided from with it: it cannot be come to again. Its receipt is
    /// good.
    Erased,
}

/// What differs when a decision is come to again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Difference {
    /// The receipt itself is not good.
    #[error("receipt: {0}")]
    Receipt(ReceiptFault),
    /// A license that it rests on cannot be read any more.
    #[error("{role}: license {id} is not on file any more")]
    LicenseGone {
        /// Whose.
        role: Role,
        /// The license.
        id: String,
    },
    /// Its verification as of then says something else.
    #[error("{role}: license {id} is verified otherwise as of then")]
    LicenseReport {
        /// Whose.
        role: Role,
        /// The license.
        id: String,
    },
    /// It is of another grade than the decision says.
    #[error("{role}: license {id} is of another grade than it was taken for")]
    LicenseGrade {
        /// Whose.
        role: Role,
        /// The license.
        id: String,
    },
    /// It was on file before the decision was, and was not looked at.
    #[error("{role}: license {id} was on file and was not looked at")]
    LicenseLeftOut {
        /// Whose.
        role: Role,
        /// The license.
        id: String,
    },
    /// A collected record that it rests on cannot be read any more.
    #[error("{role}: record {id} is not on file any more")]
    RecordGone {
        /// Whose.
        role: Role,
        /// The record.
        id: String,
    },
    /// It cannot have stood so: the log tells when its grade was raised and when a license was issued from it, and what was decided
    /// against stays so.
    #[error("{role}: record {id} cannot have stood as it was taken for")]
    RecordStanding {
        /// Whose.
        role: Role,
        /// The record.
        id: String,
    },
    /// It was collected before the decision was filed, and was not looked at.
    #[error("{role}: record {id} was on file and was not looked at")]
    RecordLeftOut {
        /// Whose.
        role: Role,
        /// The record.
        id: String,
    },
    /// Licenses were verified with a status list that had been replaced by a later one.
    #[error("status list {uri}: a later one was published before the decision")]
    StatusList {
        /// Its URI.
        uri: String,
    },
    /// It says that the files were read after it was filed.
    #[error("the files were read after event {log}, which came later than the decision")]
    Log {
        /// The event.
        log: u64,
    },
    /// What was asked is no question any more.
    #[error("the question: {0}")]
    Question(String),
    /// A member of the decision says something else.
    #[error("decision: {0}")]
    Decision(String),
}

impl Lookup {
    /// Comes to a kept decision again: verifies the receipt, reads the files that it was decided from, verifies each license for that
    /// instant with the lists that were used, decides and compares the bytes. What the decision says of itself is held against the log:
    /// that these lists were the newest ones, how licenses and records stood, and that all was looked at that was on file before it. A
    /// read of each party's file; `None` if there is no such decision.
    ///
    /// # Errors
    /// [`LookupError`]; a list or an item catalog of that time that is not kept is [`HomeError::File`](crate::HomeError::File) within.
    pub fn replay_decision(
        &self,
        event: u64,
        reader: &Reader,
        now: UnixTime,
    ) -> Result<Option<Replay>, LookupError> {
        let Some(token) = self.archive.decision(event)? else { return Ok(None) };
        let damaged = |table| ArchiveError::Damaged(Damaged { table });
        let decided = Decided::of_receipt(event, &token).ok_or_else(|| damaged(Table::Decision))?;
        let at = decided.at;
        let inputs = match self.archive.decision_inputs(event) {
            Ok(inputs) => inputs.ok_or_else(|| damaged(Table::DecisionInput))?,
            Err(ArchiveError::Erased { .. }) => {
                let (_, trust) = self.home.trust_at(at)?;
                let outcome = receipt_fault(&token, &trust, at).map_or(ReplayOutcome::Erased, |fault| {
                    ReplayOutcome::Differs(vec![Difference::Receipt(fault)])
                });
                return Ok(Some(Replay { event, at, outcome }));
            }
            Err(error) => return Err(error.into()),
        };
        let inputs = Inputs::read(&inputs).ok_or_else(|| damaged(Table::DecisionInput))?;
        let mut request = inputs.request().ok_or_else(|| damaged(Table::DecisionInput))?;
        let as_of = self.as_of(&inputs, event)?;
        let fault = receipt_fault(&token, &as_of.registries[0].trust, at);
        let mut differences: Vec<_> = fault.map(Difference::Receipt).into_iter().collect();
        differences.extend((inputs.log >= event).then_some(Difference::Log { log: inputs.log }));
        differences.extend(self.old_lists(&inputs, event)?);
        self.refill(&inputs, &as_of, &mut request, reader, now, &mut differences)?;
        let key = InputKey(*self.archive.decision_key());
        match decide(&as_of.items, &request, &key) {
            Ok(again) => {
                let first = receipt_payload(&token).ok_or_else(|| damaged(Table::Decision))?;
                differences.extend(compare(&first, &again, request.channel));
            }
            Err(refusal) => differences.push(Difference::Question(refusal.to_string())),
        }
        let outcome =
            if differences.is_empty() { ReplayOutcome::Holds } else { ReplayOutcome::Differs(differences) };
        Ok(Some(Replay { event, at, outcome }))
    }

    /// Puts the parties with their files of then into the request.
    fn refill(
        &self,
        inputs: &Inputs,
        as_of: &AsOf,
        request: &mut Request,
        reader: &Reader,
        now: UnixTime,
        differences: &mut Vec<Difference>,
    ) -> Result<(), LookupError> {
        let damaged = ArchiveError::Damaged(Damaged { table: Table::DecisionInput });
        let mut parties = Vec::new();
        for (code, party) in &inputs.parties {
            let role = Role::from_code(code).zip(party.holder());
            let (role, holder) = role.ok_or_else(|| damaged.clone())?;
            parties.push((role, holder, party));
        }
        let read = |(_, holder, party): &(_, HolderCode, &super::PartyInputs)| {
            let key: HolderKey = self.archive.holder_key(holder);
            read_of(reader, now, ReadOf::Holder(party.file.len()), key)
        };
        let keeping = self.begin_to_keep(&parties.iter().map(read).collect::<Vec<_>>())?;
        for (role, holder, party) in &parties {
            let mut file = Vec::with_capacity(party.file.len());
            for entry in &party.file {
                file.extend(self.entry(*role, entry, as_of, inputs.at, differences)?);
            }
            let holder = holder.clone();
            request.parties.insert(*role, Party { holder, name: party.name.clone(), file });
        }
        // What is no question any more is told as that.
        let wanted = request.wanted(&as_of.items).unwrap_or_default();
        for (role, holder, party) in &parties {
            let Some(types) = wanted.get(role) else { continue };
            differences.extend(self.left_out(*role, holder, types, party, as_of.event)?);
        }
        keeping.kept()?;
        Ok(())
    }

    /// One entry of a file as it was; `None` if it is there no more.
    fn entry(
        &self,
        role: Role,
        entry: &EntryInputs,
        as_of: &AsOf,
        at: UnixTime,
        differences: &mut Vec<Difference>,
    ) -> Result<Option<Entry>, LookupError> {
        let id = entry.id.clone();
        let Some(state) = entry.standing else {
            let record = match LicenseId::parse(&id).ok().map(|id| self.archive.get(&id)) {
                Some(Ok(Some(record))) => record,
                None | Some(Ok(None) | Err(ArchiveError::Erased { .. })) => {
                    differences.push(Difference::LicenseGone { role, id });
                    return Ok(None);
                }
                Some(Err(error)) => return Err(error.into()),
            };
            return Ok(Some(self.license_as_of(role, &record, entry, as_of, at, differences)));
        };
        let record = match CollectedId::parse(&id).map(|id| (id, self.archive.collected(id))) {
            Some((id, Ok(Some(record)))) => Some((id, record)),
            None | Some((_, Ok(None) | Err(ArchiveError::Erased { .. }))) => None,
            Some((_, Err(error))) => return Err(error.into()),
        };
        let Some((id, mut record)) = record else {
            differences.push(Difference::RecordGone { role, id });
            return Ok(None);
        };
        if !self.can_have_stood(entry, state, &record, as_of.event)? {
            differences.push(Difference::RecordStanding { role, id: entry.id.clone() });
        }
        // What it says never changes under its name; how it stood is kept with the decision.
        (record.grade, record.state, record.issued) = (entry.grade, state, entry.issued.clone());
        Ok(Some(record_entry(id, record).0))
    }

    fn license_as_of(
        &self,
        role: Role,
        record: &LicenseRecord,
        entry: &EntryInputs,
        as_of: &AsOf,
        at: UnixTime,
        differences: &mut Vec<Difference>,
    ) -> Entry {
        let again = |registry: &Registry| {
            let report = registry.check(&self.verifier, &record.credential, at);
            license_entry(&record.id, record.grade, report)
        };
        if entry.grade != record.grade {
            differences.push(Difference::LicenseGrade { role, id: entry.id.clone() });
        }
        let [now, before] = &as_of.registries;
        let (found, inputs) = again(now);
        if inputs.digest == entry.digest {
            return found;
        }
        let (earlier, inputs) = again(before);
        if inputs.digest == entry.digest {
            return earlier;
        }
        differences.push(Difference::LicenseReport { role, id: entry.id.clone() });
        found
    }
}

/// What is wrong with a receipt, as of when it was given. That the trust list was stale then, or dated ahead, leaves the question open
/// and is no difference; the signature is verified all the same, for the instant of the list.
fn receipt_fault(token: &[u8], trust: &TrustSnapshot, at: UnixTime) -> Option<ReceiptFault> {
    let fault = verify_receipt(token, trust, at).err()?;
    if !matches!(fault, ReceiptFault::Key(Reason::TrustListStale | Reason::TrustListFromFuture)) {
        return Some(fault);
    }
    let of_then = verify_receipt(token, trust, trust.list().issued_at).err();
    of_then.filter(|fault| !matches!(fault, ReceiptFault::FromFuture(_)))
}

/// Holds a decision against what the receipt of the first one signs.
fn compare(first: &[u8], again: &Decision, channel: Channel) -> Vec<Difference> {
    if receipt(again, channel) == first {
        return Vec::new();
    }
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let (first, again) = (read(first), read(&again.to_json()));
    let mut places = members(&first["decision"], &again);
    if places.is_empty() {
        places.push("channel".to_owned());
    }
    places.into_iter().map(Difference::Decision).collect()
}

/// The members that two decisions have otherwise, a material by its key.
fn members(first: &Value, again: &Value) -> Vec<String> {
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default()
    };
    let mut places = Vec::new();
    for name in names(first).union(&names(again)).filter(|name| first[name.as_str()] != again[name.as_str()])
    {
        if name != "materials" {
            places.push(name.clone());
            continue;
        }
        let by_key = |value: &Value| -> Vec<(String, Value)> {
            let materials = value["materials"].as_array().into_iter().flatten();
            materials.map(|one| (one["key"].as_str().unwrap_or_default().to_owned(), one.clone())).collect()
        };
        let (first, again) = (by_key(first), by_key(again));
        let keys: BTreeSet<&String> = first.iter().chain(&again).map(|(key, _)| key).collect();
        let of = |list: &[(String, Value)], key: &String| list.iter().find(|one| one.0 == *key).cloned();
        let differing = keys.into_iter().filter(|key| of(&first, key) != of(&again, key));
        places.extend(differing.map(|key| format!("materials.{key}")));
    }
    places
}
