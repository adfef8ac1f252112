//! Acts: what they change, what they refuse, and that doing them again changes nothing.

use boyin_archive::{
    Act, ActError, Archive, ArchiveError, Change, EventKind, Filing, MAX_CREDENTIAL, RecordField,
    StatusChange, StoreError,
};
use boyin_model::status::LicenseStatus;

use crate::fixtures::{
    HOLDER_NAME, LIST, act, act_at, change, filing, filing_for, fresh, holder, id, office, time, whole,
};

#[test]
fn a_filed_license_is_visible_everywhere_at_once() {
    let (archive, _) = fresh();
    let filing = filing(7);
    let outcome = archive.file(&act("file"), &filing).unwrap();
    assert_eq!((outcome.event, outcome.what, outcome.replayed), (2, EventKind::LicenseIssued, false));
    assert_eq!(archive.get(&id(7)).unwrap().as_ref(), Some(&filing.record));
    assert_eq!(archive.list_by_holder(&holder(0), None, 10).unwrap().items, [filing.record]);
    assert!(archive.list_by_holder(&holder(1), None, 10).unwrap().items.is_empty());
    assert_eq!(archive.status_of(&id(7)).unwrap(), Some(LicenseStatus::Valid));
    assert!(!archive.slot_is_free(LIST, 7).unwrap());
    assert!(archive.slot_is_free(LIST, 8).unwrap());
    let event = archive.events_of(&id(7), None, 10).unwrap().remove(0);
    assert_eq!((event.who.as_str(), event.why.as_str(), event.detail.as_str()), ("窗口一", "办理登记", "A"));
    assert_eq!((event.office, event.at, event.license), (office(), time(0), Some(id(7))));
    assert_eq!(archive.get(&id(8)).unwrap(), None);
    assert_eq!(archive.status_of(&id(8)).unwrap(), None);
    assert_eq!(archive.counts().unwrap().licenses, 1);
    archive.writable().unwrap();
}

/// Doing `again` must change no byte of the store.
fn unchanged(archive: &Archive, again: impl Fn()) {
    let before = whole(archive);
    let events = archive.events(None, 1000).unwrap();
    again();
    assert_eq!(whole(archive), before);
    assert_eq!(archive.events(None, 1000).unwrap(), events);
}

#[test]
fn the_same_act_again_gives_the_recorded_outcome() {
    let (archive, _) = fresh();
    assert_eq!(archive.recall(&act("file")).unwrap(), None);
    assert_eq!(archive.done_under(office(), "file").unwrap(), None);
    let first = archive.file(&act("file"), &filing(1)).unwrap();
    let revoked = archive.change_status(&act("revoke"), &id(1), &change(Change::Revoke)).unwrap();
    let published = archive.publish_status_list(&act("list"), LIST, b"token").unwrap();
    let shared = archive.record_share(&act("share"), &id(1), "住建局").unwrap();
    unchanged(&archive, || {
        let again = [
            (&first, archive.file(&act("file"), &filing(1)).unwrap()),
            (&first, archive.recall(&act("file")).unwrap().unwrap()),
            (&first, archive.done_under(office(), "file").unwrap().unwrap()),
            (&revoked, archive.change_status(&act("revoke"), &id(1), &change(Change::Revoke)).unwrap()),
            (&published, archive.publish_status_list(&act("list"), LIST, b"token").unwrap()),
            (&shared, archive.record_share(&act("share"), &id(1), "住建局").unwrap()),
        ];
        for (then, now) in again {
            assert!(now.replayed && !then.replayed);
            assert_eq!(
                (now.event, now.what, now.at, &now.license),
                (then.event, then.what, then.at, &then.license)
            );
        }
        let later = archive.file(&act_at("file", 1, 60), &filing(1)).unwrap();
        assert_eq!(later.at, time(0), "a repetition keeps the first time");
    });
    assert_eq!(archive.status_list(LIST).unwrap().as_deref(), Some(b"token".as_slice()));
}

