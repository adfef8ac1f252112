//! Decisions on papers: filed once, seen by each holder, kept apart from what they were decided from.

use boyin_archive::{
    Archive, ArchiveError, Batch, Damaged, DecisionFiling, EventKind, MAX_DECISION, Outcome, Resealing,
    Store, Table,
};
use boyin_model::alg::Digest32;
use boyin_model::id::HolderCode;

use crate::check::check_sound;
use crate::collected;
use crate::damage::every_damage_is_found;
use crate::fixtures::{act, act_at, filing, filing_for, fresh, holder, id, reopened};

const INPUTS: &[u8] = b"{\"name\":\"\xe6\x9f\x90\xe7\x94\xb2\"}";

/// SHA-256 of `receipt decide`.
const RECEIPT_DIGEST: &str = "3e8d68f79b3bbe9d055f07e98e55d7883ddac1fac3bc8b6943bbf1a543554d03";

/// Of files that are read now.
fn filing_of<'d>(
    archive: &Archive,
    receipt: &'d [u8],
    read: &'d [(HolderCode, usize)],
) -> DecisionFiling<'d> {
    let (summary, log) = ("exempt marriage-registration", archive.last_event().unwrap());
    DecisionFiling { receipt, inputs: INPUTS, licenses: &[], records: &[], summary, log, read }
}

/// A decision over the files of two holders, one of them in two roles.
pub(crate) fn decide(archive: &Archive, key: &str) -> Result<Outcome, ArchiveError> {
    let read = [(holder(0), 2), (holder(1), 1), (holder(0), 3)];
    archive.file_decision(&act(key), &filing_of(archive, format!("receipt {key}").as_bytes(), &read))
}

/// One act of each kind: for the golden test.
pub(crate) fn each_act(archive: &Archive) {
    decide(archive, "decide 1").unwrap();
    archive.file_decision(&act("decide 2"), &filing_of(archive, b"receipt", &[])).unwrap();
    archive.file_decision(&act("decide 3"), &filing_of(archive, b"receipt", &[(holder(2), 1)])).unwrap();
    forget(archive, "forget", 2).unwrap();
}

fn forget(archive: &Archive, key: &str, whose: u8) -> Result<Outcome, ArchiveError> {
    archive.erase_decision_inputs(&act(key), &holder(whose), "窗口二", "依申请")
}

#[test]
fn each_holder_sees_a_decision_and_the_log_has_its_digest() {
    let (archive, _) = fresh();
    let done = decide(&archive, "decide").unwrap();
    assert_eq!((done.what, done.event, done.replayed), (EventKind::ExemptionDecided, 4, false));
    let seen = |whose| {
        let events = archive.events_of_holder(&holder(whose), None, 100).unwrap();
        let told = |event: &boyin_archive::Event| (event.what, event.why.clone(), event.detail.clone());
        events.iter().map(told).collect::<Vec<_>>()
    };
    let read = |count: &str| vec![(EventKind::HolderRead, "办理登记".to_owned(), count.to_owned())];
    assert_eq!((seen(0), seen(1), seen(2)), (read("5"), read("1"), vec![]));
    let event = archive.events(Some(3), 1).unwrap().remove(0);
    assert_eq!(event.detail, format!("exempt marriage-registration sha-256:{RECEIPT_DIGEST} 2"));
    assert_eq!(event.subject, None);
    assert_eq!(archive.decision(4).unwrap().unwrap(), b"receipt decide");
    assert_eq!(*archive.decision_inputs(4).unwrap().unwrap(), INPUTS);
    for number in [0, 1, 3, 5] {
        assert_eq!(archive.decision(number).unwrap(), None);
        assert!(archive.decision_inputs(number).unwrap().is_none());
    }
    let _ = check_sound(&archive);
}

