//! `boyin window`: a question at a window from end to end, over real licenses and collected records.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use boyin::exempt::Channel;
use boyin::issue::Draft;
use boyin::model::b64;
use serde_json::{Value, json};

use crate::make_stock::{HEADER, mapping, sound};
use crate::served::{Served, ask_with};
use crate::support::{DIVISION, MARKET, POLICE, Place, Ran, boyin_alone, forms, office};

const BY: [&str; 4] = ["--who", "窗口甲", "--purpose", "办理公章备案"];

/// An enterprise and its legal representative with both papers on file, and the identifiers of these.
struct Matter {
    place: Place,
    enterprise: String,
    representative: String,
    business_license: String,
    identity_card: String,
}

fn issued(place: &Place, office_name: &str, license_type: &str) -> (Draft, String) {
    let id = place.issue_one(office_name, license_type);
    // The next one is written there, too.
    std::fs::remove_file(place.path("license")).unwrap();
    (forms(license_type).swap_remove(0), id)
}

fn matter() -> Matter {
    let place = Place::new();
    let (enterprise, business_license) = issued(&place, MARKET, "business-license");
    let (person, identity_card) = issued(&place, POLICE, "identity-card");
    let representative = format!("legal-representative={}:{}", person.holder.code, person.holder.name);
    let enterprise = format!("enterprise={}:{}", enterprise.holder.code, enterprise.holder.name);
    Matter { place, enterprise, representative, business_license, identity_card }
}

impl Matter {
    fn ask(&self, item: &str, more: &[&str]) -> Ran {
        Ran::of(self.asking(item, more).output().unwrap())
    }

    fn asking(&self, item: &str, more: &[&str]) -> Command {
        let fixed = ["--json", "--holder", &self.enterprise, "--holder", &self.representative];
        self.place.deciding(item, &[&fixed, &BY[..], more].concat())
    }

    fn seal_filing(&self, more: &[&str]) -> Ran {
        self.ask("seal-filing", &[&["--answer", "by-agent=no"], more].concat())
    }

    fn replay(&self, event: &Value) -> Ran {
        let event = event.to_string();
        let fixed = ["--json", "window", "replay", &event];
        self.place.boyin(&[&fixed, &BY[..]].concat())
    }

    fn meter(&self, more: &[&str]) -> Ran {
        self.place.boyin(&[&["--json", "window", "meter"], more].concat()).ends(0)
    }
}

/// Material, outcome and way or codes of the findings.
fn outcomes(answer: &Value) -> Vec<(String, String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let materials = answer["decision"]["materials"].as_array().unwrap().iter();
    let each = materials.map(|one| {
        let why = match one["way"].as_str() {
            Some(way) => vec![way.to_owned()],
            None => one["findings"].as_array().unwrap().iter().map(|found| text(&found["code"])).collect(),
        };
        (text(&one["key"]), text(&one["outcome"]), why)
    });
    each.collect()
}

fn outcome(key: &str, outcome: &str, why: &[&str]) -> (String, String, Vec<String>) {
    (key.to_owned(), outcome.to_owned(), why.iter().map(|why| (*why).to_owned()).collect())
}

