//! A decision on one screen: what need not be submitted, what has to be, why, and who does what next. As the command shows it.

use boyin::exempt::{Answer, Role, Way};
use boyin::window::ExemptionAnswer;
use serde_json::Value;

use super::html::Html;
use super::names::chinese;
use super::{Lang, decided_at, member, members};

/// `✓`, `?` or `✗`.
pub(super) fn mark(answer: Answer) -> &'static str {
    match answer {
        Answer::Exempt => "✓",
        Answer::Pending => "?",
        Answer::Submit => "✗",
    }
}

/// An answer in words.
pub(super) fn words(lang: Lang, answer: Answer) -> &'static str {
    match answer {
        Answer::Exempt => lang.of(answer.name_zh(), "exempt"),
        Answer::Pending => lang.of(answer.name_zh(), "to be cleared up"),
        Answer::Submit => lang.of(answer.name_zh(), "to be submitted"),
    }
}

/// How it came out, in a member of a decision; one that is not known is not cleared up.
pub(super) fn came(value: &Value, name: &str) -> Answer {
    Answer::from_code(member(value, name)).unwrap_or(Answer::Pending)
}

fn role(lang: Lang, value: &Value) -> &'static str {
    Role::from_code(member(value, "role")).map_or("", |role| lang.of(role.name_zh(), role.name_en()))
}

fn way(lang: Lang, value: &Value) -> Option<&'static str> {
    let way = Way::ALL.into_iter().find(|way| way.code() == member(value, "way"))?;
    Some(match way {
        Way::Canceled => lang.of(way.name_zh(), "no longer asked for"),
        Way::Shared => lang.of(way.name_zh(), "a license on file takes its place"),
        Way::VerifiedOnline => lang.of(way.name_zh(), "verified online"),
        Way::Commitment => lang.of(way.name_zh(), "by commitment"),
    })
}

/// A decision that is kept, with its number and its receipt; beside the button that prints it, what else can be done.
pub(super) fn filed(lang: Lang, answer: &ExemptionAnswer, decision: &Value, more: &Html) -> Html {
    let mut acts = Html::new();
    acts.put("<div class=\"acts\"><p>", lang.say("判定编号 ", "Decision "), "");
    acts.put("<strong>", answer.event, "</strong>");
    if answer.replayed {
        acts.text(lang.say("（此前已作判定）", " (decided before)"));
    }
    acts.put(
        "</p>\n<button type=\"button\" class=\"second\" data-print>",
        lang.say("打印", "Print"),
        "</button>\n",
    );
    acts.add(more).raw("</div>\n");
    let mut html = shown(lang, decision, &acts);
    html.put("<details><summary>", lang.say("签名回执", "Signed receipt"), "</summary><pre>");
    html.text(String::from_utf8_lossy(&answer.receipt)).raw("</pre></details>\n");
    html.put(
        "<p class=\"sheet\">",
        lang.say(
            "本单由首问单位签名存证，可凭判定编号查验；不含证件号码。",
            "Signed and kept by the office asked first, under the number of the decision. It holds no number of a holder.",
        ),
        "</p>\n",
    );
    html
}

/// The decision that a receipt signs; under the answer `acts`, what can be done with it.
pub(super) fn shown(lang: Lang, decision: &Value, acts: &Html) -> Html {
    let answer = came(decision, "answer");
    let mut html = Html::new();
    html.put("<article class=\"decision answered ", answer.code(), "\">\n<div class=\"verdict\"><h2>");
    html.put("<span aria-hidden=\"true\">", mark(answer), "</span> ");
    html.text(match answer {
        Answer::Exempt => lang.say("无须提交任何证明材料", "Nothing has to be submitted"),
        Answer::Pending => lang
            .say("有材料待核，暂不得要求提交", "To be cleared up first; no paper may be asked for meanwhile"),
        Answer::Submit => lang.say("有材料须提交", "Something has to be submitted"),
    });
    let count = |answer: Answer| {
        let count = decision["counts"][answer.code()].as_u64().unwrap_or_default();
        format!("{} {count}", words(lang, answer))
    };
    html.put("</h2>\n<p>", Answer::ALL.map(count).join(" · "), "</p></div>\n").add(acts);
    head(&mut html, lang, decision);
    html.raw("<ol class=\"materials\">\n");
    // What somebody has to act on comes first.
    for wanted in [Answer::Submit, Answer::Pending, Answer::Exempt] {
        for material in members(decision, "materials").filter(|one| came(one, "outcome") == wanted) {
            html.add(&self::material(lang, material));
        }
    }
    html.raw("</ol>\n</article>\n");
    html
}

