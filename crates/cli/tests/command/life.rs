//! Next versions, the end of a holder, many licenses at once, and the way back.

use boyin::model::id::LicenseId;

use crate::support::{MARKET, POLICE, Place, Ran, forms, office};

const ACT: [&str; 6] = ["--reason", "依申请", "--basis", "行政许可法第五十条", "--who", "窗口乙"];

fn act(place: &Place, args: &[&str]) -> Ran {
    place.boyin(&[args, &ACT].concat())
}

fn id_of(told: &serde_json::Value) -> String {
    told["license_id"].as_str().unwrap().to_owned()
}

#[test]
fn versions_are_made_listed_and_named() {
    let place = Place::new();
    let first = place.issue_one(MARKET, "food-business-permit");
    let out = place.path("renewed");
    act(&place, &["license", "renew", &first]).complains(&["--valid-until"]);
    act(&place, &["license", "renew", &first, "--valid-until", "2020-01-01"])
        .complains(&["later than before"]);
    act(&place, &["license", "change", &first, "--set", "color=red"])
        .complains(&["has no field `color`", "premises"]);
    act(&place, &["license", "change", &first, "--set", "items="]).complains(&["fields.items"]);
    act(&place, &["license", "change", &first, "--set", "main_business=小吃"]).complains(&["must be one of"]);
    act(&place, &["license", "change", &first]).complains(&["nothing is changed"]);
    let changed = act(
        &place,
        &[
            "--json",
            "license",
            "change",
            &first,
            "--set",
            "items=热食类食品制售",
            "--holder-name",
            "新名",
            "--out",
            &out,
        ],
    );
    let changed = changed.ends(0);
    assert_eq!(changed.json()["supersedes"], first.as_str());
    let second = id_of(&changed.json());
    assert!(place.boyin(&["verify", &out]).ends(0).out.contains("passed"));
    let told = act(&place, &["license", "reissue", &second]).ends(0).out;
    assert!(told.contains("补证") && told.contains(&second), "{told}");
    // What is done to an old version names the current one.
    let third = format!("{}.003.", first.rsplitn(3, '.').nth(2).unwrap());
    for deed in ["suspend", "revoke", "cancel", "reissue"] {
        act(&place, &["license", deed, &first]).complains(&[&third, "taken the place"]);
    }
    let failed = place.boyin(&["license", "verify", &first]).ends(1);
    assert!(failed.out.contains("superseded") && failed.out.contains(&third), "{}", failed.out);
    let listed = place.boyin(&["--json", "license", "versions", &second]).ends(0).json();
    assert!(listed["head"].as_str().unwrap().starts_with(&third));
    let told: Vec<_> = listed["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["succeeded"]["what"].clone())
        .collect();
    assert_eq!(told, [serde_json::Value::Null, "license_reissued".into(), "license_changed".into()]);
    let table = place.boyin(&["license", "versions", &first]).ends(0).out;
    assert!(table.contains("现行") && table.contains("变更") && table.contains("superseded"), "{table}");
    let shown = place.boyin(&["--json", "license", "show", &first]).ends(0).json();
    assert_eq!(shown["head"], listed["head"]);
    let shown = place.boyin(&["license", "show", &first]).ends(0).out;
    assert!(shown.contains("历次版本") && shown.contains(&third), "{shown}");
    // The name is masked on the screen and is what was given.
    let head = listed["head"].as_str().unwrap();
    let full = place.boyin(&["--json", "license", "show", head, "--full"]).ends(0).json();
    assert_eq!(full["holder_name"], "新名");
    let nowhere = LicenseId::parse(head).unwrap().next_version().unwrap();
    place.boyin(&["license", "versions", nowhere.as_str()]).complains(&["is on file here"]);
    act(&place, &["license", "cancel", head]).ends(0);
    act(&place, &["license", "reissue", head]).complains(&["revoked cannot"]);
    place.boyin(&["archive", "check"]).ends(0);
}

fn bulk(place: &Place, args: &[&str]) -> Ran {
    place.boyin(&[args, &["--who", "窗口乙", "--purpose", "批量处置"]].concat())
}

#[test]
fn a_holders_end_is_looked_at_signed_off_done_and_undone() {
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    let holder = forms("business-license")[0].holder.code.clone();
    let close = |more: &[&str]| {
        let args = ["holder", "close", "--type", "001", &holder, "--reason", "deregistered"];
        bulk(&place, &[&args[..], more].concat())
    };
    close(&[]).complains(&["--dry-run"]);
    let shown = close(&["--dry-run"]).ends(0).out;
    assert!(shown.contains(&id) && shown.contains("Nothing is done") && !shown.contains(&holder), "{shown}");
    let plan = bulk(
        &place,
        &["--json", "holder", "close", "--type", "001", &holder, "--reason", "deregistered", "--dry-run"],
    )
    .ends(0)
    .json();
    let digest = plan["digest"].as_str().unwrap();
    assert_eq!(plan["changes"][0]["license_id"], id.as_str());
    close(&["--sign-off", digest]).complains(&["--second"]);
    close(&["--sign-off", "1234", "--second", "窗口丙"]).complains(&["64 hexadecimal"]);
    close(&["--sign-off", digest, "--dry-run", "--second", "窗口丙"]).complains(&["cannot be used with"]);
    close(&["--sign-off", digest, "--second", "窗口 乙"]).complains(&["another person"]);
    close(&["--sign-off", &"0".repeat(64), "--second", "窗口丙"]).complains(&["not what was signed off"]);
    place.boyin(&["license", "verify", &id]).ends(0);
    let death = ["holder", "close", "--type", "001", &holder, "--reason", "death", "--dry-run"];
    bulk(&place, &death).complains(&["organizations are deregistered"]);
    let done = close(&["--sign-off", digest, "--second", "窗口丙"]).ends(0).out;
    assert!(done.contains("1 licenses changed") && done.contains("boyin undo"), "{done}");
    place.boyin(&["license", "verify", &id]).ends(1);
    let event = done.split("boyin undo ").nth(1).unwrap().split(' ').next().unwrap();
    let shown = place.boyin(&["--json", "bulk", "show", event]).ends(0).json();
    assert_eq!(
        (&shown["licenses"][0]["from"], &shown["undone"]),
        (&"valid".into(), &serde_json::Value::Null)
    );
    place.boyin(&["bulk", "show", "1"]).complains(&["no change of many"]);
    let undo = |second: &str| bulk(&place, &["undo", event, "--reason", "误报", "--second", second]);
    undo("窗口乙").complains(&["another person"]);
    assert!(undo("窗口丙").ends(0).out.contains("1 licenses as before"));
    undo("窗口丙").complains(&["undone before"]);
    place.boyin(&["license", "verify", &id]).ends(0);
    assert!(place.boyin(&["bulk", "show", event]).ends(0).out.contains("已撤回"));
    let log = place.boyin(&["event", "list"]).ends(0).out;
    assert!(log.contains("主体终止") && log.contains("撤回批量处置") && !log.contains(&holder), "{log}");
    place.boyin(&["archive", "check"]).ends(0);
}

#[test]
fn many_licenses_go_by_a_file_or_a_choice() {
    let place = Place::new();
    let form = place.write_forms("forms.jsonl", &forms("business-license")[..3]);
    let ran = place.issue(MARKET, &form, &["--json"]).ends(0);
    let ids: Vec<String> = ran
        .out
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["license_id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let file = place.write("ids.txt", format!("\u{feff}{}\r\n\n{}\n", ids[0], ids[1]).as_bytes());
    let revoke = ["--json", "bulk", "revoke", "--reason", "批量吊销"];
    let by_file = |more: &[&str]| bulk(&place, &[&revoke[..], &["--ids", &file], more].concat());
    let plan = by_file(&["--dry-run"]).ends(0).json();
    assert_eq!(plan["changes"].as_array().unwrap().len(), 2);
    let digest = plan["digest"].as_str().unwrap();
    by_file(&["--sign-off", digest, "--second", "窗口丙"]).ends(0);
    place.boyin(&["license", "verify", &ids[1]]).ends(1);
    place.boyin(&["license", "verify", &ids[2]]).ends(0);
    let wrong = place.write("wrong.txt", format!("{}\n1.2.3\n", ids[0]).as_bytes());
    bulk(&place, &[&revoke[..], &["--ids", &wrong, "--dry-run"]].concat()).complains(&["line 2"]);
    let blank = place.write("blank.txt", b"\n\n");
    bulk(&place, &[&revoke[..], &["--ids", &blank, "--dry-run"]].concat()).complains(&["no identifier"]);
    bulk(&place, &[&revoke[..], &["--dry-run"]].concat()).complains(&["--ids"]);
    bulk(&place, &[&revoke[..], &["--ids", &file, "--division", "652702", "--dry-run"]].concat())
        .complains(&["cannot be used"]);
    bulk(&place, &[&revoke[..], &["--type", "no such type", "--dry-run"]].concat())
        .complains(&["no license type"]);
    let chosen = |more: &[&str]| {
        let plan = bulk(&place, &[&revoke[..], more, &["--dry-run"]].concat()).ends(0).json();
        plan["changes"].as_array().unwrap().len()
    };
    assert_eq!(chosen(&["--type", "business-license"]), 1);
    assert_eq!(chosen(&["--issuer", office(MARKET).code.as_str()]), 1);
    assert_eq!(chosen(&["--issuer", office(POLICE).code.as_str()]), 0);
    assert_eq!(chosen(&["--type", "营业执照", "--until", "2020-01-01"]), 0);
    let division = forms("business-license")[2].division.clone();
    assert_eq!(chosen(&["--division", &division]), 1);
    assert_eq!(chosen(&["--division", "652723"]), 0);
    place.boyin(&["archive", "check"]).ends(0);
}

#[test]
fn licenses_have_addresses_and_addresses_have_licenses() {
    let place = Place::new();
    let form = place.write_forms("forms.jsonl", &forms("food-business-permit")[..2]);
    let ran = place.issue(MARKET, &form, &["--json"]).ends(0);
    let id = |line: &str| id_of(&serde_json::from_str(line).unwrap());
    let ids: Vec<String> = ran.out.lines().map(id).collect();
    let add = |id: &str, text: &str| act(&place, &["license", "address", "add", id, "--address", text]);
    assert!(add(&ids[0], "北京路１号").ends(0).out.contains("已登记"));
    add(&ids[0], "北京路2号").ends(0);
    add(&ids[1], " 北京路1号 ").ends(0);
    add(&ids[1], "北京路1号").complains(&["has this address already"]);
    add(&ids[1], " ").complains(&["1 to 200 characters"]);
    let list = |id: &str| {
        let read = ["--json", "license", "address", "list", id, "--who", "窗口二", "--purpose", "核查"];
        let listed = place.boyin(&read).ends(0).json();
        listed["addresses"].as_array().unwrap().len()
    };
    assert_eq!((list(&ids[0]), list(&ids[1])), (2, 1));
    let find = |more: &[&str]| {
        let read = ["license", "address", "find", "-", "--who", "窗口二", "--purpose", "核查"];
        place.boyin_with_input(&[&read[..], more].concat(), "北京路1号\n".as_bytes()).ends(0)
    };
    let found = find(&["--json"]).json();
    assert_eq!(found["licenses"].as_array().unwrap().len(), 2);
    let table = find(&[]).out;
    assert!(
        table.contains(&ids[0]) && table.contains(&ids[1]) && table.contains("食品经营许可证"),
        "{table}"
    );
    // The next version is at the same addresses.
    let next = id_of(&act(&place, &["--json", "license", "reissue", &ids[0]]).ends(0).json());
    assert_eq!(list(&next), 2);
    add(&ids[0], "北京路3号").complains(&[&next, "taken the place"]);
    let remove = ["license", "address", "remove", &next, "--address", "北京路2号"];
    act(&place, &remove).ends(0);
    act(&place, &remove).complains(&["does not have this address"]);
    assert_eq!(list(&next), 1);
    // Who looked is in the log, and no address is.
    let log = place.boyin(&["event", "list"]).ends(0).out;
    assert!(log.contains("登记地址") && log.contains("查阅证照") && !log.contains("北京路"), "{log}");
    place.boyin(&["archive", "check"]).ends(0);
}
