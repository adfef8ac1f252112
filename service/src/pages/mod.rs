//! The pages: written by the server in Chinese and English, without a build step. What is personal is asked for by one script, which
//! sends the clerk's token in the header and the numbers in the body, and shows the part of a page that comes back.

mod decision;
mod file;
mod html;
mod matter;
mod meter;
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
use axum::routing::{MethodRouter, get, post};
use axum::{Router, extract::DefaultBodyLimit};
use boyin::model::id::HolderCodeType;
use boyin::model::time::UnixTime;
use serde::Deserialize;
use serde_json::Value;

use self::html::{Html, encoded};
use crate::error::ApiError;
use crate::router::MAX_CALL_BODY_BYTES;
use crate::shared::read;
use crate::state::AppState;

const HTML: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];

/// Each page: its path and its name in both languages.
const PAGES: [(&str, &str, &str); 5] = [
    ("/verify", "核验", "Verify"),
    ("/window", "免证办窗口", "Window"),
    ("/file", "调取档案", "File"),
    ("/meter", "免提交率", "Meter"),
    ("/seals", "印章备案", "Seals"),
];

/// The pages, with what they ask for.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(index))
        .route("/verify", get(verify::page).merge(post(verify::answer)))
        .route("/window", get(window::page).merge(small(post(window::answer))))
        .route("/file", get(file::page).merge(small(post(file::answer))))
        .route("/meter", get(meter::page).merge(small(post(meter::answer))))
        .route("/seals", get(seals::page))
}

