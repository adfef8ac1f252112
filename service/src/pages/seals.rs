//! The seals that the trust list names: public data.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use boyin::model::time::UnixTime;
use boyin::model::trust::{TrustList, TrustedSeal};

use super::form::search;
use super::html::Html;
use super::{Asked, AskedQuery, Lang, cell, clock, more_to_find, page as whole_page, table_end, table_head};
use crate::state::AppState;

/// Seals on one page; further ones are found by looking for them.
const MAX_LISTED_SEALS: usize = 500;

/// `GET /seals`
pub(super) async fn page(State(state): State<AppState>, query: AskedQuery) -> Response {
    let asked = Asked::read(query);
    let lang = asked.lang();
    let (registry, now) = (state.lookup.registry(), state.now());
    let wanted = asked.q.as_deref().unwrap_or_default().trim();
    let mut html = Html::new();
    let words = lang
        .say("查找印章（编码、单位名称或代码）", "Find a seal by its number, or its office by name or code");
    search(&mut html, lang, "/seals", words, "", wanted);
    list(&mut html, lang, registry.trust().list(), wanted, now);
    whole_page(&asked, "/seals", lang.say("电子印章备案", "Register of seals"), &html)
}

fn list(html: &mut Html, lang: Lang, trust: &TrustList, wanted: &str, now: UnixTime) {
    let names: HashMap<_, _> =
        trust.issuers.iter().map(|issuer| (issuer.code, issuer.name.as_str())).collect();
    let owner = |seal: &TrustedSeal| names.get(&seal.issuer).copied().unwrap_or_default();
    let meant = |seal: &&TrustedSeal| {
        seal.id.to_string().contains(wanted)
            || seal.issuer.as_str().contains(wanted)
            || owner(seal).contains(wanted)
    };
    html.put("<p class=\"hint\">", lang.say("信任列表第 ", "Trust list "), "").text(trust.sequence);
    html.put(lang.say(" 号，有效至 ", ", fresh until "), clock(trust.next_update), "");
    html.text(lang.say(
        "。状态以信任列表为准；停用、收回、销毁等登记状态由印章管理单位查阅。",
        ". The state is that of the list; why a seal is not in use stands in the register, for those who manage it.",
    ));
    html.raw("</p>\n");
    let mut seals = trust.seals.iter().filter(meant).peekable();
    if seals.peek().is_none() {
        html.put("<p>", lang.say("没有找到。", "None is found."), "</p>\n");
        return;
    }
    let heads = heads(lang);
    table_head(html, lang.say("在册印章", "Seals on the list"), &heads);
    for seal in seals.by_ref().take(MAX_LISTED_SEALS) {
        row(html, lang, seal, owner(seal), now);
    }
    table_end(html);
    if seals.peek().is_some() {
        more_to_find(html, lang);
    }
}

fn heads(lang: Lang) -> [&'static str; 5] {
    [
        lang.say("印章编码", "Number"),
        lang.say("单位", "Office"),
        lang.say("状态", "State"),
        lang.say("制作时间", "Made"),
        lang.say("印章数据摘要", "Digest of its bytes"),
    ]
}

fn row(html: &mut Html, lang: Lang, seal: &TrustedSeal, owner: &str, now: UnixTime) {
    let [_, office, state, made_at, digest] = heads(lang);
    html.put("<tr><th scope=\"row\" class=\"nowrap\">", seal.id, "</th>");
    cell(html, office).raw("<span>").text(owner);
    html.put("<br><small>", seal.issuer.as_str(), "</small></span></td>");
    cell(html, state);
    if seal.in_force_at(now) {
        html.put("<span class=\"passed nowrap\">", lang.say("使用中", "in use"), "</span></td>");
    } else {
        html.put("<span class=\"failed nowrap\">", lang.say("不在用", "not in use"), "</span></td>");
    }
    if let Some(made) = seal.versions.last() {
        cell(html, made_at).put("<span class=\"nowrap\">", clock(made.from), "</span></td>");
        cell(html, digest).put("<code>", &made.digest, "</code></td></tr>\n");
    } else {
        html.raw("<td></td><td></td></tr>\n");
    }
}
