//! The built-in catalog.

use std::collections::BTreeMap;

use boyin_exempt::item::NoMatter;
use boyin_exempt::{Answer, Decision, Entry, ItemCatalog, Outcome, Reason, Role, Way};
use boyin_model::catalog::HolderKind;
use boyin_model::time::Date;
use boyin_testkit::prefecture::now;

use crate::world::{Status, World, decided, hiding, holder, number, request, set};

/// Every way to answer the questions of a matter.
fn situations(catalog: &ItemCatalog, matter: &str) -> Vec<BTreeMap<String, String>> {
    let mut all = vec![BTreeMap::new()];
    let matter = catalog.matter(matter, now().date()).unwrap();
    for key in matter.items.iter().flat_map(|item| &item.questions) {
        let answers = &catalog.question(key).unwrap().answers;
        all = all
            .into_iter()
            .flat_map(|one: BTreeMap<String, String>| {
                answers.iter().map(move |answer| {
                    let mut next = one.clone();
                    next.insert(key.clone(), answer.key.clone());
                    next
                })
            })
            .collect();
    }
    all.sort();
    all.dedup();
    all
}

/// One license of each type that the holder can have.
fn full_file(world: &World, role: Role) -> Vec<Entry> {
    let fits =
        |kind: HolderKind| kind == HolderKind::Any || role.kind() == HolderKind::Any || kind == role.kind();
    let types = world.licenses().types().filter(|one| fits(one.holder));
    types
        .filter(|one| role != Role::Counterparty || one.holder != HolderKind::Organization)
        .map(|one| {
            let license = world.license(&one.key, role, |draft| match one.key.as_str() {
                "marriage-certificate" => {
                    let other = if role == Role::Spouse { Role::Applicant } else { Role::Spouse };
                    set(draft, "spouse_citizen_id", number(other));
                }
                "birth-certificate" => set(draft, "mother_citizen_id", number(Role::Applicant)),
                "business-license" => {
                    set(draft, "legal_representative", holder(Role::LegalRepresentative).1);
                }
                "real-estate-title" => set(draft, "unit_number", "652701001"),
                "fiscal-receipt" => set(draft, "amount", "88.00"),
                _ => {}
            });
            world.entry(&license, Status::Valid)
        })
        .collect()
}

fn ask(
    catalog: &ItemCatalog,
    files: &[(Role, Vec<Entry>)],
    matter: &str,
    situation: &BTreeMap<String, String>,
) -> Decision {
    let mut request = request(matter, files);
    request.situation.clone_from(situation);
    request.form.insert("unit-number".into(), "652701001".into());
    request.form.insert("receipt-amount".into(), "88.00".into());
    decided(catalog, &request)
}

#[test]
fn the_built_in_catalog_has_the_common_matters() {
    let world = World::new();
    let catalog = ItemCatalog::embedded(world.licenses()).unwrap();
    assert!(catalog.items().len() >= 20 && catalog.packages().len() >= 5);
    for name in [
        "居民身份证换领",
        "户口迁移",
        "道路运输经营许可证换证",
        "食品经营许可",
        "不动产转移登记（存量房买卖）",
        "灵活就业人员社会保险参保登记",
        "基本医疗保险医疗费用手工报销",
        "住房公积金提取",
        "残疾人两项补贴资格认定",
        "教师资格认定",
        "建筑工程施工许可",
        "特种设备使用登记",
        "老年人优待证办理",
        "婚姻登记（结婚）",
        "新生儿出生一件事",
        "企业开办一件事（领照后）",
    ] {
        assert!(catalog.matter(name, now().date()).is_ok(), "{name}");
    }
    for material in catalog.materials() {
        assert!(material.canceled.is_none() || material.ways() == [Way::Canceled]);
    }
}

