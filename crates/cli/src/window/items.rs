//! `window items`: what can be asked about.

use std::io::Write;

use boyin::exempt::item::{Item, Matter, Question};
use boyin::exempt::{ItemCatalog, Material, Role, Way};
use serde_json::{Value, json};

use super::no_matter;
use crate::Exit;
use crate::context::{Session, now};
use crate::output::{self, json_line};

pub(super) fn run(session: &Session, name: Option<&str>, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let catalog = home.item_catalog(home.catalog())?;
    let day = now()?.date();
    if let Some(name) = name {
        let matter = catalog.matter(name, day).map_err(|_| no_matter(name))?;
        if session.json() {
            json_line(out, &matter_json(&catalog, &matter))?;
        } else {
            matter_text(&catalog, &matter, out)?;
        }
        return Ok(Exit::Done);
    }
    let items: Vec<_> = catalog.items().iter().filter(|item| item.holds(day)).collect();
    let packages: Vec<_> = catalog
        .packages()
        .iter()
        .filter(|package| package.from <= day && package.until.is_none_or(|last| day <= last))
        .collect();
    if session.json() {
        let items: Vec<_> = items.into_iter().map(item_json).collect();
        let packages = packages
            .into_iter()
            .map(|p| json!({ "items": p.items, "key": p.key, "lead": p.lead, "name": p.name, "name_en": p.name_en }));
        let value = json!({
            "digest": catalog.digest(), "items": items, "packages": packages.collect::<Vec<_>>(),
            "version": catalog.version(),
        });
        json_line(out, &value)?;
        return Ok(Exit::Done);
    }
    let mut table =
        output::table(&["事项 Item", "名称 Name", "主管部门 Department", "当事人 Parties", "材料 Papers"]);
    for item in items {
        table.add_row([
            item.key.clone(),
            item.name.clone(),
            item.department.clone(),
            roles(&item.parties),
            item.materials.len().to_string(),
        ]);
    }
    writeln!(out, "{table}")?;
    let mut table = output::table(&["一件事 Package", "名称 Name", "牵头部门 Lead", "事项 Items"]);
    for package in packages {
        table.add_row([
            package.key.clone(),
            package.name.clone(),
            package.lead.clone(),
            package.items.join(" "),
        ]);
    }
    writeln!(out, "{table}\n事项目录 {} {}", catalog.version(), catalog.digest())?;
    Ok(Exit::Done)
}

fn roles(roles: &[Role]) -> String {
    roles.iter().map(|role| format!("{} {role}", role.name_zh())).collect::<Vec<_>>().join("、")
}

fn item_json(item: &Item) -> Value {
    json!({
        "code": item.code.as_str(), "department": item.department,
        "divisions": item.divisions.iter().map(|one| one.as_str().to_owned()).collect::<Vec<_>>(),
        "key": item.key, "materials": item.materials.iter().map(|used| &used.r#use).collect::<Vec<_>>(),
        "name": item.name, "name_en": item.name_en, "parties": item.parties.iter().map(|role| role.code()).collect::<Vec<_>>(),
        "questions": item.questions, "version": item.version,
    })
}

/// The questions of a matter, each once.
fn questions<'c>(catalog: &'c ItemCatalog, matter: &Matter<'c>) -> Vec<&'c Question> {
    let mut keys: Vec<&String> = Vec::new();
    for key in matter.items.iter().flat_map(|item| &item.questions) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys.into_iter().filter_map(|key| catalog.question(key)).collect()
}

fn matter_json(catalog: &ItemCatalog, matter: &Matter<'_>) -> Value {
    let questions = questions(catalog, matter).into_iter().map(|question| {
        let answers = question.answers.iter();
        let answers = answers.map(|answer| json!({ "en": answer.en, "key": answer.key, "zh": answer.zh }));
        json!({ "answers": answers.collect::<Vec<_>>(), "en": question.en, "key": question.key, "zh": question.zh })
    });
    json!({
        "items": matter.items.iter().map(|item| item_json(item)).collect::<Vec<_>>(),
        "package": matter.package.map(|package| json!({ "key": package.key, "name": package.name })),
        "questions": questions.collect::<Vec<_>>(),
    })
}

fn matter_text(catalog: &ItemCatalog, matter: &Matter<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    if let Some(package) = matter.package {
        writeln!(out, "一件事 {} ({})  {}", package.name, package.key, package.lead)?;
    }
    for item in &matter.items {
        writeln!(out, "{} ({})  {}  {}", item.name, item.key, item.department, item.code)?;
        writeln!(out, "  当事人 {}", roles(&item.parties))?;
        for used in &item.materials {
            let Some(material) = catalog.material(&used.r#use) else { continue };
            let when =
                used.when.iter().map(|(question, answers)| format!("{question}={}", answers.join("|")));
            let when = when.collect::<Vec<_>>().join(" ");
            let when = if when.is_empty() { when } else { format!("  [{when}]") };
            writeln!(out, "  · {} × {}  {}{when}", material.name, used.copies, ways(material))?;
        }
    }
    for question in questions(catalog, matter) {
        let answers =
            question.answers.iter().map(|answer| format!("{}={} {}", question.key, answer.key, answer.zh));
        writeln!(out, "{}\n  {}", question.zh, answers.collect::<Vec<_>>().join("\n  "))?;
    }
    Ok(())
}

/// The ways that a material has.
fn ways(material: &Material) -> String {
    let ways = [
        (Way::Canceled, material.canceled.is_some()),
        (Way::Shared, !material.accept.is_empty()),
        (Way::VerifiedOnline, material.online.is_some()),
        (Way::Commitment, material.commitment.is_some()),
    ];
    let named: Vec<_> = ways.into_iter().filter(|(_, has)| *has).map(|(way, _)| way.name_zh()).collect();
    if named.is_empty() { "须提交".to_owned() } else { named.join("、") }
}
