use std::collections::BTreeMap;
use std::fmt;

use boyin_model::id::{CreditCode, DivisionCode};
use boyin_verify::UnixTime;

use crate::channel::Channel;
use crate::item::{Item, ItemCatalog, Matter, NoMatter};
use crate::limits::{MAX_FILE_ENTRIES, MAX_NAME_CHARS, MAX_RECORD_ID_CHARS, MAX_SENTENCE_CHARS};
use crate::party::{Entry, Kind, Party};
use crate::role::Role;
use crate::text::{hmac_of, is_tidy};

/// Roles that one holder cannot have together. A legal representative may be the applicant or the agent.
const APART: [(Role, Role); 7] = [
    (Role::Applicant, Role::Spouse),
    (Role::Applicant, Role::Child),
    (Role::Applicant, Role::Agent),
    (Role::Applicant, Role::Counterparty),
    (Role::Spouse, Role::Child),
    (Role::Spouse, Role::Counterparty),
    (Role::Child, Role::Counterparty),
];

/// The question of a window: what may be asked for in this matter?
#[derive(Clone)]
pub struct Request {
    /// An item by key, code or Chinese name, or a package by key or Chinese name.
    pub matter: String,
    /// Where it is applied for.
    pub division: DivisionCode,
    /// The situation: for each question of the matter the key of an answer.
    pub situation: BTreeMap<String, String>,
    /// Who takes part, with their files.
    pub parties: BTreeMap<Role, Party>,
    /// What stands on the form, by the catalog's form fields.
    pub form: BTreeMap<String, String>,
    /// Whether the applicant may declare facts.
    pub commitment: CommitmentStanding,
    /// The office that was asked first.
    pub first_contact: Office,
    /// Through which channel. No answer depends on it.
    pub channel: Channel,
    /// The instant for which the question is asked; every report has to be of this instant.
    pub at: UnixTime,
}

/// Shows the matter: the rest is personal.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({}, {}, ..)", self.matter, self.at)
    }
}

/// Whether the applicant may declare facts (告知承诺适用情况).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitmentStanding {
    /// Nothing speaks against it.
    Open,
    /// A false commitment is on record and not cleared.
    Barred,
}

impl CommitmentStanding {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Barred => "barred",
        }
    }
}

/// An office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// Credit code.
    pub code: CreditCode,
    /// Name.
    pub name: String,
}

/// Keys the digest of the inputs, so that nobody can guess a holder from it. The same in a whole prefecture, or the bytes of
/// its decisions differ.
#[derive(Clone)]
pub struct InputKey(pub [u8; 32]);

/// Shows nothing.
impl fmt::Debug for InputKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InputKey(..)")
    }
}

/// Why a question has no answer: all that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", joined(.0))]
pub struct Refusal(pub Vec<Fault>);

fn joined(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// One thing that is wrong with a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// No item and no package has this name.
    #[error("没有该事项。No item and no package has this name")]
    MatterUnknown,
    /// It does not hold on this day.
    #[error("该事项在当日未生效或已停止。The matter does not hold on this day")]
    NotInForce,
    /// An item is not offered in this division.
    #[error("{item}：不在该行政区划办理。Item {item} is not offered in this division")]
    NotOffered {
        /// Key of the item.
        item: String,
    },
    /// A question was not answered.
    #[error("{question}：请先选择情形。The question {question} has to be answered")]
    Unanswered {
        /// Key of the question.
        question: String,
    },
    /// Not one of the answers.
    #[error("{question}：没有这个选项。The question {question} has no such answer")]
    AnswerUnknown {
        /// Key of the question.
        question: String,
    },
    /// The matter has no such question.
    #[error("第 {place} 个情形不属于该事项。Answer {place} is to a question that the matter does not ask")]
    QuestionUnknown {
        /// Place among the answers by key, from 1.
        place: usize,
    },
    /// Somebody has to be named.
    #[error("请提供{}的身份。Name the {}", .role.name_zh(), .role.name_en())]
    PartyMissing {
        /// The role.
        role: Role,
    },
    /// Such a holder cannot have the role.
    #[error("{}的证件类型不符。Such a holder cannot be the {}", .role.name_zh(), .role.name_en())]
    PartyKind {
        /// The role.
        role: Role,
    },
    /// One holder cannot have both roles.
    #[error(
        "{}与{}不能是同一人。The {} and the {} cannot be one holder",
        .role.name_zh(), .other.name_zh(), .role.name_en(), .other.name_en()
    )]
    SameHolder {
        /// One role.
        role: Role,
        /// The other.
        other: Role,
    },
    /// Nobody said the name, and the file does not say it.
    #[error("请提供{}的姓名（名称）。Give the name of the {}", .role.name_zh(), .role.name_en())]
    NameMissing {
        /// The role.
        role: Role,
    },
    /// More entries than [`MAX_FILE_ENTRIES`], an untidy name or name of a record.
    #[error("{}的档案超出限制。The file of the {} is beyond the bounds", .role.name_zh(), .role.name_en())]
    PartyBounds {
        /// The role.
        role: Role,
    },
    /// A license was verified for another instant.
    #[error("{}的证照须按同一时点核验。A license of the {} was verified for another instant", .role.name_zh(), .role.name_en())]
    OtherInstant {
        /// The role.
        role: Role,
    },
    /// The catalog has no such form field.
    #[error("申请表第 {place} 项不在目录中。Form value {place} is of no field of the catalog")]
    FormFieldUnknown {
        /// Place among the values by key, from 1.
        place: usize,
    },
    /// An empty or untidy value.
    #[error("申请表 {field} 填写有误。The form value {field} is empty, too long or untidy")]
    FormValue {
        /// Key of the field.
        field: String,
    },
    /// The office asked first has no tidy name.
    #[error("首问单位名称有误。The office asked first has no proper name")]
    FirstContact,
}

