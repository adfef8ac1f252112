//! The window (免证办): which papers a matter may ask for, decided from what is on file, signed, kept and come to again.
//!
//! | step | what does it | side |
//! |---|---|---|
//! | ask | [`Desk::decide_exemption`]: reads and verifies the files, decides, signs, files the receipt, then answers | desk |
//! | look | [`Lookup::decision`](crate::Lookup::decision): the receipt, which holds nothing personal | reads |
//! | verify | [`verify_receipt`]: with a trust list and nothing else | anybody |
//! | come to it again | [`Lookup::replay_decision`](crate::Lookup::replay_decision): from the files as of then | reads |

mod agent;
mod as_of;
mod file;
mod inputs;
mod kept;
mod on_file;
mod receipt;
mod replay;

pub use self::receipt::{ReceiptFault, receipt_payload, verify_receipt};
pub use self::replay::{Difference, Replay, ReplayOutcome};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use boyin_archive::{Act, ArchiveError, DecisionFiling, MAX_DECISION, Outcome};
use boyin_exempt::limits::MAX_RECEIPT_BYTES;
use boyin_exempt::{
    Channel, CommitmentStanding, Decision, InputKey, ItemCatalog, Party, Request, Role, decide, receipt,
};
use boyin_issue::{SigningKey, decision as unsigned};
use boyin_model::id::{CreditCode, DivisionCode, HolderCode, LicenseTypeCode};
use boyin_model::json;
use boyin_model::time::UnixTime;
use serde_json::{Map, Value};

use self::file::FileRead;
use self::inputs::{Inputs, Lists, PartyInputs};
use crate::config::Office;
use crate::desk::{Desk, InUse, Order, act};
use crate::error::DeskError;
use crate::rotation::check_words;

/// Stands for a name that is looked up: a question that is wrong otherwise is refused before anybody's file is read.
const NAME_TO_COME: &str = "?";

/// Bytes of a receipt beside what it signs, at most: a header has some 150, a signature 86.
const RECEIPT_FRAME: usize = 1024;

/// How often the files are read for one decision, at most: anew each time that something came into them, or was erased, before the
/// decision could be filed.
const LOOKS: usize = 5;

/// What is asked at a window.
#[derive(Clone)]
pub struct WindowQuestion {
    /// An item by key, code or Chinese name, or a package by key or Chinese name.
    pub matter: String,
    /// Where it is applied for.
    pub division: DivisionCode,
    /// The situation: for each question of the matter the key of an answer.
    pub situation: BTreeMap<String, String>,
    /// Who takes part.
    pub parties: BTreeMap<Role, WindowParty>,
    /// What stands on the form, by the catalog's form fields.
    pub form: BTreeMap<String, String>,
    /// Whether the applicant may declare facts.
    pub commitment: CommitmentStanding,
    /// Through which channel.
    pub channel: Channel,
}

/// Who takes part in a matter.
#[derive(Clone)]
pub struct WindowParty {
    /// The holder.
    pub holder: HolderCode,
    /// The name. Without one it is what a license or record of grade A or B says that is on file and counts, of a type that the
    /// situation asks for.
    pub name: Option<String>,
}

/// Shows the matter: the rest is personal.
impl fmt::Debug for WindowQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WindowQuestion({}, ..)", self.matter)
    }
}

/// Shows nothing.
impl fmt::Debug for WindowParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WindowParty(..)")
    }
}

/// An answer that is kept. It holds nothing personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExemptionAnswer {
    /// Number of the event: the decision's name.
    pub event: u64,
    /// Whether it had been decided before.
    pub replayed: bool,
    /// The signed receipt (`docs/exemption.md`): a compact JWS.
    pub receipt: Vec<u8>,
}

impl WindowQuestion {
    /// The question in one spelling.
    fn canonical(&self) -> Vec<u8> {
        let party = |(role, party): (&Role, &WindowParty)| {
            let holder = format!("{}:{}", party.holder.code_type().code(), party.holder.as_str());
            (role.code().to_owned(), serde_json::json!([holder, party.name]))
        };
        let parties: Map<String, Value> = self.parties.iter().map(party).collect();
        let question = serde_json::json!({
            "channel": self.channel.code(), "commitment": self.commitment.code(), "division": self.division.as_str(),
            "form": self.form, "matter": self.matter, "parties": parties, "situation": self.situation,
        });
        [b"question\0".as_slice(), &json::canonical(&question)].concat()
    }

    /// The question before anybody's file is read.
    fn request(&self, office: &Office, at: UnixTime) -> Request {
        let party = |(role, party): (&Role, &WindowParty)| {
            let name = party.name.clone().unwrap_or_else(|| NAME_TO_COME.to_owned());
            (*role, Party { holder: party.holder.clone(), name, file: Vec::new() })
        };
        Request {
            matter: self.matter.clone(),
            division: self.division,
            situation: self.situation.clone(),
            parties: self.parties.iter().map(party).collect(),
            form: self.form.clone(),
            commitment: self.commitment,
            first_contact: boyin_exempt::Office { code: office.code, name: office.name.clone() },
            channel: self.channel,
            at,
        }
    }
}

