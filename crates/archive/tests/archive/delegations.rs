//! What is told of a holder's file: judged while nothing else is done, once for each act, and seen by the holder.

use std::sync::Arc;

use boyin_archive::{Archive, ArchiveError, EventKind, HolderNote, MAX_EVENTS};

use crate::fixtures::{act, fresh, holder};

/// Tells that somebody acted for the first holder, if fewer than `most` have.
fn used(archive: &Archive, key: &str, most: usize) -> Result<u64, ArchiveError> {
    let note = HolderNote::DelegationUsed("1 window".to_owned());
    let judge = || if uses(archive) < most { Ok(()) } else { Err(ArchiveError::NotFound) };
    archive.note_on_holder(&act(key), note, &holder(1), judge).map(|done| done.event)
}

fn uses(archive: &Archive) -> usize {
    let events = archive.events_of_holder(&holder(1), None, MAX_EVENTS).unwrap();
    events.iter().filter(|event| event.what == EventKind::DelegationUsed).count()
}

#[test]
fn what_is_told_is_seen_by_the_holder_and_judged_once() {
    let (archive, _store) = fresh();
    let granted = HolderNote::DelegationGranted("terms".to_owned());
    let first =
        archive.note_on_holder::<ArchiveError>(&act("grant"), granted, &holder(1), || Ok(())).unwrap();
    assert_eq!((first.what, first.replayed), (EventKind::DelegationGranted, false));
    let second = used(&archive, "use 1", 1).unwrap();
    assert_eq!(used(&archive, "use 1", 1).unwrap(), second, "the same act is not judged again");
    assert!(matches!(used(&archive, "use 2", 1), Err(ArchiveError::NotFound)));
    let events = archive.events_of_holder(&holder(1), None, 10).unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.number, event.detail.as_str())).collect();
    assert_eq!(told, [(first.event, "terms"), (second, "1 window")]);
    assert!(archive.events_of_holder(&holder(2), None, 10).unwrap().is_empty());
    let revoked = HolderNote::DelegationRevoked("1".to_owned());
    let other = archive.note_on_holder::<ArchiveError>(&act("grant"), revoked, &holder(1), || Ok(()));
    assert!(matches!(other, Err(ArchiveError::IdempotencyConflict { .. })), "{other:?}");
    assert!(archive.check(&mut |_| {}).unwrap().sound());
}

#[test]
fn of_many_at_once_no_more_are_told_than_are_judged_right() {
    let (archive, _store) = fresh();
    let archive = Arc::new(archive);
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let archive = Arc::clone(&archive);
            std::thread::spawn(move || used(&archive, &format!("use {number}"), 3).is_ok())
        })
        .collect();
    let done = threads.into_iter().map(|thread| thread.join().unwrap());
    assert_eq!(done.filter(|done| *done).count(), 3);
    assert_eq!(uses(&archive), 3);
}
