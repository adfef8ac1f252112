//! The links of the log: what only they catch.

use std::sync::Arc;

use boyin_archive::{Archive, ArchiveError, Batch, LogHead, Store, Table};

use crate::fixtures::{act, act_at, filing, fresh, holder, id, secret};
use crate::stores::TestStore;

fn filled() -> (Archive, Arc<TestStore>) {
    let (archive, store) = fresh();
    for n in 1..5 {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    (archive, store)
}

#[allow(clippy::needless_pass_by_value, reason = "what a call gave is handed on")]
fn broken_at<T: std::fmt::Debug>(result: Result<T, ArchiveError>, number: u64) {
    assert!(matches!(result, Err(ArchiveError::BrokenLink { event }) if event == number), "{result:?}");
}

#[test]
fn each_event_holds_the_hash_of_the_one_before_it() {
    let (archive, _) = filled();
    let lines = archive.log(LogHead::START, 100).unwrap();
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[0].previous, [0; 32]);
    for pair in lines.windows(2) {
        assert_eq!(pair[0].head.hash, pair[1].previous);
    }
    assert_eq!(archive.check_log().unwrap(), lines[4].head);
    // In parts it is the same.
    let rest = archive.log(lines[1].head, 2).unwrap();
    assert_eq!(rest.iter().map(|line| line.head).collect::<Vec<_>>(), [lines[2].head, lines[3].head]);
    for (event, line) in archive.events(None, 100).unwrap().iter().zip(&lines) {
        assert_eq!(event.previous, Some(line.previous));
        assert_eq!(event.subject.is_some(), event.license.is_some());
    }
}

/// Whoever has the keys can seal another event in the place of one: the ones after it tell.
#[test]
fn an_event_that_was_replaced_or_taken_out_is_found() {
    let (archive, store) = filled();
    let (other, of_other) = fresh();
    other.file(&act_at("file 9", 7, 0), &filing(9)).unwrap();
    let key = 2_u64.to_be_bytes();
    let forged = of_other.get(Table::Event, &key).unwrap().unwrap();
    let right = store.get(Table::Event, &key).unwrap().unwrap();
    store.commit(Batch::new().put(Table::Event, key, forged)).unwrap();
    assert_eq!(archive.events(Some(1), 1).unwrap()[0].license, Some(id(9)), "alone it cannot be told");
    broken_at(archive.check_log(), 3);
    broken_at(archive.events(None, 100), 3);
    broken_at(archive.events(Some(2), 1), 3);
    assert_eq!(archive.events(Some(3), 10).unwrap().len(), 2);
    store.commit(Batch::new().delete(Table::Event, key)).unwrap();
    broken_at(archive.check_log(), 2);
    broken_at(archive.events(Some(1), 100), 2);
    broken_at(archive.events(Some(2), 100), 2);
    store.commit(Batch::new().put(Table::Event, key, right)).unwrap();
    let head = archive.check_log().unwrap();
    // What is cut off at the end only a head that was kept elsewhere tells.
    store.commit(Batch::new().delete(Table::Event, 5_u64.to_be_bytes())).unwrap();
    assert_eq!(archive.check_log().unwrap().number, 4);
    assert!(archive.log(head, 10).unwrap().is_empty());
    broken_at(archive.log(LogHead { number: 3, hash: [1; 32] }, 10), 4);
}

#[test]
fn nothing_is_appended_to_a_log_whose_end_cannot_be_read() {
    let (archive, store) = filled();
    let key = 5_u64.to_be_bytes();
    let mut damaged = store.get(Table::Event, &key).unwrap().unwrap();
    damaged[30] ^= 1;
    store.commit(Batch::new().put(Table::Event, key, damaged)).unwrap();
    let refused = archive.file(&act("file 8"), &filing(8));
    assert!(matches!(refused, Err(ArchiveError::Store(_))), "{refused:?}");
    assert_eq!(archive.get(&id(8)).unwrap(), None);
}

#[test]
fn a_holders_events_are_found_and_nobody_elses() {
    let (archive, store) = filled();
    let found = archive.events_of_holder(&holder(0), None, 100).unwrap();
    assert_eq!(found.iter().map(|event| event.number).collect::<Vec<_>>(), [2, 3, 4, 5]);
    assert_eq!(archive.events_of_holder(&holder(0), Some(3), 1).unwrap()[0].number, 4);
    assert_eq!(archive.events_of_holder(&holder(1), None, 100).unwrap(), []);
    // An entry that was moved to another holder is noticed.
    let (key, _) = store.scan(Table::EventByHolder, &[], None, 1).unwrap().remove(0);
    let moved = [archive.holder_key(&holder(1)).0.as_slice(), &key[32..]].concat();
    store.commit(Batch::new().put(Table::EventByHolder, moved, [])).unwrap();
    assert!(matches!(archive.events_of_holder(&holder(1), None, 100), Err(ArchiveError::Damaged(_))));
    let reopened = Archive::with_store(store, &secret()).unwrap();
    assert_eq!(reopened.events_of_holder(&holder(0), None, 100).unwrap().len(), 4);
}
