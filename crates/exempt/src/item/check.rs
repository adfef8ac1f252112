//! What a catalog must not contradict.

use std::collections::{BTreeMap, BTreeSet};

use boyin_model::time::Date;

use super::error::{Faults, ItemFault, Place};
use super::material::{Comparand, Material, Source};
use super::{Item, ItemCatalog, MaterialUse, Question, When};
use crate::limits::{
    MAX_ANSWERS, MAX_COPIES, MAX_DAYS, MAX_DIVISIONS, MAX_MATERIALS, MAX_NAME_CHARS, MAX_PACKAGE_ITEMS,
    MAX_QUESTIONS, MAX_SENTENCE_CHARS,
};
use crate::text::{is_key, is_tidy};

pub(super) fn catalog(catalog: &ItemCatalog, faults: &mut Faults) {
    text(&catalog.version, MAX_NAME_CHARS, || Place::default().member("version"), faults);
    for (key, entry) in &catalog.questions {
        question(entry, &Place::named("question", key), faults);
    }
    for (key, field) in &catalog.form_fields {
        named(key, [&field.zh, &field.en], &Place::named("form_field", key), faults);
    }
    for (key, entry) in &catalog.materials {
        material(catalog, entry, &Place::named("material", key), faults);
    }
    for (at, entry) in catalog.items.iter().enumerate() {
        item(catalog, entry, &Place::entry("item", at), faults);
    }
    item_versions(&catalog.items, faults);
    packages(catalog, faults);
    unused(catalog, faults);
}

fn text(text: &str, max: usize, place: impl FnOnce() -> Place, faults: &mut Faults) {
    faults.expect(is_tidy(text, max), place, ItemFault::Text { max });
}

fn named(key: &str, names: [&str; 2], place: &Place, faults: &mut Faults) {
    faults.expect(is_key(key), || place.member("key"), ItemFault::Key);
    for (name, member) in names.into_iter().zip(["zh", "en"]) {
        text(name, MAX_NAME_CHARS, || place.member(member), faults);
    }
}

fn question(question: &Question, place: &Place, faults: &mut Faults) {
    named(&question.key, [&question.zh, &question.en], place, faults);
    let answers = &question.answers;
    let count = ItemFault::Count { min: 2, max: MAX_ANSWERS };
    faults.expect((2..=MAX_ANSWERS).contains(&answers.len()), || place.member("answers"), count);
    for (at, answer) in answers.iter().enumerate() {
        let place = place.at("answers", at);
        named(&answer.key, [&answer.zh, &answer.en], &place, faults);
        let twice = answers[..at].iter().any(|earlier| earlier.key == answer.key);
        faults.expect(!twice, || place.member("key"), ItemFault::Twice);
    }
}

fn material(catalog: &ItemCatalog, material: &Material, place: &Place, faults: &mut Faults) {
    named(&material.key, [&material.name, &material.name_en], place, faults);
    if let Some(issuer) = &material.issued_by {
        text(issuer, MAX_NAME_CHARS, || place.member("issued_by"), faults);
    }
    let other_way = !material.accept.is_empty() || material.online.is_some() || material.commitment.is_some();
    if let Some(canceled) = &material.canceled {
        text(&canceled.basis, MAX_SENTENCE_CHARS, || place.member("canceled.basis"), faults);
        faults.expect(!other_way, || place.member("canceled"), ItemFault::Canceled);
    } else {
        let mapped = material.source == Source::Applicant || !material.accept.is_empty();
        faults.expect(mapped, || place.member("accept"), ItemFault::NoMapping);
    }
    if let Some(online) = &material.online {
        for sentence in [&online.at, &online.zh, &online.en] {
            text(sentence, MAX_SENTENCE_CHARS, || place.member("online"), faults);
        }
    }
    if let Some(way) = &material.commitment {
        for sentence in [&way.zh, &way.en, &way.checked_by, &way.if_false, &way.if_false_en] {
            text(sentence, MAX_SENTENCE_CHARS, || place.member("commitment"), faults);
        }
        let days = ItemFault::Range { min: 1, max: MAX_DAYS.into() };
        let within = (1..=MAX_DAYS).contains(&way.within_days);
        faults.expect(within, || place.member("commitment.within_days"), days);
    }
    for (alternative, requirement) in material.requirements() {
        let place = place.at("accept", alternative);
        text(&requirement.type_name, MAX_NAME_CHARS, || place.member("type_name"), faults);
        for key in requirement.equals.values().filter_map(Comparand::form_field) {
            let known = catalog.form_fields.contains_key(key);
            faults.expect(known, || place.member("equals"), ItemFault::Unknown);
        }
    }
}