#[test]
fn with_both_licenses_on_file_nothing_is_asked_for_and_revoking_one_flips_exactly_its_material() {
    let matter = matter();
    let place = &matter.place;
    let first = matter.seal_filing(&["--out", &place.path("receipt")]).ends(0).json();
    assert_eq!(first["decision"]["answer"], "exempt");
    assert_eq!(first["replayed"], false);
    let shared = |key: &str| outcome(key, "exempt", &["shared"]);
    let (license, card) = ("business-license", "identity-card-legal-representative");
    assert_eq!(outcomes(&first), [shared(license), shared(card)]);
    let carriers: Vec<_> = first["decision"]["materials"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["licenses"][0]["id"].as_str().unwrap())
        .collect();
    assert_eq!(carriers, [matter.business_license.as_str(), matter.identity_card.as_str()]);
    assert_eq!(String::from_utf8(place.read("receipt")).unwrap(), first["receipt"].as_str().unwrap());

    let revoke = ["license", "revoke", &matter.business_license, "--reason", "吊销", "--who", "窗口乙"];
    place.boyin(&revoke).ends(0);
    let second = matter.seal_filing(&[]).ends(1).json();
    assert_eq!(outcomes(&second), [outcome(license, "submit", &["license_not_valid"]), shared(card)]);
    let finding = &second["decision"]["materials"][0]["findings"][0];
    assert_eq!(
        (&finding["cause"]["code"], &finding["license"]),
        (&json!("revoked"), &json!(matter.business_license))
    );

    // Both are come to again as they were: the license was in force then, and was not later.
    for event in [&first["event"], &second["event"]] {
        let again = matter.replay(event).ends(0).json();
        assert_eq!((&again["outcome"], &again["differences"]), (&json!("holds"), &json!([])));
    }
    // And stay as they were.
    let event = first["event"].to_string();
    let shown = place.boyin(&["--json", "window", "show", &event]).ends(0).json();
    assert_eq!((&shown["receipt"], &shown["decision"]), (&first["receipt"], &first["decision"]));
    // Nobody looks at one without saying what for.
    let silent = place.command(&["window", "show", &event]).env_remove("BOYIN_PURPOSE").output().unwrap();
    Ran::of(silent).complains(&["--purpose"]);
}

#[test]
fn a_package_is_answered_in_one_call_and_people_read_it_on_one_screen() {
    let matter = matter();
    let answer = matter.ask("enterprise-start", &["--answer", "by-agent=no"]).ends(0).json();
    assert_eq!(answer["decision"]["items"].as_array().unwrap().len(), 4);
    assert_eq!(answer["decision"]["package"]["key"], "enterprise-start");
    let keys: Vec<_> = outcomes(&answer).into_iter().map(|(key, _, _)| key).collect();
    assert_eq!(keys, ["business-license", "identity-card-legal-representative", "application-form"]);

    let event = answer["event"].to_string();
    let screen = matter.place.boyin(&["window", "show", &event]).ends(0).out;
    for words in
        ["✓ 无须提交任何证明材料", "一件事", "营业执照  免于提交：数据共享", "免于提交 3", "首问", POLICE]
    {
        assert!(screen.contains(words), "no `{words}` in:\n{screen}");
    }
    assert!(screen.lines().count() <= 24, "{screen}");
    let number = matter.representative.split(['=', ':']).nth(1).unwrap();
    let name = matter.representative.rsplit(':').next().unwrap();
    assert!(!screen.contains(number) && !screen.contains(name), "{screen}");
    assert!(!answer.to_string().contains(number) && !answer.to_string().contains(name));
}

#[test]
fn each_holder_sees_who_asked_and_what_for() {
    let matter = matter();
    let event = matter.seal_filing(&[]).ends(0).json()["event"].to_string();
    matter.place.boyin(&["window", "show", &event, "--who", "督查", "--purpose", "抽查"]).ends(0);
    let number = matter.enterprise.split(['=', ':']).nth(1).unwrap();
    // A desk takes what was read into the log.
    matter.place.boyin(&["status", "renew"]).ends(0);
    let log = matter.place.boyin(&["--json", "holder", "log", "--type", "001", number]).ends(0).out;
    let read = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let events: Vec<Value> =
        read.flat_map(|line| line["events"].as_array().cloned().unwrap_or_else(|| vec![line])).collect();
    let reads: Vec<_> = events.iter().filter(|event| event["what"] == "holder_read").collect();
    let seen: Vec<_> = reads.iter().map(|event| (&event["who"], &event["why"], &event["detail"])).collect();
    let asked = (&json!("窗口甲"), &json!("办理公章备案"), &json!("1"));
    let looked = (&json!("督查"), &json!("抽查"), &json!("1"));
    assert_eq!(seen, [asked, looked], "the decision, and whoever read it");
    let all = matter.place.boyin(&["--json", "event", "list"]).ends(0).out;
    assert!(all.contains("exempt seal-filing 652702 sha-256:"), "{all}");
    assert!(!all.contains(number));
}

