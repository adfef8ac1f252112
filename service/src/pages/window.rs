//! The window for the clerk: the matter, its situation, who takes part; then for each paper the answer.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use boyin::answers::{self, questions};
use boyin::exempt::item::{Comparand, Item, Matter, Question, Requirement};
use boyin::exempt::{Channel, ItemCatalog, Role};
use boyin::model::id::HolderCodeType;
use boyin::model::time::Date;
use boyin::{Scope, TokenGrant};

use super::html::{Html, encoded};
use super::{
    Asked, AskedQuery, Lang, Said, answer_place, decision, kinds, page as whole_page, part, purpose_field,
    texts, token_field, trouble, trouble_page, wrong, wrong_number,
};
use crate::auth::authorize;
use crate::error::ApiError;
use crate::shared::read_holder;
use crate::state::AppState;
use crate::window::{DecisionRequest, PartyRequest, catalog, decided, idempotency_key};

/// Items on one page; further ones are found by looking for them.
const MAX_LISTED_ITEMS: usize = 200;

/// What stands in place of the answer before one is asked for.
const PLACE: [Said; 1] = [(
    " data-empty=\"",
    "填写后按“判定”，结果显示在这里。",
    "Fill in the form and decide: the answer stands here.",
)];

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
        let matter = catalog.matter(name, day).map_err(|_| ApiError::NotFound)?;
        form(&mut html, lang, &catalog, &matter);
        return Ok((Some(matter_name(lang, &matter).to_owned()), html));
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
    html.raw("<form class=\"search\" role=\"search\" method=\"get\" action=\"/window\">\n");
    if lang == Lang::En {
        html.raw("<input type=\"hidden\" name=\"lang\" value=\"en\">\n");
    }
    html.put(
        "<label for=\"q\">",
        lang.say("查找事项（名称、部门或编码）", "Find a matter by name, department or code"),
        "</label>\n",
    );
    html.put(
        "<div class=\"row\"><input id=\"q\" name=\"q\" type=\"search\" autofocus value=\"",
        wanted,
        "\">\n",
    );
    html.put("<button type=\"submit\">", lang.say("查找", "Find"), "</button></div>\n</form>\n");
    let packages = catalog.packages().iter().filter(|one| {
        one.from <= day
            && one.until.is_none_or(|last| day <= last)
            && means(wanted, &[&one.key, &one.name, &one.name_en, &one.lead])
    });
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
        html.put("<p class=\"hint\">", lang.say("没有找到。", "None is found."), "</p>\n");
        return;
    }
    html.raw("<ul class=\"matters\">\n");
    for (key, name, department) in matters.by_ref().take(MAX_LISTED_ITEMS) {
        html.put("<li><a href=\"/window?item=", encoded(key), "").text(lang.query('&'));
        html.put("\">", name, "</a> ").put("<small>", department, "</small></li>\n");
    }
    html.raw("</ul>\n");
    if matters.peek().is_some() {
        html.put(
            "<p class=\"hint\">",
            lang.say("还有更多，请查找。", "There are more: look for them."),
            "</p>\n",
        );
    }
}

/// Who takes part in a matter: those who have to be named, then those whose licenses may take the place of a paper.
fn roles(catalog: &ItemCatalog, matter: &Matter<'_>) -> (Vec<Role>, BTreeSet<Role>) {
    let mut named: Vec<Role> = Vec::new();
    for role in matter.items.iter().flat_map(|item| &item.parties) {
        if !named.contains(role) {
            named.push(*role);
        }
    }
    let mut others = BTreeSet::new();
    for requirement in requirements(catalog, matter) {
        others.insert(requirement.holder);
        others.extend(requirement.equals.values().filter_map(|one| match one {
            Comparand::Number(role) | Comparand::Name(role) => Some(*role),
            Comparand::Form(_) => None,
        }));
    }
    others.retain(|role| !named.contains(role));
    (named, others)
}