/// Matter, office, place and time.
fn head(html: &mut Html, lang: Lang, decision: &Value) {
    html.raw("<dl class=\"facts\">\n");
    if let Some(name) = decision["package"]["name"].as_str() {
        html.put("<div><dt>", lang.say("一件事", "Package"), "</dt>").put("<dd>", name, "</dd></div>\n");
    }
    for item in members(decision, "items") {
        html.put("<div><dt>", lang.say("事项", "Item"), "</dt>").put("<dd>", member(item, "name"), "");
        html.raw(lang.say("（", " ("));
        chinese(html, lang, member(item, "department"));
        html.raw(lang.say("）", ")")).raw("</dd></div>\n");
    }
    html.put("<div><dt>", lang.say("首问单位", "Asked first"), "</dt><dd>");
    chinese(html, lang, member(&decision["first_contact"], "name"));
    html.put("</dd></div>\n<div><dt>", lang.say("区划与时间", "Division, time"), "</dt><dd>");
    html.text(member(decision, "division")).put(" · ", decided_at(decision), "</dd></div>\n</dl>\n");
}

fn material(lang: Lang, material: &Value) -> Html {
    let came = came(material, "outcome");
    let mut html = Html::new();
    html.put("<li class=\"", came.code(), "\"><span class=\"mark\" aria-hidden=\"true\">");
    html.text(mark(came)).raw("</span>\n<h3>");
    html.put("<span>", lang.of(member(material, "name"), member(material, "name_en")), "</span>");
    html.put(" <strong>", words(lang, came), "");
    match (came, way(lang, material)) {
        (Answer::Exempt, Some(way)) => {
            html.put(lang.say("：", ": "), way, "");
        }
        (Answer::Submit, _) => {
            let copies = material["copies"].as_u64().unwrap_or_default();
            html.put(lang.say(" ", " × "), copies, lang.say(" 份", ""));
        }
        (Answer::Exempt | Answer::Pending, _) => {}
    }
    html.raw("</strong></h3>\n");
    if came != Answer::Exempt {
        members(material, "findings").for_each(|found| finding(&mut html, lang, found));
    }
    follow_up(&mut html, lang, &material["follow_up"]);
    members(material, "licenses").for_each(|found| license(&mut html, lang, found));
    html.raw("</li>\n");
    html
}

/// A license that takes the place of a paper.
fn license(html: &mut Html, lang: Lang, license: &Value) {
    html.put("<p>", member(license, "type_name"), lang.say("（", " ("));
    html.text(role(lang, license)).put(
        lang.say("，", ", grade "),
        member(license, "grade"),
        lang.say(" 级", ""),
    );
    if let Some(day) = license["expires_soon"].as_str() {
        html.put(lang.say("，到期日 ", ", ends "), day, "");
    }
    html.raw(lang.say("）", ")")).put(" <code>", member(license, "id"), "</code></p>\n");
}

/// What is to be done where nothing is submitted.
fn follow_up(html: &mut Html, lang: Lang, follow_up: &Value) {
    for (name, label) in [
        ("basis", lang.say("依据：", "On the ground of: ")),
        ("at", lang.say("核验系统：", "Checked at: ")),
        (lang.say("zh", "en"), lang.say("核对或承诺内容：", "What is checked or declared: ")),
        ("checked_by", lang.say("核查单位：", "Checked afterwards by: ")),
        ("until", lang.say("核查期限：", "Until: ")),
        (lang.say("if_false_zh", "if_false_en"), lang.say("不实后果：", "If it is false: ")),
    ] {
        if let Some(words) = follow_up[name].as_str() {
            html.put("<p>", label, "");
            if ["basis", "at", "checked_by"].contains(&name) {
                chinese(html, lang, words);
            } else {
                html.text(words);
            }
            html.raw("</p>\n");
        }
    }
}

/// Why, and what comes next.
fn finding(html: &mut Html, lang: Lang, found: &Value) {
    html.put("<div class=\"finding\"><p>", lang.member(found, ""), "");
    let of = [role(lang, found), member(found, "type_name")].into_iter().filter(|text| !text.is_empty());
    let of: Vec<_> = of.collect();
    if !of.is_empty() {
        html.put(lang.say("（", " ("), of.join("·"), lang.say("）", ")"));
    }
    let cause = &found["cause"];
    if cause.is_object() {
        html.put(lang.say("：", ": "), lang.member(cause, ""), "");
    }
    html.put(" <code>", member(found, "code"), "</code></p>\n");
    let next = if cause.is_object() { cause } else { found };
    html.put("<p class=\"next\">", lang.say("下一步：", "Next step: "), "");
    html.text(lang.member(next, "next_step")).raw("</p>\n<p>");
    let who = &found["responsible"];
    html.text(lang.say("责任：", "Up to: "));
    html.text(lang.of(member(who, "zh"), responsible(member(who, "code")))).raw(" ");
    chinese(html, lang, member(who, "name"));
    html.raw("</p></div>\n");
}

/// In English; the decision has the Chinese name.
fn responsible(code: &str) -> &'static str {
    match code {
        "applicant" => "the applicant",
        "first_contact" => "the office that was asked first",
        "issuer" => "the issuer",
        "department" => "the department in charge",
        _ => "the operator",
    }
}
