//! The pages: written by the server in Chinese and English, without a build step. What is personal is asked for by one script, which
//! sends the clerk's token in the header and the numbers in the body, and shows the part of a page that comes back.

mod behind;
mod decision;
mod face;
mod file;
mod follow_ups;
mod form;
mod html;
mod kept;
mod log;
mod matter;
mod meter;
mod names;
mod ofd;
mod report;
mod seals;
mod trouble;
mod verify;
mod window;

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequest, Query as Typed, Request};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use boyin::model::time::UnixTime;
use serde::Deserialize;
use serde_json::Value;

use self::html::{Html, encoded};
use crate::error::ApiError;
use crate::router::{CAMERA_ALONE, MAX_CALL_BODY_BYTES, PERMISSIONS_POLICY};
use crate::routes::{Call, get, post};
use crate::shared::read;
use crate::state::AppState;

const HTML: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];

/// Each page: its path and its name in both languages.
const PAGES: [(&str, &str, &str); 6] = [
    ("/verify", "核验", "Verify"),
    ("/window", "免证办窗口", "Window"),
    ("/file", "调取档案", "File"),
    ("/meter", "免提交率", "Meter"),
    ("/follow-ups", "承诺核查", "Follow-ups"),
    ("/seals", "印章备案", "Seals"),
];

/// The pages, with what they ask for.
pub(crate) fn calls() -> Vec<Call<AppState>> {
    vec![
        get("/", index),
        get("/verify", verify::page).header(PERMISSIONS_POLICY, CAMERA_ALONE),
        post("/verify", verify::answer),
        get("/window", window::page),
        post("/window", window::answer).body(MAX_CALL_BODY_BYTES),
        get("/file", file::page),
        post("/file", file::answer).body(MAX_CALL_BODY_BYTES),
        get("/meter", meter::page),
        post("/meter", meter::answer).body(MAX_CALL_BODY_BYTES),
        get("/follow-ups", follow_ups::page),
        post("/follow-ups", follow_ups::answer).body(MAX_CALL_BODY_BYTES),
        get("/decision", kept::page),
        post("/decision", kept::answer).body(MAX_CALL_BODY_BYTES),
        get("/seals", seals::page),
    ]
}

/// The language of a page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lang {
    Zh,
    En,
}

impl Lang {
    fn say(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// One of two texts that come from elsewhere.
    fn of<'t>(self, zh: &'t str, en: &'t str) -> &'t str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// The member of a value in this language, which has both.
    fn member<'v>(self, value: &'v Value, name: &str) -> &'v str {
        let name = match (self, name) {
            (Self::Zh, "") => "zh".to_owned(),
            (Self::En, "") => "en".to_owned(),
            (Self::Zh, name) => format!("{name}_zh"),
            (Self::En, name) => format!("{name}_en"),
        };
        member(value, &name)
    }

    /// For links within the pages: nothing for Chinese.
    fn query(self, first: char) -> String {
        match self {
            Self::Zh => String::new(),
            Self::En => format!("{first}lang=en"),
        }
    }
}

/// A text member; empty if there is none.
fn member<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn members<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value[name].as_array().into_iter().flatten()
}

/// What stands in the URL of a page. Nothing personal does.
#[derive(Default, Deserialize)]
struct Asked {
    lang: Option<String>,
    /// What is looked for.
    q: Option<String>,
    /// Key of an item or a package.
    item: Option<String>,
    /// Number of a decision.
    number: Option<String>,
}

type AskedQuery = Result<Typed<Asked>, QueryRejection>;

impl Asked {
    /// Of a query that is none, nothing.
    fn read(query: AskedQuery) -> Self {
        query.map(|Typed(asked)| asked).unwrap_or_default()
    }

    fn lang(&self) -> Lang {
        if self.lang.as_deref() == Some("en") { Lang::En } else { Lang::Zh }
    }

    /// The same page in the other language.
    fn other(&self, path: &str) -> String {
        let mut query = Vec::new();
        query.extend(self.item.as_ref().map(|item| format!("item={}", encoded(item))));
        query.extend(self.q.as_ref().map(|q| format!("q={}", encoded(q))));
        query.extend(self.number.as_ref().map(|number| format!("number={}", encoded(number))));
        query.extend((self.lang() == Lang::Zh).then(|| "lang=en".to_owned()));
        if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
    }
}

/// What the form of a page sends: in the headers who asks, in the body what for and about whom.
struct Sent {
    lang: Lang,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        let lang = Asked::read(Typed::try_from_uri(request.uri())).lang();
        let headers = request.headers().clone();
        Ok(Self { lang, headers, body: Bytes::from_request(request, state).await })
    }
}