/// What may take the place of the papers of a matter.
fn requirements<'c>(catalog: &'c ItemCatalog, matter: &Matter<'c>) -> Vec<&'c Requirement> {
    let used = matter.items.iter().flat_map(|item| &item.materials);
    let materials = used.filter_map(|used| catalog.material(&used.r#use));
    materials.flat_map(|material| material.accept.iter().flatten()).collect()
}

/// The form fields that licenses are compared with, each once.
fn form_fields<'c>(catalog: &'c ItemCatalog, matter: &Matter<'c>) -> BTreeSet<&'c str> {
    let compared = requirements(catalog, matter).into_iter().flat_map(|one| one.equals.values());
    let fields = compared.filter_map(|one| match one {
        Comparand::Form(key) => Some(key.as_str()),
        Comparand::Number(_) | Comparand::Name(_) => None,
    });
    fields.collect()
}

fn form(html: &mut Html, lang: Lang, catalog: &ItemCatalog, matter: &Matter<'_>) {
    html.put("<p class=\"back\"><a href=\"/window", lang.query('?'), "\">");
    html.text(lang.say("← 全部事项", "← All matters")).raw("</a></p>\n");
    // In the log, which is kept in Chinese.
    let likely = matter_name(Lang::Zh, matter);
    if matter.package.is_some() {
        html.raw("<ul class=\"items\">");
        for item in &matter.items {
            html.put("<li>", lang.of(&item.name, &item.name_en), " ");
            html.put("<small>", &item.department, "</small></li>");
        }
        html.raw("</ul>\n");
    }
    html.raw("<div class=\"desk\">\n");
    html.put("<form class=\"ask\" method=\"post\" action=\"/window", lang.query('?'), "\" data-act>\n");
    let item = matter.items.first().map_or("", |item| item.key.as_str());
    let key = matter.package.map_or(item, |package| package.key.as_str());
    html.put("<input type=\"hidden\" name=\"item\" value=\"", key, "\">\n");
    for question in questions(catalog, matter) {
        situation(html, lang, question);
    }
    let (named, others) = roles(catalog, matter);
    named.into_iter().for_each(|role| party(html, lang, role, true));
    others.iter().for_each(|role| party(html, lang, *role, false));
    compared(html, lang, catalog, matter);
    frame(html, lang, &matter.items, likely);
    delegation(html, lang, others.contains(&Role::Agent));
    html.put(
        "<div class=\"row\"><button type=\"submit\">",
        lang.say("判定", "Decide"),
        "</button></div>\n</form>\n",
    );
    answer_place(html, lang, &PLACE);
    html.raw("</div>\n");
}

/// The name of an item or a package.
fn matter_name<'m>(lang: Lang, matter: &Matter<'m>) -> &'m str {
    match (matter.package, matter.items.first()) {
        (Some(package), _) => lang.of(&package.name, &package.name_en),
        (None, Some(item)) => lang.of(&item.name, &item.name_en),
        (None, None) => "",
    }
}

fn situation(html: &mut Html, lang: Lang, question: &Question) {
    html.put("<fieldset><legend>", lang.of(&question.zh, &question.en), "</legend>\n");
    for answer in &question.answers {
        html.put(
            "<label class=\"choice\"><input type=\"radio\" name=\"answer.",
            &question.key,
            "\" value=\"",
        );
        html.put("", &answer.key, "\" required> ").text(lang.of(&answer.zh, &answer.en)).raw("</label>\n");
    }
    html.raw("</fieldset>\n");
}

fn party(html: &mut Html, lang: Lang, role: Role, required: bool) {
    html.put("<fieldset><legend>", lang.of(role.name_zh(), role.name_en()), "");
    if !required {
        html.text(lang.say("（需要比对时填写）", " (where something has to be compared)"));
    }
    html.raw("</legend>\n<div class=\"pair\">\n");
    html.put("<label>", lang.say("证件类型", "Kind of number"), " <select name=\"type.")
        .text(role)
        .raw("\">\n");
    kinds(html, lang, |kind| role.kind().admits(kind));
    html.put(
        "</select></label>\n<label>",
        lang.say("证件号码", "Number"),
        " <input class=\"number\" name=\"number.",
    );
    html.text(role);
    html.raw("\" autocomplete=\"off\" spellcheck=\"false\"").raw(if required { " required" } else { "" });
    html.put(
        "></label>\n<label class=\"full\">",
        lang.say("姓名或名称（档案中没有时填写）", "Name (if nothing on file says it)"),
        "",
    );
    html.put(" <input name=\"name.", role, "\" autocomplete=\"off\"></label>\n</div></fieldset>\n");
}

