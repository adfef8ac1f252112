//! The way from each figure of the meter to what it counts: a button carries the query of `GET /v1/meter/decisions`.

use std::fmt::Write as _;

use axum::extract::Query as Typed;
use axum::http::Uri;
use boyin::exempt::Answer;
use boyin::meter::{Behind, By, Figure, Within};
use serde_json::Value;

use super::html::{Html, encoded};
use super::names::Words;
use super::{Lang, cell, decided_at, decision, hint, member, members, table_end, table_head};
use crate::error::ApiError;
use crate::meter::{BehindQuery, Listed, behind};
use crate::state::AppState;

pub(super) fn by_name(lang: Lang, by: By) -> &'static str {
    match by {
        By::County => lang.say("县市", "County"),
        By::Office => lang.say("首问单位", "Office asked first"),
        By::Item => lang.say("事项", "Item"),
        By::Month => lang.say("月份", "Month"),
    }
}

pub(super) fn figure_name(lang: Lang, figure: Figure) -> &'static str {
    match figure {
        Figure::Transactions => lang.say("办件", "Transactions"),
        Figure::Materials => lang.say("材料", "Materials"),
        Figure::Types => lang.say("证照种类", "License types"),
        Figure::TransactionsFreed => lang.say("可免办件", "Transactions freed"),
        Figure::MaterialsFreed => lang.say("可免材料", "Materials freed"),
        Figure::NotCataloged => lang.say("须先编入目录的材料", "Materials to be cataloged first"),
    }
}

/// A number of a value; 0 if there is none.
pub(super) fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_default()
}

/// The query that asks for it.
fn query(behind: &Behind, after: Option<u64>) -> String {
    let mut query = format!("by={}&figure={}", behind.by.code(), behind.figure.code());
    let within = By::ALL.into_iter().filter_map(|by| Some((by.code(), behind.within.of(by)?)));
    let outcome = behind.outcome.map(|outcome| ("outcome", outcome.code()));
    let of_type = behind.license_type.as_deref().map(|name| ("license_type", name));
    for (name, value) in within.chain(outcome).chain(of_type) {
        // A text takes what it is given.
        let _ = write!(query, "&{name}={}", encoded(value));
    }
    if let Some(after) = after {
        let _ = write!(query, "&after={after}");
    }
    query
}

/// What a selector asks for, in words.
fn told(words: &Words<'_>, behind: &Behind) -> String {
    let mut told = vec![figure_name(words.lang, behind.figure)];
    told.extend(behind.outcome.map(|outcome| decision::words(words.lang, outcome)));
    told.extend(behind.license_type.as_deref().map(|name| words.of_type(name)));
    told.extend(By::ALL.into_iter().filter_map(|by| behind.within.of(by)));
    told.join(" · ")
}

/// A button for what is behind a figure.
pub(super) fn button(html: &mut Html, words: &Words<'_>, behind: &Behind, after: Option<u64>, text: &str) {
    html.put(
        "<button type=\"submit\" form=\"ask\" class=\"small\" name=\"behind\" value=\"",
        query(behind, after),
        "\" aria-label=\"",
    );
    html.put("", text, " · ").put("", told(words, behind), "\">").put("", text, "</button> ");
}

/// Buttons for the outcomes of a tally and for all of it, as far as there are any; `behind` is without an outcome.
pub(super) fn buttons(html: &mut Html, words: &Words<'_>, behind: &Behind, tally: &Value) {
    html.raw("<div class=\"buttons\">");
    for outcome in Answer::ALL.into_iter().map(Some).chain([None]) {
        let count = number(tally, outcome.map_or("total", Answer::code));
        if count > 0 {
            let mark = outcome.map_or(words.lang.say("共", "all"), decision::mark);
            let behind = Behind { outcome, ..behind.clone() };
            button(html, words, &behind, None, &format!("{mark} {count}"));
        }
    }
    html.raw("</div>");
}