fn item(catalog: &ItemCatalog, item: &Item, place: &Place, faults: &mut Faults) {
    faults.expect(is_key(&item.key), || place.member("key"), ItemFault::Key);
    for (name, member) in [(&item.name, "name"), (&item.name_en, "name_en"), (&item.department, "department")]
    {
        text(name, MAX_NAME_CHARS, || place.member(member), faults);
    }
    period(item.version, item.from, item.until, place, faults);
    count(&item.divisions, 1, MAX_DIVISIONS, place, "divisions", faults);
    count(&item.channels, 1, crate::Channel::ALL.len(), place, "channels", faults);
    count(&item.parties, 1, crate::Role::ALL.len(), place, "parties", faults);
    count(&item.questions, 0, MAX_QUESTIONS, place, "questions", faults);
    let keys: Vec<_> = item.materials.iter().map(|material| &material.r#use).collect();
    count(&keys, 0, MAX_MATERIALS, place, "materials", faults);
    for (at, question) in item.questions.iter().enumerate() {
        let place = place.at("questions", at);
        faults.expect(catalog.questions.contains_key(question), || place.clone(), ItemFault::Unknown);
        let asked = item.materials.iter().any(|material| material.when.contains_key(question));
        faults.expect(asked, || place.clone(), ItemFault::Idle);
    }
    for (at, used) in item.materials.iter().enumerate() {
        material_use(catalog, item, used, &place.at("materials", at), faults);
    }
}

fn material_use(catalog: &ItemCatalog, item: &Item, used: &MaterialUse, place: &Place, faults: &mut Faults) {
    faults.expect(catalog.materials.contains_key(&used.r#use), || place.member("use"), ItemFault::Unknown);
    let copies = ItemFault::Range { min: 1, max: MAX_COPIES.into() };
    faults.expect((1..=MAX_COPIES).contains(&used.copies), || place.member("copies"), copies);
    when(catalog, &item.questions, &used.when, place, faults);
}

fn when(catalog: &ItemCatalog, asked: &[String], when: &When, place: &Place, faults: &mut Faults) {
    for (question, answers) in when {
        let known = catalog.questions.get(question).filter(|_| asked.contains(question));
        let Some(known) = known else {
            faults.add(place.member("when"), ItemFault::Unknown);
            continue;
        };
        let good = |answer: &String| known.answers.iter().any(|one| one.key == *answer);
        faults.expect(answers.iter().all(good), || place.member("when"), ItemFault::Unknown);
        // All answers, or none, make no condition.
        let most = known.answers.len().saturating_sub(1).max(1);
        count(answers, 1, most, place, "when", faults);
    }
}

fn period(version: u32, from: Date, until: Option<Date>, place: &Place, faults: &mut Faults) {
    let range = ItemFault::Range { min: 1, max: u32::MAX };
    faults.expect(version > 0, || place.member("version"), range);
    faults.expect(until.is_none_or(|until| from <= until), || place.member("until"), ItemFault::Reversed);
}

/// So many entries, none of them twice.
fn count<T: Ord>(
    entries: &[T],
    min: usize,
    max: usize,
    place: &Place,
    member: &'static str,
    faults: &mut Faults,
) {
    let within = (min..=max).contains(&entries.len());
    faults.expect(within, || place.member(member), ItemFault::Count { min, max });
    let different: BTreeSet<_> = entries.iter().collect();
    faults.expect(different.len() == entries.len(), || place.member(member), ItemFault::Twice);
}

fn overlap(one: (Date, Option<Date>), other: (Date, Option<Date>)) -> bool {
    let before = |a: (Date, Option<Date>), b: (Date, Option<Date>)| a.1.is_some_and(|last| last < b.0);
    !before(one, other) && !before(other, one)
}

/// Its number, first and last day.
type Version = (u32, Date, Option<Date>);

/// What tells the versions of items and packages apart.
#[derive(Default)]
struct Versions<'c> {
    seen: BTreeMap<&'c str, Vec<Version>>,
}

impl<'c> Versions<'c> {
    fn add(&mut self, of: &'c str, (version, from, until): Version, place: &Place, faults: &mut Faults) {
        let earlier = self.seen.entry(of).or_default();
        let twice = earlier.iter().any(|(other, ..)| *other == version);
        faults.expect(!twice, || place.member("version"), ItemFault::Twice);
        let apart = earlier.iter().all(|(_, first, last)| !overlap((*first, *last), (from, until)));
        faults.expect(apart, || place.member("from"), ItemFault::Overlap);
        earlier.push((version, from, until));
    }
}

/// Whether what stands there first, under this name, belongs to `owner`.
fn belongs<'c>(map: &mut BTreeMap<&'c str, &'c str>, name: &'c str, owner: &'c str) -> bool {
    *map.entry(name).or_insert(owner) == owner
}

fn item_versions(items: &[Item], faults: &mut Faults) {
    let (mut versions, mut keys, mut names) = (Versions::default(), BTreeMap::new(), BTreeMap::new());
    let mut codes = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        let place = Place::entry("item", at);
        let code = item.code.as_str();
        let one = belongs(&mut keys, &item.key, code) && belongs(&mut codes, code, &item.key);
        faults.expect(one, || place.member("key"), ItemFault::Identity);
        faults.expect(belongs(&mut names, &item.name, code), || place.member("name"), ItemFault::Twice);
        versions.add(code, (item.version, item.from, item.until), &place, faults);
    }
}

