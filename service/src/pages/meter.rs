//! The exemption meter: figures with bars, each with buttons for the decisions behind it.

use axum::extract::State;
use axum::response::Response;
use boyin::Scope;
use boyin::exempt::Answer;
use boyin::meter::{Behind, By, Figure, TARGETS, Within};
use serde_json::Value;

use super::behind::{button, buttons, by_name, figure_name, listed, number, within};
use super::html::Html;
use super::names::{Words, chinese};
use super::trouble::part;
use super::{
    Asked, AskedQuery, Lang, Sent, cell, decision, form, given, hint, member, members, page as whole_page,
    table_end, table_head, texts,
};
use crate::auth::authorize;
use crate::error::ApiError;
use crate::meter::{by_of, figures, needs};
use crate::state::AppState;

/// The view that is told apart by nothing: which license types to collect next.
const NEXT: &str = "next";
/// The figures of each row, as the meter names them.
const FIGURES: [Figure; 3] = [Figure::Types, Figure::Materials, Figure::Transactions];

/// `GET /meter`
pub(super) async fn page(query: AskedQuery) -> Response {
    let asked = Asked::read(query);
    let lang = asked.lang();
    let mut html = Html::new();
    let words = lang.say(
        "多少材料、多少办件无须再交证照。统计数据不含个人信息；令牌须有 meter:read 权限。",
        "How many papers did not have to be submitted, and in how many transactions none. Nothing personal; the token needs meter:read.",
    );
    hint(&mut html, words);
    form::head(&mut html, lang, "/meter");
    html.put("<label>", lang.say("按", "By"), " <select name=\"by\">\n");
    for by in By::ALL {
        html.put("<option value=\"", by.code(), "\">").text(by_name(lang, by)).raw("</option>\n");
    }
    html.put("<option value=\"", NEXT, "\">");
    html.text(lang.say("下一步归集哪些证照", "Which license types to collect next"));
    html.raw("</option>\n</select></label>\n");
    limit_fields(&mut html, lang);
    form::end(&mut html, lang, lang.say("统计", "Show"));
    whole_page(&asked, "/meter", lang.say("免提交率", "How much did not have to be submitted"), &html)
}

/// `POST /meter`: figures, or what is behind one.
pub(super) async fn answer(State(state): State<AppState>, sent: Sent) -> Response {
    let lang = sent.lang;
    part(lang, shown(&state, sent).await)
}

/// The fields for within what is counted: empty ones limit nothing.
fn limit_fields(html: &mut Html, lang: Lang) {
    html.put("<details><summary>", lang.say("只统计……", "Only within…"), "</summary>\n");
    for by in By::ALL {
        let (name, kind) = match by {
            By::County => (lang.say("县市（区划代码）", "County (division code)"), "text"),
            By::Office => (lang.say("首问单位（信用代码）", "Office asked first (credit code)"), "text"),
            By::Item => (lang.say("事项（键）", "Item (key)"), "text"),
            By::Month => (by_name(lang, by), "month"),
        };
        html.put("<label>", name, " <input type=\"").put("", kind, "\" name=\"").put("", by.code(), "\"");
        html.raw(" autocomplete=\"off\" spellcheck=\"false\"></label>\n");
    }
    html.raw("</details>\n");
}

async fn shown(state: &AppState, sent: Sent) -> Result<Html, ApiError> {
    let Sent { lang, headers, body } = sent;
    let grant = authorize(state, &headers, Scope::MeterRead).await?;
    let mut texts = texts(body)?;
    let words = Words::of(state, lang).await;
    if let Some(wanted) = texts.get("behind") {
        return listed(state, &words, wanted, grant.scopes.contains(&Scope::WindowDecide)).await;
    }
    let mut given = |name: &str| given(&mut texts, name);
    let within = Within {
        county: given(By::County.code()),
        office: given(By::Office.code()),
        item: given(By::Item.code()),
        month: given(By::Month.code()),
    };
    let by = given("by");
    if by.as_deref() == Some(NEXT) {
        let needs = needs(state, within.clone()).await?;
        return Ok(next(&words, &within, &needs));
    }
    let by = by_of(by.as_deref())?;
    let found = figures(state, by, within.clone()).await?;
    Ok(table(&words, &Row { by, within }, &found))
}

