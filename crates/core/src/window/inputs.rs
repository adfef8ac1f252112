//! What a decision was decided from, as it is kept: enough to come to it again, while the archive has what it names.

use std::collections::BTreeMap;
use std::fmt;

use boyin_archive::{CollectedState, Grade};
use boyin_exempt::{Channel, CommitmentStanding, Office, Party, Request};
use boyin_model::id::{CreditCode, DivisionCode, HolderCode, HolderCodeType, LicenseId};
use boyin_model::json;
use boyin_model::time::UnixTime;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const INPUTS_FORMAT: u32 = 1;

/// `docs/archive-format.md`, `decision_input`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    pub(super) at: UnixTime,
    channel: String,
    commitment: String,
    division: DivisionCode,
    first_contact: OfficeInputs,
    form: BTreeMap<String, String>,
    format: u32,
    pub(super) item_catalog: String,
    pub(super) license_catalog: u64,
    /// The last event before the files were read.
    pub(super) log: u64,
    matter: String,
    /// By code of the role.
    pub(super) parties: BTreeMap<String, PartyInputs>,
    situation: BTreeMap<String, String>,
    /// By URI when the status lists were made to which the licenses point; earlier decisions do not say it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) status_lists: BTreeMap<String, UnixTime>,
    pub(super) trust_list: u64,
}

/// By what it was decided, beside the files.
pub(super) struct Lists {
    /// Digest.
    pub(super) item_catalog: String,
    /// Number of the list.
    pub(super) license_catalog: u64,
    /// The last event before the files were read.
    pub(super) log: u64,
    /// By URI when each was made.
    pub(super) status_lists: BTreeMap<String, UnixTime>,
    /// Number of the list.
    pub(super) trust_list: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfficeInputs {
    code: CreditCode,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartyInputs {
    pub(super) file: Vec<EntryInputs>,
    /// Kind and number.
    holder: String,
    pub(super) name: String,
}

/// One entry of a file: a license has a digest, a collected record a standing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryInputs {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) digest: Option<String>,
    pub(super) grade: Grade,
    pub(super) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) issued: Option<LicenseId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) standing: Option<CollectedState>,
}

/// Shows nothing: it names persons.
impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inputs(..)")
    }
}

impl PartyInputs {
    pub(super) fn new(party: &Party, file: Vec<EntryInputs>) -> Self {
        let holder = format!("{}:{}", party.holder.code_type().code(), party.holder.as_str());
        Self { file, holder, name: party.name.clone() }
    }

    pub(super) fn holder(&self) -> Option<HolderCode> {
        let (kind, code) = self.holder.split_once(':')?;
        HolderCode::new(HolderCodeType::from_code(kind)?, code).ok()
    }
}

impl Inputs {
    pub(super) fn new(request: &Request, parties: BTreeMap<String, PartyInputs>, lists: Lists) -> Self {
        let Office { code, name } = request.first_contact.clone();
        Self {
            at: request.at,
            channel: request.channel.code().to_owned(),
            commitment: request.commitment.code().to_owned(),
            division: request.division,
            first_contact: OfficeInputs { code, name },
            form: request.form.clone(),
            format: INPUTS_FORMAT,
            item_catalog: lists.item_catalog,
            license_catalog: lists.license_catalog,
            log: lists.log,
            matter: request.matter.clone(),
            parties,
            situation: request.situation.clone(),
            status_lists: lists.status_lists,
            trust_list: lists.trust_list,
        }
    }

    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        json::canonical(self).into()
    }

    /// `None` if it is not what [`to_bytes`](Self::to_bytes) writes.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let read: Self = serde_json::from_slice(bytes).ok()?;
        (read.format == INPUTS_FORMAT && *read.to_bytes() == bytes).then_some(read)
    }

    /// The question without anybody's file; `None` if it is none.
    pub(super) fn request(&self) -> Option<Request> {
        let standings = [CommitmentStanding::Open, CommitmentStanding::Barred];
        Some(Request {
            matter: self.matter.clone(),
            division: self.division,
            situation: self.situation.clone(),
            parties: BTreeMap::new(),
            form: self.form.clone(),
            commitment: standings.into_iter().find(|one| one.code() == self.commitment)?,
            first_contact: Office { code: self.first_contact.code, name: self.first_contact.name.clone() },
            channel: Channel::from_code(&self.channel)?,
            at: self.at,
        })
    }
}