#[test]
fn the_same_key_gives_the_first_answer_and_another_question_under_it_is_refused() {
    let matter = matter();
    let key = ["--idempotency-key", "案件1"];
    let first = matter.seal_filing(&key).ends(0).json();
    let revoke = ["license", "revoke", &matter.business_license, "--reason", "吊销", "--who", "窗口乙"];
    matter.place.boyin(&revoke).ends(0);
    let again = matter.seal_filing(&key).ends(0).json();
    assert_eq!((&again["receipt"], &again["event"]), (&first["receipt"], &first["event"]));
    assert_eq!(again["replayed"], true);
    matter.ask("employer-insurance", &key).complains(&["key"]);
    matter.seal_filing(&[&key[..], &["--channel", "mobile"]].concat()).complains(&["key"]);
    matter.seal_filing(&[]).ends(1);
}

#[test]
fn all_that_is_wrong_with_a_question_is_told_at_once_and_nothing_is_left_of_it() {
    let matter = matter();
    let events = || matter.place.boyin(&["--json", "event", "list", "--limit", "1000"]).ends(0).out;
    let before = events();
    let wrong =
        ["--answer", "by-agent=perhaps", "--form", "plate=", "--holder", "child=110101199003072615:某"];
    let police = office(POLICE);
    let fixed = [
        "window",
        "decide",
        "--item",
        "seal-filing",
        "--division",
        "110101",
        "--office",
        police.code.as_str(),
    ];
    let refused = matter.place.boyin(&[&fixed, &BY[..], &wrong].concat());
    let codes = ["matter_not_offered", "answer_unknown", "party_missing", "form_value"];
    let told = refused.complains(&codes);
    assert!(!told.err.contains("110101199003072615") && told.out.is_empty(), "{}", told.err);
    matter.ask("no-such-item", &[]).complains(&["matter_unknown"]);
    assert_eq!(events(), before, "a question that cannot be decided reads nothing and leaves nothing");
    for bad in ["legal-representative=110101199003072610", "nobody=1", "enterprise"] {
        let number = bad.split('=').nth(1).filter(|number| number.len() > 1).unwrap_or("x ");
        let told = matter.ask("seal-filing", &["--holder", bad]).complains(&["--holder"]);
        assert!(!told.err.contains(number), "{}", told.err);
    }
}

#[test]
fn a_name_that_only_the_file_could_say_is_asked_for_and_the_look_is_seen() {
    let matter = matter();
    let stranger = "110101199003072615";
    let holder = format!("applicant={stranger}");
    let ask =
        |holder: &str| matter.place.decide("senior-benefit", &[&["--holder", holder], &BY[..]].concat());
    ask(&holder).complains(&["party_name"]);
    let log = matter.place.boyin(&["--json", "holder", "log", stranger]).ends(0).out;
    assert!(log.contains("holder_read") && log.contains("办理公章备案"), "{log}");
    let screen = ask(&format!("{holder}:某人")).ends(1).out;
    for words in
        ["✗ 有材料须提交", "申请人居民身份证  须提交 1 份", "not_on_file", "下一步：", "责任：首问责任单位"]
    {
        assert!(screen.contains(words), "no `{words}` in:\n{screen}");
    }
    // The license says the name.
    let person = matter.representative.split(['=', ':']).nth(1).unwrap();
    ask(&format!("applicant={person}")).ends(0);
}

