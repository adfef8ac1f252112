//! The window over a real data directory: whose looks are seen, what a replay tells, what can be erased.

use std::collections::BTreeMap;

use boyin::archive::{
    Act, Change, DecisionFiling, EventKind, Filing, ImportId, ImportJob, ImportStep, Reader, StatusChange,
    Submission,
};
use boyin::exempt::{Channel, CommitmentStanding, Role};
use boyin::model::catalog::Catalog;
use boyin::model::collected::{CollectedLicense, Evidence, EvidenceKind, Grade};
use boyin::model::id::{CitizenId, DivisionCode, HolderCode, HolderCodeType, LicenseId, LicenseTypeCode};
use boyin::suite::SystemRandom;
use boyin::window::{Difference, ReplayOutcome, WindowParty, WindowQuestion};
use boyin::{Desk, DeskError, HomeError, Order};
use serde_json::Value;

use crate::office::{HOLDER, Prefecture, citizen, credit_code, identity_card, now, order, police};

pub(crate) fn card() -> LicenseTypeCode {
    Catalog::embedded().find("identity-card").unwrap().code
}

pub(crate) fn person(number: &CitizenId) -> HolderCode {
    HolderCode::new(HolderCodeType::CitizenId, number.as_str()).unwrap()
}

pub(crate) fn stranger(n: u8) -> HolderCode {
    person(&CitizenId::compute(&format!("6527011990030726{n}")).unwrap())
}

pub(crate) fn question(holder: HolderCode, name: Option<&str>) -> WindowQuestion {
    let party = WindowParty { holder, name: name.map(str::to_owned) };
    WindowQuestion {
        matter: "senior-benefit".to_owned(),
        division: DivisionCode::parse("652701").unwrap(),
        situation: BTreeMap::new(),
        parties: BTreeMap::from([(Role::Applicant, party)]),
        form: BTreeMap::new(),
        commitment: CommitmentStanding::Open,
        channel: Channel::Window,
    }
}

pub(crate) fn act(key: &str) -> Act {
    Act::new("窗口一号", police(), "办理证照", now(), key, [1; 32]).unwrap()
}

/// How many entries each look at a file saw.
pub(crate) fn looks(desk: &Desk, whose: &HolderCode) -> Vec<String> {
    let events = desk.archive().events_of_holder(whose, None, 100).unwrap();
    let looks = events.into_iter().filter(|event| event.what == EventKind::HolderRead);
    looks.map(|event| event.detail).collect()
}

pub(crate) fn replayed(prefecture: &Prefecture, event: u64) -> ReplayOutcome {
    let reader = Reader::new("督查", police(), "复核").unwrap();
    prefecture.lookup().replay_decision(event, &reader, now()).unwrap().unwrap().outcome
}

fn differences(prefecture: &Prefecture, event: u64) -> Vec<Difference> {
    match replayed(prefecture, event) {
        ReplayOutcome::Differs(differences) => differences,
        other @ (ReplayOutcome::Holds | ReplayOutcome::Erased) => panic!("{other:?}"),
    }
}

/// What a decision was decided from.
pub(crate) fn inputs_of(desk: &Desk, event: u64) -> String {
    let inputs = desk.archive().decision_inputs(event).unwrap().unwrap();
    String::from_utf8(inputs.to_vec()).unwrap()
}

/// A decision as whoever holds the archive could file it: nobody's key is needed for what it was decided from.
fn filed_again(desk: &Desk, key: &str, receipt: &[u8], inputs: &str) -> u64 {
    let filing = DecisionFiling {
        receipt,
        inputs: inputs.as_bytes(),
        licenses: &[],
        records: &[],
        summary: "exempt senior-benefit 652701",
        log: desk.archive().last_event().unwrap(),
        read: &[],
    };
    desk.archive().file_decision(&act(key), &filing).unwrap().event
}