fn share(of: u64, total: u64) -> u64 {
    (of * 1000).checked_div(total).unwrap_or(0)
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

/// What a row, or the sum of all, is of.
struct Row {
    by: By,
    within: Within,
}

impl Row {
    fn figure(&self, figure: Figure) -> Behind {
        Behind { by: self.by, within: self.within.clone(), figure, outcome: None, license_type: None }
    }
}

/// A cell with a rate, its bar and the ways down from it.
fn rate_cell(html: &mut Html, words: &Words<'_>, label: &'static str, behind: &Behind, tally: &Value) {
    cell(html, label).put("<span class=\"nowrap\">", rate(tally), "</span> ");
    bar(html, tally);
    buttons(html, words, behind, tally);
    html.raw("</td>");
}

fn heads(lang: Lang, by: By) -> [&'static str; 5] {
    let [types, materials, transactions] = FIGURES.map(|figure| figure_name(lang, figure));
    [by_name(lang, by), types, materials, transactions, lang.say("目标", "Targets")]
}

fn table(words: &Words<'_>, all: &Row, meter: &Value) -> Html {
    let lang = words.lang;
    let mut html = Html::new();
    html.put("<h2 class=\"unseen answered\">", lang.say("免提交率", "Exemption rates"), "</h2>\n");
    within(&mut html, lang, &all.within);
    tiles(&mut html, words, all, &meter["all"]);
    legend(&mut html, lang);
    table_head(&mut html, lang.say("免提交率", "Exemption rates"), &heads(lang, all.by));
    members(meter, "cells").for_each(|figures| row(&mut html, words, all, figures));
    table_end(&mut html);
    let names = [lang.say("证照", "License type"), lang.say("材料", "Materials")];
    table_head(&mut html, lang.say("按证照", "By license type"), &names);
    for (name, tally) in meter["all"]["by_type"].as_object().into_iter().flatten() {
        html.put("<tr><th scope=\"row\">", words.of_type(name), "</th>");
        let behind = Behind { license_type: Some(name.clone()), ..all.figure(Figure::Materials) };
        rate_cell(&mut html, words, names[1], &behind, tally);
        html.raw("</tr>\n");
    }
    table_end(&mut html);
    html
}

/// All together, large.
fn tiles(html: &mut Html, words: &Words<'_>, all: &Row, figures: &Value) {
    let lang = words.lang;
    html.raw("<ul class=\"tiles\">\n");
    for figure in FIGURES {
        let tally = &figures[figure.code()];
        html.put("<li><p>", figure_name(lang, figure), "</p><p class=\"figure\">").text(percent(tally));
        html.raw("</p>");
        bar(html, tally);
        html.put("<p>", number(tally, "exempt"), " / ").put("", number(tally, "total"), "</p>");
        if figure == Figure::Types {
            html.put("<p>", lang.say("目标 ", "Targets "), "");
            targets(html, tally, " · ");
            html.raw("</p>");
        }
        buttons(html, words, &all.figure(figure), tally);
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
        html.put("<span class=\"", answer.code(), "\">").put("", decision::mark(answer), " ");
        html.text(decision::words(lang, answer)).raw("</span> ");
    }
    html.raw("</p>\n");
}

fn row(html: &mut Html, words: &Words<'_>, all: &Row, figures: &Value) {
    let lang = words.lang;
    let code = member(figures, "code");
    let of = Row { by: all.by, within: all.within.and(all.by, code) };
    html.raw("<tr><th scope=\"row\">");
    match figures["name"].as_str() {
        Some(name) => {
            match words.of_item(code, name) {
                same if same == name => chinese(html, lang, name),
                english => {
                    html.text(english);
                }
            }
            html.put("<br><small>", code, "</small></th>");
        }
        None => {
            html.put("", code, "</th>");
        }
    }
    for figure in FIGURES {
        rate_cell(html, words, figure_name(lang, figure), &of.figure(figure), &figures[figure.code()]);
    }
    cell(html, lang.say("目标", "Targets")).raw("<span>");
    targets(html, &figures["types"], "<br>");
    html.raw("</span></td></tr>\n");
}

/// What one more license type would have changed.
fn next(words: &Words<'_>, limits: &Within, needs: &Value) -> Html {
    let lang = words.lang;
    // As it is counted: a package is one transaction.
    let all = Row { by: By::County, within: limits.clone() };
    let mut html = Html::new();
    html.put("<h2 class=\"answered\">", lang.say("现状：材料 ", "Now: materials "), "");
    html.text(rate(&needs["materials"]));
    html.put(lang.say("，办件 ", ", transactions "), rate(&needs["transactions"]), "</h2>\n");
    within(&mut html, lang, limits);
    for figure in [Figure::Materials, Figure::Transactions] {
        html.put("<p>", figure_name(lang, figure), "</p>");
        buttons(&mut html, words, &all.figure(figure), &needs[figure.code()]);
    }
    let names = [
        lang.say("证照类型", "License type"),
        figure_name(lang, Figure::MaterialsFreed),
        lang.say("归集后材料", "Materials then"),
        figure_name(lang, Figure::TransactionsFreed),
        lang.say("归集后办件", "Transactions then"),
        lang.say("须先编入目录", "To be cataloged first"),
    ];
    table_head(
        &mut html,
        lang.say("归集哪些证照提升最大", "Which license types raise the rate most"),
        &names,
    );
    members(needs, "types").for_each(|need| need_row(&mut html, words, &names, &all, need));
    table_end(&mut html);
    if members(needs, "types").next().is_none() {
        hint(&mut html, lang.say("没有：无一证照类型能再提升。", "None: no license type would raise it."));
    }
    html
}

fn need_row(html: &mut Html, words: &Words<'_>, names: &[&'static str; 6], all: &Row, need: &Value) {
    let [_, materials, materials_then, transactions, transactions_then, cataloged] = *names;
    let name = member(need, "type_name");
    let freed = |html: &mut Html, label: &'static str, figure: Figure, count: u64| {
        cell(html, label);
        if count > 0 {
            let behind = Behind { license_type: Some(name.to_owned()), ..all.figure(figure) };
            button(html, words, &behind, None, &count.to_string());
        } else {
            html.text(count);
        }
        html.raw("</td>");
    };
    html.put("<tr><th scope=\"row\">", words.of_type(name), "</th>");
    freed(html, materials, Figure::MaterialsFreed, number(need, "materials"));
    then_cell(html, materials_then, &need["then"]["materials"]);
    freed(html, transactions, Figure::TransactionsFreed, number(need, "transactions"));
    then_cell(html, transactions_then, &need["then"]["transactions"]);
    freed(html, cataloged, Figure::NotCataloged, number(need, "not_cataloged"));
    html.raw("</tr>\n");
}

/// A cell with a rate that nothing has come to yet: there are no decisions behind it.
fn then_cell(html: &mut Html, label: &'static str, tally: &Value) {
    cell(html, label).put("<span class=\"nowrap\">", rate(tally), "</span> ");
    bar(html, tally);
    html.raw("</td>");
}
