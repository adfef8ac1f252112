//! What the window, the meter and the event log say, for programs: the command writes it with `--json`, the service answers it. One
//! spelling of each. None of it is a holder's.

use boyin_archive::Event;
use boyin_exempt::item::{Item, Matter, Question};
use boyin_exempt::{ItemCatalog, Receipt};
use boyin_model::time::Date;
use serde_json::{Map, Value, json};

use crate::meter::{
    By, Counted, Decided, DecidedMaterial, Declared, Figures, Meter, NextTypes, TARGETS, Tally, TypeNeed,
    Within,
};
use crate::window::{ExemptionAnswer, ReceiptFault, receipt_payload};

/// Whether a receipt counts: `passed`, `indeterminate` or `failed`.
#[must_use]
pub fn receipt_verdict(verified: &Result<Receipt, ReceiptFault>) -> &'static str {
    match verified {
        Ok(_) => "passed",
        Err(fault) if fault.is_indeterminate() => "indeterminate",
        Err(_) => "failed",
    }
}

/// The verification of a receipt, with the decision if it counts.
#[must_use]
pub fn receipt(verified: &Result<Receipt, ReceiptFault>) -> Value {
    let payload = verified.as_ref().ok().map(|receipt| read(receipt.payload()));
    let reason = verified.as_ref().err().map(|fault| fault.code());
    let decision = payload.as_ref().map(|payload| &payload["decision"]);
    json!({ "decision": decision, "reason": reason, "verdict": receipt_verdict(verified) })
}

/// A kept decision; `None` if what is kept is no receipt.
#[must_use]
pub fn decision(answer: &ExemptionAnswer) -> Option<Value> {
    let payload = read(&receipt_payload(&answer.receipt)?);
    Some(json!({
        "channel": payload["channel"], "decision": payload["decision"], "event": answer.event,
        "receipt": String::from_utf8_lossy(&answer.receipt), "replayed": answer.replayed,
    }))
}

/// A line of the event log.
#[must_use]
pub fn event(event: &Event) -> Value {
    json!({
        "number": event.number,
        "at": event.at.seconds(),
        "office": event.office.as_str(),
        "who": event.who,
        "what": event.what.code(),
        "why": event.why,
        "license_id": event.license.as_ref().map(|id| id.as_str()),
        "seal": event.seal.map(|id| id.to_string()),
        "basis": event.basis,
        "retroactive": event.retroactive,
        "successor": event.successor.as_ref().map(|id| id.as_str()),
        "detail": event.detail,
        "second": event.second,
    })
}

/// What a receipt signs, which was found to be one.
fn read(payload: &[u8]) -> Value {
    serde_json::from_slice(payload).expect("the payload of a receipt is JSON")
}

/// The items and packages that hold on a day.
#[must_use]
pub fn matters(catalog: &ItemCatalog, day: Date) -> Value {
    let items = catalog.items().iter().filter(|item| item.holds(day)).map(item);
    let packages = catalog.packages().iter().filter(|one| one.holds(day));
    let packages = packages.map(|one| {
        json!({ "items": one.items, "key": one.key, "lead": one.lead, "name": one.name, "name_en": one.name_en })
    });
    json!({
        "digest": catalog.digest(), "items": items.collect::<Vec<_>>(),
        "packages": packages.collect::<Vec<_>>(), "version": catalog.version(),
    })
}

