//! The item catalog (政务服务事项目录): which matters there are, in which situations they come, and which papers each asks for.
//!
//! A TOML file with a version ([`ItemCatalog::read`]); one of invented offices is built in ([`ItemCatalog::embedded`]).
//! `docs/exemption.md` shows how to write one. Questions, form fields and materials are defined once and used by name:
//! what two items of a package share is the same material and is asked for once.

mod check;
mod code;
mod error;
mod material;
mod wire;

use std::collections::BTreeMap;

use boyin_model::catalog::{Catalog, CodeSource};
use boyin_model::id::DivisionCode;
use boyin_model::time::Date;
use serde::Deserialize;

pub use code::{ItemCode, ItemCodeError};
pub use error::{ItemCatalogError, ItemFault, Located, Place};
pub use material::{Canceled, Commitment, Comparand, Material, OnlineCheck, Requirement, Source, Way};

pub(crate) use wire::LICENSE_NUMBER;

use crate::channel::Channel;
use crate::limits::MAX_CATALOG_BYTES;
use crate::role::Role;
use crate::text::sha256;

/// Text of the built-in catalog.
pub const EMBEDDED: &str = include_str!("../../catalog/items.toml");

/// The matters that offices take. Nothing beyond what stands here is asked for.
#[derive(Clone, Debug)]
pub struct ItemCatalog {
    version: String,
    digest: String,
    license_catalog: String,
    questions: BTreeMap<String, Question>,
    form_fields: BTreeMap<String, FormField>,
    materials: BTreeMap<String, Material>,
    items: Vec<Item>,
    packages: Vec<Package>,
}

/// A closed question about the situation (情形): one of its answers holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Key.
    pub key: String,
    /// The question in Chinese.
    pub zh: String,
    /// The question in English.
    pub en: String,
    /// Its answers, at least two.
    pub answers: Vec<Answer>,
}

/// An answer of a question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Key, unique in its question.
    pub key: String,
    /// The answer in Chinese.
    pub zh: String,
    /// The answer in English.
    pub en: String,
}

/// A field of the form that licenses are compared with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormField {
    /// Key.
    pub key: String,
    /// Label in Chinese.
    pub zh: String,
    /// Label in English.
    pub en: String,
}

/// In which situation something applies: for each question one of the answers named. Empty: always.
pub type When = BTreeMap<String, Vec<String>>;

/// One version of an item (事项).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Code (实施编码), the same in every version.
    pub code: ItemCode,
    /// Whether the code is in public use or a stand-in.
    pub code_source: CodeSource,
    /// Short key for commands and forms, the same in every version.
    pub key: String,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Version, from 1.
    pub version: u32,
    /// First day on which this version holds.
    pub from: Date,
    /// Last day on which this version holds.
    pub until: Option<Date>,
    /// Name of the department in charge (主管部门).
    pub department: String,
    /// Where it is offered: in these divisions and all within them.
    pub divisions: Vec<DivisionCode>,
    /// On which channels it can be applied for. For the guide only: no answer depends on it.
    pub channels: Vec<Channel>,
    /// Who has to be named: whose matter it is.
    pub parties: Vec<Role>,
    /// Keys of the questions about the situation.
    #[serde(default)]
    pub questions: Vec<String>,
    /// What it asks for, in the order of the guide.
    #[serde(default)]
    pub materials: Vec<MaterialUse>,
}

/// A material that an item asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaterialUse {
    /// Key of the material.
    pub r#use: String,
    /// Copies of the paper, where it has to be submitted.
    #[serde(default = "one")]
    pub copies: u8,
    /// In which situation.
    #[serde(default)]
    pub when: When,
}

fn one() -> u8 {
    1
}

/// Several items asked for at once (“一件事”套餐).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Short key, unique among packages and items.
    pub key: String,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Version, from 1.
    pub version: u32,
    /// First day on which it is offered.
    pub from: Date,
    /// Last day on which it is offered.
    pub until: Option<Date>,
    /// Name of the department that leads it (牵头部门).
    pub lead: String,
    /// Keys of its items, in order.
    pub items: Vec<String>,
}

/// What is asked for: one item, or a package as the items that it holds on one day.
#[derive(Clone, Debug)]
pub struct Matter<'c> {
    /// The package, unless it is a single item.
    pub package: Option<&'c Package>,
    /// The items, in order.
    pub items: Vec<&'c Item>,
}

