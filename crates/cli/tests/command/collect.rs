//! `boyin import`: a collection from the file of another system to licenses, and that it can be interrupted anywhere.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use boyin::archive::ImportId;
use boyin::{Desk, Home, Passphrase};
use serde_json::Value;

use crate::make_stock::{AGENCY, FAULT_EVERY, HEADER, SOURCE, mapping, row, sound};
use crate::support::{PASSPHRASE, Place, Ran};

const BY: [&str; 4] = ["--who", "窗口甲", "--purpose", "历史证照归集"];

/// A file of these rows and its mapping, in the place.
fn stock(place: &Place, name: &str, rows: &[String], total: u64) -> [String; 2] {
    let file = place.write(&format!("{name}.csv"), (HEADER.to_owned() + &rows.concat()).as_bytes());
    [file, place.write("stock.toml", mapping(total).as_bytes())]
}

fn rows(count: u64) -> Vec<String> {
    (1..=count).map(row).collect()
}

fn run(place: &Place, [file, mapping]: &[String; 2], more: &[&str]) -> Ran {
    let fixed = ["--json", "import", "run", file, "--mapping", mapping];
    place.boyin(&[&fixed, more, &BY].concat())
}

fn act(place: &Place, command: &[&str]) -> Ran {
    place.boyin(&[&["--json", "import"], command, &BY].concat())
}

