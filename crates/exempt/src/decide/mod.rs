//! From a question to its answer.

mod file;
mod json;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};

use boyin_model::collected::Grade;
use boyin_model::id::{DivisionCode, LicenseTypeCode};
use boyin_model::time::Date;
use boyin_verify::UnixTime;

use self::file::Files;
use self::weigh::{Weighed, weigh};
use crate::item::{Item, ItemCatalog, ItemCode, Material, Matter, Way, When};
use crate::reason::{Reason, Responsible};
use crate::request::{CommitmentStanding, InputKey, Office, Refusal, Request};
use crate::role::Role;
use crate::text::sha256;

/// What comes of a matter as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// Nothing has to be submitted.
    Exempt,
    /// Nothing has to be submitted as things stand, but something has to be cleared up first.
    Pending,
    /// Something has to be submitted.
    Submit,
}

impl Answer {
    /// All of them, the best first.
    pub const ALL: [Self; 3] = [Self::Exempt, Self::Pending, Self::Submit];

    /// The answer with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.code() == code)
    }

    /// Chinese name.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::Exempt => "免于提交",
            Self::Pending => "待核",
            Self::Submit => "须提交",
        }
    }

    /// What comes of a whole if this comes of its parts: the worst of them, and without parts nothing has to be submitted.
    #[must_use]
    pub fn of_all(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().max().unwrap_or(Self::Exempt)
    }

    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Exempt => "exempt",
            Self::Pending => "pending",
            Self::Submit => "submit",
        }
    }
}

/// What comes of one material.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It is not submitted (免于提交), in this way.
    Exempt(Way),
    /// Something has to be cleared up; until then the paper may not be asked for (待核).
    Pending,
    /// It has to be submitted (须提交).
    Submit,
}

impl Outcome {
    /// The way, if it is exempt.
    #[must_use]
    pub const fn way(self) -> Option<Way> {
        match self {
            Self::Exempt(way) => Some(way),
            Self::Pending | Self::Submit => None,
        }
    }

    /// What it means for the matter as a whole.
    #[must_use]
    pub const fn answer(self) -> Answer {
        match self {
            Self::Exempt(_) => Answer::Exempt,
            Self::Pending => Answer::Pending,
            Self::Submit => Answer::Submit,
        }
    }
}

/// A license that takes the place of a paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// Whose it is.
    pub role: Role,
    /// Its type.
    pub license_type: LicenseTypeCode,
    /// Chinese name of the type.
    pub type_name: String,
    /// License identifier, or the name of a collected record.
    pub id: String,
    /// Version of the license; `None` for a collected record.
    pub version: Option<u16>,
    /// How far it can be relied on.
    pub grade: Grade,
    /// Digest of its report, `sha-256:<hex>`; of a collected record its content under the input key, `hmac-sha-256:<hex>`.
    pub digest: String,
    /// Its last valid day, if that comes within [`EXPIRES_SOON_DAYS`](crate::limits::EXPIRES_SOON_DAYS). A warning, no
    /// demand.
    pub expires_soon: Option<Date>,
}

/// Why a license does not take the place of a paper, or why a way is not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Why.
    pub reason: Reason,
    /// What the verifier says, for [`Reason::NotValid`] and [`Reason::Undecided`].
    pub cause: Option<boyin_verify::Reason>,
    /// The alternative of the material, from 1.
    pub alternative: Option<usize>,
    /// Whose license.
    pub role: Option<Role>,
    /// Chinese name of the license type.
    pub type_name: Option<String>,
    /// License identifier, or the name of a collected record.
    pub license: Option<String>,
    /// Who has to do the next step.
    pub responsible: Responsible,
    /// Who that is by name, where it is known.
    pub responsible_name: Option<String>,
}

/// What goes with a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FollowUp {
    /// By what the material was canceled.
    Canceled {
        /// The legal basis.
        basis: String,
    },
    /// What the window checks online before it accepts.
    Check {
        /// Name of the system.
        at: String,
        /// What is checked, in Chinese.
        zh: String,
        /// What is checked, in English.
        en: String,
    },
    /// What is declared and how it is followed up.
    Commitment {
        /// What is declared, in Chinese.
        zh: String,
        /// What is declared, in English.
        en: String,
        /// Who checks it afterwards.
        checked_by: String,
        /// Until which day.
        until: Date,
        /// What follows if it is false, in Chinese.
        if_false: String,
        /// What follows if it is false, in English.
        if_false_en: String,
    },
}