/// Every item and package in every situation, with all types on file and with nothing: with a license on file the paper
/// is not asked for; what is asked for then has no type in the catalog, or is no license.
#[test]
fn every_matter_is_decided_in_every_situation() {
    let world = World::new();
    let catalog = ItemCatalog::embedded(world.licenses()).unwrap();
    let full = Role::ALL.map(|role| (role, full_file(&world, role)));
    let empty = Role::ALL.map(|role| (role, vec![]));
    let items = catalog.items().iter().map(|item| item.key.as_str());
    let mut decided = 0;
    for matter in items.chain(catalog.packages().iter().map(|package| package.key.as_str())) {
        for situation in situations(&catalog, matter) {
            let with = ask(&catalog, &full, matter, &situation);
            let without = ask(&catalog, &empty, matter, &situation);
            assert!(with.answer() <= without.answer(), "{matter}");
            for material in &with.materials {
                let known = catalog.material(&material.material).unwrap();
                let shareable =
                    known.accept.iter().any(|all| all.iter().all(|one| one.license_type.is_some()));
                let shared = material.outcome == Outcome::Exempt(Way::Shared);
                assert_eq!(shared, shareable, "{matter}: {}", material.material);
            }
            decided += 1;
        }
    }
    assert!(decided > 60, "{decided}");
}

/// Two items stand there in two versions, and the day of the question says which one counts.
#[test]
fn the_version_of_the_day_is_decided_by() {
    let world = World::new();
    let catalog = ItemCatalog::embedded(world.licenses()).unwrap();
    for (key, dropped) in [("residence-permit", "photo"), ("personal-insurance", "household-register")] {
        let on = |day: &str| {
            let day: Date = day.parse().unwrap();
            let mut request = request(key, &[(Role::Applicant, vec![])]);
            request.at = day.begins();
            let decision = decided(&catalog, &request);
            assert_eq!(catalog.item(key, day).unwrap().version, decision.items[0].version);
            (decision.items[0].version, decision.material(dropped).is_some())
        };
        assert_eq!((on("2026-09-30"), on("2026-10-01")), ((1, true), (2, false)), "{key}");
        let before = "2025-12-31".parse().unwrap();
        assert_eq!(catalog.item(key, before).unwrap_err(), NoMatter::NotInForce);
    }
}

#[test]
fn a_newborn_needs_no_paper_that_is_on_file() {
    let world = World::new();
    let catalog = ItemCatalog::embedded(world.licenses()).unwrap();
    let files = [Role::Applicant, Role::Spouse, Role::Child].map(|role| (role, full_file(&world, role)));
    let situation = BTreeMap::from([("parents-married".to_owned(), "yes".to_owned())]);
    let decision = ask(&catalog, &files, "newborn", &situation);
    assert_eq!(decision.answer(), Answer::Exempt);
    assert_eq!(decision.items.len(), 5);
    let card = decision.material("identity-card-applicant").unwrap();
    assert_eq!(card.items.len(), 5, "asked for once");
}

/// Whoever gives the name of the representative with a number of somebody else proves neither.
#[test]
fn a_name_is_held_against_a_license_only_where_another_one_confirms_it() {
    let world = World::new();
    let catalog = ItemCatalog::embedded(world.licenses()).unwrap();
    let representative = Role::LegalRepresentative;
    let business = world.license("business-license", Role::Enterprise, |draft| {
        set(draft, "legal_representative", holder(representative).1);
    });
    let own = world.license("identity-card", representative, |_| {});
    let others = world.license("identity-card", representative, |draft| draft.holder.name = "样本辛".into());
    let shared = Outcome::Exempt(Way::Shared);
    let (business_license, card) =
        ("business-license-same-representative", "identity-card-legal-representative");
    let situation = situations(&catalog, "food-permit").remove(0);
    for (license, status, of_card, of_business) in [
        (Some(own.clone()), Status::Valid, shared, shared),
        (Some(others), Status::Valid, Outcome::Pending, Outcome::Pending),
        (Some(hiding(&own, "holder_name")), Status::Valid, shared, Outcome::Pending),
        (Some(own), Status::Revoked, Outcome::Submit, Outcome::Pending),
        (None, Status::Valid, Outcome::Submit, Outcome::Pending),
    ] {
        let file = license.map(|license| world.entry(&license, status)).into_iter().collect();
        let entry = world.entry(&business, Status::Valid);
        let files = [(Role::Enterprise, vec![entry]), (representative, file)];
        let decision = ask(&catalog, &files, "food-permit", &situation);
        assert_eq!(decision.material(card).unwrap().outcome, of_card);
        let material = decision.material(business_license).unwrap();
        assert_eq!(material.outcome, of_business);
        let reasons: Vec<_> = material.findings.iter().map(|finding| finding.reason).collect();
        let expected = if of_business == shared { vec![] } else { vec![Reason::NameNotConfirmed] };
        assert_eq!(reasons, expected);
    }
}
