//! The exemption meter: figures with bars, and the decisions behind each of them.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use boyin::Scope;
use boyin::exempt::Answer;
use boyin::meter::{By, TARGETS};
use boyin::model::time::UnixTime;
use serde_json::Value;

use super::html::Html;
use super::{
    Asked, AskedQuery, Lang, answer_place, decision, member, members, page as whole_page, part, texts,
    token_field,
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
            "需要带 meter:read 权限的访问令牌。统计数据不含个人信息。",
            "Takes a token with meter:read. Nothing personal is in the figures.",
        ),
        "</p>\n",
    );
    html.put(
        "<form class=\"ask\" method=\"post\" action=\"/meter",
        lang.query('?'),
        "\" id=\"ask\">\n<div class=\"grid\">\n",
    );
    html.put("<label>", lang.say("按", "By"), " <select name=\"by\">\n");
    for by in By::ALL {
        html.put("<option value=\"", by.code(), "\">").text(by_name(lang, by)).raw("</option>\n");
    }
    html.put("<option value=\"", NEXT, "\">");
    html.text(lang.say("下一步归集哪些证照", "Which license types to collect next"));
    html.raw("</option>\n</select></label>\n");
    token_field(&mut html, lang);
    html.put(
        "</div>\n<div class=\"row\"><button type=\"submit\">",
        lang.say("统计", "Show"),
        "</button></div>\n</form>\n",
    );
    answer_place(&mut html, lang);
    whole_page(&asked, "/meter", lang.say("免提交率", "How much did not have to be submitted"), &html)
}

/// `POST /meter`: figures, or what is behind one.
pub(super) async fn answer(
    State(state): State<AppState>,
    query: AskedQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let lang = Asked::read(query).lang();
    part(lang, shown(&state, lang, &headers, body).await)
}

