//! The public page: what somebody shows is verified.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use boyin::answers;
use boyin::model::seal::detect;
use boyin::verify::seal::Document;
use boyin::verify::{Check, Policy};
use boyin::window::receipt_payload;
use boyin_present::{Demand, ListAge, PREFIX, PresentationReport};
use serde_json::Value;

use super::html::Html;
use super::{Asked, AskedQuery, Lang, answer_place, decision, member, page as whole_page, part, report};
use crate::error::ApiError;
use crate::handlers::whole;
use crate::state::AppState;
use crate::{handlers, presentation, window};

/// `GET /verify`
pub(super) async fn page(query: AskedQuery) -> Response {
    let asked = Asked::read(query);
    let lang = asked.lang();
    let mut html = Html::new();
    let hint = lang.say(
        "粘贴或拖入电子证照、电子印章、电子签章、亮证码文本（BY1:…）或判定回执。核验不需要登录，内容不会被保存；动态码只认一次。",
        "Paste or drop a license, a seal, a seal signature, the text of a code (BY1:…) or the receipt of a decision. \
         No account; nothing is kept. A dynamic code counts once.",
    );
    html.put("<p class=\"hint\">", hint, "</p>\n");
    html.put(
        "<form class=\"ask\" method=\"post\" action=\"/verify",
        lang.query('?'),
        "\" data-raw=\"content\">\n",
    );
    html.put("<label for=\"content\">", lang.say("内容", "Content"), "</label>\n");
    html.raw("<textarea id=\"content\" name=\"content\" rows=\"6\" spellcheck=\"false\" ");
    html.raw("autocomplete=\"off\"></textarea>\n");
    html.put(
        "<div class=\"row\"><label>",
        lang.say("或选择文件", "Or choose a file"),
        " <input type=\"file\" name=\"file\"></label>\n",
    );
    html.put("<button type=\"submit\">", lang.say("核验", "Verify"), "</button></div>\n</form>\n");
    answer_place(&mut html, lang);
    whole_page(&asked, "/verify", lang.say("核验", "Verify"), &html)
}

/// `POST /verify`: the bytes say what they are.
pub(super) async fn answer(
    State(state): State<AppState>,
    query: AskedQuery,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let lang = Asked::read(query).lang();
    part(lang, verified(&state, lang, body).await)
}

async fn verified(
    state: &AppState,
    lang: Lang,
    body: Result<Bytes, BytesRejection>,
) -> Result<Html, ApiError> {
    let body = whole(body)?;
    if body.starts_with(PREFIX.as_bytes()) {
        return Ok(code(lang, presentation::verified(state, body, Demand::Any).await));
    }
    if detect(&body).is_none() && receipt_payload(body.trim_ascii_end()).is_some() {
        return Ok(receipt(state, lang, body).await);
    }
    let checked = handlers::verified(state, body, Document::NotGiven, Policy::default()).await;
    Ok(report::card(lang, &checked))
}

/// What came of a code; text that is none has a reason in one language.
fn code(lang: Lang, checked: Result<PresentationReport, Value>) -> Html {
    let mut html = Html::new();
    let checked = match checked {
        Ok(checked) => checked,
        Err(refused) => {
            html.put("<div class=\"card failed\"><h2>", lang.say("核验结果：", "Verdict: "), "");
            html.put("", report::verdict(lang, "failed"), "</h2>\n<p lang=\"en\">");
            html.text(member(&refused["reason"], "en")).put(
                " <code>",
                member(&refused["reason"], "code"),
                "</code></p></div>\n",
            );
            return html;
        }
    };
    let answer = checked.to_json();
    report::open(&mut html, lang, &answer);
    html.raw("<p>");
    if let Some(dynamic) = &checked.dynamic {
        html.text(lang.say("动态码", "Dynamic code"));
        if let Some(claims) = &dynamic.claims {
            html.raw(lang.say("，用途：", ", for: ")).put("<bdi>", &claims.purpose, "</bdi>");
            html.put(lang.say("，有效至 ", ", counts until "), claims.expires(), "");
        }
    } else {
        html.text(lang.say("静态码：不能证明出示人。", "Static code: it says nothing about who shows it."));
    }
    html.raw("</p>\n");
    age(&mut html, lang.say("信任列表", "Trust list"), lang, Some(checked.trust_list));
    age(&mut html, lang.say("状态列表", "Status list"), lang, checked.status_list);
    let names = Check::ALL.map(Check::name_zh);
    report::checks(&mut html, lang, &answer["license"], &names);
    html.raw("</div>\n");
    html
}

/// How old a list is: in every answer, whatever the verdict.
fn age(html: &mut Html, name: &'static str, lang: Lang, list: Option<ListAge>) {
    html.put("<p>", name, lang.say("：", ": "));
    match list {
        Some(list) => {
            html.put(lang.say("制作于 ", "made "), list.made_at, lang.say("，有效至 ", ", fresh until "));
            html.text(list.fresh_until);
        }
        None => {
            html.text(lang.say("未取得", "not at hand"));
        }
    }
    html.raw("</p>\n");
}

async fn receipt(state: &AppState, lang: Lang, body: Bytes) -> Html {
    let verified = window::verified_receipt(state, body).await;
    let answer = answers::receipt(&verified);
    let mut html = Html::new();
    html.raw("<div class=\"card ").raw(report::class(answers::receipt_verdict(&verified))).raw("\">\n");
    html.put("<h2>", lang.say("判定回执：", "Receipt: "), "");
    html.put("", report::verdict(lang, answers::receipt_verdict(&verified)), "</h2>\n");
    if let Err(fault) = &verified {
        html.put("<p lang=\"en\">", fault, " ").put("<code>", fault.code(), "</code></p>\n");
    }
    html.raw("</div>\n");
    if verified.is_ok() {
        html.add(&decision::shown(lang, &answer["decision"]));
    }
    html
}
