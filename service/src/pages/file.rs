//! A holder's file for a clerk (一人一档、一企一档).

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use boyin::archive::{CollectedId, CollectedRecord, CollectedState};
use boyin::model::time::Date;
use boyin::verify::Policy;
use boyin::{Found, HolderPage, Scope};

use super::face::{self, FACE};
use super::form::{number_fields, purpose_field};
use super::html::Html;
use super::trouble::{Trouble, part, wrong_number};
use super::{
    Asked, AskedQuery, Lang, Sent, cell, form, hint, log, page as whole_page, report, table_end, table_head,
    texts,
};
use crate::auth::authorize;
use crate::error::ApiError;
use crate::handlers::{holders_file, holders_log};
use crate::router::POLICY_WITH_PICTURES;
use crate::shared::read_holder;
use crate::state::AppState;
use crate::views::{HolderLogRequest, HolderRequest};

/// Licenses in one answer.
const LICENSES: usize = boyin::archive::MAX_PAGE;

/// With this field the log of the file is asked for instead of the file: after the event of this number.
const LOG_AFTER: &str = "log_after";

/// `GET /file`
pub(super) async fn page(query: AskedQuery) -> Response {
    let asked = Asked::read(query);
    let lang = asked.lang();
    let mut html = Html::new();
    let words = lang.say(
        "需要带 holder:read 权限的访问令牌。每次调取都要写明事由，并记入日志，持证人可以查到。",
        "Takes a token with holder:read. Each read says what for and is on record, where the holder can see it.",
    );
    hint(&mut html, words);
    form::head(&mut html, lang, "/file");
    let kind = (lang.say("证件类型", "Kind of number"), "holder_code_type");
    number_fields(&mut html, lang, kind, (lang.say("证件号码", "Number"), "holder_code"), true, |_| true);
    purpose_field(&mut html, lang, "");
    form::end(&mut html, lang, lang.say("调取", "Read"));
    let title = lang.say("调取“一人一档、一企一档”", "A holder's file");
    let mut page = whole_page(&asked, "/file", title, &html);
    // Where there is no font there are no pictures; the policy is the same.
    let policy = HeaderValue::from_static(POLICY_WITH_PICTURES);
    page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    page
}

/// `POST /file`: a part of the file.
pub(super) async fn answer(State(state): State<AppState>, sent: Sent) -> Response {
    let lang = sent.lang;
    part(lang, shown(&state, sent).await)
}

async fn shown(state: &AppState, sent: Sent) -> Result<Html, Trouble> {
    let Sent { lang, headers, body } = sent;
    let grant = authorize(state, &headers, Scope::HolderRead).await?;
    let mut texts = texts(body)?;
    let (log_after, face) = (texts.remove(LOG_AFTER), texts.remove(FACE));
    let request = request(texts);
    if read_holder(&request.holder_code_type, &request.holder_code).is_err() {
        return Err(wrong_number(lang, "holder_code", "持证主体", "The holder"));
    }
    if let Some(id) = face {
        return Ok(face::shown(state, &grant, lang, &id, &request).await?);
    }
    let Some(after) = log_after else {
        let pictures = state.faces.is_some();
        return Ok(file(lang, pictures, &holders_file(state, &grant, request, Policy::default()).await?));
    };
    let after = after.parse::<u64>();
    let after = after.map_err(|_| ApiError::BadRequest(format!("{LOG_AFTER}: number of an event")))?;
    let HolderRequest { holder_code_type, holder_code, purpose, limit, .. } = request;
    let asked = HolderLogRequest { holder_code_type, holder_code, purpose, after: Some(after), limit };
    let (events, next) = holders_log(state, &grant, asked).await?;
    let mut html = log::shown(lang, state.lookup.home(), &events);
    if let Some(next) = next {
        form::again(&mut html, lang.say("更多", "More"), LOG_AFTER, next);
    }
    form::next(&mut html, lang.say("下一位", "Next person"));
    Ok(html)
}

fn request(mut texts: BTreeMap<String, String>) -> HolderRequest {
    let mut text = |name: &str| texts.remove(name).unwrap_or_default();
    HolderRequest {
        holder_code_type: text("holder_code_type"),
        holder_code: text("holder_code").trim().to_owned(),
        purpose: text("purpose"),
        cursor: Some(text("cursor")).filter(|cursor| !cursor.is_empty()),
        limit: Some(LICENSES),
        collected_after: CollectedId::parse(&text("collected_after")),
    }
}