async fn shown(
    state: &AppState,
    lang: Lang,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Html, ApiError> {
    authorize(state, headers, Scope::MeterRead).await?;
    let texts = texts(body)?;
    if let Some(wanted) = texts.get("behind") {
        return listed(state, lang, wanted).await;
    }
    let by = texts.get("by").map_or(By::County.code(), String::as_str);
    if by == NEXT {
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

/// `88.2% (15/17)`
fn rate(tally: &Value) -> String {
    tally["per_mille"].as_u64().map_or_else(
        || "–".to_owned(),
        |rate| {
            let (exempt, total) = (number(tally, "exempt"), number(tally, "total"));
            format!("{}.{}% ({exempt}/{total})", rate / 10, rate % 10)
        },
    )
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
fn cell(html: &mut Html, tally: &Value) {
    html.put("<td>", rate(tally), " ");
    bar(html, tally);
    html.raw("</td>");
}

fn head(html: &mut Html, caption: &'static str, names: &[&'static str]) {
    html.put("<div class=\"wide\"><table><caption>", caption, "</caption><thead><tr>");
    for name in names {
        html.put("<th scope=\"col\">", name, "</th>");
    }
    html.raw("</tr></thead>\n<tbody>\n");
}

fn table(lang: Lang, by: By, meter: &Value) -> Html {
    let mut html = Html::new();
    let names = [
        by_name(lang, by),
        lang.say("证照种类", "License types"),
        lang.say("材料", "Materials"),
        lang.say("办件", "Transactions"),
        lang.say("待核材料", "Pending"),
        lang.say("目标（证照种类）", "Targets (types)"),
        lang.say("明细", "Decisions"),
    ];
    head(&mut html, lang.say("免提交率", "Exemption rates"), &names);
    members(meter, "cells").for_each(|figures| row(&mut html, lang, Some(by), figures));
    row(&mut html, lang, None, &meter["all"]);
    html.raw("</tbody></table></div>\n");
    legend(&mut html, lang);
    let names = [lang.say("证照", "License type"), lang.say("材料", "Materials")];
    head(&mut html, lang.say("按证照", "By license type"), &names);
    for (name, tally) in meter["all"]["by_type"].as_object().into_iter().flatten() {
        html.put("<tr><th scope=\"row\">", name, "</th>");
        cell(&mut html, tally);
        html.raw("</tr>\n");
    }
    html.raw("</tbody></table></div>\n");
    html
}

fn legend(html: &mut Html, lang: Lang) {
    html.raw("<p class=\"legend\">");
    for answer in Answer::ALL {
        html.put("<span class=\"", answer.code(), "\">").text(decision::words(lang, answer)).raw("</span> ");
    }
    html.raw("</p>\n");
}

fn row(html: &mut Html, lang: Lang, by: Option<By>, figures: &Value) {
    let code = member(figures, "code");
    html.raw("<tr><th scope=\"row\">");
    match (figures["name"].as_str(), by) {
        (_, None) => html.text(lang.say("合计", "All")),
        (Some(name), Some(_)) => html.put("", name, "<br><small>").put("", code, "</small>"),
        (None, Some(_)) => html.text(code),
    };
    html.raw("</th>");
    for name in ["types", "materials", "transactions"] {
        cell(html, &figures[name]);
    }
    html.put("<td>", number(&figures["materials"], "pending"), "</td><td>");
    for (year, percent) in TARGETS {
        let met = match figures["types"]["meets"][percent.to_string()].as_bool() {
            Some(true) => "✓",
            Some(false) => "✗",
            None => "–",
        };
        html.put("", year, " ").put("", percent, "% ").text(met).raw("<br>");
    }
    html.raw("</td><td>");
    if let Some(by) = by {
        for (outcome, words) in [
            ("-", lang.say("全部", "all")),
            (Answer::Submit.code(), decision::words(lang, Answer::Submit)),
            (Answer::Pending.code(), decision::words(lang, Answer::Pending)),
        ] {
            button(html, by, outcome, None, code, words);
        }
    }
    html.raw("</td></tr>\n");
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
    let names = [
        lang.say("判定编号", "Decision"),
        lang.say("时间", "When"),
        lang.say("结果", "Answer"),
        lang.say("材料", "Materials"),
    ];
    head(&mut html, lang.say("判定明细", "Decisions"), &names);
    for row in &rows {
        decision_row(&mut html, lang, row);
    }
    html.raw("</tbody></table></div>\n");
    if rows.is_empty() {
        html.put("<p class=\"hint\">", lang.say("没有。", "None."), "</p>\n");
    }
    if more.is_some() {
        button(&mut html, by, outcome, more, code, lang.say("更多", "More"));
    }
    Ok(html)
}

fn answer_of(value: &Value, name: &str) -> Answer {
    Answer::from_code(member(value, name)).unwrap_or(Answer::Pending)
}

fn decision_row(html: &mut Html, lang: Lang, row: &Value) {
    let at = row["at"].as_u64().and_then(UnixTime::new).map(|at| at.to_string()).unwrap_or_default();
    html.put("<tr><th scope=\"row\">", number(row, "event"), "</th>").put("<td>", at, "</td><td>");
    html.text(decision::words(lang, answer_of(row, "answer"))).raw("</td><td>");
    for material in members(row, "materials") {
        let outcome = answer_of(material, "outcome");
        html.put("<span class=\"", outcome.code(), "\">").text(member(material, "key")).raw("：");
        html.text(decision::words(lang, outcome)).raw("</span><br>");
    }
    html.raw("</td></tr>\n");
}

/// What one more license type would have changed.
fn next(lang: Lang, needs: &Value) -> Html {
    let mut html = Html::new();
    html.put("<p>", lang.say("现状：材料 ", "Now: materials "), "").text(rate(&needs["materials"]));
    html.put(lang.say("，办件 ", ", transactions "), rate(&needs["transactions"]), "</p>\n");
    let names = [
        lang.say("证照类型", "License type"),
        lang.say("可免材料", "Materials freed"),
        lang.say("归集后", "Then"),
        lang.say("可免办件", "Transactions freed"),
        lang.say("归集后", "Then"),
        lang.say("备注", "Note"),
    ];
    head(&mut html, lang.say("归集哪些证照提升最大", "Which license types raise the rate most"), &names);
    for need in members(needs, "types") {
        html.put("<tr><th scope=\"row\">", member(need, "type_name"), "</th>");
        html.put("<td>", number(need, "materials"), "</td>");
        cell(&mut html, &need["then"]["materials"]);
        html.put("<td>", number(need, "transactions"), "</td>");
        cell(&mut html, &need["then"]["transactions"]);
        html.raw("<td>");
        if number(need, "not_cataloged") > 0 {
            html.text(lang.say("须先编入目录", "to be cataloged first"));
        }
        html.raw("</td></tr>\n");
    }
    html.raw("</tbody></table></div>\n");
    html
}
