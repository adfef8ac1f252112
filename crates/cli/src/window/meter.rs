//! `window meter`: how much did not have to be submitted, and which decisions are behind a figure.

use std::io::Write;

use boyin::answers;
use boyin::exempt::Answer;
use boyin::meter::{
    Behind, By, Count, Figure, Figures, NextTypes, TARGETS, Tally, Within, meter, next_types,
};

use super::args::{ByArg, FigureArg, Meter, OutcomeArg};
use super::show::mark;
use crate::Exit;
use crate::context::Session;
use crate::output::{self, json_line};

pub(super) fn run(session: &Session, args: Meter, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let by = match args.by {
        ByArg::County => By::County,
        ByArg::Office => By::Office,
        ByArg::Item => By::Item,
        ByArg::Month => By::Month,
    };
    let within = Within { county: args.county, office: args.office, item: args.item, month: args.month };
    if args.next {
        let next = next_types(&within, session.reading()?.lookup.decisions())?;
        next_out(session, &within, &next, out)?;
    } else if let Some(figure) = args.behind {
        let figure = match figure {
            FigureArg::Transactions => Figure::Transactions,
            FigureArg::Materials => Figure::Materials,
            FigureArg::Types => Figure::Types,
            FigureArg::TransactionsFreed => Figure::TransactionsFreed,
            FigureArg::MaterialsFreed => Figure::MaterialsFreed,
            FigureArg::NotCataloged => Figure::NotCataloged,
        };
        let outcome = args.outcome.map(|outcome| match outcome {
            OutcomeArg::Exempt => Answer::Exempt,
            OutcomeArg::Pending => Answer::Pending,
            OutcomeArg::Submit => Answer::Submit,
        });
        drill(session, Behind { by, within, figure, outcome, license_type: args.license_type }, out)?;
    } else {
        figures(session, by, &within, out)?;
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

fn figures(session: &Session, by: By, within: &Within, out: &mut dyn Write) -> anyhow::Result<()> {
    let meter = meter(by, within, session.reading()?.lookup.decisions())?;
    if session.json() {
        json_line(out, &answers::meter(by, within, &meter))?;
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
        "Each figure is of decisions: `boyin window meter --by {0} --{0} CODE --behind FIGURE --outcome OUTCOME` lists them.",
        by.code()
    )?;
    Ok(())
}

fn drill(session: &Session, behind: Behind, out: &mut dyn Write) -> anyhow::Result<()> {
    let figure = behind.figure;
    let reading = session.reading()?;
    let selector = behind.selector(reading.lookup.decisions())?;
    let mut count = Count::default();
    for decided in reading.lookup.decisions() {
        let decided = decided?;
        for counted in selector.of(&decided) {
            count.add(&counted);
            if session.json() {
                json_line(out, &answers::counted(&decided, &counted))?;
                continue;
            }
            let part = &counted.part;
            let materials = part.materials.iter().zip(&counted.materials).filter(|(_, is)| **is);
            let materials: Vec<_> =
                materials.map(|(one, _)| format!("{} {}", mark(one.outcome), one.key)).collect();
            let items: Vec<_> = decided.items.iter().map(|(_, key, _)| key.as_str()).collect();
            let types: Vec<_> = counted.types.iter().copied().collect();
            writeln!(
                out,
                "{} event {:<8} {}  {} {}  {}  {}",
                mark(part.answer()),
                decided.event,
                decided.at,
                decided.division.as_str(),
                items.join(" "),
                materials.join("  "),
                types.join("、"),
            )?;
        }
    }
    if !session.json() {
        writeln!(out, "共 {} of {}", count.of(figure), figure.code())?;
    }
    Ok(())
}

fn next_out(session: &Session, within: &Within, next: &NextTypes, out: &mut dyn Write) -> anyhow::Result<()> {
    if session.json() {
        json_line(out, &answers::next(within, next))?;
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
    writeln!(
        out,
        "`boyin window meter --behind materials-freed --type NAME` lists what a type would have freed."
    )?;
    Ok(())
}