fn small(route: MethodRouter<AppState>) -> MethodRouter<AppState> {
    route.layer(DefaultBodyLimit::max(MAX_CALL_BODY_BYTES))
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

/// What the script says by itself: an attribute, and its text in both languages.
type Said = (&'static str, &'static str, &'static str);

/// What it says on every page.
const SAID: [Said; 3] = [
    (" data-wait=\"", "请稍候…", "One moment…"),
    (
        " data-trouble=\"",
        "没有得到结果：无法连接服务，或令牌中有不可用的字符。",
        "No answer: the service cannot be reached, or the token has characters that no token has.",
    ),
    (
        " data-stale=\"",
        "填写内容已改动，以下仍是改动前的结果。",
        "The form was changed: this is still the answer to what stood there before.",
    ),
];

/// The beginning of a form that is all there is on a page, up to its fields.
fn form_head(html: &mut Html, lang: Lang, path: &'static str) {
    html.put("<form class=\"ask\" method=\"post\" action=\"", path, "").text(lang.query('?'));
    html.raw("\" id=\"ask\">\n<div class=\"grid\">\n");
}

/// Its end: the token, the button, and the place for its answer.
fn form_end(html: &mut Html, lang: Lang, button: &'static str) {
    token_field(html, lang);
    html.put("</div>\n<div class=\"row\"><button type=\"submit\">", button, "</button></div>\n</form>\n");
    answer_place(html, lang, &[]);
}

/// Where the answer to a form goes, and what stands there without the script.
fn answer_place(html: &mut Html, lang: Lang, more: &[Said]) {
    html.put(
        "<noscript><p class=\"hint\">",
        lang.say("本页需要启用 JavaScript。", "This page needs JavaScript."),
        "</p></noscript>\n<p id=\"said\" class=\"unseen\" role=\"status\"></p>\n",
    );
    html.put("<section id=\"answer\" aria-label=\"", lang.say("结果", "Answer"), "\"");
    for &(name, zh, en) in SAID.iter().chain(more) {
        html.put(name, lang.say(zh, en), "\"");
    }
    html.raw("></section>\n");
}

/// The field for the clerk's token, which the script sends in the header, and whether this tab keeps it.
fn token_field(html: &mut Html, lang: Lang) {
    html.put(
        "<div class=\"full\"><label>",
        lang.say("访问令牌", "Access token"),
        " <input name=\"token\" type=\"password\" autocomplete=\"off\" required></label>\n",
    );
    html.put(
        "<label class=\"choice\"><input name=\"keep\" type=\"checkbox\">",
        lang.say("在本标签页记住，30 分钟不用即清除", "Keep in this tab until unused for 30 minutes"),
        "</label></div>\n",
    );
}

/// The field for what for, filled in with what is likely.
fn purpose_field(html: &mut Html, lang: Lang, likely: &str) {
    html.put(
        "<label class=\"full\">",
        lang.say("事由（记入日志，不写姓名和号码）", "What for (on record: no names, no numbers)"),
        "",
    );
    html.put(
        " <input name=\"purpose\" required maxlength=\"200\" autocomplete=\"off\" value=\"",
        likely,
        "\"></label>\n",
    );
}

/// The kinds of numbers that a holder may have: the two that nearly everybody has come first.
fn kinds(html: &mut Html, lang: Lang, admitted: impl Fn(HolderCodeType) -> bool) {
    let first = [HolderCodeType::CitizenId, HolderCodeType::CreditCode];
    let others = HolderCodeType::ALL.into_iter().filter(|kind| !first.contains(kind));
    for kind in first.into_iter().chain(others).filter(|kind| admitted(*kind)) {
        html.put("<option value=\"", kind.code(), "\">").text(lang.of(kind.name_zh(), kind.name_en()));
        html.raw("</option>\n");
    }
}

/// The fields for the kind of a number and the number, each with its words and its name.
fn number_fields(
    html: &mut Html,
    lang: Lang,
    kind: (&'static str, &str),
    number: (&'static str, &str),
    required: bool,
    admitted: impl Fn(HolderCodeType) -> bool,
) {
    html.put("<label>", kind.0, " <select name=\"").text(kind.1).raw("\">\n");
    kinds(html, lang, admitted);
    html.put("</select></label>\n<label>", number.0, " <input class=\"number\" name=\"").text(number.1);
    html.raw("\" autocomplete=\"off\" spellcheck=\"false\"").raw(if required { " required" } else { "" });
    html.raw("></label>\n");
}

/// The form that looks for something on a page; `focus` is an attribute that puts the caret there, or nothing.
fn search(
    html: &mut Html,
    lang: Lang,
    path: &'static str,
    words: &'static str,
    focus: &'static str,
    wanted: &str,
) {
    html.put("<form class=\"search\" role=\"search\" method=\"get\" action=\"", path, "\">\n");
    if lang == Lang::En {
        html.raw("<input type=\"hidden\" name=\"lang\" value=\"en\">\n");
    }
    html.put("<label for=\"q\">", words, "</label>\n");
    html.raw("<div class=\"row\"><input id=\"q\" name=\"q\" type=\"search\"").raw(focus);
    html.put(" value=\"", wanted, "\">\n");
    html.put("<button type=\"submit\">", lang.say("查找", "Find"), "</button></div>\n</form>\n");
}

/// Where a list ends before its end.
fn more_to_find(html: &mut Html, lang: Lang) {
    let words = lang.say("还有更多，请查找。", "There are more: look for them.");
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

/// The beginning of a table, with a caption, where it scrolls if it is wide.
fn table_head(html: &mut Html, caption: &'static str, names: &[&'static str]) {
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

/// `GET /`: where everything is.
async fn index(query: AskedQuery) -> Response {
    let asked = Asked::read(query);
    let lang = asked.lang();
    let mut html = Html::new();
    html.raw("<ul class=\"cards\">\n");
    let lines = [
        (
            "核验证照、印章、签章、亮证码和判定回执。不需要登录，内容不保存。",
            "Verify a license, a seal, a seal signature, a code that somebody shows or the receipt of a decision. No account; nothing is kept.",
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
        ("在册电子印章，公开数据。", "The seals on the trust list: public data."),
    ];
    for ((path, zh, en), (zh_line, en_line)) in PAGES.into_iter().zip(lines) {
        html.put("<li><h2><a href=\"", path, "").text(lang.query('?'));
        html.put("\">", lang.say(zh, en), "</a></h2><p>").text(lang.say(zh_line, en_line)).raw("</p></li>\n");
    }
    html.raw("</ul>\n");
    page(&asked, "/", lang.say("电子证照一体化平台", "Electronic licenses"), &html)
}
