use std::collections::{BTreeMap, BTreeSet};

use boyin_model::id::{DivisionCode, LicenseTypeCode};
use serde::Deserialize;

use crate::role::Role;

/// A material (申请材料): a paper that an item would ask for, and everything that can stand in its place.
#[derive(Clone, Debug)]
pub struct Material {
    /// Key.
    pub key: String,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Who makes it.
    pub source: Source,
    /// What kind of office issues it, by name.
    pub issued_by: Option<String>,
    /// The licenses that take its place: one of these alternatives, and of that every requirement. Where there is one,
    /// the paper is never asked for once a license on file meets it.
    pub accept: Vec<Vec<Requirement>>,
    /// That it is not asked for any more.
    pub canceled: Option<Canceled>,
    /// That the window can check the fact at its source.
    pub online: Option<OnlineCheck>,
    /// That the applicant may declare the fact.
    pub commitment: Option<Commitment>,
}

/// Who makes a material.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// An office issues it (政府部门核发).
    Government,
    /// The applicant, or somebody else for the applicant (申请人自备).
    Applicant,
}

/// A way in which a paper need not be submitted. The order is that of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// It is not asked for any more (直接取消).
    Canceled,
    /// A license on file takes its place (数据共享).
    Shared,
    /// The window checks the fact at its source (在线核验).
    VerifiedOnline,
    /// The applicant declares the fact (告知承诺).
    Commitment,
}

impl Way {
    /// All of them, the preferred first.
    pub const ALL: [Self; 4] = [Self::Canceled, Self::Shared, Self::VerifiedOnline, Self::Commitment];

    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Canceled => "canceled",
            Self::Shared => "shared",
            Self::VerifiedOnline => "verified_online",
            Self::Commitment => "commitment",
        }
    }

    /// Chinese name.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::Canceled => "直接取消",
            Self::Shared => "数据共享",
            Self::VerifiedOnline => "在线核验",
            Self::Commitment => "告知承诺",
        }
    }
}

/// A material that is not asked for any more.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canceled {
    /// By what it was canceled.
    pub basis: String,
}

/// Where the window checks a fact online.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnlineCheck {
    /// Name of the system.
    pub at: String,
    /// What is checked there, in Chinese.
    pub zh: String,
    /// What is checked there, in English.
    pub en: String,
}

/// A fact that the applicant may declare, and what follows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commitment {
    /// What is declared, in Chinese.
    pub zh: String,
    /// What is declared, in English.
    pub en: String,
    /// Who checks it afterwards.
    pub checked_by: String,
    /// Within how many days.
    pub within_days: u16,
    /// What follows if it is false, in Chinese.
    pub if_false: String,
    /// What follows if it is false, in English.
    pub if_false_en: String,
}

/// A license that is needed in place of a paper.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// Its type; `None` if the catalog of license types has none of that name yet: then nothing meets it.
    pub license_type: Option<LicenseTypeCode>,
    /// Chinese name of the type.
    pub type_name: String,
    /// Whose license it has to be.
    pub holder: Role,
    /// Days for which it has to be valid still; 0: today.
    pub min_days: u16,
    /// Where it has to be issued: in this division or within it.
    pub division: Option<DivisionCode>,
    /// What its fields have to be equal to, by field.
    pub equals: BTreeMap<String, Comparand>,
    /// Of these fields the ones that every license of the type has, each hidden: a signed license that does not show one was
    /// not shown whole.
    pub hidden: BTreeSet<String>,
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparand {
    /// `<role>.number`: the number of a party.
    Number(Role),
    /// `<role>.name`: the name of a party.
    Name(Role),
    /// `form.<key>`: a field of the form.
    Form(String),
}

impl Comparand {
    /// The party that is compared with.
    pub(crate) fn role(&self) -> Option<Role> {
        match self {
            Self::Number(role) | Self::Name(role) => Some(*role),
            Self::Form(_) => None,
        }
    }

    /// The form field that is compared with.
    pub(crate) fn form_field(&self) -> Option<&String> {
        match self {
            Self::Form(key) => Some(key),
            Self::Number(_) | Self::Name(_) => None,
        }
    }

    /// Reads `<role>.number`, `<role>.name` or `form.<key>`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (of, what) = text.split_once('.')?;
        if of == "form" {
            return Some(Self::Form(what.to_owned()));
        }
        match (Role::from_code(of)?, what) {
            (role, "number") => Some(Self::Number(role)),
            (role, "name") => Some(Self::Name(role)),
            _ => None,
        }
    }
}

impl Material {
    /// Every requirement with the place of its alternative, from 0.
    pub fn requirements(&self) -> impl Iterator<Item = (usize, &Requirement)> {
        self.accept.iter().enumerate().flat_map(|(at, all)| all.iter().map(move |one| (at, one)))
    }

    /// The ways in which it may come not to be submitted, the preferred first.
    #[must_use]
    pub fn ways(&self) -> Vec<Way> {
        let open = |way: &Way| match way {
            Way::Canceled => self.canceled.is_some(),
            Way::Shared => !self.accept.is_empty(),
            Way::VerifiedOnline => self.online.is_some(),
            Way::Commitment => self.commitment.is_some(),
        };
        Way::ALL.into_iter().filter(open).collect()
    }
}
