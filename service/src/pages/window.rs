//! The window for the clerk: the matter, its situation, who takes part; then for each paper the answer.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use boyin::exempt::{ItemCatalog, Role};
use boyin::model::time::Date;

use super::form::search;
use super::html::{Html, encoded};
use super::names::Words;
use super::trouble::{Trouble, part, trouble_page, wrong, wrong_number};
use super::{Asked, AskedQuery, Lang, Sent, decision, hint, matter, more_to_find, page as whole_page, texts};
use crate::error::ApiError;
use crate::shared::read_holder;
use crate::state::AppState;
use crate::window::{DecisionRequest, PartyRequest, catalog, decided, decider, idempotency_key, told};

/// Items on one page; further ones are found by looking for them.
const MAX_LISTED_ITEMS: usize = 200;

/// `GET /window`: the matters, or the form of one.
pub(super) async fn page(State(state): State<AppState>, query: AskedQuery) -> Response {
    let asked = Asked::read(query);
    let lang = asked.lang();
    let title = lang.say("免证办窗口", "Window: which papers may be asked for");
    match shown(&state, &asked).await {
        Ok((name, html)) => whole_page(&asked, "/window", name.as_deref().unwrap_or(title), &html),
        Err(error) => trouble_page(&asked, "/window", title, error),
    }
}

/// The page, and the name of its matter.
async fn shown(state: &AppState, asked: &Asked) -> Result<(Option<String>, Html), ApiError> {
    let (catalog, now) = catalog(state).await?;
    let (lang, day) = (asked.lang(), now.date());
    let mut html = Html::new();
    if let Some(name) = &asked.item {
        let found = catalog.matter(name, day).map_err(|_| ApiError::NotFound)?;
        matter::form(&mut html, lang, &catalog, &found);
        return Ok((Some(matter::name(lang, &found).to_owned()), html));
    }
    list(&mut html, lang, &catalog, day, asked.q.as_deref().unwrap_or_default());
    Ok((None, html))
}

/// Whether somebody who looks for `wanted` means this.
fn means(wanted: &str, names: &[&str]) -> bool {
    let wanted = wanted.trim().to_lowercase();
    names.iter().any(|name| name.to_lowercase().contains(&wanted))
}

fn list(html: &mut Html, lang: Lang, catalog: &ItemCatalog, day: Date, wanted: &str) {
    let words = lang.say("查找事项（名称、部门或编码）", "Find a matter by name, department or code");
    search(html, lang, "/window", words, " autofocus", wanted);
    let packages = catalog
        .packages()
        .iter()
        .filter(|one| one.holds(day) && means(wanted, &[&one.key, &one.name, &one.name_en, &one.lead]));
    let packages = packages.map(|one| (&one.key, lang.of(&one.name, &one.name_en), &one.lead));
    let items = catalog.items().iter().filter(|one| {
        one.holds(day)
            && means(wanted, &[&one.key, &one.name, &one.name_en, &one.department, one.code.as_str()])
    });
    let items = items.map(|one| (&one.key, lang.of(&one.name, &one.name_en), &one.department));
    links(html, lang, lang.say("一件事", "Packages"), packages);
    links(html, lang, lang.say("事项", "Items"), items);
}

fn links<'c>(
    html: &mut Html,
    lang: Lang,
    title: &'static str,
    matters: impl Iterator<Item = (&'c String, &'c str, &'c String)>,
) {
    let mut matters = matters.peekable();
    html.put("<h2>", title, "</h2>\n");
    if matters.peek().is_none() {
        hint(html, lang.say("没有找到。", "None is found."));
        return;
    }
    html.raw("<ul class=\"matters\">\n");
    for (key, name, department) in matters.by_ref().take(MAX_LISTED_ITEMS) {
        html.put("<li><a href=\"/window?item=", encoded(key), "").text(lang.query('&'));
        html.put("\">", name, "</a> ").raw(lang.say("<small>", "<small lang=\"zh-CN\">"));
        html.text(department).raw("</small></li>\n");
    }
    html.raw("</ul>\n");
    if matters.peek().is_some() {
        more_to_find(html, lang);
    }
}

/// `POST /window`: decides. The numbers are in the body and in no answer.
pub(super) async fn answer(State(state): State<AppState>, sent: Sent) -> Response {
    let lang = sent.lang;
    part(lang, decide(&state, sent).await)
}