#[test]
fn a_record_of_grade_c_does_not_exempt_and_one_of_grade_b_does() {
    let matter = matter();
    let place = &matter.place;
    let lines: String =
        (1..=2).map(|number| sound(number).join(",") + if number == 1 { ",B\n" } else { ",C\n" }).collect();
    let file = place.write("stock.csv", (HEADER.trim_end().to_owned() + ",等级\n" + &lines).as_bytes());
    let with_grade = mapping(2).replace("[columns]\n", "[columns]\ngrade = \"等级\"\n");
    let map = place.write("stock.toml", with_grade.as_bytes());
    let run = ["--json", "import", "run", &file, "--mapping", &map, "--who", "窗口甲", "--purpose", "归集"];
    place.boyin(&run).ends(0);
    let permit = |holder: &str| {
        let holder = format!("enterprise={holder}");
        let parties = ["--holder", &holder, "--holder", &matter.representative];
        let answers = ["--json", "--answer", "premises=rented", "--answer", "food-application=renewal"];
        place.decide("food-permit", &[&parties, &answers[..], &BY].concat())
    };
    let material =
        |answer: &Value| outcomes(answer).into_iter().find(|one| one.0 == "food-permit-old").unwrap();
    let good = permit(&sound(1)[2]).ends(1).json();
    assert_eq!(material(&good), outcome("food-permit-old", "exempt", &["shared"]));
    let [number, name] = [2, 3].map(|column| sound(2)[column].clone());
    permit(&number).complains(&["party_name"]);
    let low = permit(&format!("{number}:{name}")).ends(1).json();
    assert_eq!(material(&low), outcome("food-permit-old", "submit", &["grade_too_low"]));
    matter.replay(&good["event"]).ends(0);
    matter.replay(&low["event"]).ends(0);

    // The permit would have freed one material; no transaction, as other papers were missing too.
    let next = matter.meter(&["--next"]).json();
    let types: Vec<_> =
        next["types"].as_array().unwrap().iter().map(|need| need["type_name"].clone()).collect();
    assert_eq!(types, ["营业执照", "食品经营许可证"], "{next}");
    assert_eq!((&next["types"][0]["materials"], &next["types"][1]["materials"]), (&json!(2), &json!(1)));
    let freed = matter.meter(&["--behind", "materials-freed", "--type", "食品经营许可证"]).json();
    assert_eq!((&freed["event"], &freed["answer"]), (&low["event"], &json!("submit")));
    let counted: Vec<_> =
        freed["materials"].as_array().unwrap().iter().filter(|one| one["counted"] == true).collect();
    assert_eq!((counted.len(), &counted[0]["key"]), (1, &json!("food-permit-old")));
    assert_eq!(matter.meter(&["--behind", "transactions-freed", "--type", "食品经营许可证"]).out, "");
}

#[test]
fn a_receipt_is_verified_without_data_directory_and_a_changed_one_is_not() {
    let matter = matter();
    let place = &matter.place;
    let receipt = place.path("receipt");
    matter.seal_filing(&["--out", &receipt]).ends(0);
    place.boyin(&["window", "verify", &receipt]).ends(0);
    let file = |name: &str| place.home().join("trust").join(name).to_str().unwrap().to_owned();
    let (list, anchor) = (file("list.jwt"), file("anchor.json"));
    let trust = ["--trust", &list, "--anchor", &anchor];
    let elsewhere = Place::empty();
    let home = elsewhere.home();
    let alone = home.parent().unwrap();
    let genuine =
        boyin_alone(alone, &[&["--json", "window", "verify", &receipt], &trust[..]].concat()).ends(0);
    assert_eq!(genuine.json()["verdict"], "passed");
    let text = String::from_utf8(place.read("receipt")).unwrap();
    let (rest, signature) = text.rsplit_once('.').unwrap();
    let swapped: String = signature.chars().rev().collect();
    let changed = place.write("changed", format!("{rest}.{swapped}").as_bytes());
    let ran = boyin_alone(alone, &[&["--json", "window", "verify", &changed], &trust[..]].concat()).ends(1);
    assert_eq!((&ran.json()["verdict"], &ran.json()["decision"]), (&json!("failed"), &Value::Null));
    let nothing = place.write("nothing", b"nothing");
    boyin_alone(alone, &[&["window", "verify", &nothing], &trust[..]].concat()).ends(1);
    // A prefecture that does not know the office cannot tell.
    let other = Place::new();
    let other_file = |name: &str| other.home().join("trust").join(name).to_str().unwrap().to_owned();
    let (list, anchor) = (other_file("list.jwt"), other_file("anchor.json"));
    let trust = ["--trust", list.as_str(), "--anchor", &anchor];
    let ran = boyin_alone(alone, &[&["--json", "window", "verify", &receipt], &trust[..]].concat()).ends(2);
    assert_eq!(ran.json()["reason"], "key_unknown");
}