#[test]
fn the_same_act_again_files_nothing_and_another_one_is_a_conflict() {
    let (archive, store) = fresh();
    let first = decide(&archive, "decide").unwrap();
    let archive = reopened(archive, &store);
    let again = archive.file_decision(&act("decide"), &filing_of(&archive, b"another", &[])).unwrap();
    assert_eq!((again.event, again.replayed), (first.event, true));
    assert_eq!(archive.decision(first.event).unwrap().unwrap(), b"receipt decide");
    let other = archive.file_decision(&act_at("decide", 2, 0), &filing_of(&archive, b"another", &[]));
    assert!(matches!(other, Err(ArchiveError::IdempotencyConflict { event, .. }) if event == first.event));
    assert_eq!(archive.last_event().unwrap(), first.event);
}

#[test]
fn decisions_come_in_their_order_a_page_at_a_time() {
    let (archive, _) = fresh();
    let numbers: Vec<_> = (0..5).map(|n| decide(&archive, &format!("decide {n}")).unwrap().event).collect();
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = archive.decisions(after, 2).unwrap();
        assert!(page.len() <= 2);
        after = page.last().map(|(number, _)| *number).or(after);
        let last = page.len() < 2;
        found.extend(page);
        if last {
            break;
        }
    }
    let receipts = (0..5).map(|n| format!("receipt decide {n}").into_bytes());
    assert_eq!(found, numbers.into_iter().zip(receipts).collect::<Vec<_>>());
    for limit in [0, 101] {
        assert!(matches!(archive.decisions(None, limit), Err(ArchiveError::BadLimit { .. })));
    }
}

#[test]
fn what_is_out_of_bounds_is_not_filed() {
    let (archive, _) = fresh();
    let long = vec![b'x'; MAX_DECISION + 1];
    let good = filing_of(&archive, b"receipt", &[]);
    let words = "字".repeat(101);
    for bad in [
        DecisionFiling { receipt: b"", ..good },
        DecisionFiling { receipt: &long, ..good },
        DecisionFiling { inputs: b"", ..good },
        DecisionFiling { inputs: &long, ..good },
        // Would read as what is left of an erasure.
        DecisionFiling { inputs: &[0; 16], ..good },
        DecisionFiling { summary: "", ..good },
        // Read after something that was not yet.
        DecisionFiling { log: 2, ..good },
        DecisionFiling { summary: "a\nb", ..good },
        DecisionFiling { summary: &words, ..good },
    ] {
        let refused = archive.file_decision(&act("decide"), &bad);
        assert!(matches!(refused, Err(ArchiveError::InvalidRecord(_))), "{refused:?}");
    }
    assert_eq!(archive.last_event().unwrap(), 1);
    archive.file_decision(&act("decide"), &DecisionFiling { inputs: &long[1..], ..good }).unwrap();
}

#[test]
fn every_look_in_vain_is_seen_and_the_act_can_still_be_done() {
    let (archive, _) = fresh();
    let read = [(holder(0), 2), (holder(1), 1), (holder(0), 1)];
    archive.read_in_vain(&act("decide"), &read).unwrap();
    // The same question again, after the file said something else: also another holder's.
    archive.read_in_vain(&act("decide"), &[(holder(0), 4), (holder(2), 7)]).unwrap();
    archive.read_in_vain(&act_at("decide", 2, 0), &[(holder(2), 7)]).unwrap();
    let seen = |whose| {
        let events = archive.events_of_holder(&holder(whose), None, 100).unwrap();
        events.iter().map(|event| (event.what, event.detail.clone())).collect::<Vec<_>>()
    };
    let read = |entries: &[&str]| -> Vec<_> {
        entries.iter().map(|entries| (EventKind::HolderRead, (*entries).to_owned())).collect()
    };
    assert_eq!((seen(0), seen(1), seen(2)), (read(&["3", "4"]), read(&["1"]), read(&["7", "7"])));
    archive.read_in_vain(&act("other"), &[]).unwrap();
    assert_eq!(archive.last_event().unwrap(), 6);
    assert!(!decide(&archive, "decide").unwrap().replayed);
    let _ = check_sound(&archive);
}

