//! `window items`: what can be asked about.

use std::io::Write;

use boyin::answers::{self, questions};
use boyin::exempt::item::Matter;
use boyin::exempt::{ItemCatalog, Material, Role, Way};

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
            json_line(out, &answers::matter(&catalog, &matter))?;
        } else {
            matter_text(&catalog, &matter, out)?;
        }
        return Ok(Exit::Done);
    }
    if session.json() {
        json_line(out, &answers::matters(&catalog, day))?;
        return Ok(Exit::Done);
    }
    let items = catalog.items().iter().filter(|item| item.holds(day));
    let packages = catalog.packages().iter().filter(|package| package.holds(day));
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
