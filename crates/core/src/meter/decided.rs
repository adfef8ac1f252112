//! What the meter reads of a decision.

use boyin_exempt::limits::MAX_RECEIPT_BYTES;
use boyin_exempt::{Answer, Way};
use boyin_model::id::{CreditCode, DivisionCode};
use boyin_model::jws::Compact;
use boyin_model::time::UnixTime;
use serde::Deserialize;
use serde_json::Value;

use super::follow_up::Declared;

/// A decision as its receipt has it, as far as it is counted. Its signature was not verified here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Number of the event.
    pub event: u64,
    /// When.
    pub at: UnixTime,
    /// Where the matter was applied for.
    pub division: DivisionCode,
    /// Code and name of the office that was asked first.
    pub office: (CreditCode, String),
    /// The items: code, key, Chinese name.
    pub items: Vec<(String, String, String)>,
    /// The materials.
    pub materials: Vec<DecidedMaterial>,
}

/// A material of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedMaterial {
    /// Key.
    pub key: String,
    /// Codes of the items that need it.
    pub items: Vec<String>,
    /// What came of it.
    pub outcome: Answer,
    /// Names of the license types that took its place, or that were missing, each once.
    pub types: Vec<String>,
    /// Why licenses did not take its place: code, alternative from 1, name of the license type.
    pub findings: Vec<(String, Option<usize>, Option<String>)>,
    /// What was declared in its place, if it is exempt by commitment.
    pub declared: Option<Declared>,
}

#[derive(Deserialize)]
struct ReceiptJson {
    decision: DecisionJson,
}

#[derive(Deserialize)]
struct DecisionJson {
    at: UnixTime,
    division: DivisionCode,
    first_contact: OfficeJson,
    items: Vec<ItemJson>,
    materials: Vec<MaterialJson>,
}

#[derive(Deserialize)]
struct OfficeJson {
    code: CreditCode,
    name: String,
}

#[derive(Deserialize)]
struct ItemJson {
    code: String,
    key: String,
    name: String,
}

#[derive(Deserialize)]
struct MaterialJson {
    findings: Vec<FindingJson>,
    follow_up: Option<Value>,
    items: Vec<String>,
    key: String,
    licenses: Vec<CarrierJson>,
    outcome: String,
    way: Option<String>,
}

#[derive(Deserialize)]
struct FindingJson {
    alternative: Option<usize>,
    code: String,
    type_name: Option<String>,
}

#[derive(Deserialize)]
struct CarrierJson {
    type_name: String,
}

impl Decided {
    /// Reads a signed receipt; `None` if it is none. The signature is not verified: the archive keeps what was signed, and says
    /// so if it was changed.
    #[must_use]
    pub fn of_receipt(event: u64, token: &[u8]) -> Option<Self> {
        Self::of_payload(event, &Compact::open(token, MAX_RECEIPT_BYTES).ok()?.payload)
    }

    /// Reads what a receipt signs; `None` if it is none.
    #[must_use]
    pub fn of_payload(event: u64, payload: &[u8]) -> Option<Self> {
        let ReceiptJson { decision } = serde_json::from_slice(payload).ok()?;
        Some(Self {
            event,
            at: decision.at,
            division: decision.division,
            office: (decision.first_contact.code, decision.first_contact.name),
            items: decision.items.into_iter().map(|item| (item.code, item.key, item.name)).collect(),
            materials: decision.materials.into_iter().map(MaterialJson::read).collect::<Option<_>>()?,
        })
    }

    /// What came of the matter as a whole: the worst of its materials.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::of_all(self.materials.iter().map(|material| material.outcome))
    }

    /// The month in China, as `2026-11`.
    pub(super) fn month(&self) -> String {
        self.at.date().to_string().chars().take("2026-11".len()).collect()
    }
}

impl MaterialJson {
    fn read(self) -> Option<DecidedMaterial> {
        let found = self.findings.iter().filter_map(|finding| finding.type_name.clone());
        let mut types: Vec<_> =
            self.licenses.into_iter().map(|carrier| carrier.type_name).chain(found).collect();
        types.sort_unstable();
        types.dedup();
        let declared = match self.way.as_deref() {
            Some(way) if way == Way::Commitment.code() => Some(serde_json::from_value(self.follow_up?).ok()?),
            Some(_) | None => None,
        };
        let finding = |finding: FindingJson| (finding.code, finding.alternative, finding.type_name);
        Some(DecidedMaterial {
            key: self.key,
            items: self.items,
            outcome: Answer::from_code(&self.outcome)?,
            types,
            findings: self.findings.into_iter().map(finding).collect(),
            declared,
        })
    }
}
