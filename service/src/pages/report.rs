//! A verdict on a page: what it is, why, what comes next, and each check.

use boyin::Checked;
use boyin::model::id::LicenseTypeCode;
use serde_json::Value;

use super::html::Html;
use super::{Lang, cell, form, member, members, table_end, table_head};
use crate::state::AppState;

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

/// Before the words of a verdict, for whoever sees them from afar.
pub(super) fn mark(code: &str) -> &'static str {
    match code {
        "passed" => "✓",
        "failed" => "✗",
        _ => "?",
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

/// The beginning of a card: the verdict, large. The card is left open.
pub(super) fn banner(html: &mut Html, lang: Lang, what: &'static str, code: &str) {
    html.raw("<article class=\"card ").raw(class(code)).raw(" answered\">\n<div class=\"verdict\"><h2>");
    html.put("<span aria-hidden=\"true\">", mark(code), "</span> ").text(what).text(verdict(lang, code));
    html.raw("</h2></div>\n");
}

/// The head of a card: the verdict, why, and who does what next. The card is left open.
pub(super) fn open(html: &mut Html, lang: Lang, report: &Value) {
    banner(html, lang, lang.say("核验结果：", "Verdict: "), member(report, "verdict"));
    why(html, lang, report);
}

/// Why a verdict is not passed, and who does what next; nothing if it is.
pub(super) fn why(html: &mut Html, lang: Lang, report: &Value) {
    let reason = &report["reason"];
    if reason.is_object() {
        html.put("<p class=\"lead\">", lang.member(reason, ""), " ");
        html.put("<code>", member(reason, "code"), "</code></p>\n");
        let next = lang.member(reason, "next_step");
        if !next.is_empty() {
            html.put("<p class=\"next\">", lang.say("下一步：", "Next step: "), "")
                .text(next)
                .raw("</p>\n<p>");
            html.text(lang.say("责任方：", "Up to: "))
                .text(owner(lang, member(reason, "owner")))
                .raw("</p>\n");
        }
    }
}

/// The checks of a report; `names` are their Chinese names in the same order. They are open unless all is well. `of` says which part of
/// what was presented the report is on, where there are several.
pub(super) fn checks(html: &mut Html, lang: Lang, of: Option<&str>, report: &Value, names: &[&'static str]) {
    let passed = member(report, "verdict") == "passed";
    html.raw(if passed { "<details>" } else { "<details open>" });
    let title = lang.say("逐项检查", "Each check");
    html.put("<summary>", title, "</summary>\n");
    let [check_name, result, reason] =
        [lang.say("检查项", "Check"), lang.say("结果", "Result"), lang.say("原因代码", "Reason")];
    let of = of.map(|of| format!("{}{of}", lang.say("：", ": "))).unwrap_or_default();
    table_head(html, &format!("{title}{of}"), &[check_name, result, reason]);
    for (check, name) in members(report, "checks").zip(names) {
        let found = member(check, "outcome");
        html.put("<tr><th scope=\"row\">", lang.of(name, member(check, "check")), "</th>");
        cell(html, result).raw("<span class=\"").raw(class(found));
        html.put("\">", outcome(lang, found), "</span></td>");
        match check["reason"].as_str() {
            Some(code) => cell(html, reason).put("<code>", code, "</code></td></tr>\n"),
            None => html.raw("<td></td></tr>\n"),
        };
    }
    table_end(html);
    html.raw("</details>\n");
}

/// What a license that passed is, and whose: names from the catalog and the trust list.
pub(super) fn license(html: &mut Html, lang: Lang, state: &AppState, report: &Value) {
    if member(report, "verdict") != "passed" {
        return;
    }
    let claims = &report["license"];
    let kind = LicenseTypeCode::parse(member(claims, "license_type")).ok();
    if let Some(kind) = kind.and_then(|code| state.lookup.home().catalog().get(code)) {
        fact(html, lang.say("证照类型", "License type"), lang.of(&kind.name, &kind.name_en));
    }
    let registry = state.lookup.registry();
    let mut issuers = registry.trust().list().issuers.iter();
    if let Some(issuer) = issuers.find(|issuer| issuer.code.as_str() == member(claims, "issuer")) {
        fact(html, lang.say("颁发机构", "Issuer"), &issuer.name);
    }
}

pub(super) fn fact(html: &mut Html, name: &'static str, text: &str) {
    html.put("<div><dt>", name, "</dt>").put("<dd>", text, "</dd></div>\n");
}

/// The report on what somebody presented.
pub(super) fn card(lang: Lang, state: &AppState, checked: &Checked) -> Html {
    let report: Value = serde_json::from_slice(&checked.to_json()).expect("a report is JSON");
    let names: Vec<_> = match checked {
        Checked::License(report) => report.checks().map(|(check, _)| check.name_zh()).collect(),
        Checked::Seal(report) => report.checks().map(|(check, _)| check.name_zh()).collect(),
    };
    let mut html = Html::new();
    open(&mut html, lang, &report);
    html.raw("<dl class=\"facts\">\n");
    license(&mut html, lang, state, &report);
    for (what, name) in [
        (&report["license"]["license_id"], lang.say("证照标识", "License")),
        (&report["seal"]["id"], lang.say("印章编码", "Seal")),
    ] {
        if let Some(id) = what.as_str() {
            fact(&mut html, name, id);
        }
    }
    html.raw("</dl>\n");
    again(&mut html, lang);
    checks(&mut html, lang, None, &report, &names);
    html.raw("</article>\n");
    html
}

/// The button for what somebody shows next.
pub(super) fn again(html: &mut Html, lang: Lang) {
    form::next(html, lang.say("核验下一份", "Verify another"));
}