/// The first number that is none of its kind, or that is missing beside another one.
fn wrong_numbers(lang: Lang, asked: &DecisionRequest) -> Result<(), Trouble> {
    for (role, party) in &asked.parties {
        if let Some(role) = Role::from_code(role)
            && read_holder(&party.holder_code_type, &party.holder_code).is_err()
        {
            return Err(wrong_number(lang, &format!("number.{role}"), role.name_zh(), role.name_en()));
        }
    }
    let agent = asked.agent_code_type.as_deref().zip(asked.agent_code.as_deref());
    match (agent, asked.delegation) {
        (None, None) => Ok(()),
        (None, Some(_)) => {
            let (zh, en) = ("请填写代办人的证件号码。", "Give the number of the agent.");
            Err(wrong(lang, "agent_code", zh, en))
        }
        (Some(_), None) => {
            Err(wrong(lang, "delegation", "请填写委托编号。", "Give the number of the delegation."))
        }
        (Some((kind, code)), Some(_)) => read_holder(kind, code)
            .map(drop)
            .map_err(|_| wrong_number(lang, "agent_code", Role::Agent.name_zh(), Role::Agent.name_en())),
    }
}

async fn decide(state: &AppState, sent: Sent) -> Result<Html, Trouble> {
    let Sent { lang, headers, body } = sent;
    let (grant, desk) = decider(state, &headers).await?;
    let asked = request(texts(body)?)?;
    wrong_numbers(lang, &asked)?;
    let key = idempotency_key(&headers)?;
    let answer = decided(state, &grant, desk, asked, key).await?;
    let mut told = told(&answer)?;
    Words::of(state, lang).await.put_into(&mut told["decision"]);
    let mut next = Html::new();
    next.put("<button type=\"button\" data-next>", lang.say("下一位", "Next person"), "</button>");
    Ok(decision::filed(lang, &answer, &told["decision"], &next))
}

/// What stands on the form of the page, as the call has it. Empty fields are none.
fn request(texts: BTreeMap<String, String>) -> Result<DecisionRequest, ApiError> {
    let mut request = DecisionRequest::default();
    let mut kinds = BTreeMap::new();
    let mut names = BTreeMap::new();
    let mut agent_kind = None;
    for (name, value) in texts.into_iter().filter(|(_, value)| !value.trim().is_empty()) {
        match name.split_once('.') {
            Some(("answer", key)) => {
                request.situation.insert(key.to_owned(), value);
            }
            Some(("form", key)) => {
                request.form.insert(key.to_owned(), value.trim().to_owned());
            }
            Some(("type", role)) => {
                kinds.insert(role.to_owned(), value);
            }
            Some(("name", role)) => {
                names.insert(role.to_owned(), value.trim().to_owned());
            }
            Some(("number", role)) => {
                let party = PartyRequest { holder_code: value.trim().to_owned(), ..PartyRequest::default() };
                request.parties.insert(role.to_owned(), party);
            }
            Some(_) => {}
            None => match name.as_str() {
                "item" => request.item = value,
                "division" => request.division = value,
                "purpose" => request.purpose = value,
                "channel" => request.channel = Some(value),
                "barred" => request.commitment = Some("barred".to_owned()),
                "agent_code_type" => agent_kind = Some(value),
                "agent_code" => request.agent_code = Some(value.trim().to_owned()),
                "delegation" => request.delegation = Some(delegation(&value)?),
                _ => {}
            },
        }
    }
    for (role, party) in &mut request.parties {
        party.holder_code_type = kinds.remove(role).unwrap_or_default();
        party.holder_name = names.remove(role);
    }
    if request.delegation.is_some() && request.agent_code.is_none() {
        // Where a party is named as the agent, its number is asked for once.
        let agent = request.parties.get(Role::Agent.code());
        agent_kind = agent.map(|agent| agent.holder_code_type.clone());
        request.agent_code = agent.map(|agent| agent.holder_code.clone());
    }
    // A kind is always chosen.
    request.agent_code_type = agent_kind.filter(|_| request.agent_code.is_some());
    Ok(request)
}

fn delegation(number: &str) -> Result<u64, ApiError> {
    number.trim().parse().map_err(|_| ApiError::BadRequest("delegation: a number".to_owned()))
}
