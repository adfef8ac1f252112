//! What is refused, and whether the words help.

use boyin::model::id::CitizenId;
use boyin::model::time::UnixTime;
use boyin::{Desk, Home, Passphrase};

use crate::support::{MARKET, PASSPHRASE, POLICE, Place, Ran, boyin_alone, forms, office};

#[test]
fn a_form_with_five_defects_lists_all_five() {
    let place = Place::new();
    let mut form = forms("identity-card").swap_remove(0);
    let number = form.holder.code.clone();
    form.holder.code.replace_range(16..17, "1");
    form.issue_date = "2025-02-30".to_owned();
    form.division = "000000".to_owned();
    form.fields.remove("sex");
    form.fields.insert("shoe_size".to_owned(), boyin::model::credential::FieldValue::Integer(42));
    let wrong = form.holder.code.clone();
    let path = place.write_forms("form.json", &[form.clone()]);
    let words = [
        "correct 5 things",
        "holder.code: ",
        "issue_date: ",
        "division: ",
        "fields.sex: ",
        "fields.shoe_size: ",
    ];
    let ran = place.issue(POLICE, &path, &[]).complains(&words);
    assert!(!ran.err.contains(&wrong) && !ran.err.contains(&number), "{}", ran.err);

    let good = forms("identity-card").swap_remove(1);
    let path = place.write_forms("forms.jsonl", &[good, form]);
    place.issue(POLICE, &path, &[]).complains(&["nothing was issued", "  line 2: holder.code: "]);
    assert!(passing(&place).is_empty());
}

/// Identifiers of the licenses on file; every one of them must pass.
fn passing(place: &Place) -> Vec<serde_json::Value> {
    let page = place.boyin(&["license", "list", "--limit", "100", "--json"]).ends(0).json();
    let licenses = page["licenses"].as_array().unwrap();
    for license in licenses {
        assert_eq!(license["report"]["verdict"], "passed", "{license}");
    }
    licenses.iter().map(|license| license["license_id"].clone()).collect()
}

#[test]
fn an_office_issues_its_own_types_in_its_own_division() {
    let place = Place::new();
    let card = place.write_forms("card", &forms("identity-card")[..1]);
    place.issue(MARKET, &card, &[]).complains(&["license_type: ", "does not issue 居民身份证"]);
    let elsewhere = forms("business-license").into_iter().find(|form| form.division != "652702").unwrap();
    let license = place.write_forms("license", &[elsewhere]);
    place.issue(MARKET, &license, &[]).complains(&["division: ", "652702 only"]);
    let nobody = "11100000000013338W";
    let args = ["license", "issue", "--office", nobody, "--who", "甲", "--purpose", "测试", &card];
    place.boyin(&args).complains(&["no office with code", "offices.toml"]);
}

#[test]
fn an_office_is_named_where_that_of_the_trust_list_is_none_of_them() {
    let place = Place::empty();
    let authority = "11100000000013338W";
    place.init_under(authority).ends(0);
    place.issue_one(POLICE, "identity-card");
    let (holder, police) = (forms("identity-card")[0].holder.code.clone(), office(POLICE).code);
    let agent = CitizenId::compute("65270119900101001").unwrap();
    let terms = ["--agent", agent.as_str(), "--license-type", "identity-card", "--item", "senior-benefit"];
    let delegate = [&["holder", "delegate", holder.as_str()][..], &terms].concat();
    let revoke = ["holder", "revoke-delegation", holder.as_str(), "--delegation", "1"];
    let import = ["import", "run", "stock.csv", "--mapping", "stock.toml"];
    let by = ["--who", "窗口甲", "--purpose", "办理优待证"];
    for act in [&delegate[..], &revoke, &import] {
        place.boyin(&[act, &by].concat()).complains(&["--office is missing", authority, "offices.toml"]);
    }
    place.boyin(&[&delegate[..], &by, &["--office", police.as_str()]].concat()).ends(0);
    // Who only reads needs no office that issues.
    place.boyin(&["holder", "delegations", holder.as_str()]).ends(0);
}

#[test]
fn broken_forms_say_where_and_quote_nobody() {
    let place = Place::new();
    let number = &forms("identity-card")[0].holder.code;
    let path = place.write(
        "form.json",
        format!("{{\"license_type\":\"identity-card\",\n\"holder\":\"{number}\"}}").as_bytes(),
    );
    let ran = place.issue(POLICE, &path, &[]).complains(&["line 2, column"]);
    assert!(!ran.err.contains(number), "{}", ran.err);
    let path = place.write("empty.json", b"\n");
    place.issue(POLICE, &path, &[]).complains(&["holds no form"]);
    place.issue(POLICE, &place.path("absent.json"), &[]).complains(&["absent.json cannot be read"]);
    let ran = place
        .boyin_with_input(&["holder", "show", "-"], &number.as_bytes()[..17])
        .complains(&["not a citizen ID"]);
    assert!(!ran.err.contains(&number[..17]), "{}", ran.err);
}