#[test]
fn the_meter_counts_what_was_decided_and_lists_the_decisions_behind_it() {
    let matter = matter();
    let first = matter.seal_filing(&[]).ends(0).json();
    let revoke = ["license", "revoke", &matter.business_license, "--reason", "吊销", "--who", "窗口乙"];
    matter.place.boyin(&revoke).ends(0);
    let second = matter.seal_filing(&[]).ends(1).json();
    let package = matter.ask("enterprise-start", &["--answer", "by-agent=no"]).ends(1).json();

    let meter = matter.meter(&["--by", "county"]).json();
    let cell = &meter["cells"][0];
    let figures = |value: &Value, name: &str| {
        ["exempt", "pending", "submit", "per_mille"].map(|what| value[name][what].as_u64().unwrap())
    };
    assert_eq!(cell["code"], DIVISION);
    assert_eq!(figures(cell, "transactions"), [1, 0, 2, 333]);
    assert_eq!(figures(cell, "materials"), [5, 0, 2, 714]);
    assert_eq!(figures(cell, "types"), [1, 0, 1, 500]);
    assert_eq!(cell["types"]["meets"], json!({ "90": false, "100": false }));
    assert_eq!(meter["all"]["transactions"], cell["transactions"]);

    let listed = |more: &[&str]| -> Vec<Value> {
        let lines = matter.meter(more).out;
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].clone()).collect()
    };
    let all = [&first["event"], &second["event"], &package["event"]].map(Clone::clone);
    let of_county = ["--county", DIVISION, "--behind"];
    let behind = |more: &[&str]| listed(&[&of_county, more].concat());
    assert_eq!(
        (listed(&["--behind", "transactions"]), behind(&["transactions"])),
        (all.to_vec(), all.to_vec())
    );
    // Materials of all three are exempt, but two transactions are not.
    assert_eq!(behind(&["transactions", "--outcome", "exempt"]), all[..1]);
    assert_eq!(behind(&["transactions", "--outcome", "submit"]), all[1..]);
    assert_eq!(behind(&["transactions", "--outcome", "pending"]), [Value::Null; 0]);
    assert_eq!(behind(&["materials", "--outcome", "exempt"]), all);
    // Another material of these decisions had to be submitted, not the one for this type.
    let of_type = |outcome| behind(&["materials", "--outcome", outcome, "--type", "居民身份证"]);
    assert_eq!((of_type("submit"), of_type("exempt")), (Vec::new(), all.to_vec()));
    assert_eq!(behind(&["types", "--outcome", "submit"]), all[1..]);
    let by_item = ["--by", "item", "--item", "employer-insurance", "--behind"];
    assert_eq!(listed(&[&by_item, &["transactions"][..]].concat()), all[2..]);
    let of_household = [&by_item, &["materials", "--type", "居民户口簿"][..]].concat();
    assert_eq!(listed(&of_household), [Value::Null; 0]);
    assert_eq!(listed(&["--office", office(POLICE).code.as_str(), "--behind", "transactions"]), all);
    // Several at once, of which one holds of nothing.
    let elsewhere = ["--county", DIVISION, "--month", "1999-01", "--behind", "transactions"];
    assert_eq!(listed(&elsewhere), [Value::Null; 0]);
    let counted =
        matter.place.boyin(&["window", "meter", "--behind", "materials", "--outcome", "submit"]).ends(0);
    assert!(counted.out.contains("共 2 of materials"), "{}", counted.out);
    matter.place.boyin(&["window", "meter", "--outcome", "submit"]).ends(3);
    // What was revoked is not mended by collecting it.
    assert_eq!(matter.meter(&["--next"]).json()["types"], json!([]));
    let screen = matter.place.boyin(&["window", "meter", "--by", "item"]).ends(0).out;
    assert!(screen.contains("公章刻制备案") || screen.contains("seal-filing"), "{screen}");
}

#[test]
fn erasing_a_license_ends_replays_and_leaves_the_receipt() {
    let matter = matter();
    let place = &matter.place;
    let answer = matter.seal_filing(&[]).ends(0).json();
    let purge = [
        "license",
        "purge",
        &matter.identity_card,
        "--reason",
        "依法删除",
        "--who",
        "窗口乙",
        "--second",
        "窗口丙",
    ];
    place.boyin(&purge).ends(0);
    let replayed = matter.replay(&answer["event"]).ends(2).json();
    assert_eq!(replayed["outcome"], "erased");
    let shown = place.boyin(&["--json", "window", "show", &answer["event"].to_string()]).ends(0).json();
    assert_eq!(shown["receipt"], answer["receipt"]);
    place.boyin(&["archive", "check"]).ends(0);
}