/// What a decision takes beside the files.
struct Means<'m> {
    items: &'m ItemCatalog,
    /// What has to be looked up.
    wanted: &'m BTreeMap<Role, BTreeSet<LicenseTypeCode>>,
    /// Number of the list of license types.
    license_catalog: u64,
    key: &'m InputKey,
    signer: &'m SigningKey,
}

/// Whose files were read, and how many entries of each.
type FilesRead = Vec<(HolderCode, usize)>;

/// What a decision is made from, all of it as of one moment.
struct Look {
    /// The last event before.
    log: u64,
    files: BTreeMap<Role, FileRead>,
    /// Number of the trust list.
    trust_list: u64,
    /// When the status lists were made to which the licenses point; those that there are.
    status_lists: BTreeMap<(CreditCode, String), UnixTime>,
}

/// What the event says of a decision beside its digest: answer, item or package, division.
fn summary(decision: &Decision) -> String {
    let item = decision.items.first().map_or("", |item| item.key.as_str());
    let matter = decision.package.as_ref().map_or(item, |(key, _, _)| key);
    format!("{} {matter} {}", decision.answer().code(), decision.division.as_str())
}

/// Refuses what could not be kept, before it is signed: bytes of what is signed and of what it was decided from.
fn bounded(payload: usize, inputs: usize) -> Result<(), DeskError> {
    let receipt = payload.div_ceil(3) * 4 + RECEIPT_FRAME;
    if receipt > MAX_RECEIPT_BYTES.min(MAX_DECISION) || inputs > MAX_DECISION {
        return Err(DeskError::DecisionBounds);
    }
    Ok(())
}

/// What is kept of what a decision is made from.
fn inputs(request: &Request, look: &Look, means: &Means<'_>) -> Inputs {
    let party = |(role, file): (&Role, &FileRead)| {
        let party = &request.parties[role];
        (role.code().to_owned(), PartyInputs::new(party, file.inputs.clone()))
    };
    let parties = look.files.iter().map(party).collect();
    let made = |((_, uri), made): (&(CreditCode, String), &UnixTime)| (uri.clone(), *made);
    let lists = Lists {
        item_catalog: means.items.digest().to_owned(),
        license_catalog: means.license_catalog,
        log: look.log,
        status_lists: look.status_lists.iter().map(made).collect(),
        trust_list: look.trust_list,
    };
    Inputs::new(request, parties, lists)
}

impl Desk {
    /// Decides which papers a matter may ask for. Reads the parties' files, as far as the situation asks for license types, and verifies
    /// each license under the strictest policy with trust and status in force; signs the decision with the key of the order's
    /// office, which is the one that was asked first (首问单位). Receipt, inputs and events are on the disk before it answers: each
    /// holder sees that the file was read, by whom and what for, whatever comes of it. All licenses of a decision are verified with the
    /// same lists. What comes into a file or is erased before the decision is filed has the files read anew.
    ///
    /// The same order with the same question gives the first answer back, whatever has changed since.
    ///
    /// # Errors
    /// [`DeskError::Question`] with all that is wrong with the question: then nothing was read and no event is left, unless only a
    /// name was missing that the file was to say. [`ArchiveError::IdempotencyConflict`] within if the key is that of another
    /// question; [`ArchiveError::Busy`] within if the files did not keep still; [`DeskError::DecisionBounds`];
    /// [`HomeError::Items`](crate::HomeError::Items) within; [`DeskError`]. Nothing is decided then.
    pub fn decide_exemption(
        &self,
        question: &WindowQuestion,
        order: &Order,
    ) -> Result<ExemptionAnswer, DeskError> {
        check_words(order)?;
        let office = self.office(order.office)?;
        let key = InputKey(*self.archive.decision_key());
        let act = act(order, key.digest(&question.canonical()))?;
        if let Some(done) = self.archive.recall(&act)? {
            return self.answered(&done);
        }
        let (items, licenses) = self.items_at(order.at)?;
        let request = question.request(office, order.at);
        let wanted = request.wanted(&items)?;
        let signer = self.key(order.office, order.at)?;
        let means = Means {
            items: &items,
            wanted: &wanted,
            license_catalog: licenses.list.sequence,
            key: &key,
            signer: &signer,
        };
        let mut read = FilesRead::new();
        match self.decide_from_files(question, &request, &act, &means, &mut read) {
            Ok((Outcome { event, replayed: false, .. }, receipt)) => {
                Ok(ExemptionAnswer { event, replayed: false, receipt })
            }
            // Refused, failed, or done by a twin meanwhile, with another receipt: the files were read all the same.
            other => {
                self.archive.read_in_vain(&act, &read)?;
                self.answered(&other?.0)
            }
        }
    }

