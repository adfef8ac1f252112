//! `window meter`: how much did not have to be submitted, and which decisions are behind a figure.

use std::io::Write;

use boyin::answers;
use boyin::exempt::Answer;
use boyin::meter::{Behind, By, Figures, NextTypes, TARGETS, Tally, meter, next_types};

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
        json_line(out, &answers::meter(by, &meter))?;
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
    let behind = Behind { cell: cell.to_owned(), outcome, license_type: args.license_type.clone() };
    let reading = session.reading()?;
    for decided in reading.lookup.decisions() {
        let decided = decided?;
        for part in decided.parts(by).iter().filter(|part| behind.holds(part)) {
            let Tally { exempt, pending, submit } = part.tally();
            if session.json() {
                json_line(out, &answers::part(&decided, part))?;
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
    if session.json() {
        json_line(out, &answers::next(next))?;
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
            rate(&next.materials.raised(need.materials)),
            need.transactions.to_string(),
            rate(&next.transactions.raised(need.transactions)),
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
