//! What was declared in place of papers and is to be checked afterwards (告知承诺 事后核查): who checks it, until when.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use boyin::Scope;
use serde_json::Value;

use super::behind::number;
use super::html::Html;
use super::names::chinese;
use super::trouble::part;
use super::{
    Asked, AskedQuery, Lang, Sent, cell, decided_at, form, given, hint, member, members, page as whole_page,
    table_end, table_head, texts,
};
use crate::auth::authorize;
use crate::error::ApiError;
use crate::follow_ups::{FollowUpQuery, listed};
use crate::state::AppState;

/// With this field the list goes on after the decision of this number.
const AFTER: &str = "after";

/// `GET /follow-ups`
pub(super) async fn page(query: AskedQuery) -> Response {
    let asked = Asked::read(query);
    let lang = asked.lang();
    let mut html = Html::new();
    let words = lang.say(
        "以告知承诺代替的材料，由谁核查、何时到期。不含个人信息；令牌须有 window:decide 权限。",
        "What was declared in place of papers: who checks it, and until when. Nothing personal; the token needs window:decide.",
    );
    hint(&mut html, words);
    form::head(&mut html, lang, "/follow-ups");
    for (name, words) in
        [("from", lang.say("到期日自", "Due from")), ("until", lang.say("到期日至", "Due until"))]
    {
        html.put("<label>", words, " <input type=\"date\" name=\"").put("", name, "\"></label>\n");
    }
    html.put(
        "<label>",
        lang.say("首问单位（信用代码）", "Office asked first (credit code)"),
        " <input name=\"office\" autocomplete=\"off\" spellcheck=\"false\"></label>\n",
    );
    form::end(&mut html, lang, lang.say("查看", "Show"));
    whole_page(&asked, "/follow-ups", lang.say("承诺核查", "Commitments to check"), &html)
}

/// `POST /follow-ups`: a part of the list.
pub(super) async fn answer(State(state): State<AppState>, sent: Sent) -> Response {
    let lang = sent.lang;
    part(lang, shown(&state, sent).await)
}

async fn shown(state: &AppState, sent: Sent) -> Result<Html, ApiError> {
    let Sent { lang, headers, body } = sent;
    authorize(state, &headers, Scope::WindowDecide).await?;
    let (rows, next) = listed(state, asked(texts(body)?)?).await?;
    Ok(table(lang, &rows, next))
}

/// What the form asks; empty fields limit nothing.
fn asked(mut texts: BTreeMap<String, String>) -> Result<FollowUpQuery, ApiError> {
    let mut given = |name: &str| given(&mut texts, name);
    let after = given(AFTER).map(|text| text.parse::<u64>()).transpose();
    let after = after.map_err(|_| ApiError::BadRequest(format!("{AFTER}: number of an event")))?;
    Ok(FollowUpQuery { from: given("from"), until: given("until"), office: given("office"), after })
}

fn heads(lang: Lang) -> [&'static str; 6] {
    [
        lang.say("判定编号", "Decision"),
        lang.say("核查期限", "Until"),
        lang.say("核查单位", "Checked by"),
        lang.say("承诺内容", "What was declared"),
        lang.say("材料与事项", "Paper and item"),
        lang.say("首问单位", "Asked first"),
    ]
}

fn table(lang: Lang, rows: &[Value], next: Option<u64>) -> Html {
    let mut html = Html::new();
    html.put("<h2 class=\"answered\" data-count=\"", rows.len(), "\">");
    html.put(lang.say("待核查的承诺（本页 ", "To be checked (here: "), rows.len(), lang.say(" 项）", ")"));
    html.raw("</h2>\n");
    if rows.is_empty() {
        html.put("<p class=\"plain\">", lang.say("没有。", "None."), "</p>\n");
    } else {
        table_head(&mut html, lang.say("待核查的承诺", "Commitments to check"), &heads(lang));
        rows.iter().for_each(|one| row(&mut html, lang, one));
        table_end(&mut html);
    }
    if let Some(next) = next {
        form::again(&mut html, lang.say("更多", "More"), AFTER, next);
    }
    html
}

fn row(html: &mut Html, lang: Lang, row: &Value) {
    let [_, until, by, declared, paper, office] = heads(lang);
    let event = number(row, "event");
    html.put("<tr><th scope=\"row\"><a href=\"/decision?number=", event, "").text(lang.query('&'));
    html.put("\">", event, "</a><br><small>").put("", decided_at(row), "</small></th>");
    cell(html, until).put("<span class=\"nowrap\">", member(row, "until"), "</span></td>");
    chinese(cell(html, by), lang, member(row, "checked_by"));
    html.raw("</td>");
    cell(html, declared).put("<span>", lang.member(row, ""), "</span>");
    let if_false = lang.member(row, "if_false");
    if !if_false.is_empty() {
        html.put("<br><small>", lang.say("不实后果：", "If it is false: "), "").put("", if_false, "</small>");
    }
    html.raw("</td>");
    cell(html, paper).put("<div><code>", member(row, "material"), "</code>");
    for item in members(row, "items").filter_map(Value::as_str) {
        html.put("<br><code>", item, "</code>");
    }
    html.raw("</div></td>");
    chinese(cell(html, office), lang, member(&row["office"], "name"));
    html.raw("</td></tr>\n");
}