fn read(place: &Place, command: &[&str]) -> Value {
    place.boyin(&[&["--json", "import"], command].concat()).ends(0).json()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn counts(value: &Value) -> [u64; 4] {
    ["rows", "accepted", "already", "still_rejected"].map(|name| value[name].as_u64().unwrap())
}

/// Everything that was collected, as one digest, and how many events there are.
fn content(home: &Path) -> ([u8; 32], u64) {
    let home = Home::open(home).unwrap();
    let desk = Desk::open(&home, &Passphrase::new(PASSPHRASE.to_owned()), boyin_service::unix_now()).unwrap();
    (desk.archive().collected_digest().unwrap(), desk.archive().counts().unwrap().events)
}

#[test]
fn a_collection_from_the_file_to_the_licenses() {
    let place = Place::new();
    let files = stock(&place, "stock", &rows(200), 200);
    let first = run(&place, &files, &["--source", SOURCE]).ends(0).json();
    assert_eq!(counts(&first), [200, 196, 0, 4]);
    let reasons = serde_json::json!({
        "id_check_character": 1, "holder_swapped": 1, "missing": 1, "date_form": 1,
    });
    assert_eq!(first["reasons"], reasons);
    let import = text(&first["import"]).to_owned();
    let rejects = place.read("stock.rejects.csv");
    assert_eq!(text(&first["rejects"]), place.path("stock.rejects.csv"));

    // The same file again changes nothing.
    let before = content(&place.home());
    assert_eq!(run(&place, &files, &[]).ends(0).json()["before"], true);
    assert_eq!(content(&place.home()), before);
    assert_eq!(place.read("stock.rejects.csv"), rejects);

    // All rows are accounted for, some as rejected; correcting moves them.
    let account = || read(&place, &["reconcile"])["sources"][0].clone();
    let sums = |value: &Value| {
        ["stated_total", "rows", "accepted", "already", "rejected"].map(|n| value[n].as_u64().unwrap())
    };
    assert_eq!((sums(&account()), &account()["balances"]), ([200, 200, 196, 0, 4], &Value::Bool(true)));
    let unnamed = [place.path("stock.rejects.csv"), files[1].clone()];
    run(&place, &unnamed, &["--rejects", &place.path("r")])
        .complains(&["an import rejected", "name that import"]);
    let corrected = correct(&String::from_utf8(rejects).unwrap(), 3);
    let corrected = [place.write("corrected.csv", corrected.as_bytes()), files[1].clone()];
    let second = run(&place, &corrected, &["--corrects", &import]).ends(0).json();
    assert_eq!(counts(&second), [4, 3, 0, 1]);
    assert_eq!((sums(&account()), &account()["beyond"]), ([200, 200, 199, 0, 1], &Value::from(0)));
    // The rejects of the correction name rows of the first file, and are fed under the name of either import.
    let last = correct(&String::from_utf8(place.read("corrected.rejects.csv")).unwrap(), 4);
    let last = [place.write("last.csv", last.as_bytes()), files[1].clone()];
    let third = run(&place, &last, &["--corrects", text(&second["import"])]).ends(0).json();
    assert_eq!((counts(&third), &third["corrects"]), ([1, 1, 0, 0], &Value::from(import.as_str())));
    assert_eq!(sums(&account()), [200, 200, 200, 0, 0]);
    assert_eq!(read(&place, &["status", &import])["corrected"], 4);

    // Signed with the key of the agency; again, nothing is signed twice.
    let sign = |import: &str| act(&place, &["sign", import]).ends(0).json();
    assert_eq!(sign(&import), serde_json::json!({ "signed": 200, "before": 0, "refused": {} }));
    assert_eq!(sign(&import), serde_json::json!({ "signed": 0, "before": 200, "refused": {} }));
    let records = read(&place, &["records", &import, "--limit", "1000"]);
    assert_eq!(records["records"].as_array().unwrap().len(), 200);
    let license = text(&records["records"][0]["issued"]).to_owned();
    let shown = place.boyin(&["--json", "license", "show", &license]).ends(0).json();
    assert_eq!((&shown["grade"], &shown["report"]["verdict"]), (&Value::from("B"), &Value::from("passed")));
    let record = text(&records["records"][0]["record"]);
    assert!(
        text(&shown["history"][0]["detail"]).starts_with(&format!("B {record} catalog 1 sha-256:")),
        "{shown}"
    );
    place.boyin(&["archive", "check"]).ends(0);
    // Whatever their grade, their signatures are verified in a backup.
    let backup = place.path("backup");
    place.boyin(&["archive", "backup", &backup]).ends(0);
    let verified = place.boyin(&["--json", "archive", "backup", "verify", &backup]).ends(0).json();
    assert_eq!((&verified["verified"], &verified["not_sealed"]), (&Value::from(200), &Value::from(0)));
    let human = place.boyin(&["import", "reconcile"]).ends(0).out;
    assert!(human.contains("✓") && human.contains("200, in 1 file(s)"), "{human}");
}

#[test]
fn records_of_a_source_keep_the_columns_that_name_them() {
    let place = Place::new();
    let files = stock(&place, "stock", &(1..=3).map(|n| sound(n).join(",") + "\n").collect::<Vec<_>>(), 3);
    let first = run(&place, &files, &[]).ends(0).json();
    assert_eq!((counts(&first), &first["key"]), ([3, 3, 0, 0], &serde_json::json!(["档案号"])));
    let keyed = |name: &str, source: &str, key: &str| {
        let text = mapping(3).replace("[\"档案号\"]", key).replace(SOURCE, source);
        [files[0].clone(), place.write(name, text.as_bytes())]
    };
    let imports = || read(&place, &["status"])["imports"].as_array().unwrap().len();
    // Other columns, and the same ones among others: what comes again would be counted twice.
    for key in ["[\"许可证编号\"]", "[\"许可证编号\", \"档案号\"]"] {
        let other = keyed("other.toml", SOURCE, key);
        run(&place, &other, &[]).complains(&[text(&first["import"]), "[档案号]", "[许可证编号"]);
        assert_eq!(imports(), 1, "{key}");
    }
    // The same columns under another mapping find what is there.
    let again = keyed("again.toml", SOURCE, "[ \"档案号\" ]");
    assert_eq!(counts(&run(&place, &again, &[]).ends(0).json()), [3, 0, 3, 0]);
    // Another source, and whoever says so, goes on.
    let another = keyed("another.toml", "另一存量库", "[\"许可证编号\"]");
    run(&place, &another, &[]).ends(0);
    let new = keyed("new.toml", SOURCE, "[\"许可证编号\", \"档案号\"]");
    assert_eq!(counts(&run(&place, &new, &["--new-keys"]).ends(0).json()), [3, 3, 0, 0]);
    assert_eq!(run(&place, &new, &[]).ends(0).json()["before"], true);
    assert_eq!(imports(), 4);
}

/// Rows that are corrected are named as those of the import that rejected them, whatever was taken in since.
#[test]
fn a_correction_keeps_the_columns_of_the_import_that_it_corrects() {
    let place = Place::new();
    let faulty = FAULT_EVERY;
    let files = stock(&place, "stock", &(faulty - 1..=faulty + 1).map(row).collect::<Vec<_>>(), 3);
    let first = run(&place, &files, &[]).ends(0).json();
    assert_eq!(counts(&first), [3, 2, 0, 1]);
    let mended = correct(&String::from_utf8(place.read("stock.rejects.csv")).unwrap(), 1);
    let mended = place.write("mended.csv", mended.as_bytes());
    // The last import is the one that was begun in the latest second.
    std::thread::sleep(Duration::from_secs(1));
    let renamed = mapping(3).replace("[\"档案号\"]", "[\"许可证编号\", \"档案号\"]");
    let renamed = place.write("renamed.toml", renamed.as_bytes());
    let since = [files[0].clone(), renamed.clone()];
    let since = run(&place, &since, &["--new-keys", "--rejects", &place.path("since.csv")]).ends(0).json();
    assert_eq!(counts(&since), [3, 2, 0, 1]);
    let import = text(&first["import"]);
    let by = |mapping: &str| [mended.clone(), mapping.to_owned()];
    run(&place, &by(&renamed), &["--corrects", import]).complains(&[import, "[档案号]", "[许可证编号"]);
    let corrected = run(&place, &by(&files[1]), &["--corrects", import]).ends(0).json();
    assert_eq!(counts(&corrected), [1, 1, 0, 0]);
}

/// The rejected rows with up to `many` of the faults of the generator mended.
fn correct(rejects: &str, many: usize) -> String {
    let mut lines = rejects.lines();
    let mut text = format!("{}\n", lines.next().unwrap());
    for (place, line) in lines.enumerate() {
        let number: u64 = line.split(',').next().unwrap().parse().unwrap();
        let told = line.splitn(12, ',').nth(11).unwrap();
        if place < many {
            writeln!(text, "{},{told}", sound(number).join(",")).unwrap();
        } else {
            writeln!(text, "{line}").unwrap();
        }
    }
    text
}

#[test]
fn what_is_not_exempting_or_in_doubt_stays_unsigned_until_two_people_or_a_decision_change_that() {
    let place = Place::new();
    let with_grade = mapping(3).replace("[columns]\n", "[columns]\ngrade = \"等级\"\n");
    let header = HEADER.trim_end().to_owned() + ",等级\n";
    let mut lines: Vec<_> = (1..=3).map(|number| sound(number).to_vec()).collect();
    let mut other = sound(2).to_vec();
    other[0] = "9".to_owned();
    other[3] = "阿拉山口市另一家店".to_owned();
    lines.push(other);
    for (line, grade) in lines.iter_mut().zip(["B", "B", "C", "B"]) {
        line.push(grade.to_owned());
    }
    let body: String = lines.iter().map(|line| line.join(",") + "\n").collect();
    let files = [
        place.write("stock.csv", (header + &body).as_bytes()),
        place.write("stock.toml", with_grade.as_bytes()),
    ];
    let first = run(&place, &files, &[]).ends(0).json();
    assert_eq!((counts(&first), first["disputed"].as_u64()), ([4, 4, 0, 0], Some(1)));
    let import = text(&first["import"]);
    // Another office has no say and no key for them.
    let police = crate::support::office(crate::support::POLICE);
    let foreign = act(&place, &["sign", import, "--office", police.code.as_str()]).ends(0).json();
    assert_eq!(foreign["refused"], serde_json::json!({ "grade": 1, "disputed": 2, "other_agency": 1 }));
    let refused = place.path("refused.jsonl");
    let signed = act(&place, &["sign", import, "--refused", &refused]).ends(0).json();
    assert_eq!(
        signed,
        serde_json::json!({ "signed": 1, "before": 0, "refused": { "grade": 1, "disputed": 2 } })
    );
    assert_eq!(String::from_utf8(place.read("refused.jsonl")).unwrap().lines().count(), 3);

    let disputes = read(&place, &["disputes", import]);
    let disputed: Vec<_> =
        disputes["records"].as_array().unwrap().iter().map(|r| text(&r["record"])).collect();
    assert_eq!(disputed.len(), 2);
    let shown = act(&place, &["show", disputed[0]]).ends(0).json();
    assert_eq!(shown["contradicts"].as_array().unwrap().len(), 1);
    act(&place, &["decide", disputed[0], "--reason", "经核对原件"]).ends(0);

    let low = read(&place, &["records", import, "--grade", "C"]);
    let low = text(&low["records"][0]["record"]).to_owned();
    let protocol = place.write("protocol.pdf", b"seen at the window");
    let raise = ["raise", &low, "--to", "B", "--evidence", "window-check"];
    act(&place, &[&raise[..], &["--second", "窗口乙"]].concat()).complains(&["digest of the document"]);
    let raise = [&raise[..], &["--document", &protocol]].concat();
    act(&place, &[&raise[..], &["--second", "窗口甲"]].concat()).complains(&["second"]);
    act(&place, &[&raise[..], &["--second", "窗口乙"]].concat()).ends(0);
    let signed = act(&place, &["sign", import]).ends(0).json();
    assert_eq!(signed, serde_json::json!({ "signed": 2, "before": 1, "refused": { "dismissed": 1 } }));

    // The holder of the disputed ones: a license, and beside it what was collected.
    let holder = place.boyin(&["--json", "holder", "show", "--type", "001", &sound(2)[2]]).ends(0).json();
    assert_eq!(holder["licenses"].as_array().unwrap().len(), 1);
    let mut states: Vec<_> = holder["collected"].as_array().unwrap().iter().collect();
    states.sort_by_key(|record| text(&record["state"]).to_owned());
    assert_eq!(states.iter().map(|r| text(&r["state"])).collect::<Vec<_>>(), ["dismissed", "kept"]);
    assert!(states.iter().all(|record| record["signed"] == false));
    assert_eq!([&states[0]["may_exempt"], &states[1]["may_exempt"]], [false, true]);
    let human = place.boyin(&["holder", "show", "--type", "001", &sound(2)[2]]).ends(0).out;
    assert!(human.contains("NOT signed licenses") && human.contains("未采信 dismissed"), "{human}");

    // Erased by two people; the same file does not bring it back.
    let erase = |second: &str| act(&place, &["erase", &low, "--reason", "依申请", "--second", second]);
    erase("窗口甲").complains(&["second"]);
    erase("窗口乙").ends(0);
    act(&place, &["show", &low]).complains(&["erased"]);
    let holder = place.boyin(&["--json", "holder", "show", "--type", "001", &sound(3)[2]]).ends(0).json();
    assert_eq!(holder["collected"], serde_json::json!([]));
    place.boyin(&["archive", "check"]).ends(0);
}

#[test]
fn every_bad_input_has_its_reason_and_none_is_lost() {
    let place = Place::new();
    let line = |number: u64, changes: &[(usize, &str)]| {
        let mut cells = sound(number);
        for (column, value) in changes {
            cells[*column] = (*value).to_owned();
        }
        cells.join(",") + "\n"
    };
    let forms = ["2024-03-02", "20240302", "2024/3/2", "2024年3月2日", "45353"];
    let mut lines: Vec<_> = (1..).zip(forms).map(|(number, form)| line(number, &[(8, form)])).collect();
    let name = sound(9)[3].clone();
    let code = sound(9)[2].clone();
    let right = sound(6)[2].clone();
    let wrong = right[..17].to_owned() + if right.ends_with('0') { "1" } else { "0" };
    let long = "x,".repeat(1_000_000) + "\n";
    let quoted = line(10, &[(5, "\"路1号\n二楼\"")]);
    for (number, bad) in [
        (6, line(6, &[(2, &wrong)])),
        (9, line(9, &[(2, &name), (3, &code)])),
        (11, line(11, &[(8, "02/03/2024")])),
        (12, line(12, &[(8, "24-3-2")])),
        (13, line(13, &[(8, "2024-02-30")])),
        (14, line(14, &[(2, "9.2652702E+17")])),
        (15, long),
        (16, "16,too,few\n".to_owned()),
    ] {
        assert!(number > 5);
        lines.push(bad);
    }
    lines.extend([quoted, line(1, &[(8, forms[0])]), line(2, &[(3, "另一家")])]);
    let total = u64::try_from(lines.len()).unwrap();
    let utf8 = HEADER.to_owned() + &lines.concat();
    let gb18030 = boyin::import::Encoding::Gb18030.encode(&utf8).into_owned();
    let marked = [b"\xEF\xBB\xBF".as_slice(), utf8.as_bytes()].concat();
    let wanted = serde_json::json!({
        "id_check_character": 1, "holder_swapped": 1, "date_ambiguous": 1, "date_two_digit_year": 1,
        "date_no_such_day": 1, "number_mangled": 1, "row_too_many_columns": 1, "row_columns": 1,
        "row_twice": 1, "key_twice": 1, "field_text": 1,
    });
    let mapping = place.write("stock.toml", mapping(total).as_bytes());
    for (name, bytes) in [("utf8", utf8.clone().into_bytes()), ("gb18030", gb18030), ("marked", marked)] {
        let file = place.write(&format!("{name}.csv"), &bytes);
        let done = run(&place, &[file, mapping.clone()], &[]).ends(0).json();
        assert_eq!(done["reasons"], wanted, "{name}");
        // The same records in each encoding: taken in once.
        let [rows, accepted, already, rejected] = counts(&done);
        assert_eq!((rows, accepted + already, rejected), (total, 5, 11), "{name}");
        assert_eq!(already, if name == "utf8" { 0 } else { 5 });
        let rejects = place.read(&format!("{name}.rejects.csv"));
        let text = boyin::import::Encoding::Utf8.decode(&rejects).map(|text| text.into_owned());
        let text =
            text.or_else(|| boyin::import::Encoding::Gb18030.decode(&rejects).map(|text| text.into_owned()));
        let text = text.unwrap();
        for (number, code) in [(6, "id_check_character"), (7, "holder_swapped"), (12, "row_too_many_columns")]
        {
            assert!(text.contains(&format!("{number},{code},")), "{name} {code}: {text}");
        }
    }
    for (name, bytes, words) in [
        ("empty.csv", b"".to_vec(), "empty"),
        ("utf16.csv", b"\xFF\xFE1\0".to_vec(), "UTF-16"),
        ("header.csv", utf8.replace("许可证编号", "编号").into_bytes(), "许可证编号"),
        ("wide.csv", ("y,".repeat(1_000_000) + "\n").into_bytes(), "1024 columns"),
    ] {
        let file = place.write(name, &bytes);
        run(&place, &[file, mapping.clone()], &[]).complains(&[words]);
    }
    // Nothing of them was begun.
    assert_eq!(read(&place, &["status"])["imports"].as_array().unwrap().len(), 3);
}

#[test]
fn what_would_mix_up_files_is_refused() {
    let place = Place::new();
    let files = stock(&place, "stock", &rows(60), 60);
    run(&place, &files, &["--source", "别的库"]).complains(&[SOURCE, "别的库"]);
    // No office takes in or changes the records of another, but the authority may.
    let police = crate::support::office(crate::support::POLICE).code;
    let theirs = mapping(60).replace(AGENCY, police.as_str()).replace(SOURCE, "公安库");
    let theirs = [files[0].clone(), place.write("theirs.toml", theirs.as_bytes())];
    run(&place, &theirs, &["--office", AGENCY]).complains(&[police.as_str()]);
    assert_eq!(read(&place, &["status"]), serde_json::json!({ "imports": [] }));
    let first = run(&place, &theirs, &["--rejects", &place.path("theirs.csv")]).ends(0).json();
    let record = read(&place, &["records", text(&first["import"])]);
    let erase = ["erase", text(&record["records"][0]["record"]), "--reason", "依申请", "--second", "窗口乙"];
    act(&place, &[&erase[..], &["--office", AGENCY]].concat()).complains(&[police.as_str()]);
    act(&place, &[&erase[..], &["--office", police.as_str()]].concat()).ends(0);
    place.write("stock.rejects.csv", b"of somebody else");
    run(&place, &files, &[]).complains(&["exists already"]);
    assert_eq!(place.read("stock.rejects.csv"), b"of somebody else");
    let rejects = place.path("r.csv");
    run(&place, &files, &["--rejects", &rejects, "--corrects", &"0".repeat(32)]).complains(&["no import"]);
    run(&place, &files, &["--rejects", &rejects]).ends(0);
    place.boyin(&["import", "status", &"0".repeat(32)]).complains(&["no import"]);
    place.boyin(&["import", "status", "x"]).complains(&["32 hexadecimal digits"]);
    // A source that says more than came does not balance; one that says nothing cannot be told.
    let more = place.write("stock.toml", mapping(61).replace(SOURCE, "另一库").as_bytes());
    run(&place, &[files[0].clone(), more], &["--rejects", &place.path("r2.csv")]).ends(0);
    let failed = place.boyin(&["--json", "import", "reconcile"]).ends(1).json();
    assert_eq!(failed["sources"].as_array().unwrap().len(), 3);
    let unstated = mapping(61).replace("total = 61\n", "").replace(SOURCE, "未说明库");
    let unstated = place.write("stock.toml", unstated.as_bytes());
    run(&place, &[files[0].clone(), unstated], &["--rejects", &place.path("r3.csv")]).ends(0);
    place.boyin(&["import", "reconcile", "--source", "未说明库"]).ends(2);
    place.boyin(&["import", "reconcile", "--source", SOURCE]).ends(0);
    place.boyin(&["import", "reconcile", "--source", "没有"]).complains(&["nothing was collected"]);
}

/// Kills the command after `after`, unless it has ended.
fn killed(place: &Place, args: &[&str], after: Duration) -> bool {
    let mut command = place.command(args);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Another place with the same keys: names of records can be compared.
fn twin(place: &Place) -> Place {
    let twin = Place::empty();
    copy(&place.home(), &twin.home());
    twin
}

/// Points in time that differ from run to run as little as they can.
fn dice(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |bound| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    }
}

fn without_time(mut status: Value) -> Value {
    status["begun_at"] = Value::Null;
    status
}

#[test]
fn an_import_and_a_signing_that_are_killed_anywhere_end_as_those_that_are_not() {
    const ROWS: u64 = 16_000;
    const ROUNDS: u64 = 3;
    let origin = Place::new();
    let (mut lines, mut throw) = (rows(ROWS), dice(1));
    // Some rows contradict others, near and far.
    for number in [700, 9_000, 15_000] {
        let mut cells = sound(number - 601);
        cells[0] = format!("x{number}");
        cells[3] = "另一家".to_owned();
        lines[usize::try_from(number).unwrap()] = cells.join(",") + "\n";
    }
    let whole = twin(&origin);
    let files = stock(&whole, "stock", &lines, ROWS);
    let started = Instant::now();
    let done = run(&whole, &files, &[]).ends(0).json();
    let takes = u64::try_from(started.elapsed().as_millis()).unwrap();
    let import = text(&done["import"]).to_owned();
    let wanted = (content(&whole.home()), whole.read("stock.rejects.csv"));
    let status = without_time(read(&whole, &["status", &import]));
    assert_eq!(counts(&status)[3], ROWS / FAULT_EVERY);
    let (mut cut, mut midway, mut last) = (0, 0, None);
    for round in 0..ROUNDS {
        let place = twin(&origin);
        let files = stock(&place, "stock", &lines, ROWS);
        let args = [&["import", "run", &files[0], "--mapping", &files[1]][..], &BY].concat();
        for _ in 0..3 {
            cut += u64::from(killed(&place, &args, Duration::from_millis(throw(takes))));
            let so_far = read(&place, &["status"]);
            let rows = so_far["imports"][0]["rows"].as_u64().unwrap_or(0);
            midway += u64::from((1..ROWS).contains(&rows));
        }
        // Another file of the source has to wait, unless it is said that it need not.
        if read(&place, &["status"])["imports"][0]["finished"] == false && round == 0 {
            let other = stock(&place, "other", &rows(3), ROWS);
            run(&place, &other, &[]).complains(&["not finished", &import]);
        }
        run(&place, &files, &[]).ends(0);
        assert_eq!((content(&place.home()), place.read("stock.rejects.csv")), wanted, "round {round}");
        assert_eq!(without_time(read(&place, &["status", &import])), status);
        last = Some(place);
    }
    assert!(cut > 0 && midway > 0, "{cut} of them were interrupted, {midway} within the file, in {takes} ms");
    sign_and_kill(&last.unwrap(), &import, &mut throw);
}

fn sign_and_kill(place: &Place, import: &str, throw: &mut impl FnMut(u64) -> u64) {
    let args = [&["import", "sign", import][..], &BY].concat();
    let mut midway = 0;
    // How long it takes until the first license is signed differs from machine to machine.
    for attempt in 1..60 {
        let ended = !killed(place, &args, Duration::from_millis(250 * attempt + throw(250)));
        let records = read(place, &["records", import, "--limit", "100"]);
        let signed =
            records["records"].as_array().unwrap().iter().any(|record| record["issued"] != Value::Null);
        midway += u64::from(signed && !ended);
        if ended || midway == 3 {
            break;
        }
    }
    assert!(midway > 0, "it was never killed while it signed");
    let last = act(place, &["sign", import]).ends(0).json();
    let (signed, before) = (last["signed"].as_u64().unwrap(), last["before"].as_u64().unwrap());
    assert!(before > 0, "nothing was signed before it was killed");
    let status = read(place, &["status", import]);
    let disputed = last["refused"]["disputed"].as_u64().unwrap();
    assert_eq!((disputed, signed + before + disputed), (6, status["accepted"].as_u64().unwrap()));
    // As many licenses as records that name one, each leading back to its record.
    let home = Home::open(&place.home()).unwrap();
    let desk = Desk::open(&home, &Passphrase::new(PASSPHRASE.to_owned()), boyin_service::unix_now()).unwrap();
    let archive = desk.archive();
    let found = archive.collected_by_import(ImportId::parse(import).unwrap(), None, 10_000).unwrap();
    for (at, record) in found.rows.iter().step_by(97) {
        match &record.issued {
            Some(license) => assert_eq!(archive.collected_of(license).unwrap(), Some(at.id)),
            None => assert!(!record.may_exempt()),
        }
    }
    assert_eq!(archive.counts().unwrap().licenses, signed + before);
    assert!(archive.check(&mut |_| {}).unwrap().sound());
}

#[test]
fn the_agency_of_the_generated_stock_is_an_office_here() {
    assert_eq!(crate::support::office(crate::support::MARKET).code.as_str(), AGENCY);
}