/// A whole page.
fn page(asked: &Asked, path: &'static str, title: &str, body: &Html) -> Response {
    let lang = asked.lang();
    let mut html = Html::new();
    html.put(
        "<!doctype html>\n<html lang=\"",
        lang.say("zh-CN", "en"),
        "\">\n<head>\n<meta charset=\"utf-8\">\n",
    );
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.put("<title>", title, " · 博印 Boyin</title>\n");
    html.raw("<link rel=\"stylesheet\" href=\"/app.css\">\n<script src=\"/app.js\" defer></script>\n</head>\n<body>\n");
    html.put(
        "<a class=\"skip\" href=\"#main\">",
        lang.say("跳到正文", "Skip to the content"),
        "</a>\n<header>\n",
    );
    html.put("<p class=\"brand\"><a href=\"/", lang.query('?'), "\">博印 Boyin</a></p>\n");
    html.put("<nav aria-label=\"", lang.say("主导航", "Main"), "\"><ul>");
    for (target, zh, en) in PAGES {
        html.put("<li><a href=\"", target, "").text(lang.query('?'));
        html.raw(if target == path { "\" aria-current=\"page\">" } else { "\">" });
        html.text(lang.say(zh, en)).raw("</a></li>");
    }
    html.raw("</ul></nav>\n");
    html.put("<p class=\"lang\"><a hreflang=\"", lang.say("en", "zh-CN"), "\" lang=\"");
    html.put("", lang.say("en", "zh-CN"), "\" href=\"").text(asked.other(path)).raw("\">");
    html.text(lang.say("English", "中文")).raw("</a></p>\n");
    html.put(
        "<p id=\"health\" role=\"status\" data-ok=\"",
        lang.say("服务正常", "The service is well"),
        "\" data-bad=\"",
    );
    html.text(lang.say(
        "服务异常，核验结果不可作为依据",
        "Something is wrong with the service: do not rely on its verdicts",
    ));
    html.put(
        "\" data-none=\"",
        lang.say("无法连接服务", "The service cannot be reached"),
        "\"></p>\n</header>\n",
    );
    html.put("<main id=\"main\" tabindex=\"-1\">\n<h1>", title, "</h1>\n").add(body).raw("</main>\n<footer>");
    html.put("<a href=\"/openapi.json\">", lang.say("接口说明 OpenAPI", "OpenAPI"), "</a> · ");
    html.put("<a href=\"/v1/trust-list\">", lang.say("信任列表", "Trust list"), "</a> · ");
    html.put("<a href=\"/v1/health\">", lang.say("服务状态", "Health"), "</a>");
    html.put(" · ", lang.say("时间均为北京时间", "All times are UTC+8"), "</footer>\n</body>\n</html>\n");
    (HTML, html.into_string()).into_response()
}

/// Where a list ends before its end.
fn more_to_find(html: &mut Html, lang: Lang) {
    let words = lang.say("还有更多，请查找。", "There are more: look for them.");
    hint(html, words);
}

/// A remark beside what is asked or answered.
fn hint(html: &mut Html, words: &str) {
    html.put("<p class=\"hint\">", words, "</p>\n");
}

/// An instant as a clerk reads it, in the time of the prefecture.
fn clock(at: UnixTime) -> String {
    let text = at.to_string();
    let text = text.split_once('+').map_or(text.as_str(), |(text, _)| text);
    text.replace('T', " ")
}

/// The instant at which a decision was made; empty if it says none.
fn decided_at(decision: &Value) -> String {
    decision["at"].as_u64().and_then(UnixTime::new).map(clock).unwrap_or_default()
}

/// The beginning of a table, with a caption that no other one of the page has, where it scrolls if it is wide.
fn table_head(html: &mut Html, caption: &str, names: &[&'static str]) {
    html.put("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"", caption, "\">");
    html.put("<table><caption>", caption, "</caption><thead><tr>");
    for name in names {
        html.put("<th scope=\"col\">", name, "</th>");
    }
    html.raw("</tr></thead>\n<tbody>\n");
}

fn table_end(html: &mut Html) {
    html.raw("</tbody></table></div>\n");
}

/// The beginning of a cell, which says on a narrow screen what stands in it.
fn cell<'h>(html: &'h mut Html, label: &'static str) -> &'h mut Html {
    html.put("<td data-label=\"", label, "\">")
}

/// The texts of a form.
fn texts(body: Result<Bytes, BytesRejection>) -> Result<BTreeMap<String, String>, ApiError> {
    read(body)
}

/// What stands in a field of a form; nothing if it is empty.
fn given(texts: &mut BTreeMap<String, String>, name: &str) -> Option<String> {
    let text = texts.remove(name)?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// `GET /`: where everything is.
async fn index(query: AskedQuery) -> Response {
    let asked = Asked::read(query);
    let lang = asked.lang();
    let mut html = Html::new();
    html.raw("<ul class=\"cards\">\n");
    let lines = [
        (
            "核验证照、OFD 文件、印章、签章、亮证码和判定回执。不需要登录，内容不保存。",
            "Verify a license, an OFD document, a seal, a seal signature, a code that somebody shows or the receipt of a decision. No account; nothing is kept.",
        ),
        (
            "选事项、选情形、录入证件号码，一屏看清每份材料能否免交、为什么、下一步找谁。",
            "Choose the matter and its situation, enter the number: for each paper whether it is exempt, why, and what comes next.",
        ),
        (
            "调取一人一档、一企一档，须写明事由并留痕。",
            "A holder's file. What for has to be said, and the read is on record.",
        ),
        (
            "按县市、单位、事项、月份统计免提交率，可下钻到每次判定。",
            "How much did not have to be submitted, down to each decision.",
        ),
        (
            "以告知承诺代替的材料：由谁核查、何时到期。",
            "What was declared in place of papers: who checks it, and until when.",
        ),
        ("在册电子印章，公开数据。", "The seals on the trust list: public data."),
    ];
    for ((path, zh, en), (zh_line, en_line)) in PAGES.into_iter().zip(lines) {
        html.put("<li><h2><a href=\"", path, "").text(lang.query('?'));
        html.put("\">", lang.say(zh, en), "</a></h2><p>").text(lang.say(zh_line, en_line)).raw("</p></li>\n");
    }
    html.raw("</ul>\n");
    page(&asked, "/", lang.say("电子证照一体化平台", "Electronic licenses"), &html)
}