    /// Reads the files, decides, signs and files; gives the receipt, too. `read` tells at each moment whose files were read.
    fn decide_from_files(
        &self,
        question: &WindowQuestion,
        asked: &Request,
        act: &Act,
        means: &Means<'_>,
        read: &mut FilesRead,
    ) -> Result<(Outcome, Vec<u8>), DeskError> {
        for _ in 0..LOOKS {
            let mut request = asked.clone();
            let look = self.look(question, &mut request, means, read)?;
            let decision = decide(means.items, &request, means.key)?;
            let payload = receipt(&decision, question.channel);
            let inputs = inputs(&request, &look, means).to_bytes();
            bounded(payload.len(), inputs.len())?;
            let token = means.signer.sign_jws(&unsigned(&payload, means.signer.reference()))?;
            if !self.is_as_looked_at(&request, &look, means)? {
                continue;
            }
            let licenses: Vec<_> = look.files.values().flat_map(|file| file.licenses.clone()).collect();
            let records: Vec<_> = look.files.values().flat_map(|file| file.records.clone()).collect();
            let filing = DecisionFiling {
                receipt: &token,
                inputs: &inputs,
                licenses: &licenses,
                records: &records,
                summary: &summary(&decision),
                log: look.log,
                read: read.as_slice(),
            };
            match self.archive.file_decision(act, &filing) {
                Err(ArchiveError::Erased { event, .. }) if event > look.log => {}
                done => return Ok((done?, token)),
            }
        }
        Err(ArchiveError::Busy.into())
    }

    /// Reads the files and puts them into the request.
    fn look(
        &self,
        question: &WindowQuestion,
        request: &mut Request,
        means: &Means<'_>,
        read: &mut FilesRead,
    ) -> Result<Look, DeskError> {
        // Asked first: what it tells of is on file when the files are read.
        let log = self.archive.last_event()?;
        let in_use = self.in_use();
        let files = self.read_files(question, request, means, &in_use, read)?;
        let pointed_to = files.values().flat_map(|file| &file.lists);
        let made = |(office, uri): &(CreditCode, String)| {
            Some(((*office, uri.clone()), in_use.made_at(*office, uri)?))
        };
        let status_lists = pointed_to.filter_map(made).collect();
        Ok(Look { log, files, trust_list: in_use.trust_list(), status_lists })
    }

    /// Whether files and lists are still as they were looked at. Each change of them leaves an event.
    fn is_as_looked_at(&self, request: &Request, look: &Look, means: &Means<'_>) -> Result<bool, DeskError> {
        if self.archive.events(Some(look.log), 1)?.is_empty() {
            return Ok(true);
        }
        let in_use = self.in_use();
        let as_made = |((office, uri), made): (&(CreditCode, String), &UnixTime)| {
            in_use.made_at(*office, uri) == Some(*made)
        };
        if in_use.trust_list() != look.trust_list || !look.status_lists.iter().all(as_made) {
            return Ok(false);
        }
        drop(in_use);
        for (role, file) in &look.files {
            let Some((types, party)) = means.wanted.get(role).zip(request.parties.get(role)) else {
                continue;
            };
            if !self.file_is_as_read(&party.holder, types, &file.inputs)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn answered(&self, done: &Outcome) -> Result<ExemptionAnswer, DeskError> {
        let receipt = self.archive.decision(done.event)?.ok_or(ArchiveError::NotFound)?;
        Ok(ExemptionAnswer { event: done.event, replayed: done.replayed, receipt })
    }

    /// Puts the parties' files into the request, and the names that they say.
    fn read_files(
        &self,
        question: &WindowQuestion,
        request: &mut Request,
        means: &Means<'_>,
        in_use: &InUse<'_>,
        read: &mut FilesRead,
    ) -> Result<BTreeMap<Role, FileRead>, DeskError> {
        let nothing = BTreeSet::new();
        let mut files = BTreeMap::new();
        for (role, party) in &mut request.parties {
            // Told before it is read: what fails half-way was a look, too.
            read.push((party.holder.clone(), 0));
            let types = means.wanted.get(role).unwrap_or(&nothing);
            let mut file = self.read_file(&party.holder, types, in_use, request.at)?;
            if let Some((_, entries)) = read.last_mut() {
                *entries = file.inputs.len();
            }
            party.file = std::mem::take(&mut file.entries);
            if question.parties.get(role).is_some_and(|asked| asked.name.is_none()) {
                party.name = file.name.take().unwrap_or_default();
            }
            files.insert(*role, file);
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_kept_is_refused_before_it_is_signed() {
        let most = (MAX_RECEIPT_BYTES - RECEIPT_FRAME) / 4 * 3;
        bounded(most, MAX_DECISION).unwrap();
        for (payload, inputs) in [(most + 1, 1), (1, MAX_DECISION + 1)] {
            let refused = bounded(payload, inputs);
            assert!(matches!(refused, Err(DeskError::DecisionBounds)), "{refused:?}");
        }
    }
}
