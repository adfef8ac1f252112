use std::io::Write;

use boyin::verify::{AnyReason, Detail, Outcome, Owner, Policy, ReasonInfo, Report, Verdict, Weight};

use crate::Exit;
use crate::output::sign;

/// Columns of the codes of the checks of licenses and documents.
pub(crate) const CODE_WIDTH: usize = 12;
/// Those of seals and timestamps have longer ones.
pub(crate) const LONG_CODE_WIDTH: usize = 18;

/// What a command that verifies ends with.
pub(crate) fn exit<R: AnyReason>(verdict: Verdict<R>) -> Exit {
    match verdict {
        Verdict::Passed => Exit::Done,
        Verdict::Failed(_) => Exit::Failed,
        Verdict::Indeterminate(_) => Exit::Indeterminate,
    }
}

/// A report for people: verdict, reason, next step, then each check.
pub(crate) fn write(out: &mut dyn Write, report: &Report) -> std::io::Result<()> {
    headline(out, report.verdict())?;
    if let Some(id) = &report.subject().license_id {
        writeln!(out, "  {:<9} {id}", "license")?;
    }
    writeln!(out, "  {:<9} {}", "at", report.at())?;
    let policy = report.policy();
    if *policy != Policy::default() {
        writeln!(
            out,
            "  {:<9} {} version {}: not the strictest 非最严策略",
            "policy",
            policy.name(),
            policy.version()
        )?;
    }
    writeln!(out)?;
    checks(out, report)
}

/// Each check on its line.
pub(crate) fn checks(out: &mut dyn Write, report: &Report) -> std::io::Result<()> {
    report.checks().try_for_each(|(check, outcome)| {
        let (named, weight) = ((check.code(), check.name_zh()), report.policy().weight(check));
        line(out, named, CODE_WIDTH, &outcome, weight, |detail| place(*detail))
    })
}

/// A check, by its code and its name, on its line: what it found, what that means for the verdict, and where it is.
pub(crate) fn line<R: AnyReason, D>(
    out: &mut dyn Write,
    (code, name): (&str, &str),
    width: usize,
    outcome: &Outcome<R, D>,
    weight: Weight,
    place: impl FnOnce(&D) -> String,
) -> std::io::Result<()> {
    let (mark, words) = match outcome {
        Outcome::Passed => ('✓', String::new()),
        Outcome::Skipped => ('·', "not reached 未进行".to_owned()),
        Outcome::NotPassed(reason, detail) => {
            let mark = match weight {
                Weight::Fail if reason.is_indeterminate() => '?',
                Weight::Fail => '✗',
                Weight::Warn => '!',
                Weight::Inform => 'i',
            };
            (mark, format!("{}{}", reason.info().code, detail.as_ref().map(place).unwrap_or_default()))
        }
    };
    let line = format!("  {mark} {code:<width$} {name}  {words}");
    writeln!(out, "{}", line.trim_end())
}

/// What is worth knowing, by its codes; nothing if there is nothing.
pub(crate) fn notes(out: &mut dyn Write, notes: impl Iterator<Item = &'static str>) -> std::io::Result<()> {
    let notes: Vec<_> = notes.collect();
    if notes.is_empty() { Ok(()) } else { writeln!(out, "  notes (提示): {}", notes.join(", ")) }
}

/// The verdict with its reason and the next step.
pub(crate) fn headline<R: AnyReason>(out: &mut dyn Write, verdict: Verdict<R>) -> std::io::Result<()> {
    let info = verdict.reason().map(AnyReason::info);
    let code = info.map(|info| format!(": {}", info.code));
    writeln!(out, "{} {}{}", sign(verdict), words(verdict), code.unwrap_or_default())?;
    if let Some(info) = info {
        explain(out, &info)?;
    }
    Ok(())
}

/// A verdict in words.
pub(crate) fn words<R: AnyReason>(verdict: Verdict<R>) -> &'static str {
    match verdict {
        Verdict::Passed => "passed 核验通过",
        Verdict::Failed(_) => "failed 核验不通过",
        Verdict::Indeterminate(_) => "indeterminate 无法判定，不能采信",
    }
}

/// What is wrong, and what to do.
pub(crate) fn explain(out: &mut dyn Write, info: &ReasonInfo) -> std::io::Result<()> {
    writeln!(out, "  {}", info.zh)?;
    writeln!(out, "  {}", info.en)?;
    writeln!(out, "  下一步：{}", info.next_step_zh)?;
    writeln!(out, "  Next step ({}): {}", owner(info.owner), info.next_step_en)
}

fn owner(owner: Owner) -> &'static str {
    match owner {
        Owner::Holder => "holder 持证人",
        Owner::Issuer => "issuer 颁发机构",
        Owner::Verifier => "verifier 核验方",
        Owner::Operator => "operator 平台运维",
    }
}

fn place(detail: Detail) -> String {
    match detail {
        Detail::Place { part, offset } => format!(" in the {part}, byte {offset}"),
        Detail::Claim(claim) => format!(" in `{claim}`"),
        Detail::Disclosure(index) => format!(" in disclosure {index}"),
        Detail::Instants { limit, .. } => format!(", limit {limit}"),
        Detail::Value(value) => format!(", value {value}"),
    }
}
