//! The file as it stands, and its requirements with the license types that they name.

use std::collections::BTreeMap;

use boyin_model::catalog::{Catalog, HolderKind, LicenseType};
use boyin_model::id::DivisionCode;
use serde::Deserialize;

use super::error::{Faults, ItemFault, Place};
use super::material::{Canceled, Commitment, Comparand, Material, OnlineCheck, Requirement, Source};
use super::{FormField, Item, ItemCatalog, Package, Question};
use crate::limits::{MAX_ALTERNATIVES, MAX_DAYS, MAX_DEFINITIONS, MAX_EQUALS, MAX_ITEMS};
use crate::role::Role;

/// The one thing beside its type's fields that a license is compared by.
pub(crate) const LICENSE_NUMBER: &str = "license_number";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wire {
    version: String,
    #[serde(default)]
    question: Vec<Question>,
    #[serde(default)]
    form_field: Vec<FormField>,
    #[serde(default)]
    material: Vec<MaterialWire>,
    item: Vec<Item>,
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MaterialWire {
    key: String,
    name: String,
    name_en: String,
    source: Source,
    issued_by: Option<String>,
    #[serde(default)]
    accept: Vec<Vec<RequirementWire>>,
    canceled: Option<Canceled>,
    online: Option<OnlineCheck>,
    commitment: Option<Commitment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequirementWire {
    r#type: Option<String>,
    type_name: Option<String>,
    holder: Role,
    #[serde(default)]
    min_days: u16,
    division: Option<DivisionCode>,
    #[serde(default)]
    equals: BTreeMap<String, String>,
}

/// The catalog with every requirement resolved; what cannot be is a fault.
pub(super) fn resolve(wire: Wire, digest: String, licenses: &Catalog, faults: &mut Faults) -> ItemCatalog {
    let Wire { version, question, form_field, material, item, package } = wire;
    for (table, len, max) in [
        ("question", question.len(), MAX_DEFINITIONS),
        ("form_field", form_field.len(), MAX_DEFINITIONS),
        ("material", material.len(), MAX_DEFINITIONS),
        ("item", item.len(), MAX_ITEMS),
        ("package", package.len(), MAX_ITEMS),
    ] {
        faults.expect(len <= max, || Place::default().member(table), ItemFault::Count { min: 0, max });
    }
    let materials = material.into_iter().map(|wire| {
        let place = Place::named("material", &wire.key);
        let accept = accept(wire.accept, &place, licenses, faults);
        let MaterialWire { key, name, name_en, source, issued_by, canceled, online, commitment, .. } = wire;
        Material { key, name, name_en, source, issued_by, accept, canceled, online, commitment }
    });
    let materials: Vec<_> = materials.collect();
    ItemCatalog {
        version,
        digest,
        license_catalog: licenses.version().to_owned(),
        questions: by_key("question", question, |question| &question.key, faults),
        form_fields: by_key("form_field", form_field, |field| &field.key, faults),
        materials: by_key("material", materials, |material| &material.key, faults),
        items: item,
        packages: package,
    }
}

/// The entries by key.
fn by_key<T>(
    table: &'static str,
    entries: Vec<T>,
    key: impl Fn(&T) -> &String,
    faults: &mut Faults,
) -> BTreeMap<String, T> {
    let mut map = BTreeMap::new();
    for entry in entries {
        let key = key(&entry).clone();
        let place = Place::named(table, &key).member("key");
        faults.expect(map.insert(key, entry).is_none(), || place, ItemFault::Twice);
    }
    map
}

fn accept(
    wire: Vec<Vec<RequirementWire>>,
    place: &Place,
    licenses: &Catalog,
    faults: &mut Faults,
) -> Vec<Vec<Requirement>> {
    let many = ItemFault::Count { min: 1, max: MAX_ALTERNATIVES };
    faults.expect(wire.len() <= MAX_ALTERNATIVES, || place.member("accept"), many);
    let alternatives = wire.into_iter().enumerate().map(|(at, all)| {
        let place = place.at("accept", at);
        faults.expect((1..=MAX_ALTERNATIVES).contains(&all.len()), || place.clone(), many);
        let requirements = all.into_iter().enumerate();
        requirements.filter_map(|(at, one)| requirement(one, &place.index(at), licenses, faults)).collect()
    });
    alternatives.collect()
}

/// `None` if it names no type: the fault is told.
fn requirement(
    wire: RequirementWire,
    place: &Place,
    licenses: &Catalog,
    faults: &mut Faults,
) -> Option<Requirement> {
    let RequirementWire { r#type, type_name, holder, min_days, division, equals } = wire;
    let (found, name) = match (r#type, type_name) {
        (Some(name), None) => {
            let Some(found) = licenses.find(&name) else {
                faults.add(place.member("type"), ItemFault::Unknown);
                return None;
            };
            (Some(found), found.name.clone())
        }
        (None, Some(name)) => (licenses.find(&name), name),
        (None, None) | (Some(_), Some(_)) => {
            faults.add(place.clone(), ItemFault::TypeOrName);
            return None;
        }
    };
    let days = ItemFault::Range { min: 0, max: MAX_DAYS.into() };
    faults.expect(min_days <= MAX_DAYS, || place.member("min_days"), days);
    if let Some(found) = found {
        let fits = fits(found.holder, holder.kind());
        faults.expect(fits, || place.member("holder"), ItemFault::HolderKind);
    }
    let many = ItemFault::Count { min: 0, max: MAX_EQUALS };
    faults.expect(equals.len() <= MAX_EQUALS, || place.member("equals"), many);
    let equals = comparands(equals, found, place, faults);
    let always_hidden = |field: &str| {
        found.and_then(|found| found.field(field)).is_some_and(|spec| spec.required && spec.personal)
    };
    let hidden = equals.keys().filter(|field| always_hidden(field)).cloned().collect();
    let license_type = found.map(|found| found.code);
    Some(Requirement { license_type, type_name: name, holder, min_days, division, equals, hidden })
}

fn fits(license: HolderKind, role: HolderKind) -> bool {
    license == HolderKind::Any || role == HolderKind::Any || license == role
}

fn comparands(
    wire: BTreeMap<String, String>,
    license_type: Option<&LicenseType>,
    place: &Place,
    faults: &mut Faults,
) -> BTreeMap<String, Comparand> {
    let mut equals = BTreeMap::new();
    for (at, (field, comparand)) in wire.into_iter().enumerate() {
        let place = place.at("equals", at);
        let known = license_type.is_none_or(|found| found.field(&field).is_some()) || field == LICENSE_NUMBER;
        faults.expect(known, || place.clone(), ItemFault::Unknown);
        match Comparand::parse(&comparand) {
            Some(comparand) => drop(equals.insert(field, comparand)),
            None => faults.add(place, ItemFault::Comparand),
        }
    }
    equals
}