#[test]
fn one_key_for_two_requests_is_refused() {
    let (archive, _) = fresh();
    archive.file(&act("key"), &filing(1)).unwrap();
    let conflict = |result: Result<_, ArchiveError>| match result {
        Err(ArchiveError::IdempotencyConflict { event: 2, what: EventKind::LicenseIssued }) => {}
        other => panic!("{:?}", other.map(|_: boyin_archive::Outcome| ())),
    };
    unchanged(&archive, || {
        conflict(archive.file(&act_at("key", 2, 0), &filing(2)));
        conflict(archive.file(&act_at("key", 2, 0), &filing(1)));
        conflict(archive.file(&act("key"), &filing(2)));
        conflict(archive.change_status(&act("key"), &id(1), &change(Change::Revoke)));
        conflict(archive.publish_status_list(&act("key"), LIST, b"t"));
    });
    // The key belongs to the office: another one may use the same.
    let other = boyin_model::id::CreditCode::parse("11430000006122244L").unwrap();
    assert_eq!(archive.done_under(other, "key").unwrap(), None);
    let theirs = Act::new("窗口二", other, "办理登记", time(0), "key", [2; 32]).unwrap();
    assert!(!archive.file(&theirs, &filing(2)).unwrap().replayed);
}

#[test]
fn an_identifier_and_a_slot_are_used_once() {
    let (archive, _) = fresh();
    archive.file(&act("first"), &filing(1)).unwrap();
    unchanged(&archive, || {
        assert!(matches!(archive.file(&act("same bytes"), &filing(1)), Err(ArchiveError::Conflict)));
        let mut other = filing(1);
        other.record.credential.push(b'x');
        other.record.slot.as_mut().unwrap().index = 9;
        assert!(matches!(archive.file(&act("other bytes"), &other), Err(ArchiveError::Conflict)));
        let mut taken = filing(2);
        taken.record.slot.as_mut().unwrap().index = 1;
        assert!(matches!(archive.file(&act("slot"), &taken), Err(ArchiveError::SlotTaken { index: 1 })));
    });
}

#[test]
fn status_changes_only_along_the_allowed_ways() {
    use Change::{Cancel, Restore, Revoke, Supersede, Suspend};
    use LicenseStatus::{Revoked, Superseded, Suspended, Valid};
    let ways: [(&[Change], Change, Result<LicenseStatus, LicenseStatus>); 21] = [
        (&[], Revoke, Ok(Revoked)),
        (&[], Suspend, Ok(Suspended)),
        (&[], Restore, Err(Valid)),
        (&[Suspend], Revoke, Ok(Revoked)),
        (&[Suspend], Suspend, Err(Suspended)),
        (&[Suspend], Restore, Ok(Valid)),
        (&[Revoke], Revoke, Err(Revoked)),
        (&[Revoke], Suspend, Err(Revoked)),
        (&[Revoke], Restore, Err(Revoked)),
        (&[Revoke], Supersede, Err(Revoked)),
        (&[], Supersede, Ok(Superseded)),
        (&[Suspend], Supersede, Ok(Superseded)),
        (&[Supersede], Supersede, Err(Superseded)),
        (&[Supersede], Revoke, Err(Superseded)),
        (&[Supersede], Restore, Err(Superseded)),
        (&[], Cancel, Ok(Revoked)),
        (&[Suspend], Cancel, Ok(Revoked)),
        (&[Cancel], Cancel, Err(Revoked)),
        (&[Cancel], Restore, Err(Revoked)),
        (&[Revoke], Cancel, Err(Revoked)),
        (&[Supersede], Cancel, Err(Superseded)),
    ];
    for (before, last, expected) in ways {
        let (archive, _) = fresh();
        archive.file(&act("file"), &filing(1)).unwrap();
        for step in before {
            archive.change_status(&act("before"), &id(1), &change(*step)).unwrap();
        }
        let result = archive.change_status(&act("last"), &id(1), &change(last));
        match (result, expected) {
            (Ok(outcome), Ok(status)) => {
                assert_eq!(archive.status_of(&id(1)).unwrap(), Some(status));
                assert_eq!(archive.slots(LIST, None, 10).unwrap(), [(1, status)]);
                let event = archive.events_of(&id(1), None, 10).unwrap().pop().unwrap();
                assert_eq!(
                    (event.number, event.what, event.detail.as_str()),
                    (outcome.event, outcome.what, "依申请")
                );
            }
            (Err(ArchiveError::IllegalTransition { from, to }), Err(status)) => {
                assert_eq!((from, to), (status, last.to()));
                assert_eq!(archive.status_of(&id(1)).unwrap(), Some(status));
            }
            (result, expected) => panic!("{before:?} {last:?}: {result:?}, not {expected:?}"),
        }
        whole(&archive);
    }
}

