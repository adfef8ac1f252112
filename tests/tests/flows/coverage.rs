//! Coverage is what the archive holds: counted, and counted again from what was done.

use std::collections::BTreeMap;

use boyin::archive::{Act, Change, ImportId, ImportJob, ImportStep, StatusChange, Submission};
use boyin::model::alg::VerifyAlg as _;
use boyin::model::catalog::Catalog;
use boyin::model::collected::{CollectedLicense, Grade};
use boyin::model::coverage::{Coverage, CoverageAxis, CoveragePlace, Share, StatedTotal};
use boyin::model::id::{CreditCode, DivisionCode, HolderCode, HolderCodeType, LicenseTypeCode};
use boyin::suite::{ES256, SystemRandom};
use boyin::{Desk, DeskError, HomeError, LookupError, Order};

use crate::office::{Prefecture, citizen, credit_code, identity_card, now, order, police};
use crate::window::{card, job};

fn place(division: &str, department: CreditCode) -> CoveragePlace {
    CoveragePlace { license_type: card(), division: DivisionCode::parse(division).unwrap(), department }
}

fn agency() -> CreditCode {
    credit_code("MBTEXT05")
}

fn stated(place: CoveragePlace, total: u64) -> StatedTotal {
    StatedTotal {
        place, total, source: "州公安局人口库".to_owned(), dated: "2026-05-31".parse().unwrap()
    }
}

fn record(row: u64, grade: Grade, key: &str, name: &str, division: &str) -> Submission {
    let license = CollectedLicense {
        license_type: card(),
        license_number: format!("第{key}号"),
        holder: HolderCode::new(HolderCodeType::CitizenId, citizen().as_str()).unwrap(),
        holder_name: name.to_owned(),
        division: DivisionCode::parse(division).unwrap(),
        issue_date: "2020-01-31".parse().unwrap(),
        valid_from: None,
        valid_until: None,
        fields: BTreeMap::new(),
    };
    Submission { row, key: vec![key.to_owned()], license, grade, corrects: None }
}

fn act(key: &str) -> Act {
    Act::new("归集员", agency(), "历史归集", now(), key, ES256.digest(&[key.as_bytes()])).unwrap()
}

/// Takes in so many records of each grade, and two that contradict each other.
fn collect(desk: &Desk) -> ImportJob {
    let job = ImportJob { agency: agency(), begun_at: now(), ..job() };
    desk.archive().begin_import(&act("begin"), &job).unwrap();
    let grades = [Grade::A, Grade::A, Grade::B, Grade::C, Grade::D, Grade::D, Grade::D];
    let mut rows: Vec<_> = (1..)
        .zip(grades)
        .map(|(row, grade)| record(row, grade, &row.to_string(), "某甲", "652722"))
        .collect();
    rows.push(record(8, Grade::A, "8", "某乙", "652722"));
    rows.push(record(9, Grade::A, "8", "某丙", "652722"));
    let step = ImportStep { rows: 9, submissions: rows, rejected: BTreeMap::new(), finished: true };
    desk.archive().import_rows(&act("rows"), job.id, &step).unwrap()
}

fn counted(prefecture: &Prefecture) -> Coverage {
    let mut seen = 0;
    let coverage = prefecture.lookup().coverage(now(), &mut |counted| seen = counted).unwrap();
    assert!(seen > 0);
    coverage
}

#[test]
fn what_is_counted_is_what_was_done() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let mut model = Coverage::default();
    // The offices may issue, and nothing is there yet.
    let shop = Catalog::embedded().find("business-license").unwrap().code;
    model.expect(CoveragePlace { license_type: shop, ..place("652701", crate::office::market()) });
    let here = place("652701", police());
    let mut ids = Vec::new();
    for n in 0..7 {
        let receipt = desk.issue(&identity_card(), &order(police(), &format!("{n}")), &mut SystemRandom);
        ids.push(receipt.unwrap().license_id);
    }
    let change = |n: usize, what| {
        desk.change_status(&ids[n], &StatusChange::new(what, "测试"), &order(police(), &format!("c{n}")))
            .unwrap();
    };
    change(0, Change::Revoke);
    change(1, Change::Suspend);
    change(2, Change::Supersede);
    desk.purge(&ids[3], "窗口二号", "测试", &order(police(), "p")).unwrap();
    // One revoked, one superseded and one erased of seven.
    for _ in 0..4 {
        model.issued(here);
    }
    assert_eq!(collect(&desk).disputed, 1);
    let there = place("652722", agency());
    for grade in [Grade::A, Grade::A, Grade::B, Grade::C, Grade::D, Grade::D, Grade::D] {
        model.collected(there, grade, false);
    }
    model.disputed(there);
    model.disputed(there);
    assert_eq!(counted(&prefecture), model);
    assert_eq!(model.by(CoverageAxis::All)[""].share(), Share::Unknown, "nobody has said how many there are");

    // A license that was issued from a record is one, not two; once it is revoked it is none.
    let (row, found) =
        desk.archive().collected_by_import(ImportId::new(&[7; 32]), None, 100).unwrap().rows.remove(0);
    assert_eq!(found.grade, Grade::A);
    let signed = sign_from(&desk, &ids[4], row.id);
    let mut after = Coverage::default();
    for (place, figures) in model.places() {
        let mut left = *figures;
        if *place == there {
            after.collected(*place, Grade::A, true);
            left.collected[0] -= 1;
        }
        after.expect(*place);
        for (grade, number) in Grade::ALL.into_iter().zip(left.collected) {
            (0..number).for_each(|_| after.collected(*place, grade, false));
        }
        (0..left.issued).for_each(|_| after.issued(*place));
        (0..left.disputed).for_each(|_| after.disputed(*place));
    }
    assert_eq!(counted(&prefecture), after);
    let revoke = StatusChange::new(Change::Revoke, "测试");
    desk.change_status(&signed, &revoke, &order(police(), "gone")).unwrap();
    let gone = counted(&prefecture);
    assert_eq!(gone.by(CoverageAxis::Department)[agency().as_str()].covered(), 6);
    assert_eq!(gone.by(CoverageAxis::Department)[police().as_str()].covered(), 4);
}

