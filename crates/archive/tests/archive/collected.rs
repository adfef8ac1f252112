//! Collected records: what is there already, what contradicts, who may raise a grade, and that an import which is interrupted
//! anywhere ends as one that is not.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use boyin_archive::{
    Act, Archive, ArchiveError, Batch, CollectedId, CollectedRecord, CollectedState, EventKind, Failure,
    Filing, Grade, ImportId, ImportJob, ImportStep, MAX_ALIKE, MAX_PAGE, Store as _, StoreError, Submission,
    Table,
};
use boyin_model::collected::{CollectedLicense, Evidence, EvidenceKind};
use boyin_model::id::{CreditCode, DivisionCode};

use crate::fixtures::{
    TYPE_A, act, act_at, filing, fresh, holder, license_type, office, on_disk, secret, time,
};
use crate::stores::TestStore;

const DIGEST: &str = "sha-256:0000000000000000000000000000000000000000000000000000000000000000";
/// Rows of an import and of one of its steps.
const ROWS: u64 = 60;
const STEP: u64 = 7;

pub(crate) fn job(name: u8) -> ImportJob {
    ImportJob {
        id: ImportId::new(&[name; 32]),
        source: "存量库".to_owned(),
        agency: CreditCode::parse("11430000006122244L").unwrap(),
        license_type: license_type(TYPE_A),
        key: Vec::new(),
        evidence: evidence(EvidenceKind::WindowCheck),
        stated_total: Some(ROWS),
        corrects: None,
        begun_at: time(0),
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

pub(crate) fn evidence(kind: EvidenceKind) -> Evidence {
    Evidence { kind, digest: Some(DIGEST.to_owned()) }
}

pub(crate) fn submission(row: u64, key: &str, number: &str, name: &str) -> Submission {
    let license = CollectedLicense {
        license_type: license_type(TYPE_A),
        license_number: number.to_owned(),
        holder: holder(1),
        holder_name: name.to_owned(),
        division: DivisionCode::parse("652701").unwrap(),
        issue_date: "2020-01-31".parse().unwrap(),
        valid_from: None,
        valid_until: None,
        fields: BTreeMap::new(),
    };
    Submission { row, key: vec![key.to_owned()], license, grade: Grade::B, corrects: None }
}

/// The rows after `from` of a file in which every fifth is rejected and some contradict others.
fn step(from: u64, length: u64) -> ImportStep {
    let rows = (from + length).min(ROWS);
    let all = from + 1..=rows;
    let rejected = u64::try_from(all.clone().filter(|row| row % 5 == 0).count()).unwrap();
    let submissions = all.filter(|row| row % 5 != 0).map(|row| {
        let number = if row % 3 == 0 { row / 2 } else { row };
        submission(
            row,
            &row.to_string(),
            &format!("第{number}号"),
            if row % 3 == 0 { "某甲" } else { "某乙" },
        )
    });
    ImportStep {
        rows,
        submissions: submissions.collect(),
        rejected: (rejected > 0).then(|| ("missing".to_owned(), rejected)).into_iter().collect(),
        finished: rows == ROWS,
    }
}

/// Begins the import or goes on where it ended, to its end.
fn import(archive: &Archive) -> Result<ImportJob, ArchiveError> {
    let mut state = archive.begin_import(&act("begin"), &job(1))?;
    while !state.finished {
        let act = act(&format!("rows {}", state.rows));
        state = archive.import_rows(&act, state.id, &step(state.rows, STEP))?;
    }
    Ok(state)
}

pub(crate) fn one_step(archive: &Archive, name: u8, submissions: Vec<Submission>) -> ImportJob {
    let begun = archive.begin_import(&act(&format!("begin {name}")), &job(name)).unwrap();
    let rows = begun.rows + u64::try_from(submissions.len()).unwrap();
    let step = ImportStep { rows, submissions, rejected: BTreeMap::new(), finished: false };
    archive.import_rows(&act(&format!("{name} {rows}")), begun.id, &step).unwrap()
}

pub(crate) fn records(archive: &Archive, name: u8) -> Vec<(CollectedId, CollectedRecord)> {
    let found = archive.collected_by_import(job(name).id, None, 1000).unwrap();
    assert_eq!(found.next, None);
    found.rows.into_iter().map(|(row, record)| (row.id, record)).collect()
}

fn states(archive: &Archive, name: u8) -> Vec<CollectedState> {
    records(archive, name).into_iter().map(|(_, record)| record.state).collect()
}

#[test]
fn rows_become_records_that_are_found_by_import_and_by_holder() {
    let (archive, _) = fresh();
    let end = import(&archive).unwrap();
    assert!(end.adds_up() && end.finished);
    assert_eq!((end.rows, end.accepted, end.rejected, end.reasons["missing"]), (60, 48, 12, 12));
    assert!(end.disputed > 0);
    assert_eq!(records(&archive, 1).len(), 48);
    assert_eq!(archive.collected_by_holder(&holder(1), None).unwrap().records.len(), 48);
    assert_eq!(archive.collected_by_holder(&holder(2), None).unwrap().records.len(), 0);
    let events = archive.events(None, 100).unwrap();
    assert_eq!(events.iter().filter(|event| event.what == EventKind::RowsImported).count(), 9);
    assert_eq!(archive.import_jobs().unwrap(), [end]);
}

#[test]
fn the_same_record_of_the_same_source_is_there_already() {
    let (archive, _) = fresh();
    let rows = vec![submission(1, "1", "第1号", "某甲"), submission(2, "2", "第2号", "某甲")];
    one_step(&archive, 1, rows.clone());
    let digest = archive.collected_digest().unwrap();
    let again = one_step(&archive, 2, rows);
    assert_eq!((again.accepted, again.already, again.disputed), (0, 2, 0));
    assert_ne!(archive.collected_digest().unwrap(), digest, "the second import is counted");
    // The rows of the second import lead to the records of the first one.
    assert_eq!(records(&archive, 2), records(&archive, 1));
}

#[test]
fn what_contradicts_is_kept_with_a_flag_on_both() {
    use CollectedState::{Disputed, Kept};
    let (archive, _) = fresh();
    one_step(&archive, 1, vec![submission(1, "1", "第1号", "某甲"), submission(2, "2", "第2号", "某甲")]);
    // Another key of the source with the same content says the same: nothing is in doubt.
    one_step(&archive, 2, vec![submission(1, "9", "第1号", "某甲")]);
    assert_eq!((states(&archive, 1), states(&archive, 2)), (vec![Kept, Kept], vec![Kept]));
    // The same number and holder with another name; and the same key with another number.
    let third = one_step(
        &archive,
        3,
        vec![submission(1, "10", "第1号", "某乙"), submission(2, "2", "第3号", "某甲")],
    );
    assert_eq!((third.accepted, third.disputed), (2, 2));
    assert_eq!(states(&archive, 1), [Disputed, Disputed]);
    assert_eq!((states(&archive, 2), states(&archive, 3)), (vec![Disputed], vec![Disputed, Disputed]));
    // Within one step as well.
    one_step(&archive, 4, vec![submission(1, "a", "第7号", "某甲"), submission(2, "b", "第7号", "某乙")]);
    assert_eq!(states(&archive, 4), [Disputed, Disputed]);
}

#[test]
fn what_is_taken_in_at_once_is_taken_in_once() {
    let (archive, store) = fresh();
    store.slow_scans(Table::CollectedByKey);
    let rows = vec![submission(1, "1", "第1号", "某甲"), submission(2, "2", "第2号", "某甲")];
    let ends: Vec<_> = std::thread::scope(|scope| {
        let imports = (1..=4).map(|name| {
            let (archive, rows) = (&archive, rows.clone());
            scope.spawn(move || one_step(archive, name, rows))
        });
        imports.collect::<Vec<_>>().into_iter().map(|import| import.join().unwrap()).collect()
    });
    let count = |of: fn(&ImportJob) -> u64| ends.iter().map(of).sum::<u64>();
    assert_eq!((count(|end| end.accepted), count(|end| end.already)), (2, 6));
    assert_eq!(archive.collected_by_holder(&holder(1), None).unwrap().records.len(), 2);
}

#[test]
fn what_contradicts_and_comes_at_once_has_a_flag_on_both() {
    let (archive, store) = fresh();
    store.slow_scans(Table::CollectedByKey);
    std::thread::scope(|scope| {
        for (name, said) in [(1, "某甲"), (2, "某乙")] {
            let archive = &archive;
            let rows = vec![submission(1, &name.to_string(), "第1号", said)];
            scope.spawn(move || one_step(archive, name, rows));
        }
    });
    let disputed = vec![CollectedState::Disputed];
    assert_eq!((states(&archive, 1), states(&archive, 2)), (disputed.clone(), disputed));
}

#[test]
fn a_key_that_tells_no_records_apart_is_refused() {
    let alike = |row: u64| submission(row, "1", &format!("第{row}号"), "某甲");
    let most = u64::try_from(MAX_ALIKE).unwrap();
    let (archive, _) = fresh();
    let all = one_step(&archive, 1, (1..=most).map(alike).collect());
    assert_eq!(all.disputed, most - 1, "the first one was not when it came");
    let step = |from: u64, rows: u64| ImportStep {
        rows,
        submissions: (from + 1..=rows).map(alike).collect(),
        rejected: BTreeMap::new(),
        finished: false,
    };
    let digest = archive.collected_digest().unwrap();
    let more = archive.import_rows(&act("more"), job(1).id, &step(most, most + 1));
    assert!(matches!(more, Err(ArchiveError::TooManyAlike { row }) if row == most + 1), "{more:?}");
    assert_eq!(archive.collected_digest().unwrap(), digest);
    // In one step as well.
    let (archive, _) = fresh();
    archive.begin_import(&act("begin"), &job(1)).unwrap();
    let more = archive.import_rows(&act("more"), job(1).id, &step(0, most + 1));
    assert!(matches!(more, Err(ArchiveError::TooManyAlike { row }) if row == most + 1), "{more:?}");
}

#[test]
fn every_record_under_a_key_counts_however_many_there_are() {
    let alike = |row: u64| submission(row, "1", &format!("第{row}号"), "某甲");
    let most = u64::try_from(MAX_ALIKE).unwrap();
    let (archive, store) = fresh();
    one_step(&archive, 1, (1..=most).map(alike).collect());
    one_step(&archive, 2, vec![submission(1, "2", "第9999号", "某甲")]);
    let (id, _) = records(&archive, 1).remove(0);
    assert_eq!(archive.contradicting(id).unwrap().len(), MAX_ALIKE - 1);
    // One more under the key that all of them have, as an earlier release took it in.
    let table = Table::CollectedByKey;
    let keys = store.scan(table, &[], None, 1000).unwrap();
    let mut count = BTreeMap::new();
    for (key, _) in &keys {
        *count.entry(key[..32].to_vec()).or_insert(0) += 1;
    }
    let (key, _) = count.into_iter().find(|(_, count)| *count == MAX_ALIKE).unwrap();
    let other = keys.iter().map(|(key, _)| &key[32..]).find(|other| {
        let under = [key.as_slice(), *other].concat();
        keys.iter().all(|(known, _)| *known != under)
    });
    store.commit(Batch::new().put(table, [key.as_slice(), other.unwrap()].concat(), [])).unwrap();
    assert_eq!(archive.contradicting(id).unwrap().len(), MAX_ALIKE);
}

#[test]
fn a_dispute_is_decided_for_one_and_all_stay_on_file() {
    use CollectedState::{Dismissed, Kept};
    let (archive, _) = fresh();
    one_step(&archive, 1, vec![submission(1, "1", "第1号", "某甲"), submission(2, "2", "第1号", "某乙")]);
    let [first, second] = [records(&archive, 1)[0].0, records(&archive, 1)[1].0];
    assert!(matches!(archive.resolve_dispute(&act("r0"), first, " "), Err(ArchiveError::Reason)));
    archive.resolve_dispute(&act("r1"), first, "经核对原件").unwrap();
    assert_eq!(states(&archive, 1), [Kept, Dismissed]);
    assert!(matches!(archive.resolve_dispute(&act("r2"), second, "x"), Err(ArchiveError::NotDisputed)));
    // What was decided against raises no new doubt.
    one_step(&archive, 2, vec![submission(1, "5", "第1号", "某甲")]);
    assert_eq!(states(&archive, 2), [Kept]);
    assert_eq!(states(&archive, 1), [Kept, Dismissed]);
}

#[test]
fn a_grade_is_raised_by_two_with_evidence_that_carries_it() {
    let (archive, _) = fresh();
    one_step(&archive, 1, vec![submission(1, "1", "第1号", "某甲")]);
    let id = records(&archive, 1)[0].0;
    let raise =
        |key: &str, to, kind, second: &str| archive.raise_grade(&act(key), id, to, &evidence(kind), second);
    assert!(matches!(
        raise("a", Grade::A, EvidenceKind::WindowCheck, "窗口二"),
        Err(ArchiveError::Evidence(_))
    ));
    assert!(matches!(
        raise("b", Grade::A, EvidenceKind::IssuerSeal, "窗口一"),
        Err(ArchiveError::SealSamePerson)
    ));
    assert!(matches!(
        raise("b", Grade::A, EvidenceKind::IssuerSeal, "窗口 一"),
        Err(ArchiveError::SealSamePerson)
    ));
    assert!(matches!(raise("c", Grade::A, EvidenceKind::IssuerSeal, ""), Err(ArchiveError::SealSecond)));
    assert!(matches!(raise("d", Grade::B, EvidenceKind::IssuerSeal, "窗口二"), Err(ArchiveError::NotRaised)));
    let bare = Evidence { kind: EvidenceKind::IssuerSeal, digest: None };
    let refused = archive.raise_grade(&act("e"), id, Grade::A, &bare, "窗口二");
    assert!(matches!(refused, Err(ArchiveError::Evidence(_))));
    assert_eq!(archive.collected(id).unwrap().unwrap().grade, Grade::B);
    let outcome = raise("f", Grade::A, EvidenceKind::IssuerSeal, "窗口二").unwrap();
    let record = archive.collected(id).unwrap().unwrap();
    assert_eq!((record.grade, record.evidence.kind), (Grade::A, EvidenceKind::IssuerSeal));
    let event = archive.events(Some(outcome.event - 1), 1).unwrap().remove(0);
    assert_eq!((event.what, event.second.as_deref()), (EventKind::CollectedRaised, Some("窗口二")));
    assert!(event.detail.contains("B A issuer-seal sha-256:"), "{}", event.detail);
    assert!(raise("f", Grade::A, EvidenceKind::IssuerSeal, "窗口二").unwrap().replayed);
}

fn of_grade(grade: Grade) -> Filing {
    let mut filing = filing(1);
    filing.record.grade = grade;
    filing
}

/// An act of the agency that keeps the source.
fn by_agency(key: &str) -> Act {
    Act::new("窗口一", job(1).agency, "办理登记", time(0), key, [1; 32]).unwrap()
}

#[test]
fn a_license_is_issued_by_the_agency_of_the_record_alone() {
    let (archive, _) = fresh();
    one_step(&archive, 1, vec![submission(1, "1", "第1号", "某甲")]);
    let id = records(&archive, 1)[0].0;
    let filing = of_grade(Grade::B);
    assert_ne!(office(), job(1).agency);
    let refused = archive.file_collected(&act("a"), &filing, id);
    assert!(matches!(refused, Err(ArchiveError::NotSignable)), "{refused:?}");
    assert!(archive.get(&filing.record.id).unwrap().is_none());
    archive.file_collected(&by_agency("a"), &filing, id).unwrap();
}

#[test]
fn of_records_that_say_the_same_one_becomes_a_license() {
    let (archive, _) = fresh();
    one_step(&archive, 1, vec![submission(1, "1", "第1号", "某甲"), submission(2, "2", "第2号", "某甲")]);
    one_step(&archive, 2, vec![submission(1, "9", "第1号", "某甲")]);
    let [first, other] = [records(&archive, 1)[0].0, records(&archive, 1)[1].0];
    let same = records(&archive, 2)[0].0;
    archive.file_collected(&by_agency("a"), &of_grade(Grade::B), first).unwrap();
    let mut second = of_grade(Grade::B);
    second.record.id = crate::fixtures::id(2);
    second.record.slot.as_mut().unwrap().index = 2;
    let refused = archive.file_collected(&by_agency("b"), &second, same);
    assert!(matches!(refused, Err(ArchiveError::NotSignable)), "{refused:?}");
    assert!(archive.get(&second.record.id).unwrap().is_none());
    archive.file_collected(&by_agency("c"), &second, other).unwrap();
}

#[test]
fn a_license_is_issued_from_a_record_once_and_the_record_names_it() {
    let (archive, _) = fresh();
    one_step(&archive, 1, vec![submission(1, "1", "第1号", "某甲"), submission(2, "2", "第2号", "某甲")]);
    one_step(&archive, 2, vec![submission(1, "3", "第2号", "某乙")]);
    let [good, disputed] = [records(&archive, 1)[0].0, records(&archive, 1)[1].0];
    for (key, filing, id) in [("a", of_grade(Grade::A), good), ("b", of_grade(Grade::B), disputed)] {
        assert!(
            matches!(archive.file_collected(&by_agency(key), &filing, id), Err(ArchiveError::NotSignable)),
            "{key}"
        );
        assert!(archive.get(&filing.record.id).unwrap().is_none());
    }
    let filing = of_grade(Grade::B);
    archive.file_collected(&by_agency("c"), &filing, good).unwrap();
    assert_eq!(archive.collected(good).unwrap().unwrap().issued.as_ref(), Some(&filing.record.id));
    assert!(archive.file_collected(&by_agency("c"), &filing, good).unwrap().replayed);
    let mut second = filing.clone();
    second.record.id = crate::fixtures::id(2);
    second.record.slot.as_mut().unwrap().index = 2;
    assert!(matches!(archive.file_collected(&by_agency("d"), &second, good), Err(ArchiveError::NotSignable)));
    assert!(archive.get(&second.record.id).unwrap().is_none());
}

#[test]
fn low_grades_are_never_signed() {
    let (archive, _) = fresh();
    let mut row = submission(1, "1", "第1号", "某甲");
    row.grade = Grade::C;
    one_step(&archive, 1, vec![row]);
    let id = records(&archive, 1)[0].0;
    let refused = archive.file_collected(&by_agency("c"), &of_grade(Grade::C), id);
    assert!(matches!(refused, Err(ArchiveError::NotSignable)));
}

#[test]
fn a_step_that_loses_or_repeats_rows_changes_nothing() {
    let (archive, _) = fresh();
    archive.begin_import(&act("begin"), &job(1)).unwrap();
    let id = job(1).id;
    let digest = archive.collected_digest().unwrap();
    let good = step(0, STEP);
    let missing = ImportStep { rows: good.rows + 1, ..good.clone() };
    let short = ImportStep { rejected: BTreeMap::new(), ..good.clone() };
    for (key, wrong) in [("a", &missing), ("b", &short)] {
        assert!(matches!(archive.import_rows(&act(key), id, wrong), Err(ArchiveError::ImportStep)));
    }
    let unknown = archive.import_rows(&act("c"), ImportId::new(&[9; 32]), &good);
    assert!(matches!(unknown, Err(ArchiveError::ImportStep)));
    assert_eq!(archive.collected_digest().unwrap(), digest);
    archive.import_rows(&act("d"), id, &good).unwrap();
    assert!(matches!(archive.import_rows(&act("e"), id, &good), Err(ArchiveError::ImportStep)));
}

#[test]
fn an_import_that_fails_at_any_write_ends_as_one_that_does_not() {
    let (whole, _) = fresh();
    import(&whole).unwrap();
    let digest = whole.collected_digest().unwrap();
    for failure in [Failure::Lost, Failure::Unanswered] {
        for commits in 0..10 {
            let (archive, store) = fresh();
            store.fail_after(commits, failure);
            assert!(matches!(
                import(&archive),
                Err(ArchiveError::Store(StoreError::Io(_) | StoreError::Stopped))
            ));
            drop(archive);
            store.reopen();
            let archive = Archive::with_store(Arc::<TestStore>::clone(&store), &secret()).unwrap();
            let end = import(&archive).unwrap();
            assert!(end.adds_up());
            assert_eq!(archive.collected_digest().unwrap(), digest, "{failure:?} after {commits}");
        }
    }
}

#[test]
fn the_disk_tells_nothing_of_what_was_collected() {
    let (archive, store) = fresh();
    import(&archive).unwrap();
    for table in Table::ALL {
        for (key, value) in boyin_archive::Store::scan(store.as_ref(), table, &[], None, 1000).unwrap() {
            for word in ["某甲", "某乙", "存量库", "第1号", "E00000001"] {
                let found = |bytes: &[u8]| bytes.windows(word.len()).any(|part| part == word.as_bytes());
                assert!(!found(&key) && !found(&value), "{table}: {word}");
            }
        }
    }
    let debug = format!("{:?}", records(&archive, 1));
    assert!(!debug.contains('某') && !debug.contains("E0000"), "{debug}");
}

/// The import 1: rows 1 and 4 accepted, 2 and 3 rejected.
fn with_rejected(archive: &Archive) {
    let begun = archive.begin_import(&act("begin 1"), &job(1)).unwrap();
    let submissions = vec![submission(1, "1", "第1号", "某甲"), submission(4, "4", "第4号", "某甲")];
    let rejected = [("missing".to_owned(), 2)].into();
    let step = ImportStep { rows: 4, submissions, rejected, finished: true };
    archive.import_rows(&act("rows 1"), begun.id, &step).unwrap();
}

/// An import of rows of the import 1.
fn correction(archive: &Archive, name: u8, rows: &[(u64, &str)]) -> ImportJob {
    let begun = ImportJob { corrects: Some(job(1).id), ..job(name) };
    archive.begin_import(&act(&format!("begin {name}")), &begun).unwrap();
    let rows = (1..).zip(rows).map(|(row, (corrects, name))| Submission {
        corrects: Some(*corrects),
        ..submission(row, &corrects.to_string(), &format!("第{corrects}号"), name)
    });
    let submissions: Vec<_> = rows.collect();
    let rows = u64::try_from(submissions.len()).unwrap();
    let step = ImportStep { rows, submissions, rejected: BTreeMap::new(), finished: true };
    archive.import_rows(&act(&format!("rows {name}")), begun.id, &step).unwrap()
}

#[test]
fn a_corrected_row_is_counted_where_it_was_rejected_and_once() {
    let (archive, _) = fresh();
    with_rejected(&archive);
    let first = || archive.import_job(job(1).id).unwrap().unwrap();
    let counts = || (first().corrected, first().corrected_already, first().still_rejected());
    assert_eq!(counts(), (0, 0, 2));
    let second = correction(&archive, 2, &[(2, "某甲")]);
    assert_eq!((second.accepted, second.already, counts()), (1, 0, (1, 0, 1)));
    // Fed once more, in another file, with another row: the one is there, the other is counted.
    let third = correction(&archive, 3, &[(2, "某甲"), (3, "某甲")]);
    assert_eq!((third.accepted, third.already, counts()), (1, 1, (2, 0, 0)));
    // A second version of a corrected row, and a row that was never rejected: records in dispute, and no row of the first file.
    let fourth = correction(&archive, 4, &[(2, "某乙"), (4, "某乙")]);
    assert_eq!((fourth.accepted, fourth.disputed, counts()), (2, 2, (2, 0, 0)));
    assert!(first().adds_up());
    let rows = archive.collected_by_import(job(1).id, None, 10).unwrap().rows;
    assert_eq!(rows.iter().map(|(row, _)| row.row).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(archive.check(&mut |_| ()).unwrap().sound());
}

#[test]
fn a_correction_that_is_there_already_settles_its_row_too() {
    let (archive, _) = fresh();
    with_rejected(&archive);
    one_step(&archive, 9, vec![submission(1, "2", "第2号", "某甲")]);
    // Twice in one file: once is enough.
    let second = correction(&archive, 2, &[(2, "某甲"), (2, "某甲"), (3, "某甲")]);
    assert_eq!((second.accepted, second.already), (1, 2));
    let first = archive.import_job(job(1).id).unwrap().unwrap();
    assert_eq!((first.corrected, first.corrected_already, first.still_rejected()), (1, 1, 0));
}

#[test]
fn only_a_finished_import_that_came_first_is_corrected() {
    let (archive, _) = fresh();
    archive.begin_import(&act("begin 9"), &job(9)).unwrap();
    with_rejected(&archive);
    correction(&archive, 2, &[(2, "某甲")]);
    for (name, corrects) in [(20, 7), (21, 9), (22, 2)] {
        let begun = ImportJob { corrects: Some(job(corrects).id), ..job(name) };
        let refused = archive.begin_import(&act(&format!("begin {name}")), &begun);
        assert!(matches!(refused, Err(ArchiveError::ImportCorrects)), "{corrects}");
    }
}

#[test]
fn a_license_and_the_record_that_it_was_issued_from_lead_to_each_other() {
    let (archive, _) = fresh();
    one_step(&archive, 1, vec![submission(1, "1", "第1号", "某甲")]);
    let id = records(&archive, 1)[0].0;
    let license = of_grade(Grade::B);
    archive.file_collected(&by_agency("c"), &license, id).unwrap();
    assert_eq!(archive.collected_of(&license.record.id).unwrap(), Some(id));
    let mut plain = filing(2);
    plain.record.grade = Grade::A;
    archive.file(&act("d"), &plain).unwrap();
    assert_eq!(archive.collected_of(&plain.record.id).unwrap(), None);
}

#[test]
fn an_erased_record_is_gone_but_for_its_name_and_does_not_come_back() {
    let (archive, store) = fresh();
    let rows = vec![submission(1, "1", "第1号", "某甲"), submission(2, "2", "第2号", "某甲")];
    one_step(&archive, 1, rows.clone());
    let id = records(&archive, 1)[0].0;
    let erase = |key: &str, second: &str, why: &str| archive.erase_collected(&act(key), id, second, why);
    assert!(matches!(erase("a", "窗口 一", "依申请"), Err(ArchiveError::SealSamePerson)));
    assert!(matches!(erase("b", "", "依申请"), Err(ArchiveError::SealSecond)));
    assert!(matches!(erase("c", "窗口二", " "), Err(ArchiveError::Reason)));
    assert_eq!(records(&archive, 1).len(), 2);
    let outcome = erase("d", "窗口二", "依申请").unwrap();
    assert!(erase("d", "窗口二", "依申请").unwrap().replayed);
    let gone =
        |event| matches!(archive.collected(id), Err(ArchiveError::Erased { event: by, .. }) if by == event);
    assert!(gone(outcome.event));
    let again = erase("e", "窗口二", "依申请").unwrap();
    assert!(again.replayed && again.event == outcome.event, "the one that was done is given back");
    assert!(matches!(erase("f", "", "依申请"), Err(ArchiveError::SealSecond)), "it still takes two");
    let event = archive.events(Some(outcome.event - 1), 1).unwrap().remove(0);
    assert_eq!((event.what, event.second.as_deref()), (EventKind::CollectedErased, Some("窗口二")));
    assert_eq!((event.detail, event.subject), (format!("{id} 依申请"), None));
    // The other one is found as before; of this one nothing leads from the holder to it, and nothing is compared with it.
    assert_eq!(
        (records(&archive, 1).len(), archive.collected_by_holder(&holder(1), None).unwrap().records.len()),
        (1, 1)
    );
    for table in [Table::CollectedByHolder, Table::CollectedByKey] {
        let left = boyin_archive::Store::scan(store.as_ref(), table, &[], None, 100).unwrap();
        assert!(left.iter().all(|(key, _)| !key.ends_with(&hex_bytes(&id))), "{table}");
    }
    let again = one_step(&archive, 2, rows);
    assert_eq!((again.accepted, again.already), (0, 2));
    assert!(gone(outcome.event));
    assert!(archive.check(&mut |_| ()).unwrap().sound());
}

#[test]
fn an_erasure_that_failed_halfway_is_finished_by_any_other() {
    let (archive, store) = fresh();
    one_step(&archive, 1, vec![submission(1, "1", "第1号", "某甲")]);
    let id = records(&archive, 1)[0].0;
    let erase = |key: &str| archive.erase_collected(&act(key), id, "窗口二", "依申请");
    store.fail_scrub();
    assert!(matches!(erase("a"), Err(ArchiveError::Store(_))));
    assert_eq!(store.scrubbed(), []);
    let finished = erase("b").unwrap();
    assert!(finished.replayed);
    assert_eq!(store.scrubbed(), [Table::Collected, Table::DecisionInput]);
    assert!(
        matches!(archive.collected(id), Err(ArchiveError::Erased { event, .. }) if event == finished.event)
    );
}

#[test]
fn a_part_that_lost_a_record_to_an_erasure_is_not_the_last_one() {
    let (archive, store) = fresh();
    let last = u64::try_from(MAX_PAGE).unwrap() + 1;
    let rows = (1..=last).map(|row| submission(row, &row.to_string(), &format!("第{row}号"), "某甲"));
    one_step(&archive, 1, rows.collect());
    let table = Table::CollectedByHolder;
    let (key, _) = store.scan(table, &[], None, 1).unwrap().remove(0);
    let first = archive.collected_by_holder(&holder(1), None).unwrap().records[0].0;
    archive.erase_collected(&act("erase"), first, "窗口二", "依申请").unwrap();
    // As whoever finds it who looked up what leads there before it was erased.
    store.commit(Batch::new().put(table, key, [])).unwrap();
    let part = archive.collected_by_holder(&holder(1), None).unwrap();
    assert_eq!(part.records.len(), MAX_PAGE - 1);
    let rest = archive.collected_by_holder(&holder(1), part.next).unwrap();
    assert!(part.next.is_some() && rest.next.is_none());
    assert_eq!(rest.records.len(), 1);
}

#[test]
fn an_erased_record_is_in_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let archive = Archive::create(directory.path(), &secret(), &act("create")).unwrap();
    one_step(&archive, 1, vec![submission(1, "1", "第1号", "某甲"), submission(2, "2", "第2号", "某甲")]);
    let id = records(&archive, 1)[0].0;
    let scratch = tempfile::tempdir().unwrap();
    let store = boyin_archive::RocksStore::follow(directory.path(), scratch.path()).unwrap();
    let sealed = boyin_archive::Store::get(&store, Table::Collected, &hex_bytes(&id)).unwrap().unwrap();
    // Without version, key and nonce: what only this value has.
    let sealed = &sealed[17..];
    assert!(on_disk(directory.path(), sealed));
    archive.erase_collected(&act("erase"), id, "窗口二", "依申请").unwrap();
    assert!(!on_disk(directory.path(), sealed));
    assert_eq!(records(&archive, 1).len(), 1);
}

fn hex_bytes(id: &CollectedId) -> Vec<u8> {
    let text = id.to_string();
    (0..32).map(|place| u8::from_str_radix(&text[2 * place..2 * place + 2], 16).unwrap()).collect()
}

#[test]
fn only_undisputed_records_of_grades_a_and_b_may_exempt() {
    let (archive, _) = fresh();
    for (name, grade) in (1..).zip(Grade::ALL) {
        let mut row = submission(1, &name.to_string(), &format!("第{name}号"), "某甲");
        row.grade = grade;
        one_step(&archive, name, vec![row]);
        let record = records(&archive, name).remove(0).1;
        assert_eq!(record.may_exempt(), matches!(grade, Grade::A | Grade::B), "{grade}");
        for state in [CollectedState::Disputed, CollectedState::Dismissed] {
            assert!(!CollectedRecord { state, ..record.clone() }.may_exempt());
        }
        let issued = Some(crate::fixtures::id(1));
        let signed = CollectedRecord { issued, ..record.clone() };
        assert!(signed.may_exempt() == record.may_exempt() && !signed.can_be_signed());
    }
}

/// Set for the process that is killed.
const CHILD: &str = "BOYIN_ARCHIVE_TEST_IMPORT";

/// Does something only in the process that the next test starts.
#[test]
fn child_that_imports() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let archive = Archive::open(Path::new(&path), &secret()).unwrap();
    import(&archive).unwrap();
}

#[test]
fn an_import_that_is_killed_at_any_point_ends_as_one_that_is_not() {
    let create = |path: &Path| drop(Archive::create(path, &secret(), &act("create")).unwrap());
    let digest = |path: &Path| Archive::open(path, &secret()).unwrap().collected_digest().unwrap();
    let start = |path: &Path| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "collected::child_that_imports"]).env(CHILD, path).stdout(Stdio::null());
        command.spawn().unwrap()
    };
    let place = tempfile::tempdir().unwrap();
    let whole = place.path().join("whole");
    create(&whole);
    assert!(start(&whole).wait().unwrap().success());
    let wanted = digest(&whole);
    let mut cut = 0;
    for round in 0..8_u64 {
        let path = place.path().join(format!("cut {round}"));
        create(&path);
        // From before the archive is open to after the import; where it falls differs from machine to machine.
        for kill in 0..3_u64 {
            let mut child = start(&path);
            std::thread::sleep(Duration::from_millis(5 + 9 * round + 17 * kill));
            child.kill().unwrap();
            cut += u32::from(!child.wait().unwrap().success());
        }
        assert!(start(&path).wait().unwrap().success());
        assert_eq!(digest(&path), wanted, "round {round}");
    }
    assert!(cut > 0, "nothing was interrupted");
}

/// One act of each kind, for the frozen bytes.
pub(crate) fn each_act(archive: &Archive) {
    let begun = archive.begin_import(&act("import begin"), &job(1)).unwrap();
    let rejected = [("missing".to_owned(), 1)].into();
    let submissions = vec![submission(1, "1", "第1号", "某甲"), submission(2, "2", "第1号", "某乙")];
    let step = ImportStep { rows: 3, submissions, rejected, finished: true };
    archive.import_rows(&act("import rows"), begun.id, &step).unwrap();
    let records = records(archive, 1);
    archive
        .raise_grade(&raising(), records[0].0, Grade::A, &evidence(EvidenceKind::IssuerSeal), "窗口二")
        .unwrap();
    archive.resolve_dispute(&deciding(), records[0].0, "经核对原件").unwrap();
}

pub(crate) fn raising() -> Act {
    act_at("raise", 1, 1)
}

pub(crate) fn deciding() -> Act {
    Act::new("丙", office(), "办理登记", time(2), "resolve", [1; 32]).unwrap()
}