#[test]
fn inputs_are_erased_by_number_also_of_somebody_with_nothing_on_file() {
    let matter = matter();
    let place = &matter.place;
    let stranger = "110101199003072615";
    let holder = format!("applicant={stranger}:某人");
    let ask = ["--json", "--holder", &holder];
    let answer = place.decide("senior-benefit", &[&ask, &BY[..]].concat()).ends(1).json();
    matter.replay(&answer["event"]).ends(0);
    let forget = |second: &str| {
        let forget = ["window", "forget", stranger, "--second", second, "--reason", "依申请"];
        place.boyin(&[&forget, &BY[..]].concat())
    };
    let alone = forget("窗口甲").complains(&["another person"]);
    assert!(!alone.err.contains(stranger));
    matter.replay(&answer["event"]).ends(0);
    let done = forget("窗口丙").ends(0);
    assert!(!done.out.contains(stranger) && done.out.contains("已清除"), "{}", done.out);
    // Again, as after one that was cut short: the first one counts.
    let again = forget("窗口丁").ends(0);
    assert_eq!(again.out.replace(", as it was before", ""), done.out);
    assert_eq!(matter.replay(&answer["event"]).ends(2).json()["outcome"], "erased");
    let log =
        place.boyin(&["--json", "holder", "log", stranger, "--who", "甲", "--purpose", "查询"]).ends(0).out;
    assert!(log.contains("decision_inputs_erased") && log.contains("窗口丙"), "{log}");
    let shown = place.boyin(&["--json", "window", "show", &answer["event"].to_string()]).ends(0).json();
    assert_eq!(shown["receipt"], answer["receipt"]);
    place.boyin(&["archive", "check"]).ends(0);
}

#[test]
fn a_decision_is_told_even_if_its_file_cannot_be_written() {
    let matter = matter();
    let ran = matter.seal_filing(&["--out", &matter.place.path("nowhere/receipt")]);
    let ran = ran.complains(&["cannot be written", "is kept", "boyin window show"]);
    let answer = ran.json();
    let event = answer["event"].to_string();
    assert!(ran.err.contains(&format!("event {event}")), "{}", ran.err);
    let shown = matter.place.boyin(&["--json", "window", "show", &event]).ends(0).json();
    assert_eq!(shown["receipt"], answer["receipt"]);
}

#[test]
fn a_decision_is_told_by_its_number_even_if_nobody_takes_the_answer() {
    let matter = matter();
    let kept = |ran: Ran| {
        let ran = ran.complains(&["is kept", "boyin window show"]);
        let (_, number) = ran.err.split_once("event ").unwrap();
        let event: String = number.chars().take_while(char::is_ascii_digit).collect();
        let shown = matter.place.boyin(&["--json", "window", "show", &event]).ends(0).json();
        assert_eq!(shown["decision"]["answer"], "exempt");
        shown
    };
    // The file is written all the same.
    let receipt = matter.place.path("receipt");
    let mut asking = matter.asking("seal-filing", &["--answer", "by-agent=no", "--out", &receipt]);
    asking.stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let shown = kept(Ran::of(asking.output().unwrap()));
    assert_eq!(shown["receipt"].as_str().unwrap().as_bytes(), matter.place.read("receipt"));
    let mut asking = matter.asking("seal-filing", &["--answer", "by-agent=no"]);
    let mut child = asking.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    kept(Ran::of(child.wait_with_output().unwrap()));
}

#[test]
fn only_what_the_situation_asks_for_is_read() {
    let matter = matter();
    let agent = matter.representative.replace("legal-representative=", "agent=");
    matter.seal_filing(&["--holder", &agent]).ends(0);
    let number = matter.representative.split(['=', ':']).nth(1).unwrap();
    let log = ["--json", "holder", "log", number, "--who", "甲", "--purpose", "查询"];
    let log = matter.place.boyin(&log).ends(0).out;
    let read = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let events: Vec<Value> =
        read.flat_map(|line| line["events"].as_array().cloned().unwrap_or_else(|| vec![line])).collect();
    let seen = events.iter().find(|event| event["what"] == "holder_read").unwrap();
    // The one license, once: nobody asked for it as the agent's.
    assert_eq!(seen["detail"], "1", "{seen}");
}

