//! Why there is no answer, in words for a clerk.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::html::Html;
use super::{Asked, HTML, Lang, page};
use crate::error::ApiError;

/// Why there is no answer to a form.
pub(super) enum Trouble {
    /// A field is wrong, and nothing was asked: the page leads to it.
    Field {
        /// Its name.
        name: String,
        /// What is wrong, in the language of the page.
        words: String,
    },
    /// There is no answer to the call behind it.
    Call(ApiError),
}

impl From<ApiError> for Trouble {
    fn from(error: ApiError) -> Self {
        Self::Call(error)
    }
}

/// A part of a page, or why there is none, in the status and on the screen.
pub(super) fn part(lang: Lang, answer: Result<Html, impl Into<Trouble>>) -> Response {
    let answer: Result<Html, Trouble> = answer.map_err(Into::into);
    match answer {
        Ok(html) => (HTML, html.into_string()).into_response(),
        Err(Trouble::Field { name, words }) => wrong_field(lang, &name, &words),
        Err(Trouble::Call(error)) => {
            let error = error.settled();
            let html = told(lang, &error);
            error.with_headers((error.parts().0, HTML, html.into_string()).into_response())
        }
    }
}

/// Why there is no page.
pub(super) fn trouble_page(
    asked: &Asked,
    path: &'static str,
    title: &'static str,
    error: ApiError,
) -> Response {
    let error = error.settled();
    let mut response = page(asked, path, title, &told(asked.lang(), &error));
    *response.status_mut() = error.parts().0;
    error.with_headers(response)
}

fn wrong_field(lang: Lang, name: &str, words: &str) -> Response {
    let mut html = Html::new();
    html.put(
        "<div class=\"card failed\" role=\"alert\" data-field=\"",
        name,
        "\"><div class=\"verdict\"><h2>",
    );
    html.text(lang.say("请更正", "Please correct")).raw("</h2></div>\n");
    html.put("<p class=\"lead\">", words, "</p></div>\n");
    (StatusCode::BAD_REQUEST, HTML, html.into_string()).into_response()
}

/// A field that is wrong, in both languages.
pub(super) fn wrong(lang: Lang, field: &str, zh: &str, en: &str) -> Trouble {
    Trouble::Field { name: field.to_owned(), words: lang.of(zh, en).to_owned() }
}

/// A number that is none of its kind: whose it is, in both languages.
pub(super) fn wrong_number(lang: Lang, field: &str, zh: &str, en: &str) -> Trouble {
    let zh = format!("{zh}：证件号码与证件类型不符，请逐位核对。");
    let en = format!("{en}: this is no number of that kind, compare each digit.");
    wrong(lang, field, &zh, &en)
}

/// A sentence in Chinese, with the same in English after it, in one language.
fn sentence(lang: Lang, both: &str) -> &str {
    both.split_once('。').map_or(both, |(zh, en)| lang.of(zh, en.trim()))
}

fn told(lang: Lang, error: &ApiError) -> Html {
    let (status, code, message) = error.parts();
    let own = message.contains('。');
    let mut html = Html::new();
    html.put(
        "<div class=\"card failed\" role=\"alert\"><div class=\"verdict\"><h2>",
        lang.say("没有得到结果", "No answer"),
        "</h2></div>\n",
    );
    let zh = if let ApiError::Busy(_) = error { BUSY_ZH } else { trouble_zh(status) };
    let words = if own { sentence(lang, message) } else { lang.of(zh, message) };
    html.put("<p class=\"lead\">", words, "</p>\n");
    if lang == Lang::Zh && status == StatusCode::BAD_REQUEST && !own {
        if let Some(words) = wrong_zh(message) {
            html.put("<p>", words, "</p>\n");
        }
        html.put("<p lang=\"en\">", message, "</p>\n");
    }
    if !error.faults().is_empty() {
        html.raw("<ul class=\"lead\">");
        for fault in error.faults() {
            html.put("<li>", sentence(lang, &fault.to_string()), " ");
            html.put("<code>", fault.code(), "</code></li>");
        }
        html.raw("</ul>\n");
    }
    html.put("<p><code>", code, "</code></p></div>\n");
    html
}

/// Said apart from its status, which other faults have too.
const BUSY_ZH: &str = "正在核验的文件过多，请稍后再试。";

/// What a status means for a clerk.
fn trouble_zh(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "访问令牌缺失或无效，请重新输入。",
        StatusCode::FORBIDDEN => "该令牌没有此项权限，或没有所属单位，请联系管理员换发。",
        StatusCode::NOT_FOUND => "没有找到。",
        StatusCode::GONE => "档案内容已依法清除。",
        StatusCode::BAD_REQUEST => "填写有误，请检查后重试。",
        StatusCode::REQUEST_TIMEOUT => "文件传得太慢，没有传完，请换较快的网络重试。",
        StatusCode::PAYLOAD_TOO_LARGE => "内容过大。",
        StatusCode::CONFLICT => "与此前的请求或档案变动冲突，未作判定，请重新提交。",
        StatusCode::UNPROCESSABLE_ENTITY => "未作判定，请补正以下各项：",
        StatusCode::TOO_MANY_REQUESTS => "请求过于频繁，请稍后再试。",
        StatusCode::SERVICE_UNAVAILABLE => "本服务只读，不能作判定，请使用与签发台同机运行的服务。",
        _ => "服务出错，请联系平台运维。",
    }
}

/// What is wrong with what a clerk filled in, by the name of the field with which the message for programs begins.
fn wrong_zh(message: &str) -> Option<&'static str> {
    let (field, _) = message.split_once(':')?;
    Some(match field {
        "purpose" => "事由：须写明，不超过 200 个字。",
        "division" => "办理地区划代码：应为六位数字（GB/T 2260）。",
        "channel" => "渠道：不在可选范围内。",
        "commitment" => "告知承诺：不在可选范围内。",
        "parties" => "当事人：不在可选范围内。",
        "holder_code_type" => "证件类型：不在 GB/T 36903 所列范围内。",
        "holder_code" => "证件号码：与证件类型不符，请逐位核对。",
        "agent_code, agent_code_type" => "代办人：证件号码与证件类型不符，请逐位核对。",
        "agent_code_type, agent_code, delegation" => "代办：证件类型、证件号码和委托编号须同时填写。",
        "delegation" => "委托编号：应为数字。",
        "from" | "until" => "到期日：应为日期，如 2026-11-30。",
        "by" | "figure" | "outcome" | "behind" => "统计口径：不在可选范围内，请从统计表进入。",
        "Idempotency-Key" => "请求编号有误，请刷新页面后重试。",
        _ => return None,
    })
}
