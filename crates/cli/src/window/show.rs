//! A decision on one screen: what need not be submitted, what has to be, why, and who does what next.

use std::io::Write;

use boyin::exempt::{Answer, Role, Way};
use serde_json::Value;

use crate::Exit;

/// What `decide` ends with.
pub(crate) fn exit(answer: Answer) -> Exit {
    match answer {
        Answer::Exempt => Exit::Done,
        Answer::Submit => Exit::Failed,
        Answer::Pending => Exit::Indeterminate,
    }
}

/// `✓`, `?` or `✗`.
pub(super) fn mark(answer: Answer) -> char {
    match answer {
        Answer::Exempt => '✓',
        Answer::Pending => '?',
        Answer::Submit => '✗',
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value[name].as_array().into_iter().flatten()
}

fn outcome(value: &Value, name: &str) -> Answer {
    Answer::from_code(text(value, name)).unwrap_or(Answer::Pending)
}

/// What a receipt signs, for people.
pub(super) fn write(out: &mut dyn Write, payload: &Value) -> std::io::Result<()> {
    let decision = &payload["decision"];
    let answer = outcome(decision, "answer");
    let headline = match answer {
        Answer::Exempt => "无须提交任何证明材料 nothing has to be submitted",
        Answer::Pending => {
            "有材料待核，暂不得要求提交 to be cleared up first; no paper may be asked for meanwhile"
        }
        Answer::Submit => "有材料须提交 something has to be submitted",
    };
    writeln!(out, "{} {headline}", mark(answer))?;
    if let Some(name) = decision["package"]["name"].as_str() {
        writeln!(out, "  一件事 {name} ({})", text(&decision["package"], "key"))?;
    }
    for item in list(decision, "items") {
        writeln!(
            out,
            "  事项   {} ({})  {}",
            text(item, "name"),
            text(item, "key"),
            text(item, "department")
        )?;
    }
    let office = &decision["first_contact"];
    writeln!(out, "  首问   {} {}", text(office, "name"), text(office, "code"))?;
    let at = decision["at"].as_u64().and_then(boyin::model::time::UnixTime::new);
    writeln!(
        out,
        "  区划   {}  {}",
        text(decision, "division"),
        at.map(|at| at.to_string()).unwrap_or_default()
    )?;
    writeln!(out)?;
    for material in list(decision, "materials") {
        self::material(out, material)?;
    }
    let counts = |answer: Answer| decision["counts"][answer.code()].as_u64().unwrap_or_default();
    let counts = Answer::ALL.map(|answer| format!("{} {}", answer.name_zh(), counts(answer)));
    writeln!(out, "\n  {}", counts.join("，"))
}

fn material(out: &mut dyn Write, material: &Value) -> std::io::Result<()> {
    let came = outcome(material, "outcome");
    let way = Way::ALL.into_iter().find(|way| way.code() == text(material, "way")).map(Way::name_zh);
    let how = match (came, way) {
        (Answer::Exempt, Some(way)) => format!("{}：{way}", came.name_zh()),
        (Answer::Submit, _) => {
            format!("{} {} 份", came.name_zh(), material["copies"].as_u64().unwrap_or_default())
        }
        (Answer::Exempt | Answer::Pending, _) => came.name_zh().to_owned(),
    };
    writeln!(out, "{} {}  {how}", mark(came), text(material, "name"))?;
    for license in list(material, "licenses") {
        let soon = license["expires_soon"].as_str().map(|day| format!("，{day} 到期")).unwrap_or_default();
        writeln!(
            out,
            "    ✓ {}（{}，{} 级{soon}）{}",
            text(license, "type_name"),
            role(license),
            text(license, "grade"),
            text(license, "id"),
        )?;
    }
    let follow_up = &material["follow_up"];
    for name in ["basis", "at", "zh", "checked_by", "until", "if_false_zh"] {
        if let Some(words) = follow_up[name].as_str() {
            writeln!(out, "    · {}{words}", label(name))?;
        }
    }
    if came == Answer::Exempt {
        return Ok(());
    }
    list(material, "findings").try_for_each(|found| finding(out, found))
}

/// What a member of a follow-up is.
fn label(name: &str) -> &'static str {
    match name {
        "basis" => "依据：",
        "at" => "核验系统：",
        "checked_by" => "核查单位：",
        "until" => "核查期限：",
        "if_false_zh" => "不实后果：",
        _ => "",
    }
}

fn role(value: &Value) -> &'static str {
    Role::from_code(text(value, "role")).map_or("", Role::name_zh)
}

/// Why, and what comes next.
fn finding(out: &mut dyn Write, found: &Value) -> std::io::Result<()> {
    let whose = match (found["type_name"].as_str(), role(found)) {
        (Some(name), "") => format!("（{name}）"),
        (Some(name), role) => format!("（{role}·{name}）"),
        (None, _) => String::new(),
    };
    let cause = found["cause"]["zh"].as_str().map(|zh| format!("：{zh}")).unwrap_or_default();
    writeln!(out, "    · {}{whose}{cause} {}", text(found, "zh"), text(found, "code"))?;
    let next = found["cause"]["next_step_zh"].as_str().unwrap_or_else(|| text(found, "next_step_zh"));
    let who = &found["responsible"];
    let name = who["name"].as_str().map(|name| format!(" {name}")).unwrap_or_default();
    writeln!(out, "      下一步：{next}\n      责任：{}{name}", text(who, "zh"))
}