/// What differs between two instants: the instant, what is digested together with it.
fn timeless(mut decision: Value) -> String {
    for member in ["at", "inputs"] {
        assert!(decision.as_object_mut().unwrap().remove(member).is_some());
    }
    for material in decision["materials"].as_array_mut().unwrap() {
        for license in material["licenses"].as_array_mut().unwrap() {
            assert!(license.as_object_mut().unwrap().remove("digest").is_some());
        }
    }
    decision.to_string()
}

#[test]
fn six_channels_give_the_same_bytes_on_the_command_and_over_http() {
    let matter = matter();
    let place = &matter.place;
    let mut found = BTreeSet::new();
    for channel in Channel::ALL {
        let told = matter.seal_filing(&["--channel", channel.code()]).ends(0);
        let answer = told.json();
        assert_eq!(answer["channel"], channel.code());
        let event = answer["event"].to_string();
        // The very bytes that were signed, when they are told and when they are shown again.
        let (receipt, shown) =
            (place.path(&format!("receipt-{channel}")), ["--json", "window", "show", &event]);
        let shown = place.boyin(&[&shown[..], &["--out", &receipt]].concat()).ends(0);
        let receipt = String::from_utf8(std::fs::read(&receipt).unwrap()).unwrap();
        let signed = b64::decode(receipt.split('.').nth(1).unwrap().as_bytes()).unwrap();
        let signed = String::from_utf8(signed).unwrap();
        let decision = signed.split_once("\"decision\":").unwrap().1.rsplit_once(",\"format\":").unwrap().0;
        assert!(told.out.contains(decision) && shown.out.contains(decision), "{channel}: {decision}");
        // And by the kept inputs it is come to again.
        assert_eq!(matter.replay(&answer["event"]).ends(0).json()["outcome"], "holds");
        found.insert(timeless(answer["decision"].clone()));
    }

    let office = office(POLICE);
    let token =
        ["token", "new", "--name", "窗口甲", "--office", office.code.as_str(), "--scope", "window:decide"];
    let bearer = format!("Authorization: Bearer {}", place.boyin(&token).ends(0).out.trim());
    let party = |told: &str, kind: &str| {
        let (code, name) = told.split_once('=').unwrap().1.split_once(':').unwrap();
        json!({ "holder_code_type": kind, "holder_code": code, "holder_name": name })
    };
    let served = Served::start(place.command(&["serve", "--desk", "--listen", "127.0.0.1:0"]));
    for channel in Channel::ALL {
        let body = json!({
            "channel": channel.code(), "division": DIVISION, "item": "seal-filing", "purpose": BY[3],
            "situation": { "by-agent": "no" },
            "parties": {
                "enterprise": party(&matter.enterprise, "001"),
                "legal-representative": party(&matter.representative, "111"),
            },
        });
        let key = format!("Idempotency-Key: http-{channel}");
        let body = body.to_string();
        let (status, answer) =
            ask_with(&served.address, "POST", "/v1/decisions", &[&bearer, &key], body.as_bytes());
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["channel"], channel.code());
        found.insert(timeless(answer["decision"].clone()));
    }
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn what_was_declared_is_listed_with_who_checks_it_until_when() {
    let matter = matter();
    matter.seal_filing(&[]).ends(0);
    let holder = ["--json", "--holder", "applicant=110101199003072615:某人"];
    let ask =
        || matter.place.decide("unemployment-registration", &[&holder[..], &BY].concat()).ends(1).json();
    let [first, second] = [ask(), ask()];
    let listed = |more: &[&str]| -> Vec<Value> {
        let ran = matter.place.boyin(&[&["--json", "window", "follow-ups"], more].concat()).ends(0);
        ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].clone()).collect()
    };
    let declared = &first["decision"]["materials"][1]["follow_up"];
    let until = declared["until"].as_str().unwrap();
    let both = [first["event"].clone(), second["event"].clone()];
    assert_eq!((listed(&[]), listed(&["--from", until, "--until", until])), (both.to_vec(), both.to_vec()));
    assert_eq!(listed(&["--until", "2026-01-01"]), Vec::<Value>::new());
    assert_eq!(listed(&["--office", office(MARKET).code.as_str()]), Vec::<Value>::new());
    assert_eq!(listed(&["--limit", "1"]), [both[0].clone()]);
    assert_eq!(listed(&["--after", &both[0].to_string()]), [both[1].clone()]);
    let screen = matter.place.boyin(&["window", "follow-ups", "--limit", "1"]).ends(0).out;
    for words in
        [until, "核查 公共就业服务机构", POLICE, "目前未就业，有就业意愿", &format!("--after {}", both[0])]
    {
        assert!(screen.contains(words), "no `{words}` in:\n{screen}");
    }
    assert!(!screen.contains("110101199003072615") && !screen.contains("某人"), "{screen}");
}

