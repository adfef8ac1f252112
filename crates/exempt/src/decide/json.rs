//! The canonical bytes of a decision, and the digest of what it rests on.

use std::borrow::Cow;
use std::collections::BTreeMap;

use boyin_model::json::{Value, instant, number, object, text, write};
use boyin_model::time::Date;

use super::file::Files;
use super::{Answer, Carrier, DecidedItem, Decision, Finding, FollowUp, MaterialDecision};
use crate::item::{Comparand, ItemCatalog, Material, Matter};
use crate::request::{InputKey, Office, Request};
use crate::text::hmac_sha256;

/// `format` of a decision.
const DECISION_FORMAT: i64 = 1;

fn day(date: Date) -> Value<'static> {
    Value::Text(Cow::Owned(date.to_string()))
}

fn texts(map: &BTreeMap<String, String>) -> Value<'_> {
    object(map.iter().map(|(name, value)| (name.as_str(), text(value))))
}

fn office(office: &Office) -> Value<'_> {
    object([("code", Value::Text(office.code.as_str().to_owned().into())), ("name", text(&office.name))])
}

/// `hmac-sha-256:<hex>` of all inputs: what was asked, of whom, when, and everything on file that could matter. The channel
/// is none of them.
pub(super) fn inputs(
    catalog: &ItemCatalog,
    request: &Request,
    matter: &Matter<'_>,
    files: &Files<'_>,
    InputKey(key): &InputKey,
) -> String {
    let parties = files.parties().map(|(role, party, found)| {
        let entry = |one: &super::file::Candidate<'_>| {
            let grade = one.entry.grade();
            let mut line = format!("{grade} {} {} {}", one.standing(), one.id, one.digest);
            if let Some(license) = one.issued() {
                line.extend([" ", license]);
            }
            Value::Text(Cow::Owned(line))
        };
        let holder = format!("{}:{}", party.holder.code_type(), party.holder.as_str());
        let members = [
            ("file", Value::Array(found.iter().map(entry).collect())),
            ("holder", Value::Text(Cow::Owned(holder))),
            ("name", text(&party.name)),
        ];
        (role.code(), object(members))
    });
    let items = matter.items.iter().map(|item| {
        object([("code", text(item.code.as_str())), ("version", Value::Int(item.version.into()))])
    });
    let package = matter.package.map(|package| {
        object([("key", text(&package.key)), ("version", Value::Int(package.version.into()))])
    });
    let form = request.form.iter().filter(|(field, _)| compares(catalog, matter, field));
    let inputs = object([
        ("at", instant(request.at)),
        ("commitment", text(request.commitment.code())),
        ("division", Value::Text(request.division.as_str().to_owned().into())),
        ("first_contact", office(&request.first_contact)),
        ("form", object(form.map(|(field, value)| (field.as_str(), text(value))))),
        ("format", Value::Int(DECISION_FORMAT)),
        ("item_catalog", text(catalog.digest())),
        ("items", Value::Array(items.collect())),
        ("license_catalog", text(catalog.license_catalog())),
        ("package", package.unwrap_or(Value::Null)),
        ("parties", object(parties)),
        ("situation", texts(&request.situation)),
    ]);
    let mut bytes = Vec::new();
    write(&inputs, &mut bytes);
    hmac_sha256(key, &bytes)
}

/// Whether a license is compared with this form field anywhere in the matter.
fn compares(catalog: &ItemCatalog, matter: &Matter<'_>, field: &str) -> bool {
    let used = matter.items.iter().flat_map(|item| &item.materials);
    let materials = used.filter_map(|used| catalog.material(&used.r#use));
    let mut requirements = materials.flat_map(Material::requirements);
    requirements.any(|(_, one)| one.equals.values().filter_map(Comparand::form_field).any(|key| key == field))
}

impl Decision {
    /// The canonical JSON form (`docs/exemption.md`): same inputs, same bytes. Holds nothing personal.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(4096);
        write(&self.to_value(), &mut out);
        out
    }

    pub(crate) fn to_value(&self) -> Value<'_> {
        let count = |answer: Answer| {
            number(self.materials.iter().filter(|one| one.outcome.answer() == answer).count())
        };
        let mut members = vec![
            ("answer", text(self.answer().code())),
            ("at", instant(self.at)),
            (
                "counts",
                object([Answer::Exempt, Answer::Pending, Answer::Submit].map(|one| (one.code(), count(one)))),
            ),
            ("division", Value::Text(self.division.as_str().to_owned().into())),
            ("first_contact", office(&self.first_contact)),
            ("format", Value::Int(DECISION_FORMAT)),
            ("inputs", text(&self.inputs)),
            (
                "item_catalog",
                object([("digest", text(&self.item_catalog.1)), ("version", text(&self.item_catalog.0))]),
            ),
            ("items", Value::Array(self.items.iter().map(DecidedItem::to_json).collect())),
            ("license_catalog", object([("version", text(&self.license_catalog))])),
            ("materials", Value::Array(self.materials.iter().map(MaterialDecision::to_json).collect())),
            ("situation", texts(&self.situation)),
        ];
        members.extend(self.package.as_ref().map(|(key, name, version)| {
            let version = Value::Int((*version).into());
            ("package", object([("key", text(key)), ("name", text(name)), ("version", version)]))
        }));
        object(members)
    }
}