#[test]
fn what_is_not_on_file_cannot_be_changed() {
    let (archive, _) = fresh();
    let mut elsewhere = filing(1);
    elsewhere.record.slot = None;
    archive.file(&act("file"), &elsewhere).unwrap();
    let revoke = change(Change::Revoke);
    assert!(matches!(archive.change_status(&act("a"), &id(1), &revoke), Err(ArchiveError::NoSlot)));
    assert!(matches!(archive.change_status(&act("a"), &id(2), &revoke), Err(ArchiveError::NotFound)));
    assert!(matches!(archive.record_share(&act("a"), &id(2), "住建局"), Err(ArchiveError::NotFound)));
    let silent = StatusChange::new(Change::Revoke, " ");
    assert!(matches!(archive.change_status(&act("a"), &id(1), &silent), Err(ArchiveError::Reason)));
    assert_eq!(archive.status_of(&id(1)).unwrap(), None);
    assert_eq!(archive.events(None, 10).unwrap().len(), 2, "a refused act leaves no event");
    assert_eq!(archive.recall(&act("a")).unwrap(), None, "a refused act does not use its key up");
}

#[test]
fn a_record_that_cannot_be_relied_on_is_refused() {
    let (archive, _) = fresh();
    type Spoil = fn(&mut Filing);
    let spoil: [(Spoil, RecordField); 8] = [
        (|f| f.record.credential.clear(), RecordField::Credential),
        (|f| f.record.credential = vec![b'a'; MAX_CREDENTIAL + 1], RecordField::Credential),
        (|f| f.holder = holder(1), RecordField::HolderCodeType),
        (|f| f.record.holder_name = "a".repeat(2049), RecordField::HolderName),
        (|f| f.record.title = "a".repeat(2049), RecordField::Title),
        (|f| f.record.number = "a".repeat(2049), RecordField::Number),
        (|f| f.record.filed_at = time(1), RecordField::FiledAt),
        (|f| f.record.slot.as_mut().unwrap().list = "a\0b".to_owned(), RecordField::StatusList),
    ];
    for (spoil, field) in spoil {
        let mut filing = filing(1);
        spoil(&mut filing);
        match archive.file(&act("file"), &filing) {
            Err(ArchiveError::InvalidRecord(found)) => assert_eq!(found, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    for list in ["", "a\n", &"a".repeat(256)] {
        assert!(matches!(
            archive.publish_status_list(&act("p"), list, b"t"),
            Err(ArchiveError::InvalidRecord(_))
        ));
        assert!(matches!(archive.slots(list, None, 1), Err(ArchiveError::InvalidRecord(_))));
    }
    let empty = archive.publish_status_list(&act("p"), LIST, b"");
    assert!(matches!(empty, Err(ArchiveError::InvalidRecord(RecordField::Token))));
    assert!(whole(&archive).is_empty());
}

#[test]
fn nothing_is_done_anonymously() {
    let make = |who: &str, purpose: &str, key: &str| {
        Act::new(who, office(), purpose, time(0), key, [0; 32]).map(|_| ()).map_err(ActError::code)
    };
    let long = "字".repeat(200);
    assert_eq!(make(&long, &long, &"k".repeat(128)), Ok(()));
    assert_eq!(make("", "p", "k"), Err("act_who"));
    assert_eq!(make(" \u{3000}", "p", "k"), Err("act_who"));
    assert_eq!(make(&format!("{long}字"), "p", "k"), Err("act_who"));
    assert_eq!(make("w\n", "p", "k"), Err("act_who"));
    assert_eq!(make("w", "", "k"), Err("act_purpose"));
    assert_eq!(make("w", "p", ""), Err("act_idempotency_key"));
    assert_eq!(make("w", "p", &"k".repeat(129)), Err("act_idempotency_key"));
}

#[test]
fn a_lost_answer_is_found_again_by_the_key() {
    for failure in [boyin_archive::Failure::Lost, boyin_archive::Failure::Unanswered] {
        let (archive, store) = fresh();
        store.fail_after(0, failure);
        assert!(matches!(
            archive.file(&act("file"), &filing(1)),
            Err(ArchiveError::Store(StoreError::Io(_)))
        ));
        store.reopen();
        let again = archive.file(&act("file"), &filing(1)).unwrap();
        assert_eq!(again.replayed, failure == boyin_archive::Failure::Unanswered);
        assert_eq!(again.event, 2);
        assert_eq!(whole(&archive).len(), 1);
    }
}

#[test]
fn debug_output_names_nobody() {
    let filing = filing(1);
    let (archive, store) = fresh();
    archive.file(&act("file"), &filing).unwrap();
    let event = archive.events(None, 10).unwrap().pop().unwrap();
    let page = archive.list_by_holder(&holder(0), None, 1).unwrap();
    let printed =
        format!("{filing:?} {:?} {:?} {event:?} {archive:?} {store:?} {page:?}", filing.record, act("file"));
    for personal in [HOLDER_NAME, "1101051949", "窗口一", "eyJ", "2026"] {
        assert!(!printed.contains(personal), "{printed}");
    }
}

#[test]
fn a_change_stays_marked_until_a_list_that_shows_it_is_published() {
    let (archive, _) = fresh();
    archive.file(&act("file"), &filing(1)).unwrap();
    assert_eq!(archive.unpublished(LIST).unwrap(), None);
    archive.change_status(&act("suspend"), &id(1), &change(Change::Suspend)).unwrap();
    let first = archive.unpublished(LIST).unwrap().unwrap();
    archive.change_status(&act("restore"), &id(1), &change(Change::Restore)).unwrap();
    archive.mark_published(LIST, &first).unwrap();
    let second = archive.unpublished(LIST).unwrap().unwrap();
    assert_ne!(first, second, "the later change is not published by the earlier list");
    archive.mark_published(LIST, &second).unwrap();
    assert_eq!(archive.unpublished(LIST).unwrap(), None);
}

#[test]
fn what_the_law_says_of_a_change_is_in_its_event() {
    let (archive, _) = fresh();
    for n in 1..=4 {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    let mut revoke = change(Change::Revoke);
    (revoke.basis, revoke.retroactive) = (Some("行政许可法第六十九条第二款".to_owned()), true);
    archive.change_status(&act("revoke"), &id(1), &revoke).unwrap();
    let event = archive.events_of(&id(1), None, 10).unwrap().pop().unwrap();
    assert_eq!((event.basis, event.retroactive, event.successor), (revoke.basis.clone(), true, None));
    let mut supersede = change(Change::Supersede);
    supersede.successor = Some(id(3));
    archive.change_status(&act("supersede"), &id(2), &supersede).unwrap();
    let event = archive.events_of(&id(2), None, 10).unwrap().pop().unwrap();
    assert_eq!((event.basis, event.retroactive, event.successor), (None, false, Some(id(3))));

    let mut wrong = Vec::new();
    wrong.extend(
        [Change::Suspend, Change::Supersede, Change::Cancel]
            .map(|to| (StatusChange { change: to, ..revoke.clone() }, 4)),
    );
    wrong.push((StatusChange { change: Change::Revoke, ..supersede.clone() }, 4));
    // A license that takes its own place, and a clause without words.
    wrong.push((supersede, 3));
    wrong.push((StatusChange { basis: Some(" ".to_owned()), ..change(Change::Suspend) }, 4));
    for (place, (change, n)) in wrong.iter().enumerate() {
        let refused = archive.change_status(&act(&format!("wrong {place}")), &id(*n), change);
        assert!(matches!(refused, Err(ArchiveError::Reason)), "{place}");
    }
    assert_eq!(archive.status_of(&id(4)).unwrap(), Some(LicenseStatus::Valid));
}

#[test]
fn the_event_log_tells_the_status_of_every_instant() {
    let (archive, _) = fresh();
    let at = |seconds| act_at(&format!("at {seconds}"), 1, seconds);
    archive.file(&at(10), &filing_for(1, 1, 10)).unwrap();
    archive.file(&at(11), &filing_for(1, 2, 11)).unwrap();
    archive.change_status(&at(20), &id(1), &change(Change::Suspend)).unwrap();
    archive.change_status(&at(30), &id(1), &change(Change::Restore)).unwrap();
    archive.record_share(&at(35), &id(1), "银行").unwrap();
    archive.change_status(&at(40), &id(1), &change(Change::Revoke)).unwrap();
    let status = |n, seconds| {
        archive.status_at(&id(n), time(seconds)).unwrap().map(|(status, event)| (status, event.number))
    };
    use LicenseStatus::{Revoked, Suspended, Valid};
    for (seconds, expected) in [
        (9, None),
        (10, Some((Valid, 2))),
        (19, Some((Valid, 2))),
        (20, Some((Suspended, 4))),
        (30, Some((Valid, 5))),
        (39, Some((Valid, 5))),
        (40, Some((Revoked, 7))),
        (9000, Some((Revoked, 7))),
    ] {
        assert_eq!(status(1, seconds), expected, "{seconds}");
    }
    // One that counts as never issued was never in force, however early one asks.
    let void = StatusChange { retroactive: true, ..change(Change::Revoke) };
    archive.change_status(&at(50), &id(2), &void).unwrap();
    assert_eq!((status(2, 10), status(2, 11), status(2, 60)), (None, Some((Revoked, 8)), Some((Revoked, 8))));
    assert_eq!(status(3, 60), None);
}

#[test]
fn a_list_of_every_instant_stays() {
    let (archive, _) = fresh();
    for (seconds, token) in [(10, b"first"), (20, b"secon"), (20, b"third"), (30, b"forth")] {
        let token_act = act_at(&format!("{seconds} {token:?}"), 1, seconds);
        archive.publish_status_list(&token_act, LIST, token).unwrap();
    }
    archive.publish_status_list(&act_at("other", 1, 5), "https://status.example/2", b"other").unwrap();
    let kept = |seconds| archive.status_list_at(LIST, time(seconds)).unwrap();
    assert_eq!(kept(9), None);
    assert_eq!(kept(10).as_deref(), Some(&b"first"[..]));
    assert_eq!(kept(19).as_deref(), Some(&b"first"[..]));
    // Of two in one second the later one.
    assert_eq!(kept(20).as_deref(), Some(&b"third"[..]));
    assert_eq!(kept(9_999_999_999).as_deref(), Some(&b"forth"[..]));
    assert_eq!(archive.status_list(LIST).unwrap().as_deref(), Some(&b"forth"[..]));
}