/// Who acts for the holder, by which delegation; where a party is named as the agent, its number is theirs.
fn delegation(html: &mut Html, lang: Lang, named: bool) {
    html.put(
        "<details><summary>",
        lang.say("代办（凭委托）", "Acting for the holder, by a delegation"),
        "</summary>\n",
    );
    html.put(
        "<p class=\"hint\">",
        lang.say(
            "用一次委托；上面的事由须与委托的用途逐字一致。",
            "Takes one use of the delegation; what for, above, has to be its purpose word by word.",
        ),
        "</p>\n<div class=\"pair\">\n",
    );
    html.put("<label class=\"full\">", lang.say("委托编号", "Delegation"), "");
    html.raw(
        " <input name=\"delegation\" type=\"number\" min=\"1\" step=\"1\" autocomplete=\"off\"></label>\n",
    );
    if named {
        html.raw("</div></details>\n");
        return;
    }
    html.put(
        "<label>",
        lang.say("代办人证件类型", "Agent: kind of number"),
        " <select name=\"agent_code_type\">\n",
    );
    kinds(html, lang, |kind| [HolderCodeType::CitizenId, HolderCodeType::CreditCode].contains(&kind));
    html.put("</select></label>\n<label>", lang.say("代办人证件号码", "Agent: number"), "");
    html.raw(
        " <input class=\"number\" name=\"agent_code\" autocomplete=\"off\" spellcheck=\"false\"></label>\n",
    );
    html.raw("</div></details>\n");
}

/// What stands on the applicant's form and is compared with licenses.
fn compared(html: &mut Html, lang: Lang, catalog: &ItemCatalog, matter: &Matter<'_>) {
    let fields = form_fields(catalog, matter);
    let fields: Vec<_> = fields.iter().filter_map(|key| catalog.form_field(key)).collect();
    if fields.is_empty() {
        return;
    }
    html.put(
        "<fieldset><legend>",
        lang.say("申请表内容（与证照比对）", "On the form, compared with licenses"),
        "</legend>\n<div class=\"grid\">\n",
    );
    for field in fields {
        html.put("<label>", lang.of(&field.zh, &field.en), " <input name=\"form.").text(&field.key);
        html.raw("\" autocomplete=\"off\"></label>\n");
    }
    html.raw("</div></fieldset>\n");
}

/// Where, through which channel, what for and by whom.
fn frame(html: &mut Html, lang: Lang, items: &[&Item], likely: &str) {
    let divisions: BTreeSet<_> = items.iter().flat_map(|item| &item.divisions).collect();
    let first = divisions.first().map_or("", |division| division.as_str());
    html.put("<fieldset><legend>", lang.say("办理", "Application"), "</legend>\n<div class=\"pair\">\n");
    html.put(
        "<label>",
        lang.say("办理地区划代码", "Division applied in"),
        " <input name=\"division\" inputmode=\"numeric\" data-keep ",
    );
    html.put("pattern=\"[0-9]{6}\" required value=\"", first, "\"></label>\n");
    html.put("<label>", lang.say("渠道", "Channel"), " <select name=\"channel\" data-keep>\n");
    let others = Channel::ALL.into_iter().filter(|channel| *channel != Channel::Window);
    for channel in [Channel::Window].into_iter().chain(others) {
        html.put("<option value=\"", channel, "\">")
            .text(lang.of(channel.name_zh(), channel.code()))
            .raw("</option>\n");
    }
    html.raw("</select></label>\n");
    purpose_field(html, lang, likely);
    token_field(html, lang);
    html.raw("</div>\n<label class=\"choice\"><input type=\"checkbox\" name=\"barred\" value=\"yes\"> ");
    html.text(lang.say(
        "申请人有不实承诺记录且信用尚未修复（不适用告知承诺）",
        "The applicant has a false commitment on record that is not cleared",
    ));
    html.raw("</label>\n</fieldset>\n");
}

