//! A verdict on a page: what it is, why, what comes next, and each check.

use boyin::Checked;
use serde_json::Value;

use super::html::Html;
use super::{Lang, member, members};

/// A verdict in words.
pub(super) fn verdict(lang: Lang, code: &str) -> &'static str {
    match code {
        "passed" => lang.say("通过", "passed"),
        "failed" => lang.say("不通过", "failed"),
        _ => lang.say("无法判定，不予采信", "indeterminate: not to be relied on"),
    }
}

fn outcome(lang: Lang, code: &str) -> &'static str {
    match code {
        "passed" => lang.say("通过", "passed"),
        "failed" => lang.say("不通过", "failed"),
        "skipped" => lang.say("未进行", "not reached"),
        _ => lang.say("无法判定", "indeterminate"),
    }
}

fn owner(lang: Lang, code: &str) -> &'static str {
    match code {
        "holder" => lang.say("持证人", "the holder"),
        "issuer" => lang.say("颁发机构", "the issuer"),
        "verifier" => lang.say("核验方", "whoever verifies"),
        _ => lang.say("平台运维", "the operator"),
    }
}

/// The class of a verdict or of what a check found: one of these words, whatever it says.
pub(super) fn class(code: &str) -> &'static str {
    match code {
        "passed" => "passed",
        "failed" => "failed",
        "skipped" => "skipped",
        _ => "indeterminate",
    }
}

/// The head of a card: the verdict, why, and who does what next. The card is left open.
pub(super) fn open(html: &mut Html, lang: Lang, report: &Value) {
    let code = member(report, "verdict");
    html.raw("<div class=\"card ").raw(class(code)).raw("\">\n");
    html.put("<h2>", lang.say("核验结果：", "Verdict: "), "").put("", verdict(lang, code), "</h2>\n");
    let reason = &report["reason"];
    if reason.is_object() {
        html.put("<p>", lang.member(reason, ""), " ").put("<code>", member(reason, "code"), "</code></p>\n");
        let next = lang.member(reason, "next_step");
        if !next.is_empty() {
            html.put("<p>", lang.say("下一步：", "Next step: "), "").text(next).raw("</p>\n<p>");
            html.text(lang.say("责任方：", "Up to: "))
                .text(owner(lang, member(reason, "owner")))
                .raw("</p>\n");
        }
    }
}

/// The checks of a report; `names` are their Chinese names in the same order.
pub(super) fn checks(html: &mut Html, lang: Lang, report: &Value, names: &[&'static str]) {
    html.put("<table><caption>", lang.say("逐项检查", "Each check"), "</caption><thead><tr>");
    for head in [lang.say("检查项", "Check"), lang.say("结果", "Result"), lang.say("原因代码", "Reason")]
    {
        html.put("<th scope=\"col\">", head, "</th>");
    }
    html.raw("</tr></thead>\n<tbody>\n");
    for (check, name) in members(report, "checks").zip(names) {
        let found = member(check, "outcome");
        html.put("<tr><th scope=\"row\">", lang.of(name, member(check, "check")), "</th><td class=\"");
        html.raw(class(found)).put("\">", outcome(lang, found), "</td><td><code>");
        html.text(member(check, "reason")).raw("</code></td></tr>\n");
    }
    html.raw("</tbody></table>\n");
}

/// The report on what somebody presented.
pub(super) fn card(lang: Lang, checked: &Checked) -> Html {
    let report: Value = serde_json::from_slice(&checked.to_json()).expect("a report is JSON");
    let names: Vec<_> = match checked {
        Checked::License(report) => report.checks().map(|(check, _)| check.name_zh()).collect(),
        Checked::Seal(report) => report.checks().map(|(check, _)| check.name_zh()).collect(),
    };
    let mut html = Html::new();
    open(&mut html, lang, &report);
    for (what, name) in [
        (&report["license"]["license_id"], lang.say("证照标识 ", "License ")),
        (&report["seal"]["id"], lang.say("印章编码 ", "Seal ")),
    ] {
        if let Some(id) = what.as_str() {
            html.put("<p>", name, "<code>").text(id).raw("</code></p>\n");
        }
    }
    checks(&mut html, lang, &report, &names);
    html.raw("</div>\n");
    html
}