impl DecidedItem {
    fn to_json(&self) -> Value<'_> {
        object([
            ("code", text(self.code.as_str())),
            ("department", text(&self.department)),
            ("key", text(&self.key)),
            ("name", text(&self.name)),
            ("version", Value::Int(self.version.into())),
        ])
    }
}

impl MaterialDecision {
    fn to_json(&self) -> Value<'_> {
        let mut members = vec![
            ("copies", Value::Int(self.copies.into())),
            ("findings", Value::Array(self.findings.iter().map(Finding::to_json).collect())),
            ("items", Value::Array(self.items.iter().map(|code| text(code.as_str())).collect())),
            ("key", text(&self.material)),
            ("licenses", Value::Array(self.carriers.iter().map(Carrier::to_json).collect())),
            ("name", text(&self.name)),
            ("name_en", text(&self.name_en)),
            ("outcome", text(self.outcome.answer().code())),
        ];
        members.extend(self.outcome.way().map(|way| ("way", text(way.code()))));
        members.extend(self.follow_up.as_ref().map(|follow_up| ("follow_up", follow_up.to_json())));
        object(members)
    }
}

impl Carrier {
    fn to_json(&self) -> Value<'_> {
        let mut members = vec![
            ("digest", text(&self.digest)),
            ("grade", Value::Text(Cow::Owned(self.grade.to_string()))),
            ("id", text(&self.id)),
            ("role", text(self.role.code())),
            ("type", Value::Text(Cow::Owned(self.license_type.as_str().to_owned()))),
            ("type_name", text(&self.type_name)),
        ];
        members.extend(self.version.map(|version| ("version", Value::Int(version.into()))));
        members.extend(self.expires_soon.map(|last| ("expires_soon", day(last))));
        object(members)
    }
}

impl Finding {
    fn to_json(&self) -> Value<'_> {
        let info = self.reason.info();
        let mut responsible =
            vec![("code", text(self.responsible.code())), ("zh", text(self.responsible.name_zh()))];
        responsible.extend(self.responsible_name.as_deref().map(|name| ("name", text(name))));
        let mut members = vec![
            ("code", text(info.code)),
            ("en", text(info.en)),
            ("next_step_en", text(info.next_step_en)),
            ("next_step_zh", text(info.next_step_zh)),
            ("responsible", object(responsible)),
            ("zh", text(info.zh)),
        ];
        members.extend(self.cause.map(|cause| {
            let info = cause.info();
            let cause = object([
                ("code", text(info.code)),
                ("en", text(info.en)),
                ("next_step_en", text(info.next_step_en)),
                ("next_step_zh", text(info.next_step_zh)),
                ("zh", text(info.zh)),
            ]);
            ("cause", cause)
        }));
        members.extend(self.alternative.map(|place| ("alternative", number(place))));
        members.extend(self.role.map(|role| ("role", text(role.code()))));
        members.extend(self.type_name.as_deref().map(|name| ("type_name", text(name))));
        members.extend(self.license.as_deref().map(|id| ("license", text(id))));
        object(members)
    }
}

impl FollowUp {
    fn to_json(&self) -> Value<'_> {
        match self {
            Self::Canceled { basis } => object([("basis", text(basis))]),
            Self::Check { at, zh, en } => object([("at", text(at)), ("en", text(en)), ("zh", text(zh))]),
            Self::Commitment { zh, en, checked_by, until, if_false, if_false_en } => object([
                ("checked_by", text(checked_by)),
                ("en", text(en)),
                ("if_false_en", text(if_false_en)),
                ("if_false_zh", text(if_false)),
                ("until", day(*until)),
                ("zh", text(zh)),
            ]),
        }
    }
}
