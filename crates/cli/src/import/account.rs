//! How far imports are, and what became of the rows of each source.

use std::io::Write;

use anyhow::{Context as _, bail};
use boyin::archive::{ImportId, ImportJob};
use boyin::collect::Reconciliation;
use serde_json::{Value, json};

use crate::Exit;
use crate::context::Session;
use crate::output::{self, json_line, office_name};

/// `import status`
pub(super) fn status(
    session: &Session,
    import: Option<ImportId>,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let reading = session.reading()?;
    let mut jobs = reading.lookup.imports()?;
    jobs.sort_by_key(|job| job.begun_at);
    if let Some(id) = import {
        let job = jobs.iter().find(|job| job.id == id).with_context(|| no_import(id))?;
        if session.json() {
            json_line(out, &job_json(job))?;
        } else {
            writeln!(out, "Import {} of {}, begun {}", job.id, job.source, job.begun_at)?;
            counts(out, job)?;
        }
        return Ok(Exit::Done);
    }
    if session.json() {
        let jobs: Vec<_> = jobs.iter().map(job_json).collect();
        json_line(out, &json!({ "imports": jobs }))?;
        return Ok(Exit::Done);
    }
    let header = ["归集任务 Import", "来源 Source", "开始 Begun", "行 Rows", "接收 Accepted", "重复 Already"];
    let mut table = output::table(&[header.as_slice(), &["不合格 Rejected", "状态 State"]].concat());
    for job in &jobs {
        let state = match (job.finished, job.corrects) {
            (false, _) => "进行中 unfinished",
            (true, None) => "完成 finished",
            (true, Some(_)) => "完成 finished correction",
        };
        let rejected = match job.still_rejected() {
            still if still == job.rejected => still.to_string(),
            still => format!("{still} ({} corrected 已更正)", job.rejected - still),
        };
        table.add_row([
            job.id.to_string(),
            job.source.clone(),
            job.begun_at.to_string(),
            job.rows.to_string(),
            job.accepted.to_string(),
            job.already.to_string(),
            rejected,
            state.to_owned(),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Done)
}

pub(super) fn no_import(id: ImportId) -> String {
    format!("there is no import {id}: `boyin import status` lists those that there are")
}

/// The counts of an import in words.
pub(super) fn counts(out: &mut dyn Write, job: &ImportJob) -> std::io::Result<()> {
    let ImportJob { rows, accepted, already, rejected, disputed, .. } = job;
    writeln!(
        out,
        "  {rows} rows = {accepted} accepted 接收 + {already} there already 重复 + {rejected} rejected 不合格"
    )?;
    if *disputed > 0 {
        writeln!(
            out,
            "  {disputed} of the accepted contradict other records (数据冲突): boyin import disputes {}",
            job.id
        )?;
    }
    if job.still_rejected() < *rejected {
        writeln!(out, "  {} of the rejected were corrected (已更正)", rejected - job.still_rejected())?;
    }
    for (code, count) in &job.reasons {
        writeln!(out, "  {count:>9}  {code}")?;
    }
    if !job.finished {
        writeln!(out, "  Not finished: run the same file with the same mapping again.")?;
    }
    Ok(())
}

pub(super) fn job_json(job: &ImportJob) -> Value {
    json!({
        "import": job.id.to_string(),
        "source": job.source,
        "agency": job.agency.as_str(),
        "license_type": job.license_type.as_str(),
        "key": job.key,
        "stated_total": job.stated_total,
        "corrects": job.corrects.map(|id| id.to_string()),
        "begun_at": job.begun_at.seconds(),
        "rows": job.rows,
        "accepted": job.accepted,
        "already": job.already,
        "rejected": job.rejected,
        "still_rejected": job.still_rejected(),
        "corrected": job.corrected,
        "corrected_already": job.corrected_already,
        "disputed": job.disputed,
        "reasons": job.reasons,
        "finished": job.finished,
    })
}

/// `import reconcile`
pub(super) fn reconcile(
    session: &Session,
    source: Option<&str>,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let reading = session.reading()?;
    let mut sources = reading.lookup.reconcile()?;
    if let Some(name) = source {
        sources.retain(|found| found.source == name);
        if sources.is_empty() {
            bail!("nothing was collected of a source with the name {name}");
        }
    }
    if session.json() {
        let sources: Vec<_> = sources.iter().map(source_json).collect();
        json_line(out, &json!({ "sources": sources }))?;
    } else {
        for found in &sources {
            let home = reading.lookup.home();
            print(out, found, &office_name(home, found.agency))?;
        }
    }
    // The worst of all: one that does not balance before one that cannot be told.
    let verdicts: Vec<_> = sources.iter().map(Reconciliation::balances).collect();
    Ok(if verdicts.contains(&Some(false)) {
        Exit::Failed
    } else if verdicts.contains(&None) {
        Exit::Indeterminate
    } else {
        Exit::Done
    })
}

fn print(out: &mut dyn Write, found: &Reconciliation, agency: &str) -> std::io::Result<()> {
    let Reconciliation { source, rows, accepted, already, rejected, .. } = found;
    let sign = match found.balances() {
        Some(true) => '✓',
        Some(false) => '✗',
        None => '?',
    };
    let stated = found.stated_total.map_or("unstated 未说明".to_owned(), |total| total.to_string());
    writeln!(out, "{sign} {source} ({agency})")?;
    writeln!(out, "  Total that the source states (来源总数)   {stated}")?;
    writeln!(out, "  Rows that came (到达)                    {rows}, in {} file(s)", found.files)?;
    writeln!(out, "    accepted (接收)                        {accepted}")?;
    writeln!(out, "    there already (重复)                   {already}")?;
    writeln!(out, "    rejected and not corrected (不合格)    {rejected}")?;
    if let Some(difference) = found.difference().filter(|difference| *difference != 0) {
        let words = if difference > 0 {
            "did not come (未到)"
        } else {
            "more came than the source states (多出)"
        };
        writeln!(out, "  {} {words}", difference.unsigned_abs())?;
    }
    for (count, words) in [
        (found.unfinished, "file(s) not taken in to the end (未完成)"),
        (found.disputed, "accepted in contradiction to others (数据冲突)"),
        (found.beyond, "further versions of corrected rows, in dispute, beside the total (更正后的其他版本)"),
        (found.corrections, "correction(s) (更正)"),
    ] {
        if count > 0 {
            writeln!(out, "  {count} {words}")?;
        }
    }
    Ok(())
}

fn source_json(found: &Reconciliation) -> Value {
    json!({
        "source": found.source,
        "agency": found.agency.as_str(),
        "license_type": found.license_type.as_str(),
        "stated_total": found.stated_total,
        "files": found.files,
        "corrections": found.corrections,
        "unfinished": found.unfinished,
        "rows": found.rows,
        "accepted": found.accepted,
        "already": found.already,
        "rejected": found.rejected,
        "disputed": found.disputed,
        "beyond": found.beyond,
        "reasons": found.reasons,
        "difference": found.difference(),
        "balances": found.balances(),
    })
}