/// `POST /window`: decides. The numbers are in the body and in no answer.
pub(super) async fn answer(
    State(state): State<AppState>,
    query: AskedQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let lang = Asked::read(query).lang();
    let grant = match ready(&state, &headers).await {
        Ok(grant) => grant,
        Err(error) => return trouble(lang, error),
    };
    let asked = match texts(body).and_then(request) {
        Ok(asked) => asked,
        Err(error) => return trouble(lang, error),
    };
    if let Some(told) = wrong_numbers(lang, &asked) {
        return told;
    }
    part(lang, decide(&state, lang, &grant, &headers, asked).await)
}

/// Who asks, if this service decides.
async fn ready(state: &AppState, headers: &HeaderMap) -> Result<TokenGrant, ApiError> {
    let grant = authorize(state, headers, Scope::WindowDecide).await?;
    if state.desk.is_none() {
        return Err(ApiError::NoDesk);
    }
    Ok(grant)
}

/// The first number that is none of its kind, or that is missing beside another one.
fn wrong_numbers(lang: Lang, asked: &DecisionRequest) -> Option<Response> {
    for (role, party) in &asked.parties {
        if let Some(role) = Role::from_code(role)
            && read_holder(&party.holder_code_type, &party.holder_code).is_err()
        {
            return Some(wrong_number(lang, &format!("number.{role}"), role.name_zh(), role.name_en()));
        }
    }
    let agent = asked.agent_code_type.as_deref().zip(asked.agent_code.as_deref());
    match (agent, asked.delegation) {
        (None, None) => None,
        (None, Some(_)) => {
            let (zh, en) = ("请填写代办人的证件号码。", "Give the number of the agent.");
            Some(wrong(lang, "agent_code", zh, en))
        }
        (Some(_), None) => {
            Some(wrong(lang, "delegation", "请填写委托编号。", "Give the number of the delegation."))
        }
        (Some((kind, code)), Some(_)) => read_holder(kind, code)
            .is_err()
            .then(|| wrong_number(lang, "agent_code", Role::Agent.name_zh(), Role::Agent.name_en())),
    }
}

async fn decide(
    state: &AppState,
    lang: Lang,
    grant: &TokenGrant,
    headers: &HeaderMap,
    asked: DecisionRequest,
) -> Result<Html, ApiError> {
    let key = idempotency_key(headers)?;
    let answer = decided(state, grant, asked, key).await?;
    let told = answers::decision(&answer).ok_or(ApiError::Internal)?;
    let mut acts = Html::new();
    acts.put("<div class=\"acts\"><p>", lang.say("判定编号 ", "Decision "), "");
    acts.put("<strong>", answer.event, "</strong>");
    if answer.replayed {
        acts.text(lang.say("（此前已作判定）", " (decided before)"));
    }
    acts.put(
        "</p>\n<button type=\"button\" class=\"second\" data-print>",
        lang.say("打印", "Print"),
        "</button>\n",
    );
    acts.put("<button type=\"button\" data-next>", lang.say("下一位", "Next person"), "</button></div>\n");
    let mut html = decision::shown(lang, &told["decision"], &acts);
    html.put("<details><summary>", lang.say("签名回执", "Signed receipt"), "</summary><pre>");
    html.text(String::from_utf8_lossy(&answer.receipt)).raw("</pre></details>\n");
    html.put(
        "<p class=\"sheet\">",
        lang.say(
            "本单由首问单位签名存证，可凭判定编号查验；不含证件号码。",
            "Signed and kept by the office asked first, under the number of the decision. It holds no number of a holder.",
        ),
        "</p>\n",
    );
    Ok(html)
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
                "delegation" => {
                    let number = value.trim().parse();
                    let number =
                        number.map_err(|_| ApiError::BadRequest("delegation: a number".to_owned()))?;
                    request.delegation = Some(number);
                }
                _ => {}
            },
        }
    }
    for (role, party) in &mut request.parties {
        party.holder_code_type = kinds.remove(role).unwrap_or_default();
        party.holder_name = names.remove(role);
    }
    if request.delegation.is_some() && request.agent_code.is_none() {
        let agent = request.parties.get(Role::Agent.code());
        agent_kind = agent.map(|agent| agent.holder_code_type.clone());
        request.agent_code = agent.map(|agent| agent.holder_code.clone());
    }
    // A kind is always chosen.
    request.agent_code_type = agent_kind.filter(|_| request.agent_code.is_some());
    Ok(request)
}
