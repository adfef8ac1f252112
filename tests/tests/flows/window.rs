//! The window over a real data directory: whose looks are seen, what a replay tells, what can be erased.

use std::collections::BTreeMap;

use boyin::archive::{
    Act, DecisionFiling, EventKind, Filing, ImportId, ImportJob, ImportStep, Reader, Submission,
};
use boyin::exempt::{Channel, CommitmentStanding, Role};
use boyin::model::catalog::Catalog;
use boyin::model::collected::{CollectedLicense, Evidence, EvidenceKind, Grade};
use boyin::model::id::{CitizenId, DivisionCode, HolderCode, HolderCodeType, LicenseId, LicenseTypeCode};
use boyin::suite::SystemRandom;
use boyin::window::{Difference, ReplayOutcome, WindowParty, WindowQuestion};
use boyin::{Desk, DeskError, Order};
use serde_json::Value;

use crate::office::{HOLDER, Prefecture, citizen, credit_code, identity_card, now, order, police};

fn card() -> LicenseTypeCode {
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

fn act(key: &str) -> Act {
    Act::new("窗口一号", police(), "办理证照", now(), key, [1; 32]).unwrap()
}

/// How many entries each look at a file saw.
pub(crate) fn looks(desk: &Desk, whose: &HolderCode) -> Vec<String> {
    let events = desk.archive().events_of_holder(whose, None, 100).unwrap();
    let looks = events.into_iter().filter(|event| event.what == EventKind::HolderRead);
    looks.map(|event| event.detail).collect()
}

fn replayed(prefecture: &Prefecture, event: u64) -> ReplayOutcome {
    let reader = Reader::new("督查", police(), "复核").unwrap();
    prefecture.lookup().replay_decision(event, &reader, now()).unwrap().unwrap().outcome
}

/// Takes in one record of the citizen.
pub(crate) fn collect(desk: &Desk, number: &str, name: &str) {
    let job = ImportJob {
        id: ImportId::new(&[7; 32]),
        source: "人口库".to_owned(),
        agency: police(),
        license_type: card(),
        evidence: Evidence {
            kind: EvidenceKind::IssuerSeal,
            digest: Some(format!("sha-256:{}", "0".repeat(64))),
        },
        stated_total: None,
        corrects: None,
        begun_at: now(),
        rows: 0,
        accepted: 0,
        already: 0,
        rejected: 0,
        disputed: 0,
        reasons: BTreeMap::new(),
        corrected: 0,
        corrected_already: 0,
        finished: false,
    };
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
    let row = Submission { row: 1, key: vec!["1".to_owned()], license, grade: Grade::A, corrects: None };
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
    collect(&desk, "第1号", HOLDER);
    assert_eq!(replayed(&prefecture, answer.event), ReplayOutcome::Holds);

    // The same decision, as if it had been made now.
    let inputs = desk.archive().decision_inputs(answer.event).unwrap().unwrap();
    let text = String::from_utf8(inputs.to_vec()).unwrap();
    let log = serde_json::from_str::<Value>(&text).unwrap()["log"].as_u64().unwrap();
    let last = desk.archive().last_event().unwrap();
    let inputs = text.replace(&format!("\"log\":{log},"), &format!("\"log\":{last},"));
    assert_ne!(inputs, text);
    let filing = DecisionFiling {
        receipt: &answer.receipt,
        inputs: inputs.as_bytes(),
        licenses: &[],
        records: &[],
        summary: "exempt senior-benefit 652701",
        read: &[],
    };
    let event = desk.archive().file_decision(&act("left out"), &filing).unwrap().event;
    let ReplayOutcome::Differs(differences) = replayed(&prefecture, event) else {
        panic!("a license and a record were left out");
    };
    let expected = matches!(
        differences.as_slice(),
        [Difference::LicenseLeftOut { .. }, Difference::RecordLeftOut { .. }]
    );
    assert!(expected, "{differences:?}");
}

#[test]
fn a_receipt_that_could_not_be_judged_when_it_was_given_is_no_difference_and_a_wrong_signature_is() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let stale = prefecture.home.trust().unwrap().1.list().next_update.plus(1);
    let late = Order { at: stale, ..order(police(), "late") };
    let answer = desk.decide_exemption(&question(stranger(1), Some("某人")), &late).unwrap();
    assert_eq!(replayed(&prefecture, answer.event), ReplayOutcome::Holds);

    let inputs = desk.archive().decision_inputs(answer.event).unwrap().unwrap();
    let mut receipt = answer.receipt;
    let signature = receipt.iter().rposition(|byte| *byte == b'.').unwrap() + 1;
    receipt[signature] = if receipt[signature] == b'A' { b'B' } else { b'A' };
    let filing = DecisionFiling {
        receipt: &receipt,
        inputs: &inputs,
        licenses: &[],
        records: &[],
        summary: "submit senior-benefit 652701",
        read: &[],
    };
    let event = desk.archive().file_decision(&act("forged"), &filing).unwrap().event;
    let ReplayOutcome::Differs(differences) = replayed(&prefecture, event) else {
        panic!("the signature does not match");
    };
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