fn packages(catalog: &ItemCatalog, faults: &mut Faults) {
    let (mut versions, mut names) = (Versions::default(), BTreeMap::new());
    let items: BTreeSet<&str> = catalog.items.iter().map(|item| item.key.as_str()).collect();
    let item_names: BTreeSet<&str> = catalog.items.iter().map(|item| item.name.as_str()).collect();
    for (at, package) in catalog.packages.iter().enumerate() {
        let place = Place::entry("package", at);
        faults.expect(is_key(&package.key), || place.member("key"), ItemFault::Key);
        for (name, member) in
            [(&package.name, "name"), (&package.name_en, "name_en"), (&package.lead, "lead")]
        {
            text(name, MAX_NAME_CHARS, || place.member(member), faults);
        }
        period(package.version, package.from, package.until, &place, faults);
        count(&package.items, 1, MAX_PACKAGE_ITEMS, &place, "items", faults);
        for (at, key) in package.items.iter().enumerate() {
            faults.expect(items.contains(key.as_str()), || place.at("items", at), ItemFault::Unknown);
        }
        let taken = items.contains(package.key.as_str()) || item_names.contains(package.name.as_str());
        let own = belongs(&mut names, &package.name, &package.key);
        faults.expect(own && !taken, || place.member("key"), ItemFault::Twice);
        versions.add(&package.key, (package.version, package.from, package.until), &place, faults);
    }
}

/// What nobody uses is a slip of the pen somewhere else.
fn unused(catalog: &ItemCatalog, faults: &mut Faults) {
    let materials: BTreeSet<_> =
        catalog.items.iter().flat_map(|item| item.materials.iter().map(|used| &used.r#use)).collect();
    let questions: BTreeSet<_> = catalog.items.iter().flat_map(|item| &item.questions).collect();
    let mut fields = BTreeSet::new();
    for (_, requirement) in catalog.materials.values().flat_map(Material::requirements) {
        fields.extend(requirement.equals.values().filter_map(Comparand::form_field));
    }
    let tables = [
        ("material", catalog.materials.keys().filter(|key| !materials.contains(key)).collect::<Vec<_>>()),
        ("question", catalog.questions.keys().filter(|key| !questions.contains(key)).collect()),
        ("form_field", catalog.form_fields.keys().filter(|key| !fields.contains(key)).collect()),
    ];
    for (table, keys) in tables {
        for key in keys {
            faults.add(Place::named(table, key), ItemFault::Unused);
        }
    }
}
