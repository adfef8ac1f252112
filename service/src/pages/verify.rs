//! The public page: what somebody shows is verified.

use axum::body::Bytes;
use axum::extract::{Query as Typed, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use boyin::answers;
use boyin::model::seal::detect;
use boyin::model::time::UnixTime;
use boyin::verify::seal::Document;
use boyin::verify::{Check, Policy};
use boyin::window::receipt_payload;
use boyin_present::{Demand, PREFIX, PresentationReport};
use serde_json::Value;

use super::form::{Said, answer_place};
use super::html::Html;
use super::names::Words;
use super::trouble::{Trouble, part, wrong};
use super::{Asked, AskedQuery, Lang, clock, decision, hint, member, ofd, page as whole_page, report};
use crate::router::POLICY_WITH_PICTURES;
use crate::state::AppState;
use crate::uploads::{MAX_OFD_BODY_BYTES, Upload};
use crate::{handlers, png, presentation, window};

/// What is said of a picture that is no answer.
const NO_CODE: (&str, &str) =
    ("图片中没有识别到唯一的二维码。", "The picture does not show exactly one QR code.");

/// Of the age of lists.
const SECONDS_OF_HOUR: u64 = 3600;
const HOURS_OF_DAY: u64 = 24;

/// What the script says on this page alone.
const PLACE: [Said; 4] = [
    (
        " data-picture=\"",
        "图片无法读取。请用扫码枪扫描，或粘贴二维码的文本。",
        "This picture cannot be read. Use a code reader, or paste the text of the code.",
    ),
    (" data-no-code=\"", NO_CODE.0, NO_CODE.1),
    (
        " data-large=\"",
        "文件过大，本页不核验。请用命令 boyin ofd verify 核验。",
        "The file is larger than this page takes. Use the command boyin ofd verify.",
    ),
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
    let words = lang.say(
        "电子证照、OFD 文件、电子印章、电子签章、亮证码（文本 BY1:… 或图片）或判定回执。不需要登录，内容不保存；动态码只认一次。",
        "A license, an OFD document, a seal, a seal signature, a code (its text BY1:…, or a picture of it) or the receipt of a decision. \
         No account; nothing is kept. A dynamic code counts once.",
    );
    hint(&mut html, words);
    html.put(
        "<form class=\"ask\" method=\"post\" action=\"/verify",
        lang.query('?'),
        "\" data-raw=\"content\" data-largest=\"",
    );
    html.put("", MAX_OFD_BODY_BYTES, "\">\n");
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
    let mut page = whole_page(&asked, "/verify", lang.say("核验", "Verify"), &html);
    let policy = HeaderValue::from_static(POLICY_WITH_PICTURES);
    page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    page
}

/// `POST /verify`: the bytes say what they are.
pub(super) async fn answer(State(state): State<AppState>, request: Request) -> Response {
    let lang = Asked::read(Typed::try_from_uri(request.uri())).lang();
    part(lang, verified(&state, lang, request).await)
}

async fn verified(state: &AppState, lang: Lang, request: Request) -> Result<Html, Trouble> {
    let body = match state.uploads.read(request).await? {
        Upload::Ofd(sent) => return Ok(ofd::card(lang, state, &handlers::verified_ofd(state, sent).await?)),
        Upload::Other(body) => body,
    };
    if !body.starts_with(png::SIGNATURE) {
        return Ok(presented(state, lang, body).await);
    }
    match state.uploads.code_in(body).await? {
        // As if the text had been pasted.
        Some(text) => Ok(presented(state, lang, text.into()).await),
        None => Err(wrong(lang, "file", NO_CODE.0, NO_CODE.1)),
    }
}

async fn presented(state: &AppState, lang: Lang, body: Bytes) -> Html {
    if body.starts_with(PREFIX.as_bytes()) {
        return code(lang, state, presentation::verified(state, body, Demand::Any).await);
    }
    if detect(&body).is_none() && receipt_payload(body.trim_ascii_end()).is_some() {
        return receipt(state, lang, body).await;
    }
    let checked = handlers::verified(state, body, Document::NotGiven, Policy::default()).await;
    report::card(lang, state, &checked)
}

/// What came of a code; text that is none has a reason in one language.
fn code(lang: Lang, state: &AppState, checked: Result<PresentationReport, Value>) -> Html {
    let mut html = Html::new();
    let checked = match checked {
        Ok(checked) => checked,
        Err(refused) => {
            report::banner(&mut html, lang, lang.say("核验结果：", "Verdict: "), "failed");
            let reason = &refused["reason"];
            html.put("<p class=\"lead\">", lang.member(reason, ""), " ");
            html.put("<code>", member(reason, "code"), "</code></p>\n");
            ages(&mut html, lang, &refused["age"]);
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
    ages(&mut html, lang, &answer["age"]);
    let names = Check::ALL.map(Check::name_zh);
    report::again(&mut html, lang);
    report::checks(&mut html, lang, None, &answer["license"], &names);
    html.raw("</article>\n");
    html
}

/// How old the lists are: in every answer, whatever the verdict.
fn ages(html: &mut Html, lang: Lang, ages: &Value) {
    for (name, list) in [
        (lang.say("信任列表", "Trust list"), &ages["trust_list"]),
        (lang.say("状态列表", "Status list"), &ages["status_list"]),
    ] {
        age(html, name, lang, list);
    }
}

fn age(html: &mut Html, name: &'static str, lang: Lang, list: &Value) {
    let at = |member: &str| list[member].as_u64().and_then(UnixTime::new);
    html.put("<p class=\"hint\">", name, lang.say("：", ": "));
    match (at("made_at"), at("fresh_until"), list["age_seconds"].as_u64()) {
        (Some(made_at), Some(fresh_until), Some(seconds)) => {
            html.put("", how_long(lang, seconds), lang.say("（制作于 ", " (made "));
            html.put("", clock(made_at), lang.say("，有效至 ", ", fresh until "));
            html.put("", clock(fresh_until), lang.say("）", ")"));
        }
        _ => {
            html.text(lang.say("未取得", "not at hand"));
        }
    }
    html.raw("</p>\n");
}

/// Whole days and hours since a list was made.
fn how_long(lang: Lang, seconds: u64) -> String {
    let hours = seconds / SECONDS_OF_HOUR;
    let (days, hours) = (hours / HOURS_OF_DAY, hours % HOURS_OF_DAY);
    match (lang, days, hours) {
        (Lang::Zh, 0, 0) => "清单制作不到 1 小时".to_owned(),
        (Lang::En, 0, 0) => "made less than an hour ago".to_owned(),
        (Lang::Zh, ..) => format!("清单已制作 {days} 天 {hours} 小时"),
        (Lang::En, ..) => format!("made {days} d {hours} h ago"),
    }
}

async fn receipt(state: &AppState, lang: Lang, body: Bytes) -> Html {
    let verified = window::verified_receipt(state, body).await;
    let mut answer = answers::receipt(&verified);
    let mut html = Html::new();
    report::banner(&mut html, lang, lang.say("判定回执：", "Receipt: "), answers::receipt_verdict(&verified));
    if let Err(fault) = &verified {
        html.raw("<p class=\"lead\">");
        match lang {
            Lang::Zh => html.text(fault.zh()),
            Lang::En => html.text(fault),
        };
        html.put(" <code>", fault.code(), "</code></p>\n");
    }
    report::again(&mut html, lang);
    html.raw("</article>\n");
    if verified.is_ok() {
        Words::of(state, lang).await.put_into(&mut answer["decision"]);
        html.add(&decision::shown(lang, &answer["decision"], &Html::new()));
    }
    html
}
