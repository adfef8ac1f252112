//! The canonical JSON form of reports (`docs/ofd.md` §6).

use std::borrow::Cow;

use boyin_model::json::{self, Value, instant, number, object, text};
use boyin_verify::{AnyReason, Verdict};

use super::{
    DocumentReport, EntryList, EntryName, OfdDetail, OfdReport, Outcomes, SignatureReport, ValueReport,
};
use crate::structure::Stamp;

/// `format` of the form.
const REPORT_FORMAT: i64 = 1;

impl OfdReport {
    /// The canonical JSON form (`docs/ofd.md` §6): same input, same bytes. Holds nothing personal.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(4096);
        json::write(&object(self.members(self.verdict())), &mut out);
        out
    }

    /// The members of the form with another verdict over them, for a report that says more than this one.
    #[must_use]
    pub fn members<R: AnyReason>(&self, verdict: Verdict<R>) -> Vec<(&'static str, Value<'_>)> {
        let documents = self.documents.iter().map(DocumentReport::to_value).collect();
        let mut members = vec![
            ("at", instant(self.at)),
            ("checks", self.outcomes.to_value()),
            ("documents", Value::Array(documents)),
            ("format", Value::Int(REPORT_FORMAT)),
            ("verdict", text(verdict.code())),
        ];
        members.extend(self.fingerprint.as_deref().map(|name| ("document", Value::Text(name.into()))));
        members.extend(verdict.reason().map(|reason| ("reason", reason.info().to_value())));
        members
    }
}

impl DocumentReport {
    pub(super) fn to_value(&self) -> Value<'_> {
        let signatures = self.signatures.iter().map(SignatureReport::to_value).collect();
        let mut members = vec![
            ("checks", self.outcomes.to_value()),
            ("notes", Value::Array(self.notes.iter().map(|note| text(note.code())).collect())),
            ("pages", number(self.pages)),
            ("signatures", Value::Array(signatures)),
            ("verdict", text(self.verdict().code())),
            ("versions", number(self.versions)),
        ];
        members.extend(self.verdict().reason().map(|cause| ("reason", cause.info().to_value())));
        object(members)
    }
}

impl SignatureReport {
    pub(super) fn to_value(&self) -> Value<'_> {
        let mut members = vec![
            ("checks", self.outcomes.to_value()),
            ("id", shown_id(&self.id)),
            ("kind", text(self.kind.code())),
            ("notes", Value::Array(self.notes.iter().map(|note| text(note.code())).collect())),
            ("stamps", stamps(&self.stamps, self.stamp_count)),
            ("verdict", text(self.verdict().code())),
        ];
        members.extend(self.verdict().reason().map(|cause| ("reason", cause.info().to_value())));
        members.extend(self.method.map(|method| ("digest", text(method.code()))));
        members.extend(self.protection.map(|protection| ("protection", text(protection.code()))));
        let lists = [
            ("changed", &self.changed),
            ("uncovered", &self.uncovered),
            ("unreferenced", &self.unreferenced),
        ];
        members.extend(lists.into_iter().filter(|(_, list)| list.count() > 0).map(|(n, l)| (n, names(l))));
        if !self.covers.is_empty() {
            members.push(("covers", Value::Array(self.covers.iter().map(|id| shown_id(id)).collect())));
        }
        members.extend(self.value.as_ref().map(|value| match value {
            ValueReport::Seal(report) => ("seal", report.to_value()),
            ValueReport::SignedData(report) => ("signed_data", report.to_value()),
        }));
        object(members)
    }
}

impl Outcomes {
    pub(super) fn to_value(&self) -> Value<'_> {
        Value::Array(
            self.0.iter().map(|(check, outcome)| outcome.to_value(check.code(), detail_value)).collect(),
        )
    }
}

/// A number that a writer gave: short and plain, or not shown.
pub(super) fn shown_id(id: &str) -> Value<'_> {
    let plain =
        id.len() <= 16 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    Value::Text(Cow::Borrowed(if plain { id } else { "?" }))
}

fn names(list: &EntryList) -> Value<'_> {
    let shown = list.entries().iter().map(entry_value).collect();
    object([("count", number(list.count())), ("entries", Value::Array(shown))])
}

fn entry_value(entry: &EntryName) -> Value<'_> {
    let mut members = vec![("place", number(entry.place))];
    members.extend(entry.name.as_deref().map(|name| ("name", Value::Text(Cow::Borrowed(name)))));
    object(members)
}

fn detail_value(detail: &OfdDetail) -> Value<'_> {
    match detail {
        OfdDetail::Package(error) => {
            let mut members = vec![("fault", text(error.fault.code()))];
            members.extend(error.entry.map(|place| ("place", number(place))));
            object(members)
        }
        OfdDetail::Structure(entry, fault) => object([
            ("entry", entry_value(entry)),
            ("fault", text(fault.code())),
            ("text", Value::Text(fault.to_string().into())),
        ]),
        OfdDetail::Entry(entry) => object([("entry", entry_value(entry))]),
        OfdDetail::Digest(name) => object([("digest", text(name))]),
    }
}

fn stamps(listed: &[Stamp], count: usize) -> Value<'_> {
    let shown = listed.iter().map(stamp).collect();
    object([("count", number(count)), ("entries", Value::Array(shown))])
}

fn stamp(stamp: &Stamp) -> Value<'_> {
    let rectangle = |sides: &[i64; 4]| Value::Array(sides.iter().map(|side| Value::Int(*side)).collect());
    let mut members = vec![("boundary", rectangle(&stamp.boundary)), ("page", shown_id(&stamp.page))];
    members.extend(stamp.clip.as_ref().map(|clip| ("clip", rectangle(clip))));
    object(members)
}