/// An import of records of the citizen, with a clock that is 40 days ahead.
pub(crate) fn job() -> ImportJob {
    ImportJob {
        id: ImportId::new(&[7; 32]),
        source: "人口库".to_owned(),
        agency: police(),
        license_type: card(),
        key: Vec::new(),
        evidence: Evidence {
            kind: EvidenceKind::IssuerSeal,
            digest: Some(format!("sha-256:{}", "0".repeat(64))),
        },
        stated_total: None,
        corrects: None,
        begun_at: now().plus(40 * 24 * 3600),
        rows: 0,
        accepted: 0,
        already: 0,
        rejected: 0,
        disputed: 0,
        reasons: BTreeMap::new(),
        corrected: 0,
        corrected_already: 0,
        finished: false,
    }
}

/// Takes in one record of the citizen.
pub(crate) fn collect(desk: &Desk, number: &str, name: &str, grade: Grade) {
    let job = job();
    desk.archive().begin_import(&act("begin"), &job).unwrap();
    let license = CollectedLicense {
        license_type: card(),
        license_number: number.to_owned(),
        holder: person(&citizen()),
        holder_name: name.to_owned(),
        division: DivisionCode::parse("652701").unwrap(),
        issue_date: "2020-01-31".parse().unwrap(),
        valid_from: None,
        valid_until: None,
        fields: BTreeMap::new(),
    };
    let row = Submission { row: 1, key: vec!["1".to_owned()], license, grade, corrects: None };
    let step = ImportStep { rows: 1, submissions: vec![row], rejected: BTreeMap::new(), finished: true };
    desk.archive().import_rows(&act("rows"), job.id, &step).unwrap();
}

#[test]
fn every_look_is_seen_whatever_came_of_it() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    // One key for several questions: none of them is decided.
    for n in [1, 2, 1] {
        let refused = desk.decide_exemption(&question(stranger(n), None), &order(police(), "one key"));
        assert!(matches!(refused, Err(DeskError::Question(_))), "{refused:?}");
    }
    assert_eq!(looks(&desk, &stranger(1)), ["0", "0"]);
    assert_eq!(looks(&desk, &stranger(2)), ["0"]);
}

#[test]
fn a_license_that_somebody_else_holds_says_no_name() {
    let prefecture = Prefecture::new();
    let receipt = prefecture.issue();
    let desk = prefecture.desk();
    let mut record = desk.archive().get(&receipt.license_id).unwrap().unwrap();
    record.id = LicenseId::new(card(), police(), "000001", 1).unwrap();
    record.slot = None;
    let misfiled = Filing { record, holder: stranger(1) };
    desk.archive().file(&act("misfiled"), &misfiled).unwrap();
    let refused =
        desk.decide_exemption(&question(stranger(1), None), &order(police(), "asked of a stranger"));
    assert!(matches!(refused, Err(DeskError::Question(_))), "{refused:?}");
    assert_eq!(looks(&desk, &stranger(1)), ["1"]);
    desk.decide_exemption(&question(person(&citizen()), None), &order(police(), "own")).unwrap();
}

#[test]
fn the_log_and_no_clock_tells_what_was_left_out() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    desk.issue(&identity_card(), &order(police(), "card"), &mut SystemRandom).unwrap();
    // The clock of the window is ahead: what comes after the decision is dated before it.
    let ahead = Order { at: now().plus(60), ..order(police(), "ask") };
    let answer = desk.decide_exemption(&question(person(&citizen()), None), &ahead).unwrap();
    desk.issue(&identity_card(), &order(police(), "second card"), &mut SystemRandom).unwrap();
    collect(&desk, "第1号", HOLDER, Grade::A);
    assert_eq!(replayed(&prefecture, answer.event), ReplayOutcome::Holds);

    // The same decision filed now: it says of itself that there was nothing else when the files were read.
    let inputs = inputs_of(&desk, answer.event);
    let differences = differences(&prefecture, filed_again(&desk, "left out", &answer.receipt, &inputs));
    let expected = matches!(
        differences.as_slice(),
        [Difference::LicenseLeftOut { .. }, Difference::RecordLeftOut { .. }]
    );
    assert!(expected, "{differences:?}");
}

