//! A holder's file for a clerk (一人一档、一企一档).

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use boyin::archive::{CollectedId, CollectedRecord, CollectedState};
use boyin::model::id::HolderCodeType;
use boyin::verify::Policy;
use boyin::{Found, HolderPage, Scope};

use super::html::Html;
use super::{
    Asked, AskedQuery, Lang, answer_place, page as whole_page, part, purpose_field, report, texts,
    token_field,
};
use crate::auth::authorize;
use crate::error::ApiError;
use crate::handlers::holders_file;
use crate::state::AppState;
use crate::views::HolderRequest;

/// Licenses in one answer.
const LICENSES: usize = boyin::archive::MAX_PAGE;

/// `GET /file`
pub(super) async fn page(query: AskedQuery) -> Response {
    let asked = Asked::read(query);
    let lang = asked.lang();
    let mut html = Html::new();
    let hint = lang.say(
        "需要带 holder:read 权限的访问令牌。每次调取都要写明事由，并记入日志，持证人可以查到。",
        "Takes a token with holder:read. Each read says what for and is on record, where the holder can see it.",
    );
    html.put("<p class=\"hint\">", hint, "</p>\n");
    html.put(
        "<form class=\"ask\" method=\"post\" action=\"/file",
        lang.query('?'),
        "\" id=\"ask\">\n<div class=\"grid\">\n",
    );
    html.put(
        "<label>",
        lang.say("持证主体代码类型", "Kind of number"),
        " <select name=\"holder_code_type\">\n",
    );
    let first = [HolderCodeType::CitizenId, HolderCodeType::CreditCode];
    let others = HolderCodeType::ALL.into_iter().filter(|kind| !first.contains(kind));
    for kind in first.into_iter().chain(others) {
        html.put("<option value=\"", kind.code(), "\">").text(kind.code()).raw(" ");
        html.text(lang.of(kind.name_zh(), kind.name_en())).raw("</option>\n");
    }
    html.put("</select></label>\n<label>", lang.say("持证主体代码", "Number"), "");
    html.raw(" <input name=\"holder_code\" autocomplete=\"off\" spellcheck=\"false\" required></label>\n");
    purpose_field(&mut html, lang);
    token_field(&mut html, lang);
    html.put(
        "</div>\n<div class=\"row\"><button type=\"submit\">",
        lang.say("调取", "Read"),
        "</button></div>\n</form>\n",
    );
    answer_place(&mut html, lang);
    whole_page(&asked, "/file", lang.say("调取“一人一档、一企一档”", "A holder's file"), &html)
}

/// `POST /file`: a part of the file.
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
    let grant = authorize(state, headers, Scope::HolderRead).await?;
    let mut texts = texts(body)?;
    let mut text = |name: &str| texts.remove(name).unwrap_or_default();
    let request = HolderRequest {
        holder_code_type: text("holder_code_type"),
        holder_code: text("holder_code").trim().to_owned(),
        purpose: text("purpose"),
        cursor: Some(text("cursor")).filter(|cursor| !cursor.is_empty()),
        limit: Some(LICENSES),
        collected_after: CollectedId::parse(&text("collected_after")),
    };
    let page = holders_file(state, &grant, request, Policy::default()).await?;
    Ok(file(lang, &page))
}

fn file(lang: Lang, page: &HolderPage) -> Html {
    let mut html = Html::new();
    html.put("<h2>", lang.say("电子证照", "Licenses"), "</h2>\n");
    if page.licenses.is_empty() {
        html.put("<p class=\"hint\">", lang.say("本页没有证照。", "No licenses here."), "</p>\n");
    } else {
        let head = [
            lang.say("证照", "License"),
            lang.say("编号", "Number"),
            lang.say("持证主体", "Holder"),
            lang.say("有效期至", "Valid until"),
            lang.say("等级", "Grade"),
            lang.say("现时核验", "Verified now"),
        ];
        table_head(&mut html, &head);
        page.licenses.iter().for_each(|found| license(&mut html, lang, found));
        html.raw("</tbody></table></div>\n");
    }
    if let Some(next) = &page.next {
        more(&mut html, lang, "cursor", next.as_str());
    }
    collected(&mut html, lang, &page.collected);
    if let Some(next) = &page.collected_next {
        more(&mut html, lang, "collected_after", &next.to_string());
    }
    html
}

fn table_head(html: &mut Html, names: &[&'static str]) {
    html.raw("<div class=\"wide\"><table><thead><tr>");
    for name in names {
        html.put("<th scope=\"col\">", name, "</th>");
    }
    html.raw("</tr></thead>\n<tbody>\n");
}

/// A button that sends the same form with the place from which on there is more.
fn more(html: &mut Html, lang: Lang, name: &'static str, place: &str) {
    html.put("<p><button type=\"submit\" form=\"ask\" name=\"", name, "\" value=\"").text(place);
    html.put("\">", lang.say("更多", "More"), "</button></p>\n");
}

fn license(html: &mut Html, lang: Lang, found: &Found) {
    let (record, verdict) = (&found.record, found.report.verdict());
    html.put("<tr><th scope=\"row\">", &record.title, "</th>").put("<td>", &record.number, "</td>");
    html.put("<td>", &record.holder_name, "</td><td>");
    match record.valid_until {
        Some(day) => html.text(day),
        None => html.text(lang.say("长期", "no end")),
    };
    html.put("</td><td>", record.grade.letter(), "</td><td class=\"").raw(report::class(verdict.code()));
    html.put("\">", report::verdict(lang, verdict.code()), "");
    if let Some(reason) = verdict.reason() {
        let info = reason.info();
        html.put(lang.say("：", ": "), lang.of(info.zh, info.en), " ").put("<code>", info.code, "</code>");
    }
    html.raw("</td></tr>\n");
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
    let head = [
        lang.say("编号", "Number"),
        lang.say("持证主体", "Holder"),
        lang.say("颁发日期", "Issued"),
        lang.say("有效期至", "Valid until"),
        lang.say("等级", "Grade"),
        lang.say("数据冲突", "Conflict"),
        lang.say("可免交", "May exempt"),
    ];
    table_head(html, &head);
    for (_, record) in records {
        let license = &record.license;
        html.put("<tr><th scope=\"row\">", &license.license_number, "</th>");
        html.put("<td>", &license.holder_name, "</td>").put("<td>", license.issue_date, "</td><td>");
        match license.valid_until {
            Some(day) => html.text(day),
            None => html.text(lang.say("长期", "no end")),
        };
        html.put("</td><td>", record.grade.letter(), "</td><td>");
        html.text(match record.state {
            CollectedState::Kept => lang.say("无", "none"),
            CollectedState::Disputed => lang.say("有冲突", "disputed"),
            CollectedState::Dismissed => lang.say("未采信", "dismissed"),
        });
        let may = if record.may_exempt() { lang.say("可", "yes") } else { lang.say("否", "no") };
        html.put("</td><td>", may, "</td></tr>\n");
    }
    html.raw("</tbody></table></div>\n");
}