/// Whose inputs are gone, of the decisions of holders 0 and 1, of 1 alone, and of 2 alone; all receipts stay.
fn left_after(erase: impl FnOnce(&Archive)) -> [bool; 3] {
    let (archive, store) = fresh();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    archive.file(&act("file 2"), &filing_for(1, 2, 0)).unwrap();
    let alone = |key: &str, whose| {
        let read = [(holder(whose), 1)];
        archive.file_decision(&act(key), &filing_of(&archive, key.as_bytes(), &read)).unwrap().event
    };
    let events = [decide(&archive, "decide").unwrap().event, alone("alone 1", 1), alone("alone 2", 2)];
    store.scrubbed();
    erase(&archive);
    let _ = check_sound(&archive);
    for event in events {
        assert!(archive.decision(event).unwrap().is_some(), "receipts hold nothing personal and stay");
    }
    let left = events.map(|event| is_left(&archive, event));
    let scrubbed = store.scrubbed().into_iter().filter(|table| *table == Table::DecisionInput).count();
    assert_eq!(scrubbed, usize::from(left.contains(&false)), "all at once");
    left
}

/// Whether the inputs are there; if not, an event says that they were erased.
fn is_left(archive: &Archive, decision: u64) -> bool {
    match archive.decision_inputs(decision) {
        Ok(inputs) => inputs.is_some(),
        Err(ArchiveError::Erased { event, at }) => {
            let told = archive.events(Some(event - 1), 1).unwrap().remove(0);
            let erasing =
                [EventKind::LicensePurged, EventKind::CollectedErased, EventKind::DecisionInputsErased];
            assert!(erasing.contains(&told.what) && told.at == at, "{told:?}");
            false
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn erasing_a_license_takes_the_inputs_of_its_holders_decisions_with_it() {
    let purge =
        |n| move |archive: &Archive| drop(archive.purge(&act("purge"), &id(n), "乙", "依法删除").unwrap());
    assert_eq!(left_after(|_| {}), [true, true, true]);
    assert_eq!(left_after(purge(1)), [false, true, true]);
    assert_eq!(left_after(purge(2)), [false, false, true]);
}

#[test]
fn erasing_a_collected_record_does_so_too() {
    let left = left_after(|archive| {
        let mut row = collected::submission(1, "a", "第1号", "某甲");
        row.license.holder = holder(1);
        collected::one_step(archive, 1, vec![row]);
        let (_, record) = collected::records(archive, 1).remove(0);
        assert_eq!(record.license.holder, holder(1));
        let (id, _) = collected::records(archive, 1).remove(0);
        archive.erase_collected(&act("erase"), id, "窗口二", "依申请").unwrap();
    });
    assert_eq!(left, [false, false, true]);
}

#[test]
fn inputs_of_a_holder_with_nothing_on_file_are_erased_by_number() {
    let left = left_after(|archive| {
        let done = forget(archive, "forget", 1).unwrap();
        assert_eq!((done.what, done.replayed), (EventKind::DecisionInputsErased, false));
        // The holder sees that it was done, by whom and with whom.
        let event = archive.events_of_holder(&holder(1), None, 100).unwrap().pop().unwrap();
        let told = (event.number, event.second.as_deref(), event.detail.as_str());
        assert_eq!(told, (done.event, Some("窗口二"), "依申请"));
    });
    assert_eq!(left, [false, false, true]);
}

#[test]
fn it_takes_two_people_and_a_reason() {
    let (archive, _) = fresh();
    let event = decide(&archive, "decide").unwrap().event;
    let last = archive.last_event().unwrap();
    let forget = |second, reason| archive.erase_decision_inputs(&act("forget"), &holder(0), second, reason);
    assert!(matches!(forget("窗口一", "依申请"), Err(ArchiveError::SealSamePerson)));
    assert!(matches!(forget("", "依申请"), Err(ArchiveError::SealSecond)));
    assert!(matches!(forget("窗口二", ""), Err(ArchiveError::Reason)));
    assert!(is_left(&archive, event));
    assert_eq!(archive.last_event().unwrap(), last);
}

#[test]
fn the_inputs_of_very_many_decisions_go_in_several_batches() {
    let (archive, store) = fresh();
    let read = [(holder(0), 1)];
    let file = |n: u64| {
        let key = format!("decide {n}");
        archive.file_decision(&act(&key), &filing_of(&archive, b"receipt", &read)).unwrap().event
    };
    let events: Vec<_> = (0..401).map(file).collect();
    let last = archive.last_event().unwrap();
    store.scrubbed();
    let done = forget(&archive, "forget", 0).unwrap();
    assert_eq!(done.event, last + 3, "two parts before it");
    assert_eq!(store.scrubbed(), [Table::DecisionInput]);
    assert!(forget(&archive, "forget", 0).unwrap().replayed);
    assert_eq!(store.scrubbed(), [Table::DecisionInput]);
    assert!(events.iter().all(|event| !is_left(&archive, *event)));
    let _ = check_sound(&archive);
}

#[test]
fn what_was_erased_while_it_was_decided_from_is_not_kept() {
    let (archive, _) = fresh();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    let read = [(holder(0), 1)];
    let (one, other) = ([id(1)], [id(2)]);
    let filing = DecisionFiling { licenses: &one, ..filing_of(&archive, b"receipt", &read) };
    archive.file_decision(&act("decide"), &filing).unwrap();
    archive.purge(&act("purge"), &id(1), "乙", "依法删除").unwrap();
    let last = archive.last_event().unwrap();
    let refused = archive.file_decision(&act("decide again"), &filing);
    assert!(matches!(refused, Err(ArchiveError::Erased { event, .. }) if event == last), "{refused:?}");
    let refused = archive.file_decision(&act("decide again"), &DecisionFiling { licenses: &other, ..filing });
    assert!(matches!(refused, Err(ArchiveError::NotFound)), "{refused:?}");

    collected::one_step(&archive, 1, vec![collected::submission(1, "a", "第1号", "某甲")]);
    let (record, _) = collected::records(&archive, 1).remove(0);
    let records = [record];
    let filing = DecisionFiling { records: &records, ..filing_of(&archive, b"receipt", &read) };
    archive.file_decision(&act("decide 2"), &filing).unwrap();
    archive.erase_collected(&act("erase"), record, "窗口二", "依申请").unwrap();
    let refused = archive.file_decision(&act("decide 2 again"), &filing);
    assert!(matches!(refused, Err(ArchiveError::Erased { .. })), "{refused:?}");
}

#[test]
fn what_was_erased_of_a_holder_while_it_was_decided_leaves_no_inputs_behind() {
    let (archive, _) = fresh();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    decide(&archive, "decide").unwrap();
    let (whose, another) = ([(holder(0), 1)], [(holder(2), 1)]);
    let begun = filing_of(&archive, b"receipt", &whose);
    let of_another = filing_of(&archive, b"receipt", &another);
    let erased = forget(&archive, "forget", 0).unwrap().event;
    let refused = archive.file_decision(&act("decide again"), &begun);
    assert!(matches!(refused, Err(ArchiveError::Erased { event, .. }) if event == erased), "{refused:?}");
    // It was nothing of this one's.
    archive.file_decision(&act("of another"), &of_another).unwrap();
    // Inputs that name no license, and a license of which nobody knows any more whose it was.
    let begun = filing_of(&archive, b"receipt", &whose);
    let erased = archive.purge(&act("purge"), &id(1), "乙", "依法删除").unwrap().event;
    let refused = archive.file_decision(&act("decide again"), &begun);
    assert!(matches!(refused, Err(ArchiveError::Erased { event, .. }) if event == erased), "{refused:?}");
    let done = archive.file_decision(&act("decide again"), &filing_of(&archive, b"receipt", &whose)).unwrap();
    assert!(!done.replayed && is_left(&archive, done.event));
    let _ = check_sound(&archive);
}

#[test]
fn what_was_erased_once_keeps_the_mark_of_the_first_erasure() {
    let (archive, _) = fresh();
    let decision = decide(&archive, "decide").unwrap().event;
    let forget = |key, whose| {
        archive.erase_decision_inputs(&act_at(key, 1, 60), &holder(whose), "窗口二", "依申请").unwrap().event
    };
    let first = forget("forget", 0);
    assert!(forget("forget the other", 1) > first);
    let erased = archive.decision_inputs(decision);
    assert!(matches!(erased, Err(ArchiveError::Erased { event, .. }) if event == first), "{erased:?}");
    let _ = check_sound(&archive);
}

#[test]
fn an_erasure_by_number_that_could_not_be_finished_is_finished_by_another_act() {
    let (archive, store) = fresh();
    decide(&archive, "decide").unwrap();
    store.fail_scrub();
    assert!(forget(&archive, "forget", 0).is_err());
    let done = archive.last_event().unwrap();
    store.scrubbed();
    for key in ["forget again", "and again"] {
        let again = forget(&archive, key, 0).unwrap();
        assert_eq!((again.event, again.what, again.replayed), (done, EventKind::DecisionInputsErased, true));
        assert_eq!(store.scrubbed(), [Table::DecisionInput]);
    }
    assert_eq!(archive.last_event().unwrap(), done);
    // Two people, as the first time.
    let alone = archive.erase_decision_inputs(&act("alone"), &holder(0), "窗口一", "依申请");
    assert!(matches!(alone, Err(ArchiveError::SealSamePerson)));
    // What was decided since is erased by an act of its own.
    let later = decide(&archive, "decide later").unwrap().event;
    assert!(forget(&archive, "forget later", 0).unwrap().event > later);
    // Nothing was ever decided of this one; a purge could have been cut short all the same.
    store.scrubbed();
    assert!(matches!(forget(&archive, "nothing", 3), Err(ArchiveError::NoDecisionInputs)));
    assert_eq!(store.scrubbed(), [Table::DecisionInput]);
}

#[test]
fn inputs_that_are_gone_without_an_erasure_are_damage() {
    let (archive, store) = fresh();
    let event = decide(&archive, "decide").unwrap().event;
    let key = event.to_be_bytes().to_vec();
    store.commit(Batch::new().delete(Table::DecisionInput, key)).unwrap();
    let lost = archive.decision_inputs(event);
    let damaged = |error: &ArchiveError| {
        matches!(error, ArchiveError::Damaged(Damaged { table: Table::DecisionInput }))
    };
    assert!(lost.as_ref().is_err_and(damaged), "{lost:?}");
    // An erasure does not make it look erased.
    forget(&archive, "forget", 0).unwrap();
    assert!(archive.decision_inputs(event).is_err_and(|error| damaged(&error)));
}

#[test]
fn an_erasure_that_is_done_again_scrubs_all_inputs() {
    let (archive, store) = fresh();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    decide(&archive, "decide").unwrap();
    let purge = || archive.purge(&act("purge"), &id(1), "乙", "依法删除");
    store.fail_scrub();
    assert!(purge().is_err());
    store.scrubbed();
    assert!(purge().unwrap().replayed);
    assert!(store.scrubbed().contains(&Table::DecisionInput));
}

#[test]
fn every_damage_to_a_decision_is_found() {
    let (archive, store) = fresh();
    let numbers = ["decide 1", "decide 2"].map(|key| decide(&archive, key).unwrap().event);
    every_damage_is_found(&store, Table::Decision, || {
        numbers.iter().try_for_each(|number| archive.decision(*number).map(drop))
    });
    every_damage_is_found(&store, Table::DecisionInput, || {
        numbers.iter().try_for_each(|number| archive.decision_inputs(*number).map(drop))
    });
}

#[test]
fn the_key_of_decisions_stays_when_data_keys_change() {
    let (archive, store) = fresh();
    let before: Digest32 = *archive.decision_key();
    let event = decide(&archive, "decide").unwrap().event;
    archive.rotate_key(&act("rotate")).unwrap();
    while archive.reseal(100).unwrap() != Resealing::Done {}
    archive.retire_keys(&act("retire")).unwrap();
    let archive = reopened(archive, &store);
    assert_eq!(*archive.decision_key(), before);
    assert_eq!(*archive.decision_inputs(event).unwrap().unwrap(), INPUTS);
    assert_eq!(archive.decision(event).unwrap().unwrap(), b"receipt decide");
    assert_ne!(before, [0; 32]);
}