#[test]
fn a_data_directory_is_not_made_over_anything() {
    let place = Place::new();
    place.init().complains(&["exists and is not empty"]);
    place.boyin(&["trust", "show"]).ends(0);

    let place = Place::empty();
    std::fs::create_dir(place.home()).unwrap();
    std::fs::write(place.home().join("notes.txt"), "keep me").unwrap();
    place.init().complains(&["exists and is not empty"]);
    assert_eq!(std::fs::read(place.home().join("notes.txt")).unwrap(), b"keep me");
    place.boyin(&["license", "list"]).complains(&["is not a data directory", "boyin init"]);
}

#[test]
fn a_left_over_of_another_name_is_not_touched() {
    let place = Place::empty();
    std::fs::create_dir(place.path("home.partial")).unwrap();
    std::fs::write(place.path("home.partial/notes.txt"), "keep me").unwrap();
    let mut args = vec!["--home".to_owned(), place.path("home.v2")];
    args.extend(["init", "--sample"].map(str::to_owned));
    place.boyin(&args.iter().map(String::as_str).collect::<Vec<_>>()).ends(0);
    assert_eq!(place.read("home.partial/notes.txt"), b"keep me");
    boyin_here(&place, "ES256").complains(&["does not name a directory"]);
}

/// `init` in the current directory, which cannot be replaced under its own feet.
fn boyin_here(place: &Place, suite: &str) -> Ran {
    let empty = place.path("empty");
    std::fs::create_dir(&empty).unwrap();
    let mut command = place.command(&["--home", ".", "init", "--sample", "--suite", suite]);
    let ran = Ran::of(command.current_dir(&empty).output().unwrap());
    assert!(std::path::Path::new(&empty).is_dir());
    ran
}

#[test]
fn without_the_passphrase_nothing_opens() {
    let place = Place::new();
    let wrong = |value: &str| {
        Ran::of(place.command(&["license", "list"]).env("BOYIN_PASSPHRASE", value).output().unwrap())
    };
    wrong("three sheep on a wet hill").complains(&["passphrase is wrong"]);
    wrong("").complains(&["passphrase is empty"]);
    let none = place.command(&["license", "list"]).env_remove("BOYIN_PASSPHRASE").output().unwrap();
    Ran::of(none).complains(&["no passphrase", "--passphrase-file"]);
    let file = place.write("passphrase", format!("{PASSPHRASE}\nsecond line\n").as_bytes());
    boyin_alone(&place.home(), &["--home", ".", "--passphrase-file", &file, "license", "list"]).ends(0);
}

#[test]
fn a_newer_data_directory_is_refused() {
    let place = Place::new();
    let path = place.home().join("boyin.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("format = 1", "format = 2\nnew_member = true")).unwrap();
    place.boyin(&["license", "list"]).complains(&["has format 2", "use a newer release"]);
}

#[test]
fn one_process_acts_at_a_time_and_any_number_read() {
    let place = Place::new();
    let id = place.issue_one(POLICE, "identity-card");
    let home = Home::open(&place.home()).unwrap();
    let issued = home.trust().unwrap().1.list().issued_at.seconds();
    let passphrase = Passphrase::new(PASSPHRASE.to_owned());
    let desk = Desk::open(&home, &passphrase, UnixTime::new(issued + 60).unwrap()).unwrap();
    let revoke = ["license", "revoke", &id, "--reason", "测试", "--who", "甲"];
    place.boyin(&revoke).complains(&["in use by another process"]);
    place.boyin(&["license", "verify", &id]).ends(0);
    drop(desk);
    place.boyin(&revoke).ends(0);
}

#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let place = Place::new();
    let drafts = forms("identity-card");
    let file = place.write_forms("forms.jsonl", &drafts);
    let police = office(POLICE).code;
    #[rustfmt::skip]
    let args = [
        "license", "issue", "--office", police.as_str(), "--who", "甲", "--purpose", "测试", "--json", &file,
    ];
    let ran = place.boyin_on_a_small_disk(400, &args).complains(&["stopped at line", "no space left"]);
    let receipts = ran.out.lines().count();
    assert!((1..drafts.len()).contains(&receipts), "{receipts} of {}", drafts.len());

    let acknowledged = ran.out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let acknowledged: Vec<_> = acknowledged.map(|receipt| receipt["license_id"].clone()).collect();
    let on_file = passing(&place);
    assert!(acknowledged.iter().all(|id| on_file.contains(id)), "{acknowledged:?} of {on_file:?}");
    // The act that met the full disk may have reached it.
    assert!(on_file.len() <= receipts + 1, "{} on file, {receipts} acknowledged", on_file.len());
    place.boyin(&args).ends(0);
    let total = place.boyin(&["event", "list", "--limit", "1000", "--json"]).ends(0);
    assert_eq!(total.out.matches("license_issued").count(), drafts.len());
}
