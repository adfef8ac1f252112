//! `window meter`: how much did not have to be submitted, and which decisions are behind a figure.

use std::io::Write;

use boyin::exempt::Answer;
use boyin::meter::{By, DecidedMaterial, Figures, NextTypes, Part, TARGETS, Tally, meter, next_types};
use serde_json::{Map, Value, json};

use super::args::{ByArg, Meter, OutcomeArg};
use super::show::mark;
use crate::Exit;
use crate::context::Session;
use crate::output::{self, json_line};

pub(super) fn run(session: &Session, args: &Meter, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let by = match args.by {
        ByArg::County => By::County,
        ByArg::Office => By::Office,
        ByArg::Item => By::Item,
        ByArg::Month => By::Month,
    };
    if args.next {
        let next = next_types(session.reading()?.lookup.decisions())?;
        next_out(session, &next, out)?;
    } else if let Some(cell) = &args.of {
        drill(session, by, cell, args, out)?;
    } else {
        figures(session, by, out)?;
    }
    Ok(Exit::Done)
}

fn tally_json(tally: &Tally) -> Value {
    let targets = TARGETS.iter().map(|(_, percent)| (percent.to_string(), json!(tally.meets(*percent))));
    json!({
        "exempt": tally.exempt, "meets": targets.collect::<Map<_, _>>(), "pending": tally.pending,
        "per_mille": tally.per_mille(), "submit": tally.submit, "total": tally.total(),
    })
}

fn figures_json(code: Option<&str>, figures: &Figures) -> Value {
    let by_type = figures.types.iter().map(|(name, tally)| (name.clone(), tally_json(tally)));
    json!({
        "by_type": by_type.collect::<Map<_, _>>(), "code": code, "materials": tally_json(&figures.materials),
        "name": figures.name, "transactions": tally_json(&figures.transactions), "types": tally_json(&figures.types()),
    })
}

/// `88.2% (15/17)`
fn rate(tally: &Tally) -> String {
    tally.per_mille().map_or_else(
        || "–".to_owned(),
        |rate| format!("{}.{}% ({}/{})", rate / 10, rate % 10, tally.exempt, tally.total()),
    )
}

/// `90% ✓  100% ✗`
fn targets(tally: &Tally) -> String {
    let met = |percent| tally.meets(percent).map_or('–', |met| if met { '✓' } else { '✗' });
    TARGETS.map(|(year, percent)| format!("{year} 年 {percent}% {}", met(percent))).join("  ")
}

fn figures(session: &Session, by: By, out: &mut dyn Write) -> anyhow::Result<()> {
    let meter = meter(by, session.reading()?.lookup.decisions())?;
    if session.json() {
        let cells = meter.cells.iter().map(|(code, figures)| figures_json(Some(code), figures));
        let targets = TARGETS.map(|(year, percent)| json!({ "percent": percent, "year": year }));
        let value = json!({
            "all": figures_json(None, &meter.all), "by": by.code(), "cells": cells.collect::<Vec<_>>(),
            "targets": targets,
        });
        json_line(out, &value)?;
        return Ok(());
    }
    let first = match by {
        By::County => "县市 County",
        By::Office => "首问单位 Office",
        By::Item => "事项 Item",
        By::Month => "月份 Month",
    };
    let header = [
        first,
        "证照种类 Types",
        "材料 Materials",
        "办件 Transactions",
        "待核 Pending",
        "目标（证照种类）Targets",
    ];
    let mut table = output::table(&header);
    let mut row = |code: &str, figures: &Figures| {
        let name = figures.name.as_ref().map(|name| format!("{name}\n{code}"));
        table.add_row([
            name.unwrap_or_else(|| code.to_owned()),
            rate(&figures.types()),
            rate(&figures.materials),
            rate(&figures.transactions),
            figures.materials.pending.to_string(),
            targets(&figures.types()),
        ]);
    };
    meter.cells.iter().for_each(|(code, figures)| row(code, figures));
    row("合计 All", &meter.all);
    writeln!(out, "免提交率\n{table}")?;
    writeln!(
        out,
        "Each figure is of decisions: `boyin window meter --by {} --of CODE` lists them.",
        by.code()
    )?;
    Ok(())
}

fn drill(session: &Session, by: By, cell: &str, args: &Meter, out: &mut dyn Write) -> anyhow::Result<()> {
    let outcome = args.outcome.map(|outcome| match outcome {
        OutcomeArg::Exempt => Answer::Exempt,
        OutcomeArg::Pending => Answer::Pending,
        OutcomeArg::Submit => Answer::Submit,
    });
    // One material that is both: that is what the figure counts.
    let behind = |one: &DecidedMaterial| {
        outcome.is_none_or(|outcome| one.outcome == outcome)
            && args.license_type.as_ref().is_none_or(|name| one.types.contains(name))
    };
    let every = outcome.is_none() && args.license_type.is_none();
    let wanted =
        |part: &Part<'_>| part.cell == cell && (every || part.materials.iter().copied().any(&behind));
    let reading = session.reading()?;
    for decided in reading.lookup.decisions() {
        let decided = decided?;
        for part in decided.parts(by).iter().filter(|part| wanted(part)) {
            let Tally { exempt, pending, submit } = part.tally();
            if session.json() {
                let materials = part
                    .materials
                    .iter()
                    .map(|one| json!({ "key": one.key, "outcome": one.outcome.code(), "types": one.types }));
                let value = json!({
                    "answer": part.answer().code(), "at": decided.at.seconds(), "event": decided.event,
                    "materials": materials.collect::<Vec<_>>(),
                });
                json_line(out, &value)?;
                continue;
            }
            let items: Vec<_> = decided.items.iter().map(|(_, key, _)| key.as_str()).collect();
            writeln!(
                out,
                "{} event {:<8} {}  {} {}  免交 {exempt} 待核 {pending} 须交 {submit}",
                mark(part.answer()),
                decided.event,
                decided.at,
                decided.division.as_str(),
                items.join(" "),
            )?;
        }
    }
    Ok(())
}

fn next_out(session: &Session, next: &NextTypes, out: &mut dyn Write) -> anyhow::Result<()> {
    let raised = |tally: &Tally, more: u64| Tally {
        exempt: tally.exempt + more,
        pending: tally.pending,
        submit: tally.submit.saturating_sub(more),
    };
    if session.json() {
        let types = next.types.iter().map(|need| {
            json!({
                "materials": need.materials, "not_cataloged": need.not_cataloged, "transactions": need.transactions,
                "type_name": need.type_name,
                "then": {
                    "materials": tally_json(&raised(&next.materials, need.materials)),
                    "transactions": tally_json(&raised(&next.transactions, need.transactions)),
                },
            })
        });
        let value = json!({
            "materials": tally_json(&next.materials), "transactions": tally_json(&next.transactions),
            "types": types.collect::<Vec<_>>(),
        });
        json_line(out, &value)?;
        return Ok(());
    }
    writeln!(out, "现状 now: 材料 {}，办件 {}", rate(&next.materials), rate(&next.transactions))?;
    let header =
        ["证照类型 Type", "可免材料 Materials", "归集后 Then", "可免办件 Transactions", "归集后 Then", ""];
    let mut table = output::table(&header);
    for need in &next.types {
        table.add_row([
            need.type_name.clone(),
            need.materials.to_string(),
            rate(&raised(&next.materials, need.materials)),
            need.transactions.to_string(),
            rate(&raised(&next.transactions, need.transactions)),
            if need.not_cataloged > 0 {
                "须先编入目录 to be cataloged first".to_owned()
            } else {
                String::new()
            },
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(())
}
