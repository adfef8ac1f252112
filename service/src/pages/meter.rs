//! The exemption meter: figures with bars, and the decisions behind each of them.

use axum::extract::State;
use axum::response::Response;
use boyin::Scope;
use boyin::exempt::Answer;
use boyin::meter::{By, TARGETS};
use serde_json::Value;

use super::html::Html;
use super::trouble::part;
use super::{
    Asked, AskedQuery, Lang, Sent, cell, decided_at, decision, form, member, members, page as whole_page,
    table_end, table_head, texts,
};
use crate::auth::authorize;
use crate::error::ApiError;
use crate::state::AppState;
use crate::window::{BehindQuery, behind, by_of, figures, needs};

/// The view that is told apart by nothing: which license types to collect next.
const NEXT: &str = "next";
/// Which decisions a button asks for: by what, outcome or `-`, after which event or `-`, and the code.
const BEHIND_PARTS: usize = 4;

fn by_name(lang: Lang, by: By) -> &'static str {
    match by {
        By::County => lang.say("县市", "County"),
        By::Office => lang.say("首问单位", "Office asked first"),
        By::Item => lang.say("事项", "Item"),
        By::Month => lang.say("月份", "Month"),
    }
}

/// `GET /meter`
pub(super) async fn page(query: AskedQuery) -> Response {
    let asked = Asked::read(query);
    let lang = asked.lang();
    let mut html = Html::new();
    html.put(
        "<p class=\"hint\">",
        lang.say(
            "多少材料、多少办件无须再交证照。统计数据不含个人信息；令牌须有 meter:read 权限。",
            "How many papers did not have to be submitted, and in how many transactions none. Nothing personal; the token needs meter:read.",
        ),
        "</p>\n",
    );
    form::head(&mut html, lang, "/meter");
    html.put("<label>", lang.say("按", "By"), " <select name=\"by\">\n");
    for by in By::ALL {
        html.put("<option value=\"", by.code(), "\">").text(by_name(lang, by)).raw("</option>\n");
    }
    html.put("<option value=\"", NEXT, "\">");
    html.text(lang.say("下一步归集哪些证照", "Which license types to collect next"));
    html.raw("</option>\n</select></label>\n");
    form::end(&mut html, lang, lang.say("统计", "Show"));
    whole_page(&asked, "/meter", lang.say("免提交率", "How much did not have to be submitted"), &html)
}

/// `POST /meter`: figures, or what is behind one.
pub(super) async fn answer(State(state): State<AppState>, sent: Sent) -> Response {
    let lang = sent.lang;
    part(lang, shown(&state, sent).await)
}

async fn shown(state: &AppState, sent: Sent) -> Result<Html, ApiError> {
    let Sent { lang, headers, body } = sent;
    authorize(state, &headers, Scope::MeterRead).await?;
    let texts = texts(body)?;
    if let Some(wanted) = texts.get("behind") {
        return listed(state, lang, wanted).await;
    }
    let by = texts.get("by").map(String::as_str);
    if by == Some(NEXT) {
        return Ok(next(lang, &needs(state).await?));
    }
    let by = by_of(by)?;
    Ok(table(lang, by, &figures(state, by).await?))
}

fn share(of: u64, total: u64) -> u64 {
    (of * 1000).checked_div(total).unwrap_or(0)
}

fn number(tally: &Value, name: &str) -> u64 {
    tally[name].as_u64().unwrap_or_default()
}

/// `88.2%`
fn percent(tally: &Value) -> String {
    let rate = tally["per_mille"].as_u64();
    rate.map_or_else(|| "–".to_owned(), |rate| format!("{}.{}%", rate / 10, rate % 10))
}

/// `88.2% (15/17)`
fn rate(tally: &Value) -> String {
    if tally["per_mille"].is_null() {
        return percent(tally);
    }
    format!("{} ({}/{})", percent(tally), number(tally, "exempt"), number(tally, "total"))
}