/// What comes of one material, and on what that rests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaterialDecision {
    /// Key of the material.
    pub material: String,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// The items that need it.
    pub items: Vec<ItemCode>,
    /// Copies, where it has to be submitted: the most that one item needs.
    pub copies: u8,
    /// What comes of it.
    pub outcome: Outcome,
    /// The licenses that take its place, if the way is [`Way::Shared`].
    pub carriers: Vec<Carrier>,
    /// All that keeps licenses on file from taking its place; empty if it is canceled or shared.
    pub findings: Vec<Finding>,
    /// What goes with the way.
    pub follow_up: Option<FollowUp>,
}

/// An item as it was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedItem {
    /// Code.
    pub code: ItemCode,
    /// Key.
    pub key: String,
    /// Chinese name.
    pub name: String,
    /// Version.
    pub version: u32,
    /// Department in charge.
    pub department: String,
}

/// The answer: for each material of the matter in its situation what comes of it. Nothing personal in it.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The instant for which it holds.
    pub at: UnixTime,
    /// Where the matter is applied for.
    pub division: DivisionCode,
    /// Key, Chinese name and version of the package, if it is one.
    pub package: Option<(String, String, u32)>,
    /// The items.
    pub items: Vec<DecidedItem>,
    /// The situation.
    pub situation: BTreeMap<String, String>,
    /// The office that was asked first (首问责任单位).
    pub first_contact: Office,
    /// Version and digest of the item catalog.
    pub item_catalog: (String, String),
    /// Version of the catalog of license types.
    pub license_catalog: String,
    /// Digest of everything that it rests on, `hmac-sha-256:<hex>` under the [`InputKey`].
    pub inputs: String,
    /// The materials, in the order of the guide.
    pub materials: Vec<MaterialDecision>,
}

/// Decides which materials of a matter are exempt and which have to be submitted.
///
/// # Errors
/// [`Refusal`]: all that is wrong with the question.
pub fn decide(catalog: &ItemCatalog, request: &Request, key: &InputKey) -> Result<Decision, Refusal> {
    let matter = request.check(catalog)?;
    let asked = asked(catalog, &matter, &request.situation);
    let wanted = file::wanted(asked.iter().map(|asked| asked.material));
    let files = Files::new(request, &wanted, key);
    let inputs = json::inputs(catalog, request, &matter, &files, key);
    let materials = asked.iter().map(|asked| asked.decide(request, &files)).collect();
    Ok(Decision {
        at: request.at,
        division: request.division,
        package: matter.package.map(|package| (package.key.clone(), package.name.clone(), package.version)),
        items: matter.items.iter().map(|item| DecidedItem::new(item)).collect(),
        situation: request.situation.clone(),
        first_contact: request.first_contact.clone(),
        item_catalog: (catalog.version().to_owned(), catalog.digest().to_owned()),
        license_catalog: catalog.license_catalog().to_owned(),
        inputs,
        materials,
    })
}

impl Request {
    /// What has to be looked up: the license types that the answer can rest on, by the role of their holder. The files may
    /// still be empty; what is of other types has no place in them.
    ///
    /// # Errors
    /// As [`decide`].
    pub fn wanted(
        &self,
        catalog: &ItemCatalog,
    ) -> Result<BTreeMap<Role, BTreeSet<LicenseTypeCode>>, Refusal> {
        let matter = self.check(catalog)?;
        let asked = asked(catalog, &matter, &self.situation);
        Ok(file::wanted(asked.iter().map(|asked| asked.material)))
    }
}

impl DecidedItem {
    fn new(item: &Item) -> Self {
        Self {
            code: item.code.clone(),
            key: item.key.clone(),
            name: item.name.clone(),
            version: item.version,
            department: item.department.clone(),
        }
    }
}

impl Decision {
    /// What comes of the matter as a whole: the worst that comes of a material.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::of_all(self.materials.iter().map(|material| material.outcome.answer()))
    }

    /// What comes of a material.
    #[must_use]
    pub fn material(&self, key: &str) -> Option<&MaterialDecision> {
        self.materials.iter().find(|material| material.material == key)
    }

    /// `sha-256:<hex>` of the canonical bytes.
    #[must_use]
    pub fn digest(&self) -> String {
        sha256(&self.to_json())
    }
}

/// A material that applies in the situation, with the items that need it.
struct Asked<'c> {
    material: &'c Material,
    items: Vec<&'c Item>,
    copies: u8,
}