/// Whether a version holds on a day.
fn holds(from: Date, until: Option<Date>, day: Date) -> bool {
    from <= day && until.is_none_or(|last| day <= last)
}

/// Why there is no matter of that name on that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMatter {
    /// Neither an item nor a package has this name.
    Unknown,
    /// There is one, but it, or an item of the package, does not hold on that day.
    NotInForce,
}

impl ItemCatalog {
    /// Reads and checks a catalog against the catalog of license types.
    ///
    /// # Errors
    /// [`ItemCatalogError`]: that it is no catalog, or all that contradicts itself, each with its place.
    pub fn read(text: &str, licenses: &Catalog) -> Result<Self, ItemCatalogError> {
        if text.len() > MAX_CATALOG_BYTES {
            return Err(ItemCatalogError::TooLong);
        }
        let wire: wire::Wire = toml::from_str(text).map_err(Box::new)?;
        let mut faults = error::Faults::default();
        let catalog = wire::resolve(wire, sha256(text.as_bytes()), licenses, &mut faults);
        check::catalog(&catalog, &mut faults);
        faults.none_or(catalog)
    }

    /// The built-in catalog: common matters of a prefecture whose offices are invented.
    ///
    /// # Errors
    /// [`ItemCatalogError`] with a catalog of license types that lacks one of the built-in ones, or has it otherwise.
    pub fn embedded(licenses: &Catalog) -> Result<Self, ItemCatalogError> {
        Self::read(EMBEDDED, licenses)
    }

    /// Version of the catalog, as its file says.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// `sha-256:<hex>` of the file.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Version of the catalog of license types that it was read with.
    #[must_use]
    pub fn license_catalog(&self) -> &str {
        &self.license_catalog
    }

    /// Every version of every item, in the order of the file.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Every version of every package, in the order of the file.
    #[must_use]
    pub fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// The question with this key.
    #[must_use]
    pub fn question(&self, key: &str) -> Option<&Question> {
        self.questions.get(key)
    }

    /// The form field with this key.
    #[must_use]
    pub fn form_field(&self, key: &str) -> Option<&FormField> {
        self.form_fields.get(key)
    }

    /// The material with this key.
    #[must_use]
    pub fn material(&self, key: &str) -> Option<&Material> {
        self.materials.get(key)
    }

    /// The materials, by key.
    pub fn materials(&self) -> impl Iterator<Item = &Material> {
        self.materials.values()
    }

    /// The version of an item that holds on a day; the item by key, code or Chinese name.
    ///
    /// # Errors
    /// [`NoMatter`].
    pub fn item(&self, name: &str, day: Date) -> Result<&Item, NoMatter> {
        let named = |item: &&Item| item.key == name || item.name == name || item.code.as_str() == name;
        let mut versions = self.items.iter().filter(named).peekable();
        versions.peek().ok_or(NoMatter::Unknown)?;
        versions.find(|item| item.holds(day)).ok_or(NoMatter::NotInForce)
    }

    /// What is asked for under this name on a day: an item by key, code or Chinese name, or a package by key or Chinese
    /// name.
    ///
    /// # Errors
    /// [`NoMatter`].
    pub fn matter(&self, name: &str, day: Date) -> Result<Matter<'_>, NoMatter> {
        let mut versions = self.packages.iter().filter(|p| p.key == name || p.name == name).peekable();
        if versions.peek().is_none() {
            return Ok(Matter { package: None, items: vec![self.item(name, day)?] });
        }
        let package = versions.find(|package| package.holds(day)).ok_or(NoMatter::NotInForce)?;
        let items = package.items.iter().map(|key| self.item(key, day)).collect::<Result<_, _>>()?;
        Ok(Matter { package: Some(package), items })
    }
}

impl Package {
    /// Whether this version is offered on that day.
    #[must_use]
    pub fn holds(&self, day: Date) -> bool {
        holds(self.from, self.until, day)
    }
}

impl Item {
    /// Whether this version holds on that day.
    #[must_use]
    pub fn holds(&self, day: Date) -> bool {
        holds(self.from, self.until, day)
    }

    /// Whether it is offered in a division.
    #[must_use]
    pub fn offered_in(&self, division: DivisionCode) -> bool {
        self.divisions.iter().any(|offered| offered.contains(division))
    }
}