fn item(item: &Item) -> Value {
    json!({
        "code": item.code.as_str(), "department": item.department,
        "divisions": item.divisions.iter().map(|one| one.as_str().to_owned()).collect::<Vec<_>>(),
        "key": item.key, "materials": item.materials.iter().map(|used| &used.r#use).collect::<Vec<_>>(),
        "name": item.name, "name_en": item.name_en,
        "parties": item.parties.iter().map(|role| role.code()).collect::<Vec<_>>(),
        "questions": item.questions, "version": item.version,
    })
}

/// The questions of a matter, each once.
#[must_use]
pub fn questions<'c>(catalog: &'c ItemCatalog, matter: &Matter<'c>) -> Vec<&'c Question> {
    let mut keys: Vec<&String> = Vec::new();
    for key in matter.items.iter().flat_map(|item| &item.questions) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys.into_iter().filter_map(|key| catalog.question(key)).collect()
}

/// One item or package with its questions.
#[must_use]
pub fn matter(catalog: &ItemCatalog, matter: &Matter<'_>) -> Value {
    let questions = questions(catalog, matter).into_iter().map(|question| {
        let answers = question.answers.iter();
        let answers = answers.map(|answer| json!({ "en": answer.en, "key": answer.key, "zh": answer.zh }));
        json!({
            "answers": answers.collect::<Vec<_>>(), "en": question.en, "key": question.key, "zh": question.zh,
        })
    });
    json!({
        "items": matter.items.iter().map(|one| item(one)).collect::<Vec<_>>(),
        "package": matter.package.map(|package| json!({ "key": package.key, "name": package.name })),
        "questions": questions.collect::<Vec<_>>(),
    })
}

fn tally(tally: &Tally) -> Value {
    let targets = TARGETS.iter().map(|(_, percent)| (percent.to_string(), json!(tally.meets(*percent))));
    json!({
        "exempt": tally.exempt, "meets": targets.collect::<Map<_, _>>(), "pending": tally.pending,
        "per_mille": tally.per_mille(), "submit": tally.submit, "total": tally.total(),
    })
}

fn figures(code: Option<&str>, figures: &Figures) -> Value {
    let by_type = figures.types.iter().map(|(name, of_type)| (name.clone(), tally(of_type)));
    json!({
        "by_type": by_type.collect::<Map<_, _>>(), "code": code, "materials": tally(&figures.materials),
        "name": figures.name, "transactions": tally(&figures.transactions), "types": tally(&figures.types()),
    })
}

/// Within what was counted; a member is `null` where nothing was asked for.
fn within(within: &Within) -> Value {
    By::ALL.into_iter().map(|by| (by.code().to_owned(), json!(within.of(by)))).collect::<Map<_, _>>().into()
}

/// The meter.
#[must_use]
pub fn meter(by: By, of: &Within, meter: &Meter) -> Value {
    let cells = meter.cells.iter().map(|(code, of_cell)| figures(Some(code), of_cell));
    let targets = TARGETS.map(|(year, percent)| json!({ "percent": percent, "year": year }));
    json!({
        "all": figures(None, &meter.all), "by": by.code(), "cells": cells.collect::<Vec<_>>(),
        "targets": targets, "within": within(of),
    })
}

/// What a figure of the meter counts of a decision.
#[must_use]
pub fn counted(decided: &Decided, counted: &Counted<'_>) -> Value {
    let materials = counted.part.materials.iter().zip(&counted.materials);
    let materials = materials.map(|(one, is)| {
        json!({ "counted": is, "key": one.key, "outcome": one.outcome.code(), "types": one.types })
    });
    json!({
        "answer": counted.part.answer().code(), "at": decided.at.seconds(), "code": counted.part.cell,
        "event": decided.event, "materials": materials.collect::<Vec<_>>(), "types": counted.types,
    })
}

/// A commitment that is to be checked afterwards.
#[must_use]
pub fn follow_up(decided: &Decided, material: &DecidedMaterial, declared: &Declared) -> Value {
    let items = decided.items.iter().filter(|(code, ..)| material.items.contains(code));
    let (office, name) = &decided.office;
    json!({
        "at": decided.at.seconds(), "checked_by": declared.checked_by, "division": decided.division.as_str(),
        "en": declared.en, "event": decided.event, "if_false_en": declared.if_false_en,
        "if_false_zh": declared.if_false_zh, "items": items.map(|(_, key, _)| key).collect::<Vec<_>>(),
        "material": material.key, "office": { "code": office.as_str(), "name": name },
        "until": declared.until, "zh": declared.zh,
    })
}

/// Which license types would raise the rate most, and to what.
#[must_use]
pub fn next(of: &Within, next: &NextTypes) -> Value {
    let need = |need: &TypeNeed| {
        json!({
            "materials": need.materials, "not_cataloged": need.not_cataloged, "transactions": need.transactions,
            "type_name": need.type_name,
            "then": {
                "materials": tally(&next.materials.raised(need.materials)),
                "transactions": tally(&next.transactions.raised(need.transactions)),
            },
        })
    };
    json!({
        "materials": tally(&next.materials), "transactions": tally(&next.transactions),
        "types": next.types.iter().map(need).collect::<Vec<_>>(), "within": within(of),
    })
}