#[test]
fn an_item_catalog_of_ones_own_counts_and_the_one_before_it_is_kept() {
    let matter = matter();
    let place = &matter.place;
    let first = matter.seal_filing(&[]).ends(0).json();
    let own = place.home().join("items.toml");
    let text = boyin::exempt::item::EMBEDDED;
    // What is there and cannot be read is not taken for nothing.
    std::os::unix::fs::symlink("items.toml", &own).unwrap();
    place.boyin(&["window", "items"]).complains(&["items.toml"]);
    std::fs::remove_file(&own).unwrap();
    std::fs::write(&own, text.replace("version = \"2026.1\"", "version = \"own\"")).unwrap();
    let second = matter.seal_filing(&[]).ends(0).json();
    let version = |answer: &Value| answer["decision"]["item_catalog"]["version"].clone();
    assert_eq!((version(&first), version(&second)), (json!("2026.1"), json!("own")));
    std::fs::write(&own, "version = \"x\"\nunknown = 1\n").unwrap();
    matter.seal_filing(&[]).complains(&["items.toml", "unknown"]);
    place.boyin(&["window", "items"]).complains(&["items.toml"]);
    // Both decisions are come to again by the catalogs that they were made by.
    for answer in [&first, &second] {
        matter.replay(&answer["event"]).ends(0);
    }
    std::fs::remove_file(&own).unwrap();
    // Something was decided by another one than the built-in one: that does not come back by itself.
    place.boyin(&["window", "items"]).complains(&["items.toml", "put it back"]);
    matter.seal_filing(&[]).complains(&["items.toml", "put it back"]);
    std::fs::write(&own, text).unwrap();
    let listed = place.boyin(&["--json", "window", "items"]).ends(0).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 28);
    let one = place.boyin(&["window", "items", "--item", "seal-filing"]).ends(0).out;
    assert!(one.contains("by-agent=no") && one.contains("数据共享"), "{one}");
    place.boyin(&["window", "items", "--item", "none"]).complains(&["none"]);
    // The catalogs go into a backup.
    let backup = place.path("backup");
    place.boyin(&["archive", "backup", &backup]).ends(0);
    let kept = std::fs::read_dir(std::path::Path::new(&backup).join("data/items")).unwrap().count();
    assert_eq!(kept, 2);
}

#[test]
fn a_decision_that_cannot_be_come_to_again_says_what_differs() {
    let matter = matter();
    let place = &matter.place;
    let answer = matter.seal_filing(&[]).ends(0).json();
    let kept = place.home().join("items");
    let kept = std::fs::read_dir(kept).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&kept).unwrap();
    std::fs::write(&kept, text.replace("version = \"2026.1\"", "version = \"2026.2\"")).unwrap();
    matter.replay(&answer["event"]).complains(&["not the item catalog that its name says"]);
    std::fs::write(&kept, text).unwrap();
    matter.replay(&answer["event"]).ends(0);
    place.boyin(&["window", "replay", "1", "--who", "甲", "--purpose", "复核"]).complains(&["no decision"]);
    place.boyin(&["window", "show", "1"]).complains(&["no decision"]);
}