/// Whether a condition holds in the situation.
fn holds(when: &When, situation: &BTreeMap<String, String>) -> bool {
    when.iter()
        .all(|(question, answers)| situation.get(question).is_some_and(|given| answers.contains(given)))
}

/// What the items ask for in the situation, each material once, in the order of the guides.
fn asked<'c>(
    catalog: &'c ItemCatalog,
    matter: &Matter<'c>,
    situation: &BTreeMap<String, String>,
) -> Vec<Asked<'c>> {
    let mut asked: Vec<Asked<'c>> = Vec::new();
    for &item in &matter.items {
        for used in item.materials.iter().filter(|used| holds(&used.when, situation)) {
            let Some(material) = catalog.material(&used.r#use) else { continue };
            match asked.iter_mut().find(|asked| asked.material.key == material.key) {
                None => asked.push(Asked { material, items: vec![item], copies: used.copies }),
                Some(known) => {
                    known.copies = known.copies.max(used.copies);
                    known.items.push(item);
                }
            }
        }
    }
    asked
}

impl Asked<'_> {
    fn decide(&self, request: &Request, files: &Files<'_>) -> MaterialDecision {
        let material = self.material;
        let done = |outcome, carriers, findings, follow_up| MaterialDecision {
            material: material.key.clone(),
            name: material.name.clone(),
            name_en: material.name_en.clone(),
            items: self.items.iter().map(|item| item.code.clone()).collect(),
            copies: self.copies,
            outcome,
            carriers,
            findings,
            follow_up,
        };
        if let Some(canceled) = &material.canceled {
            let follow_up = FollowUp::Canceled { basis: canceled.basis.clone() };
            return done(Outcome::Exempt(Way::Canceled), Vec::new(), Vec::new(), Some(follow_up));
        }
        let weighed = weigh(material, request, files);
        if let Weighed::Good(carriers) = weighed {
            return done(Outcome::Exempt(Way::Shared), carriers, Vec::new(), None);
        }
        let (open, contradicted, mut findings) = weighed.findings();
        if let Some(online) = &material.online {
            let (at, zh, en) = (online.at.clone(), online.zh.clone(), online.en.clone());
            let outcome = Outcome::Exempt(Way::VerifiedOnline);
            self.name_responsible(&mut findings, request);
            return done(outcome, Vec::new(), findings, Some(FollowUp::Check { at, zh, en }));
        }
        let (commitment, barred) = self.commitment(request, contradicted);
        findings.extend(barred.map(Finding::of));
        if material.accept.is_empty() && commitment.is_none() {
            findings.push(Finding::of(Reason::NotALicense));
        }
        self.name_responsible(&mut findings, request);
        match commitment {
            Some(way) => done(Outcome::Exempt(Way::Commitment), Vec::new(), findings, Some(way)),
            None if open => done(Outcome::Pending, Vec::new(), findings, None),
            None => done(Outcome::Submit, Vec::new(), findings, None),
        }
    }

    /// The commitment, if there is one and it is open; else why it is not.
    fn commitment(&self, request: &Request, contradicted: bool) -> (Option<FollowUp>, Option<Reason>) {
        let Some(way) = &self.material.commitment else { return (None, None) };
        if request.commitment == CommitmentStanding::Barred {
            return (None, Some(Reason::CommitmentBarred));
        }
        if contradicted {
            return (None, Some(Reason::CommitmentContradicted));
        }
        let follow_up = FollowUp::Commitment {
            zh: way.zh.clone(),
            en: way.en.clone(),
            checked_by: way.checked_by.clone(),
            until: request.at.date().plus_days(way.within_days.into()),
            if_false: way.if_false.clone(),
            if_false_en: way.if_false_en.clone(),
        };
        (Some(follow_up), None)
    }

    fn name_responsible(&self, findings: &mut [Finding], request: &Request) {
        for finding in findings {
            finding.responsible_name = match finding.responsible {
                Responsible::FirstContact => Some(request.first_contact.name.clone()),
                Responsible::Issuer => self.material.issued_by.clone(),
                Responsible::Department => self.items.first().map(|item| item.department.clone()),
                Responsible::Applicant | Responsible::Operator => None,
            };
        }
    }
}

impl Finding {
    fn of(reason: Reason) -> Self {
        Self {
            reason,
            cause: None,
            alternative: None,
            role: None,
            type_name: None,
            license: None,
            responsible: reason.info().responsible,
            responsible_name: None,
        }
    }
}