#[test]
fn the_lists_that_were_used_count_whatever_clocks_say_unless_they_were_old() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let card = desk.issue(&identity_card(), &order(police(), "card"), &mut SystemRandom).unwrap();
    let ask = |key: &str| {
        let asked = question(person(&citizen()), Some(HOLDER));
        desk.decide_exemption(&asked, &Order { at: now().plus(60), ..order(police(), key) }).unwrap()
    };
    let before = ask("before");
    // By a clock that is behind that of the window.
    let behind = Order { at: now().plus(30), ..order(police(), "revoke") };
    let revoke = StatusChange::new(Change::Revoke, "依法吊销");
    desk.change_status(&card.license_id, &revoke, &behind).unwrap();
    let after = ask("after");
    for answer in [&before, &after] {
        assert_eq!(replayed(&prefecture, answer.event), ReplayOutcome::Holds);
    }
    let lists =
        |event| serde_json::from_str::<Value>(&inputs_of(&desk, event)).unwrap()["status_lists"].clone();
    let (old, new) = (lists(before.event), lists(after.event));
    let made = |lists: &Value| lists.as_object().unwrap().values().next().unwrap().as_u64().unwrap();
    assert!(made(&old) < made(&new) && made(&new) == now().plus(30).seconds(), "{old} {new}");

    // Whoever goes on with the list from before the revocation.
    let inputs = inputs_of(&desk, before.event);
    let differences = differences(&prefecture, filed_again(&desk, "old list", &before.receipt, &inputs));
    assert!(matches!(differences.as_slice(), [Difference::StatusList { .. }]), "{differences:?}");
}

#[test]
fn what_a_decision_says_of_itself_is_held_against_the_archive() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    collect(&desk, "第1号", HOLDER, Grade::C);
    let issued = desk.issue(&identity_card(), &order(police(), "card"), &mut SystemRandom).unwrap();
    let answer = desk.decide_exemption(&question(person(&citizen()), None), &order(police(), "ask")).unwrap();
    assert_eq!(replayed(&prefecture, answer.event), ReplayOutcome::Holds);
    let text = inputs_of(&desk, answer.event);
    let inputs: Value = serde_json::from_str(&text).unwrap();
    let forged = |key: &str, from: &str, to: &str| {
        assert!(text.contains(from), "no {from} in {text}");
        differences(&prefecture, filed_again(&desk, key, &answer.receipt, &text.replace(from, to)))
    };
    let found = forged("record", "\"grade\":\"C\"", "\"grade\":\"A\"");
    assert!(found.iter().any(|one| matches!(one, Difference::RecordStanding { .. })), "{found:?}");
    let found = forged("dismissed", "\"standing\":\"kept\"", "\"standing\":\"dismissed\"");
    assert!(found.iter().any(|one| matches!(one, Difference::RecordStanding { .. })), "{found:?}");
    // That a license was issued from it takes it out of what counts.
    let from_it = format!("\"issued\":\"{}\",\"standing\":\"kept\"", issued.license_id.as_str());
    let found = forged("issued", "\"standing\":\"kept\"", &from_it);
    assert!(found.iter().any(|one| matches!(one, Difference::RecordStanding { .. })), "{found:?}");
    let found = forged("license", "\"grade\":\"A\"", "\"grade\":\"B\"");
    assert!(found.iter().any(|one| matches!(one, Difference::LicenseGrade { .. })), "{found:?}");
    let log = format!("\"log\":{},", inputs["log"]);
    let found = forged("log", &log, "\"log\":100000,");
    assert_eq!(found, [Difference::Log { log: 100_000 }]);
    // It is raised only later to what the decision took it for.
    let raised = text.replace("\"grade\":\"C\"", "\"grade\":\"B\"");
    let raised = filed_again(&desk, "raised", &answer.receipt, &raised);
    let (record, _) =
        desk.archive().collected_by_holder(&person(&citizen()), None).unwrap().records.remove(0);
    let evidence =
        Evidence { kind: EvidenceKind::WindowCheck, digest: Some(format!("sha-256:{}", "1".repeat(64))) };
    desk.archive().raise_grade(&act("raise"), record, Grade::B, &evidence, "窗口二号").unwrap();
    assert_eq!(replayed(&prefecture, answer.event), ReplayOutcome::Holds);
    let found = differences(&prefecture, raised);
    assert!(found.iter().any(|one| matches!(one, Difference::RecordStanding { .. })), "{found:?}");
}

