//! What stands on the forms of the pages.

use std::fmt;

use boyin::model::id::HolderCodeType;

use super::Lang;
use super::html::Html;

/// What the script says by itself: an attribute, and its text in both languages.
pub(super) type Said = (&'static str, &'static str, &'static str);

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

/// The beginning of a form that asks for something personal, up to its fields.
pub(super) fn head(html: &mut Html, lang: Lang, path: &'static str) {
    html.put("<form class=\"ask\" method=\"post\" action=\"", path, "").text(lang.query('?'));
    html.raw("\" id=\"ask\">\n<div class=\"grid\">\n");
}

/// Its end: the token, the button, and the place for its answer.
pub(super) fn end(html: &mut Html, lang: Lang, button: &'static str) {
    token_field(html, lang);
    html.put("</div>\n<div class=\"row\"><button type=\"submit\">", button, "</button></div>\n</form>\n");
    answer_place(html, lang, &[]);
}

/// A button in an answer that sends the form again with one more field: from where on there is more, or what else is asked for.
pub(super) fn again(html: &mut Html, words: &'static str, name: &'static str, value: impl fmt::Display) {
    html.put("<p><button type=\"submit\" form=\"ask\" class=\"second\" name=\"", name, "\" value=\"");
    html.text(value).put("\">", words, "</button></p>\n");
}

/// A button in an answer that empties the page for what comes next.
pub(super) fn next(html: &mut Html, words: &'static str) {
    html.put("<p><button type=\"button\" class=\"second\" data-next>", words, "</button></p>\n");
}

/// Where the answer to a form goes, and what stands there without the script.
pub(super) fn answer_place(html: &mut Html, lang: Lang, more: &[Said]) {
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
pub(super) fn token_field(html: &mut Html, lang: Lang) {
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
pub(super) fn purpose_field(html: &mut Html, lang: Lang, likely: &str) {
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
pub(super) fn number_fields(
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
pub(super) fn search(
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