/// Within what something is counted, if it is not everything.
pub(super) fn within(html: &mut Html, lang: Lang, within: &Within) {
    let limits = By::ALL.into_iter().filter_map(|by| Some((by, within.of(by)?)));
    let limits: Vec<_> = limits.map(|(by, code)| format!("{} {code}", by_name(lang, by))).collect();
    if !limits.is_empty() {
        html.put("<p class=\"hint\">", lang.say("限于：", "Within: "), "");
        html.text(limits.join(" · ")).raw("</p>\n");
    }
}

/// The decisions behind a figure. Each leads to its own page if the token may read it.
pub(super) async fn listed(
    state: &AppState,
    words: &Words<'_>,
    wanted: &str,
    may_read: bool,
) -> Result<Html, ApiError> {
    let lang = words.lang;
    let query = format!("/?{wanted}").parse::<Uri>().ok();
    let query = query.and_then(|uri| Typed::<BehindQuery>::try_from_uri(&uri).ok());
    let Typed(query) = query.ok_or_else(|| ApiError::BadRequest("behind: no selector".to_owned()))?;
    let (wanted, after) = query.read()?;
    let Listed { count, decisions, next } = behind(state, wanted.clone(), after).await?;
    let mut html = Html::new();
    html.put(
        "<p><button type=\"submit\" form=\"ask\" class=\"small\">",
        lang.say("← 返回统计", "← Back to the figures"),
        "</button></p>\n",
    );
    html.put("<h2 class=\"answered\" data-count=\"", count, "\">").text(told(words, &wanted));
    html.put(lang.say("：", ": "), count, "</h2>\n");
    within(&mut html, lang, &wanted.within);
    let heads = heads(lang, wanted.figure);
    table_head(&mut html, lang.say("判定明细", "Decisions"), &heads);
    for decision in &decisions {
        row(&mut html, words, wanted.figure, decision, may_read);
    }
    table_end(&mut html);
    if decisions.is_empty() {
        hint(&mut html, lang.say("没有。", "None."));
    }
    if next.is_some() {
        button(&mut html, words, &wanted, next, lang.say("更多", "More"));
    }
    Ok(html)
}

fn heads(lang: Lang, figure: Figure) -> Vec<&'static str> {
    let mut heads = vec![
        lang.say("判定编号", "Decision"),
        lang.say("时间", "When"),
        lang.say("结果", "Answer"),
        lang.say("材料", "Materials"),
    ];
    if figure == Figure::Types {
        heads.push(figure_name(lang, figure));
    }
    heads
}

fn row(html: &mut Html, words: &Words<'_>, figure: Figure, row: &Value, may_read: bool) {
    let lang = words.lang;
    let came = decision::came(row, "answer");
    let event = number(row, "event");
    html.raw("<tr><th scope=\"row\">");
    if may_read {
        html.put("<a href=\"/decision?number=", event, "").text(lang.query('&')).put("\">", event, "</a>");
    } else {
        html.text(event);
    }
    html.raw("</th>");
    cell(html, lang.say("时间", "When")).put("<span class=\"nowrap\">", decided_at(row), "</span></td>");
    cell(html, lang.say("结果", "Answer")).put("<span class=\"", came.code(), "\">");
    html.text(decision::words(lang, came)).raw("</span></td>");
    cell(html, lang.say("材料", "Materials")).raw("<div>");
    for material in members(row, "materials").filter(|one| one["counted"] == true) {
        let outcome = decision::came(material, "outcome");
        html.put("<code class=\"counted\">", member(material, "key"), "</code> <span class=\"");
        html.raw(outcome.code()).put("\">", decision::words(lang, outcome), "</span><br>");
    }
    html.raw("</div></td>");
    if figure == Figure::Types {
        let types = members(row, "types").filter_map(Value::as_str);
        let types: Vec<_> = types.map(|name| words.of_type(name)).collect();
        cell(html, figure_name(lang, figure)).put("<span>", types.join(lang.say("、", ", ")), "</span></td>");
    }
    html.raw("</tr>\n");
}