#[test]
fn a_record_of_which_a_license_was_issued_later_stood_as_it_was_taken_for() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    collect(&desk, "第1号", HOLDER, Grade::A);
    let first = desk.issue(&identity_card(), &order(police(), "card"), &mut SystemRandom).unwrap();
    let answer = desk.decide_exemption(&question(person(&citizen()), None), &order(police(), "ask")).unwrap();
    let (record, _) =
        desk.archive().collected_by_holder(&person(&citizen()), None).unwrap().records.remove(0);
    let mut license = desk.archive().get(&first.license_id).unwrap().unwrap();
    (license.id, license.slot) = (LicenseId::new(card(), police(), "000002", 1).unwrap(), None);
    let filing = Filing { record: license, holder: person(&citizen()) };
    desk.archive().file_collected(&act("from the record"), &filing, record).unwrap();
    assert_eq!(replayed(&prefecture, answer.event), ReplayOutcome::Holds);
    // Filed now, it hides that there is a license of it.
    let inputs = inputs_of(&desk, answer.event);
    let found = differences(&prefecture, filed_again(&desk, "hidden", &answer.receipt, &inputs));
    assert!(found.iter().any(|one| matches!(one, Difference::RecordStanding { .. })), "{found:?}");
}

#[test]
fn a_receipt_that_could_not_be_judged_when_it_was_given_is_no_difference_and_a_wrong_signature_is() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let stale = prefecture.home.trust().unwrap().1.list().next_update.plus(1);
    let late = Order { at: stale, ..order(police(), "late") };
    let answer = desk.decide_exemption(&question(stranger(1), Some("某人")), &late).unwrap();
    assert_eq!(replayed(&prefecture, answer.event), ReplayOutcome::Holds);

    let inputs = inputs_of(&desk, answer.event);
    let mut receipt = answer.receipt;
    let signature = receipt.iter().rposition(|byte| *byte == b'.').unwrap() + 1;
    receipt[signature] = if receipt[signature] == b'A' { b'B' } else { b'A' };
    let differences = differences(&prefecture, filed_again(&desk, "forged", &receipt, &inputs));
    assert!(matches!(differences.as_slice(), [Difference::Receipt(_)]), "{differences:?}");
}

#[test]
fn what_a_stranger_was_decided_from_is_erased_by_the_authority() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let asked = question(stranger(1), Some("某人"));
    let answer = desk.decide_exemption(&asked, &order(police(), "ask")).unwrap();
    let erase =
        |office| desk.erase_decision_inputs(&stranger(1), "窗口二号", "依申请", &order(office, "forget"));
    assert!(matches!(erase(police()), Err(DeskError::AuthorityOnly)));
    assert_eq!(replayed(&prefecture, answer.event), ReplayOutcome::Holds);
    assert!(!erase(credit_code("MBTEXT09")).unwrap().replayed);
    assert!(erase(credit_code("MBTEXT09")).unwrap().replayed);
    assert_eq!(replayed(&prefecture, answer.event), ReplayOutcome::Erased);
    assert_eq!(desk.archive().decision(answer.event).unwrap().unwrap(), answer.receipt);
}

#[test]
fn an_item_catalog_that_cannot_be_read_any_more_does_not_count_as_it_was() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let ask = |key: &str| {
        desk.decide_exemption(&question(stranger(1), Some("某人")), &order(police(), key)).map(drop)
    };
    let own = prefecture.home.dir().join("items.toml");
    let text = boyin::exempt::item::EMBEDDED.replace("version = \"2026.1\"", "version = \"own\"");
    ask("built in").unwrap();
    // It is there, and leads to itself.
    std::os::unix::fs::symlink("items.toml", &own).unwrap();
    assert!(matches!(ask("a circle"), Err(DeskError::Home(HomeError::File { .. }))));
    assert!(matches!(ask("a circle still"), Err(DeskError::Home(HomeError::File { .. }))));
    std::fs::remove_file(&own).unwrap();
    std::fs::write(&own, text).unwrap();
    ask("own").unwrap();
}