/// A bar of the three outcomes. What it shows stands beside it in figures.
fn bar(html: &mut Html, tally: &Value) {
    let total = number(tally, "total");
    html.raw("<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">");
    let mut from = 0;
    for answer in Answer::ALL {
        let width = share(number(tally, answer.code()), total);
        html.put("<rect class=\"", answer.code(), "\" x=\"").put(
            "",
            from,
            "\" y=\"0\" height=\"10\" width=\"",
        );
        html.put("", width, "\"/>");
        from += width;
    }
    html.raw("</svg>");
}

/// A cell with a rate and its bar.
fn rate_cell(html: &mut Html, label: &'static str, tally: &Value) {
    cell(html, label).put("<span class=\"nowrap\">", rate(tally), "</span> ");
    bar(html, tally);
    html.raw("</td>");
}

fn heads(lang: Lang, by: By) -> [&'static str; 7] {
    [
        by_name(lang, by),
        lang.say("证照种类", "License types"),
        lang.say("材料", "Materials"),
        lang.say("办件", "Transactions"),
        lang.say("待核", "Pending"),
        lang.say("目标", "Targets"),
        lang.say("明细", "Decisions"),
    ]
}

fn table(lang: Lang, by: By, meter: &Value) -> Html {
    let mut html = Html::new();
    html.put("<h2 class=\"unseen answered\">", lang.say("免提交率", "Exemption rates"), "</h2>\n");
    tiles(&mut html, lang, &meter["all"]);
    legend(&mut html, lang);
    table_head(&mut html, lang.say("免提交率", "Exemption rates"), &heads(lang, by));
    members(meter, "cells").for_each(|figures| row(&mut html, lang, by, figures));
    table_end(&mut html);
    let names = [lang.say("证照", "License type"), lang.say("材料", "Materials")];
    table_head(&mut html, lang.say("按证照", "By license type"), &names);
    for (name, tally) in meter["all"]["by_type"].as_object().into_iter().flatten() {
        html.put("<tr><th scope=\"row\">", name, "</th>");
        rate_cell(&mut html, names[1], tally);
        html.raw("</tr>\n");
    }
    table_end(&mut html);
    html
}

/// All together, large.
fn tiles(html: &mut Html, lang: Lang, all: &Value) {
    html.raw("<ul class=\"tiles\">\n");
    for (name, words) in [
        ("types", lang.say("证照种类", "License types")),
        ("materials", lang.say("材料", "Materials")),
        ("transactions", lang.say("办件", "Transactions")),
    ] {
        html.put("<li><p>", words, "</p><p class=\"figure\">").text(percent(&all[name])).raw("</p>");
        bar(html, &all[name]);
        html.put("<p>", number(&all[name], "exempt"), " / ").text(number(&all[name], "total"));
        html.raw("</p>");
        if name == "types" {
            html.put("<p>", lang.say("目标 ", "Targets "), "");
            targets(html, &all[name], " · ");
            html.raw("</p>");
        }
        html.raw("</li>\n");
    }
    html.raw("</ul>\n");
}

/// What share of the license types was to be reached by when, and whether it is.
fn targets(html: &mut Html, types: &Value, between: &'static str) {
    let mut before = "";
    for (year, percent) in TARGETS {
        let met = match types["meets"][percent.to_string()].as_bool() {
            Some(true) => "✓",
            Some(false) => "✗",
            None => "–",
        };
        html.raw(before).put("<span class=\"nowrap\">", year, " ").put("", percent, "% ").text(met);
        html.raw("</span>");
        before = between;
    }
}

fn legend(html: &mut Html, lang: Lang) {
    html.raw("<p class=\"legend\">");
    for answer in Answer::ALL {
        html.put("<span class=\"", answer.code(), "\">").text(decision::words(lang, answer)).raw("</span> ");
    }
    html.raw("</p>\n");
}

fn row(html: &mut Html, lang: Lang, by: By, figures: &Value) {
    let code = member(figures, "code");
    let [_, types, materials, transactions, pending, target, decisions] = heads(lang, by);
    match figures["name"].as_str() {
        Some(name) => html.put("<tr><th scope=\"row\">", name, "<br>").put("<small>", code, "</small></th>"),
        None => html.put("<tr><th scope=\"row\">", code, "</th>"),
    };
    rate_cell(html, types, &figures["types"]);
    rate_cell(html, materials, &figures["materials"]);
    rate_cell(html, transactions, &figures["transactions"]);
    cell(html, pending).text(number(&figures["materials"], "pending")).raw("</td>");
    cell(html, target).raw("<span>");
    targets(html, &figures["types"], "<br>");
    html.raw("</span></td>");
    cell(html, decisions).raw("<div class=\"buttons\">");
    for (outcome, words) in [
        ("-", lang.say("全部", "all")),
        (Answer::Submit.code(), decision::words(lang, Answer::Submit)),
        (Answer::Pending.code(), decision::words(lang, Answer::Pending)),
    ] {
        button(html, by, outcome, None, code, words);
    }
    html.raw("</div></td></tr>\n");
}

/// A button for the decisions behind a figure.
fn button(html: &mut Html, by: By, outcome: &str, after: Option<u64>, code: &str, words: &'static str) {
    let after = after.map_or_else(|| "-".to_owned(), |after| after.to_string());
    html.put("<button type=\"submit\" form=\"ask\" class=\"small\" name=\"behind\" value=\"", by.code(), "/");
    html.put("", outcome, "/").put("", after, "/").text(code).put("\">", words, "</button> ");
}

async fn listed(state: &AppState, lang: Lang, wanted: &str) -> Result<Html, ApiError> {
    let parts: Vec<_> = wanted.splitn(BEHIND_PARTS, '/').collect();
    let [by, outcome, after, code] = parts.as_slice() else {
        return Err(ApiError::BadRequest("behind: by, outcome, after, code".to_owned()));
    };
    let given = |text: &str| (text != "-").then(|| text.to_owned());
    let after = given(after).map(|after| after.parse::<u64>());
    let after = after.transpose().map_err(|_| ApiError::BadRequest("behind: no event".to_owned()))?;
    let query = BehindQuery {
        by: (*by).to_owned(),
        of: (*code).to_owned(),
        outcome: given(outcome),
        license_type: None,
        after,
    };
    let (by, wanted, after) = query.read()?;
    let (rows, more) = behind(state, by, wanted, after).await?;
    let mut html = Html::new();
    html.put(
        "<p><button type=\"submit\" form=\"ask\" class=\"small\">",
        lang.say("← 返回统计", "← Back to the figures"),
        "</button></p>\n",
    );
    html.put("<h2 class=\"unseen answered\">", lang.say("判定明细", "Decisions"), "</h2>\n");
    table_head(&mut html, lang.say("判定明细", "Decisions"), &decision_heads(lang));
    for row in &rows {
        decision_row(&mut html, lang, row);
    }
    table_end(&mut html);
    if rows.is_empty() {
        html.put("<p class=\"hint\">", lang.say("没有。", "None."), "</p>\n");
    }
    if more.is_some() {
        button(&mut html, by, outcome, more, code, lang.say("更多", "More"));
    }
    Ok(html)
}

fn decision_heads(lang: Lang) -> [&'static str; 4] {
    [
        lang.say("判定编号", "Decision"),
        lang.say("时间", "When"),
        lang.say("结果", "Answer"),
        lang.say("材料", "Materials"),
    ]
}

fn decision_row(html: &mut Html, lang: Lang, row: &Value) {
    let [_, when, answer, materials] = decision_heads(lang);
    let came = decision::came(row, "answer");
    html.put("<tr><th scope=\"row\">", number(row, "event"), "</th>");
    cell(html, when).put("<span class=\"nowrap\">", decided_at(row), "</span></td>");
    cell(html, answer).put("<span class=\"", came.code(), "\">").text(decision::words(lang, came));
    html.raw("</span></td>");
    cell(html, materials).raw("<div>");
    for material in members(row, "materials") {
        let outcome = decision::came(material, "outcome");
        html.put("<code>", member(material, "key"), "</code> <span class=\"").raw(outcome.code());
        html.put("\">", decision::words(lang, outcome), "</span><br>");
    }
    html.raw("</div></td></tr>\n");
}

/// What one more license type would have changed.
fn next(lang: Lang, needs: &Value) -> Html {
    let mut html = Html::new();
    html.put("<h2 class=\"answered\">", lang.say("现状：材料 ", "Now: materials "), "");
    html.text(rate(&needs["materials"]));
    html.put(lang.say("，办件 ", ", transactions "), rate(&needs["transactions"]), "</h2>\n");
    let names = [
        lang.say("证照类型", "License type"),
        lang.say("可免材料", "Materials freed"),
        lang.say("归集后材料", "Materials then"),
        lang.say("可免办件", "Transactions freed"),
        lang.say("归集后办件", "Transactions then"),
        lang.say("备注", "Note"),
    ];
    table_head(
        &mut html,
        lang.say("归集哪些证照提升最大", "Which license types raise the rate most"),
        &names,
    );
    let [_, materials, materials_then, transactions, transactions_then, note] = names;
    for need in members(needs, "types") {
        html.put("<tr><th scope=\"row\">", member(need, "type_name"), "</th>");
        cell(&mut html, materials).text(number(need, "materials")).raw("</td>");
        rate_cell(&mut html, materials_then, &need["then"]["materials"]);
        cell(&mut html, transactions).text(number(need, "transactions")).raw("</td>");
        rate_cell(&mut html, transactions_then, &need["then"]["transactions"]);
        if number(need, "not_cataloged") > 0 {
            cell(&mut html, note).text(lang.say("须先编入目录", "to be cataloged first")).raw("</td></tr>\n");
        } else {
            html.raw("<td></td></tr>\n");
        }
    }
    table_end(&mut html);
    if members(needs, "types").next().is_none() {
        html.put(
            "<p class=\"hint\">",
            lang.say("没有：无一证照类型能再提升。", "None: no license type would raise it."),
            "</p>\n",
        );
    }
    html
}