impl InputKey {
    /// HMAC-SHA256 of some bytes. Those of inputs begin with `{`.
    #[must_use]
    pub fn digest(&self, bytes: &[u8]) -> [u8; 32] {
        hmac_of(&self.0, bytes)
    }
}

impl Fault {
    /// Stable code for callers.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MatterUnknown => "matter_unknown",
            Self::NotInForce => "matter_not_in_force",
            Self::NotOffered { .. } => "matter_not_offered",
            Self::Unanswered { .. } => "question_unanswered",
            Self::AnswerUnknown { .. } => "answer_unknown",
            Self::QuestionUnknown { .. } => "question_unknown",
            Self::PartyMissing { .. } => "party_missing",
            Self::PartyKind { .. } => "party_kind",
            Self::SameHolder { .. } => "same_holder",
            Self::NameMissing { .. } => "party_name",
            Self::PartyBounds { .. } => "party_bounds",
            Self::OtherInstant { .. } => "other_instant",
            Self::FormFieldUnknown { .. } => "form_field_unknown",
            Self::FormValue { .. } => "form_value",
            Self::FirstContact => "first_contact",
        }
    }
}

impl Request {
    /// What is asked about, if nothing is wrong with the question.
    pub(crate) fn check<'c>(&self, catalog: &'c ItemCatalog) -> Result<Matter<'c>, Refusal> {
        let day = self.at.date();
        let matter = catalog.matter(&self.matter, day).map_err(|fault| match fault {
            NoMatter::Unknown => Fault::MatterUnknown,
            NoMatter::NotInForce => Fault::NotInForce,
        });
        let mut faults = Vec::new();
        match &matter {
            Ok(matter) => self.check_matter(catalog, &matter.items, &mut faults),
            Err(fault) => faults.push(fault.clone()),
        }
        for (role, party) in &self.parties {
            self.check_party(*role, party, &mut faults);
        }
        self.check_apart(&mut faults);
        for (place, (field, value)) in self.form.iter().enumerate() {
            if catalog.form_field(field).is_none() {
                faults.push(Fault::FormFieldUnknown { place: place + 1 });
            } else if !is_tidy(value, MAX_SENTENCE_CHARS) {
                faults.push(Fault::FormValue { field: field.clone() });
            }
        }
        if !is_tidy(&self.first_contact.name, MAX_NAME_CHARS) {
            faults.push(Fault::FirstContact);
        }
        match matter {
            Ok(matter) if faults.is_empty() => Ok(matter),
            Ok(_) | Err(_) => Err(Refusal(faults)),
        }
    }

    fn check_matter(&self, catalog: &ItemCatalog, items: &[&Item], faults: &mut Vec<Fault>) {
        let mut asked = Vec::new();
        let mut missing = Vec::new();
        for item in items {
            if !item.offered_in(self.division) {
                faults.push(Fault::NotOffered { item: item.key.clone() });
            }
            asked.extend(item.questions.iter().filter(|&key| !asked.contains(&key)).collect::<Vec<_>>());
            let absent = |role: &Role| !self.parties.contains_key(role) && !missing.contains(role);
            missing.extend(item.parties.iter().copied().filter(absent).collect::<Vec<_>>());
        }
        for question in &asked {
            let answers = catalog.question(question).map_or(&[][..], |question| &question.answers);
            match self.situation.get(*question) {
                None => faults.push(Fault::Unanswered { question: (*question).clone() }),
                Some(given) if answers.iter().any(|answer| answer.key == *given) => {}
                Some(_) => faults.push(Fault::AnswerUnknown { question: (*question).clone() }),
            }
        }
        for (place, key) in self.situation.keys().enumerate() {
            if !asked.contains(&key) {
                faults.push(Fault::QuestionUnknown { place: place + 1 });
            }
        }
        faults.extend(missing.into_iter().map(|role| Fault::PartyMissing { role }));
    }

    fn check_apart(&self, faults: &mut Vec<Fault>) {
        let holder = |role: Role| self.parties.get(&role).map(|party| &party.holder);
        for (role, other) in APART {
            if holder(role).is_some_and(|one| holder(other) == Some(one)) {
                faults.push(Fault::SameHolder { role, other });
            }
        }
    }

    fn check_party(&self, role: Role, party: &Party, faults: &mut Vec<Fault>) {
        if !role.kind().admits(party.holder.code_type()) {
            faults.push(Fault::PartyKind { role });
        }
        let tidy = |entry: &Entry| match &entry.0 {
            Kind::Collected(record) => is_tidy(&record.id, MAX_RECORD_ID_CHARS),
            Kind::Proven(..) | Kind::NotProven(..) => true,
        };
        let bounded = party.file.len() <= MAX_FILE_ENTRIES && party.file.iter().all(tidy);
        if party.name.is_empty() {
            faults.push(Fault::NameMissing { role });
        }
        let tidy_name = party.name.is_empty() || is_tidy(&party.name, MAX_NAME_CHARS);
        if !bounded || !tidy_name {
            faults.push(Fault::PartyBounds { role });
        }
        if party.file.iter().filter_map(Entry::verified_at).any(|at| at != self.at) {
            faults.push(Fault::OtherInstant { role });
        }
    }
}