/// Files a copy of a license under another identifier and place, as issued from a record.
fn sign_from(
    desk: &Desk,
    like: &boyin::model::id::LicenseId,
    from: boyin::archive::CollectedId,
) -> boyin::model::id::LicenseId {
    let mut record = desk.archive().get(like).unwrap().unwrap();
    let id =
        boyin::model::id::LicenseId::new(like.license_type(), like.issuer(), "20260601COPY0001", 1).unwrap();
    record.id = id.clone();
    let slot = record.slot.as_mut().unwrap();
    slot.index = (0..64).find(|index| desk.archive().slot_is_free(&slot.list, *index).unwrap()).unwrap();
    let holder = HolderCode::new(HolderCodeType::CitizenId, citizen().as_str()).unwrap();
    let filing = boyin::archive::Filing { record, holder };
    desk.archive().file_collected(&act("sign"), &filing, from).unwrap();
    id
}

#[test]
fn a_total_is_entered_by_somebody_and_the_last_one_counts() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let here = place("652701", police());
    desk.issue(&identity_card(), &order(police(), "1"), &mut SystemRandom).unwrap();
    let enter = |total: u64, key: &str| {
        desk.state_total(&stated(here, total), &Order { at: now().plus(1), ..order(police(), key) })
    };
    enter(4, "t1").unwrap();
    enter(3, "t2").unwrap();
    let before = desk.archive().last_event().unwrap();
    assert!(enter(3, "t2").unwrap().replayed);
    assert_eq!(desk.archive().last_event().unwrap(), before);
    let statements = prefecture.home.stated_totals().unwrap();
    assert_eq!(statements.iter().map(|one| one.stated.total).collect::<Vec<_>>(), [4, 3]);
    assert_eq!((statements[1].who.as_str(), statements[1].purpose.as_str()), ("窗口一号", "办理证照"));
    assert_eq!(statements[1].event, before);
    let figures =
        |prefecture: &Prefecture| *counted(prefecture).places().find(|(place, _)| **place == here).unwrap().1;
    assert_eq!(figures(&prefecture).share(), Share::Hundredths(3333));
    // What was interrupted after the event is finished by the same order; the log tells it meanwhile, and whatever is cut off.
    let path = prefecture.home.dir().join("catalog/totals.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, whole.lines().next().unwrap().to_owned() + "\n").unwrap();
    assert_eq!(figures(&prefecture).share(), Share::Hundredths(3333));
    let other = Order { who: "窗口二号".to_owned(), at: now().plus(2), ..order(police(), "t2") };
    assert!(desk.state_total(&stated(here, 3), &other).unwrap().replayed);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), whole);
    // Nobody changes a line unseen.
    std::fs::write(&path, whole.replacen("\"total\":4", "\"total\":1", 1)).unwrap();
    assert!(matches!(prefecture.home.stated_totals(), Err(HomeError::Totals { line: 2, .. })));
    // Nor the last one, after which there is no other, and not who entered it.
    for (from, to) in [("\"total\":3", "\"total\":1"), ("窗口一号", "窗口九号")] {
        let (first, last) = whole.trim_end().split_once('\n').unwrap();
        std::fs::write(&path, format!("{first}\n{}\n", last.replacen(from, to, 1))).unwrap();
        assert_eq!(prefecture.home.stated_totals().unwrap().len(), 2, "the file holds together");
        let refused = prefecture.lookup().coverage(now(), &mut |_| {}).unwrap_err();
        assert!(matches!(refused, LookupError::Home(HomeError::Totals { line: 2, .. })), "{refused}");
    }
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(figures(&prefecture).share(), Share::Hundredths(3333));
    let told = prefecture.lookup().stated_totals().unwrap();
    assert_eq!(told, prefecture.home.stated_totals().unwrap());

    let unnamed = StatedTotal { source: " ".to_owned(), ..stated(here, 1) };
    let refused = desk.state_total(&unnamed, &order(police(), "t3"));
    assert!(matches!(refused, Err(DeskError::Total)), "{refused:?}");
    let unknown = LicenseTypeCode::parse("11100000MB03271699022").unwrap();
    let outside = stated(CoveragePlace { license_type: unknown, ..here }, 1);
    let refused = desk.state_total(&outside, &order(police(), "t4"));
    assert!(matches!(refused, Err(DeskError::Catalog(_))), "{refused:?}");
    let nameless = Order { who: String::new(), ..order(police(), "t5") };
    assert!(matches!(desk.state_total(&stated(here, 1), &nameless), Err(DeskError::Act(_))));
}
