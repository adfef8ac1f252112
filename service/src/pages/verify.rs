//! The public page: what somebody shows is verified.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use boyin::answers;
use boyin::model::seal::detect;
use boyin::verify::seal::Document;
use boyin::verify::{Check, Policy};
use boyin::window::receipt_payload;
use boyin_present::{Demand, ListAge, PREFIX, PresentationReport};
use serde_json::Value;

use super::form::{Said, answer_place};
use super::html::Html;
use super::trouble::part;
use super::{Asked, AskedQuery, Lang, Sent, clock, decision, member, page as whole_page, report};
use crate::error::ApiError;
use crate::handlers::whole;
use crate::state::AppState;
use crate::{handlers, presentation, window};

/// What the script says on this page alone.
const PLACE: [Said; 3] = [
    (
        " data-picture=\"",
        "这是图片，不是证照文件；本浏览器不能识别图片中的二维码。请用扫码枪扫描，或粘贴二维码的文本。",
        "This is a picture, no license, and this browser cannot read codes in pictures. Use a code reader, or paste the text of the code.",
    ),
    (" data-no-code=\"", "图片中没有识别到唯一的二维码。", "The picture does not show exactly one QR code."),
    (
        " data-no-camera=\"",
        "无法使用摄像头：没有摄像头，或未获允许。",
        "The camera cannot be used: there is none, or it was not allowed.",
    ),
];

/// `GET /verify`
pub(super) async fn page(query: AskedQuery) -> Response {
    let asked = Asked::read(query);
    let lang = asked.lang();
    let mut html = Html::new();
    let hint = lang.say(
        "电子证照、电子印章、电子签章、亮证码文本（BY1:…）或判定回执。不需要登录，内容不保存；动态码只认一次。",
        "A license, a seal, a seal signature, the text of a code (BY1:…) or the receipt of a decision. \
         No account; nothing is kept. A dynamic code counts once.",
    );
    html.put("<p class=\"hint\">", hint, "</p>\n");
    html.put(
        "<form class=\"ask\" method=\"post\" action=\"/verify",
        lang.query('?'),
        "\" data-raw=\"content\">\n",
    );
    html.put(
        "<label for=\"content\">",
        lang.say(
            "粘贴内容，用扫码枪扫码，或把文件拖到这里",
            "Paste, scan with a code reader, or drop a file here",
        ),
        "</label>\n",
    );
    html.raw("<textarea id=\"content\" name=\"content\" rows=\"5\" spellcheck=\"false\" ");
    html.raw("autocomplete=\"off\" autofocus></textarea>\n");
    html.put(
        "<div class=\"row\"><label>",
        lang.say("或选择文件", "Or choose a file"),
        " <input type=\"file\" name=\"file\"></label>\n",
    );
    html.put(
        "<button type=\"button\" class=\"second\" data-scan hidden>",
        lang.say("摄像头扫码", "Scan by camera"),
        "</button>\n",
    );
    html.put("<button type=\"submit\">", lang.say("核验", "Verify"), "</button></div>\n");
    html.raw("<div id=\"camera\" hidden><video playsinline muted></video>\n");
    html.put(
        "<button type=\"button\" class=\"second\" data-scan-end>",
        lang.say("停止扫码", "Stop scanning"),
        "</button></div>\n</form>\n",
    );
    answer_place(&mut html, lang, &PLACE);
    whole_page(&asked, "/verify", lang.say("核验", "Verify"), &html)
}

/// `POST /verify`: the bytes say what they are.
pub(super) async fn answer(State(state): State<AppState>, sent: Sent) -> Response {
    let lang = sent.lang;
    part(lang, verified(&state, sent).await)
}

async fn verified(state: &AppState, sent: Sent) -> Result<Html, ApiError> {
    let (lang, body) = (sent.lang, whole(sent.body)?);
    if body.starts_with(PREFIX.as_bytes()) {
        return Ok(code(lang, state, presentation::verified(state, body, Demand::Any).await));
    }
    if detect(&body).is_none() && receipt_payload(body.trim_ascii_end()).is_some() {
        return Ok(receipt(state, lang, body).await);
    }
    let checked = handlers::verified(state, body, Document::NotGiven, Policy::default()).await;
    Ok(report::card(lang, state, &checked))
}

/// What came of a code; text that is none has a reason in one language.
fn code(lang: Lang, state: &AppState, checked: Result<PresentationReport, Value>) -> Html {
    let mut html = Html::new();
    let checked = match checked {
        Ok(checked) => checked,
        Err(refused) => {
            report::banner(&mut html, lang, lang.say("核验结果：", "Verdict: "), "failed");
            if lang == Lang::Zh {
                html.raw("<p class=\"lead\">不是可以核验的亮证码，请持证人重新出示。</p>\n");
            }
            html.put("<p lang=\"en\">", member(&refused["reason"], "en"), " ");
            html.put("<code>", member(&refused["reason"], "code"), "</code></p>\n");
            report::again(&mut html, lang);
            html.raw("</article>\n");
            return html;
        }
    };
    let answer = checked.to_json();
    report::open(&mut html, lang, &answer);
    html.raw("<p class=\"lead\">");
    if let Some(dynamic) = &checked.dynamic {
        html.text(lang.say("动态码", "Dynamic code"));
        if let Some(claims) = &dynamic.claims {
            html.raw(lang.say("，用途：", ", for: ")).put("<bdi>", &claims.purpose, "</bdi>");
            html.put(lang.say("，有效至 ", ", counts until "), clock(claims.expires()), "");
        }
    } else {
        html.text(lang.say("静态码：不能证明出示人。", "Static code: it says nothing about who shows it."));
    }
    html.raw("</p>\n<dl class=\"facts\">\n");
    report::license(&mut html, lang, state, &answer["license"]);
    html.raw("</dl>\n");
    age(&mut html, lang.say("信任列表", "Trust list"), lang, Some(checked.trust_list));
    age(&mut html, lang.say("状态列表", "Status list"), lang, checked.status_list);
    let names = Check::ALL.map(Check::name_zh);
    report::again(&mut html, lang);
    report::checks(&mut html, lang, &answer["license"], &names);
    html.raw("</article>\n");
    html
}

/// How old a list is: in every answer, whatever the verdict.
fn age(html: &mut Html, name: &'static str, lang: Lang, list: Option<ListAge>) {
    html.put("<p class=\"hint\">", name, lang.say("：", ": "));
    match list {
        Some(list) => {
            html.put(
                lang.say("制作于 ", "made "),
                clock(list.made_at),
                lang.say("，有效至 ", ", fresh until "),
            );
            html.text(clock(list.fresh_until));
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
    report::banner(&mut html, lang, lang.say("判定回执：", "Receipt: "), answers::receipt_verdict(&verified));
    if let Err(fault) = &verified {
        html.put("<p lang=\"en\">", fault, " ").put("<code>", fault.code(), "</code></p>\n");
    }
    report::again(&mut html, lang);
    html.raw("</article>\n");
    if verified.is_ok() {
        html.add(&decision::shown(lang, &answer["decision"], &Html::new()));
    }
    html
}