/// `pictures` says whether faces of licenses can be shown.
fn file(lang: Lang, pictures: bool, page: &HolderPage) -> Html {
    let mut html = Html::new();
    html.put("<h2 class=\"answered\">", lang.say("电子证照", "Licenses"), "");
    html.put(lang.say("（本页 ", " (here: "), page.licenses.len(), lang.say(" 件）", ")")).raw("</h2>\n");
    if page.licenses.is_empty() {
        html.put("<p class=\"plain\">", lang.say("本页没有证照。", "No licenses here."), "</p>\n");
    } else {
        let heads = license_heads(lang);
        let heads = if pictures { &heads[..] } else { &heads[..heads.len() - 1] };
        table_head(&mut html, lang.say("签章的证照，现时核验", "Signed, verified now"), heads);
        page.licenses.iter().for_each(|found| license(&mut html, lang, pictures, found));
        table_end(&mut html);
    }
    if let Some(next) = &page.next {
        form::again(&mut html, lang.say("更多", "More"), "cursor", next.as_str());
    }
    collected(&mut html, lang, &page.collected);
    if let Some(next) = &page.collected_next {
        form::again(&mut html, lang.say("更多", "More"), "collected_after", next);
    }
    // A look of its own, which says what for, too.
    form::again(&mut html, lang.say("谁查阅过这份档案", "Who looked at this file"), LOG_AFTER, "0");
    form::next(&mut html, lang.say("下一位", "Next person"));
    html
}

/// The last one is that of the faces.
fn license_heads(lang: Lang) -> [&'static str; 7] {
    [
        lang.say("证照", "License"),
        lang.say("编号", "Number"),
        lang.say("持证主体", "Holder"),
        lang.say("有效期至", "Valid until"),
        lang.say("等级", "Grade"),
        lang.say("现时核验", "Verified now"),
        lang.say("样式", "Face"),
    ]
}

fn license(html: &mut Html, lang: Lang, pictures: bool, found: &Found) {
    let (record, verdict) = (&found.record, found.report.verdict());
    let [_, number, holder, until, grade, now, look] = license_heads(lang);
    html.put("<tr><th scope=\"row\">", &record.title, "</th>");
    cell(html, number).text(&record.number).raw("</td>");
    cell(html, holder).text(&record.holder_name).raw("</td>");
    day(cell(html, until), lang, record.valid_until).raw("</td>");
    cell(html, grade).text(record.grade.letter()).raw("</td>");
    cell(html, now).raw("<span class=\"").raw(report::class(verdict.code())).raw("\">");
    html.text(report::verdict(lang, verdict.code()));
    if let Some(reason) = verdict.reason() {
        let info = reason.info();
        html.put(lang.say("：", ": "), lang.of(info.zh, info.en), " ").put("<code>", info.code, "</code>");
    }
    html.raw("</span></td>");
    if pictures {
        face::button(cell(html, look), lang, record.id.as_str(), &record.title);
        html.raw("</td>");
    }
    html.raw("</tr>\n");
}

/// The last day of something, or that it has none.
fn day(html: &mut Html, lang: Lang, last: Option<Date>) -> &mut Html {
    match last {
        Some(day) => html.put("<span class=\"nowrap\">", day, "</span>"),
        None => html.text(lang.say("长期", "no end")),
    }
}

/// What other systems have on file: apart from the licenses, because nobody signed it.
fn collected(html: &mut Html, lang: Lang, records: &[(CollectedId, CollectedRecord)]) {
    if records.is_empty() {
        return;
    }
    html.put(
        "<h2>",
        lang.say("归集数据（未签章，不是电子证照）", "Collected records: not signed, no licenses"),
        "</h2>\n",
    );
    table_head(html, lang.say("其他系统归集", "From other systems"), &collected_heads(lang));
    let [_, holder, issued, until, grade, conflict, may_exempt] = collected_heads(lang);
    for (_, record) in records {
        let license = &record.license;
        html.put("<tr><th scope=\"row\">", &license.license_number, "</th>");
        cell(html, holder).text(&license.holder_name).raw("</td>");
        cell(html, issued).put("<span class=\"nowrap\">", license.issue_date, "</span></td>");
        day(cell(html, until), lang, license.valid_until).raw("</td>");
        cell(html, grade).text(record.grade.letter()).raw("</td>");
        cell(html, conflict);
        html.text(match record.state {
            CollectedState::Kept => lang.say("无", "none"),
            CollectedState::Disputed => lang.say("有冲突", "disputed"),
            CollectedState::Dismissed => lang.say("未采信", "dismissed"),
        });
        html.raw("</td>");
        let may = if record.may_exempt() { lang.say("可", "yes") } else { lang.say("否", "no") };
        cell(html, may_exempt).text(may).raw("</td></tr>\n");
    }
    table_end(html);
}

fn collected_heads(lang: Lang) -> [&'static str; 7] {
    [
        lang.say("编号", "Number"),
        lang.say("持证主体", "Holder"),
        lang.say("颁发日期", "Issued"),
        lang.say("有效期至", "Valid until"),
        lang.say("等级", "Grade"),
        lang.say("数据冲突", "Conflict"),
        lang.say("可免交", "May exempt"),
    ]
}
