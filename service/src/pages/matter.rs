//! The form of a matter: its situation, who takes part, and what for.

use std::collections::BTreeSet;

use boyin::answers::questions;
use boyin::exempt::item::{Comparand, Item, Matter, Question, Requirement};
use boyin::exempt::{Channel, ItemCatalog, Role};
use boyin::model::id::HolderCodeType;

use super::form::{Said, answer_place, number_fields, purpose_field, token_field};
use super::html::Html;
use super::{Lang, hint};

/// What stands in place of the answer before one is asked for.
const PLACE: [Said; 1] = [(
    " data-empty=\"",
    "填写后按“判定”，结果显示在这里。",
    "Fill in the form and decide: the answer stands here.",
)];

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

/// The form of a matter, and the place for its answer.
pub(super) fn form(html: &mut Html, lang: Lang, catalog: &ItemCatalog, matter: &Matter<'_>) {
    html.put("<p class=\"back\"><a href=\"/window", lang.query('?'), "\">");
    html.text(lang.say("← 全部事项", "← All matters")).raw("</a></p>\n");
    // In the log, which is kept in Chinese.
    let likely = name(Lang::Zh, matter);
    if matter.package.is_some() {
        html.raw("<ul class=\"items\">");
        for item in &matter.items {
            html.put("<li>", lang.of(&item.name, &item.name_en), " ");
            html.raw(lang.say("<small>", "<small lang=\"zh-CN\">"));
            html.text(&item.department).raw("</small></li>");
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
pub(super) fn name<'m>(lang: Lang, matter: &Matter<'m>) -> &'m str {
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
    let [kind, number] = ["type", "number"].map(|field| format!("{field}.{role}"));
    let kind = (lang.say("证件类型", "Kind of number"), kind.as_str());
    let number = (lang.say("证件号码", "Number"), number.as_str());
    number_fields(html, lang, kind, number, required, |kind| role.kind().admits(kind));
    let words = lang.say("姓名或名称（档案中没有时填写）", "Name (if nothing on file says it)");
    html.put("<label class=\"full\">", words, " <input name=\"name.").text(role);
    html.raw("\" autocomplete=\"off\"></label>\n</div></fieldset>\n");
}

/// Who acts for the holder, by which delegation; where a party is named as the agent, its number is theirs.
fn delegation(html: &mut Html, lang: Lang, named: bool) {
    html.put(
        "<details><summary>",
        lang.say("代办（凭委托）", "Acting for the holder, by a delegation"),
        "</summary>\n",
    );
    let words = lang.say(
        "用一次委托；上面的事由须与委托的用途逐字一致。",
        "Takes one use of the delegation; what for, above, has to be its purpose word by word.",
    );
    hint(html, words);
    html.put("<div class=\"pair\">\n<label class=\"full\">", lang.say("委托编号", "Delegation"), "");
    html.raw(
        " <input name=\"delegation\" type=\"number\" min=\"1\" step=\"1\" autocomplete=\"off\"></label>\n",
    );
    if named {
        html.raw("</div></details>\n");
        return;
    }
    let kind = (lang.say("代办人证件类型", "Agent: kind of number"), "agent_code_type");
    let number = (lang.say("代办人证件号码", "Agent: number"), "agent_code");
    let people = [HolderCodeType::CitizenId, HolderCodeType::CreditCode];
    number_fields(html, lang, kind, number, false, |kind| people.contains(&kind));
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
