//! Chains of versions: one head, the old ones linked and kept, all or nothing.

use std::sync::Barrier;

use boyin_archive::{
    Act, Archive, ArchiveError, Batch, Change, EventKind, Failure, FaultKind, Filing, MAX_WORDS, Outcome,
    Store, Succession, SuccessionKind, Table,
};
use boyin_model::id::LicenseId;
use boyin_model::status::LicenseStatus::{Revoked, Superseded, Suspended, Valid};

use crate::check::check_sound;
use crate::damage::every_damage_is_found;
use crate::fixtures::{
    LIST, act, act_at, change, filing, filing_for, fresh, holder, id, office, reopened, time,
};

/// The next version of a license of holder 0, in place `place` of the status list.
fn next_of(of: &LicenseId, place: u32) -> Filing {
    let mut next = filing(place);
    next.record.id = of.next_version().unwrap();
    next
}

pub(crate) fn succession(kind: SuccessionKind, of: &LicenseId) -> Succession {
    Succession {
        of: of.clone(),
        kind,
        reason: "有效期届满".to_owned(),
        basis: Some("行政许可法第五十条".to_owned()),
    }
}

/// Renews the license `n` places after it.
pub(crate) fn succeed(archive: &Archive, key: &str, n: u32, of: &LicenseId) -> Result<Outcome, ArchiveError> {
    let next = next_of(of, 50 + n);
    archive.succeed(&act(key), &next, &succession(SuccessionKind::Renewal, of))
}

/// One act of each kind that makes a version, and one that ends a chain, on licenses of their own.
pub(crate) fn each_act(archive: &Archive) {
    archive.file(&act("file 30"), &filing(30)).unwrap();
    let mut head = id(30);
    for (place, kind) in (31..).zip(SuccessionKind::ALL) {
        let next = next_of(&head, place);
        archive.succeed(&act(&format!("next {place}")), &next, &succession(kind, &head)).unwrap();
        head = next.record.id;
    }
    archive.file(&act("file 40"), &filing(40)).unwrap();
    let supersede = supersede(&id(40));
    archive.change_status(&act("supersede"), &head, &supersede).unwrap();
    archive.change_status(&act("cancel"), &id(40), &change(Change::Cancel)).unwrap();
}

fn supersede(by: &LicenseId) -> boyin_archive::StatusChange {
    boyin_archive::StatusChange { successor: Some(by.clone()), ..change(Change::Supersede) }
}

fn chain(archive: &Archive, of: &LicenseId) -> Vec<LicenseId> {
    archive.versions(of).unwrap().into_iter().map(|version| version.id).collect()
}

fn check(archive: &Archive) {
    let _ = check_sound(archive);
}

#[test]
fn each_kind_of_succession_moves_the_head_and_keeps_the_history() {
    let (archive, store) = fresh();
    archive.file(&act("file"), &filing(1)).unwrap();
    let mut ids = vec![id(1)];
    for (place, kind) in (2..).zip(SuccessionKind::ALL) {
        let of = ids.last().unwrap().clone();
        let next = next_of(&of, place);
        let outcome = archive.succeed(&act(&format!("{kind:?}")), &next, &succession(kind, &of)).unwrap();
        assert_eq!(
            (outcome.what, outcome.license.as_ref()),
            (EventKind::LicenseIssued, Some(&next.record.id))
        );
        assert_eq!(archive.get(&next.record.id).unwrap(), Some(next.record.clone()));
        let told = archive.events_of(&of, None, 10).unwrap().pop().unwrap();
        assert_eq!((told.what, told.number), (kind.event(), outcome.event - 1));
        assert_eq!((told.successor.as_ref(), told.detail.as_str()), (Some(&next.record.id), "有效期届满"));
        assert_eq!(told.basis.as_deref(), Some("行政许可法第五十条"));
        assert!(told.subject.is_some() && told.previous.is_some());
        assert!(archive.unpublished(LIST).unwrap().is_some(), "the list has to be published");
        ids.push(next.record.id);
    }
    ids.reverse();
    let archive = reopened(archive, &store);
    for id in &ids {
        assert_eq!(chain(&archive, id), ids, "from each version");
        assert_eq!(archive.head_of(id).unwrap(), ids[0]);
    }
    let versions = archive.versions(&ids[2]).unwrap();
    let kinds: Vec<_> = versions.iter().map(|v| v.succeeded.as_ref().map(|event| event.what)).collect();
    use EventKind::{LicenseChanged, LicenseReissued, LicenseRenewed};
    assert_eq!(kinds, [None, Some(LicenseReissued), Some(LicenseChanged), Some(LicenseRenewed)]);
    let statuses: Vec<_> = versions.iter().map(|v| v.status.unwrap()).collect();
    assert_eq!(statuses, [Valid, Superseded, Superseded, Superseded]);
    assert_eq!(archive.list_by_holder(&holder(0), None, 10).unwrap().items.len(), 4);
    check(&archive);
}

#[test]
fn what_is_done_to_an_old_version_is_refused_and_names_the_head() {
    let (archive, _) = fresh();
    archive.file(&act("file"), &filing(1)).unwrap();
    let second = succeed(&archive, "renew", 1, &id(1)).unwrap().license.unwrap();
    let head = succeed(&archive, "renew again", 2, &second).unwrap().license.unwrap();
    let names_head = |refused: Result<Outcome, ArchiveError>| match refused {
        Err(ArchiveError::NotHead { head: named }) => {
            assert_eq!(*named, head);
            assert!(ArchiveError::NotHead { head: named }.to_string().contains(head.as_str()));
        }
        other => panic!("{other:?}"),
    };
    for (place, of) in [id(1), second].iter().enumerate() {
        for to in Change::ALL {
            names_head(archive.change_status(&act(&format!("{to:?} {place}")), of, &change(to)));
        }
        names_head(succeed(&archive, &format!("renew {place}"), 9, of));
    }
    archive.change_status(&act("suspend"), &head, &change(Change::Suspend)).unwrap();
    check(&archive);
}

#[test]
fn only_a_license_in_force_has_a_next_version() {
    for (to, from) in [
        (Change::Suspend, Suspended),
        (Change::Revoke, Revoked),
        (Change::Cancel, Revoked),
        (Change::Supersede, Superseded),
    ] {
        let (archive, _) = fresh();
        archive.file(&act("file"), &filing(1)).unwrap();
        archive.change_status(&act("change"), &id(1), &change(to)).unwrap();
        let refused = succeed(&archive, "renew", 1, &id(1));
        assert!(
            matches!(refused, Err(ArchiveError::IllegalTransition { from: now, to: Superseded }) if now == from),
            "{to:?}: {refused:?}"
        );
        assert_eq!(archive.versions(&id(1)).unwrap().len(), 1);
        if to == Change::Suspend {
            archive.change_status(&act("restore"), &id(1), &change(Change::Restore)).unwrap();
            succeed(&archive, "renew", 1, &id(1)).unwrap();
        }
        check(&archive);
    }
}

#[test]
fn a_next_version_is_the_next_one_of_the_same_holder() {
    let (archive, _) = fresh();
    archive.file(&act("file"), &filing(1)).unwrap();
    let right = succession(SuccessionKind::Change, &id(1));
    let refused = |key: &str, filing: &Filing, succession: &Succession| {
        archive.succeed(&act(key), filing, succession).unwrap_err().code()
    };
    let mut skipped = next_of(&id(1).next_version().unwrap(), 2);
    assert_eq!(refused("skipped", &skipped, &right), "not_next_version");
    skipped.record.id = id(2);
    assert_eq!(refused("another serial", &skipped, &right), "not_next_version");
    let mut other = filing_for(1, 2, 0);
    other.record.id = id(1).next_version().unwrap();
    assert_eq!(refused("another holder", &other, &right), "not_next_version");
    let next = next_of(&id(1), 1);
    assert_eq!(refused("taken", &next, &right), "slot_taken");
    let next = next_of(&id(1), 2);
    for (place, words) in [" ".to_owned(), "长".repeat(MAX_WORDS + 1)].into_iter().enumerate() {
        let reason = Succession { reason: words.clone(), ..right.clone() };
        let basis = Succession { basis: Some(words), ..right.clone() };
        assert_eq!(refused(&format!("reason {place}"), &next, &reason), "invalid_reason");
        assert_eq!(refused(&format!("basis {place}"), &next, &basis), "invalid_reason");
    }
    let nowhere = succession(SuccessionKind::Change, &id(7));
    assert_eq!(refused("nowhere", &next_of(&id(7), 7), &nowhere), "license_not_found");
    let mut bare = filing(3);
    bare.record.slot = None;
    archive.file(&act("bare"), &bare).unwrap();
    let of_bare = succession(SuccessionKind::Change, &id(3));
    assert_eq!(refused("bare next", &next_of(&id(3), 4), &of_bare), "license_no_slot");
    // The next version was filed as a license of its own.
    archive.file(&act("file next"), &next).unwrap();
    let mut again = next.clone();
    again.record.slot.as_mut().unwrap().index = 9;
    assert_eq!(refused("filed", &again, &right), "license_conflict");
    assert_eq!(archive.status_of(&id(1)).unwrap(), Some(Valid));
    check(&archive);
}

#[test]
fn the_same_succession_again_gives_its_outcome() {
    let (archive, store) = fresh();
    archive.file(&act("file"), &filing(1)).unwrap();
    let first = succeed(&archive, "renew", 1, &id(1)).unwrap();
    let events = archive.last_event().unwrap();
    let archive = reopened(archive, &store);
    let again = succeed(&archive, "renew", 1, &id(1)).unwrap();
    assert_eq!((again.event, again.replayed, &again.license), (first.event, true, &first.license));
    assert_eq!(archive.last_event().unwrap(), events);
    let other = act_at("renew", 2, 0);
    let refused = archive.succeed(&other, &next_of(&id(1), 51), &succession(SuccessionKind::Renewal, &id(1)));
    assert_eq!(refused.unwrap_err().code(), "idempotency_conflict");
}

#[test]
fn of_two_renewals_at_once_one_wins() {
    for round in 0..20 {
        let (archive, _) = fresh();
        archive.file(&act("file"), &filing(1)).unwrap();
        let barrier = Barrier::new(4);
        let results: Vec<_> = std::thread::scope(|scope| {
            let renew = |n: u32| {
                let (archive, barrier) = (&archive, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    succeed(archive, &format!("renew {n}"), n, &id(1))
                })
            };
            let threads: Vec<_> = (0..4).map(renew).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let won: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
        assert_eq!(won.len(), 1, "{round}: {results:?}");
        let head = won[0].license.clone().unwrap();
        for lost in results.iter().filter_map(|result| result.as_ref().err()) {
            assert!(matches!(lost, ArchiveError::NotHead { head: named } if **named == head), "{lost:?}");
        }
        assert_eq!(chain(&archive, &id(1)).len(), 2);
        check(&archive);
    }
}

#[test]
fn a_write_that_fails_leaves_all_or_nothing() {
    for (failure, done) in [(Failure::Lost, false), (Failure::Unanswered, true)] {
        let (archive, store) = fresh();
        archive.file(&act("file"), &filing(1)).unwrap();
        store.fail_after(0, failure);
        assert!(succeed(&archive, "renew", 1, &id(1)).is_err());
        let archive = reopened(archive, &store);
        assert_eq!(chain(&archive, &id(1)).len(), if done { 2 } else { 1 });
        assert_eq!(archive.status_of(&id(1)).unwrap(), Some(if done { Superseded } else { Valid }));
        check(&archive);
        let again = succeed(&archive, "renew", 1, &id(1)).unwrap();
        assert_eq!((again.replayed, chain(&archive, &id(1)).len()), (done, 2));
        check(&archive);
    }
}

#[test]
fn a_license_on_file_takes_the_place_of_another_one() {
    let (archive, _) = fresh();
    for n in 1..=4 {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    archive.file(&act("file 5"), &filing_for(1, 5, 0)).unwrap();
    let head = succeed(&archive, "renew", 1, &id(1)).unwrap().license.unwrap();
    let mut tries = 0;
    let mut by = |of: &LicenseId, by: &LicenseId| {
        tries += 1;
        archive.change_status(&act(&format!("supersede {tries}")), of, &supersede(by)).map_err(|e| e.code())
    };
    assert_eq!(by(&id(2), &id(9)), Err("not_successor"), "not on file");
    assert_eq!(by(&id(2), &head), Err("not_successor"), "the head of another chain");
    assert_eq!(by(&id(2), &id(1)), Err("not_successor"), "an old version");
    archive.change_status(&act("suspend"), &id(4), &change(Change::Suspend)).unwrap();
    assert_eq!(by(&id(2), &id(4)), Err("not_successor"), "suspended");
    archive.purge(&act("purge"), &id(4), "乙", "依法删除").unwrap();
    assert_eq!(by(&id(2), &id(4)), Err("not_successor"), "erased");
    assert_eq!(by(&id(2), &id(5)), Err("not_successor"), "of another holder");
    assert_eq!(archive.status_of(&id(2)).unwrap(), Some(Valid));
    by(&head, &id(3)).unwrap();
    assert_eq!(chain(&archive, &id(1)), [id(3), head.clone(), id(1)]);
    assert_eq!(by(&id(2), &id(3)), Err("not_successor"), "it has taken the place of another one");
    let last = succeed(&archive, "renew 3", 3, &id(3)).unwrap().license.unwrap();
    assert_eq!(chain(&archive, &head)[0], last);
    // An old version can be erased; the chain stays.
    archive.purge(&act("purge head"), &head, "乙", "依法删除").unwrap();
    let versions = archive.versions(&id(1)).unwrap();
    assert_eq!(
        versions.iter().map(|v| v.status).collect::<Vec<_>>(),
        [Some(Valid), Some(Superseded), None, Some(Superseded)]
    );
    // One that passes to somebody else is superseded, and not linked.
    archive.change_status(&act("passed on"), &id(2), &change(Change::Supersede)).unwrap();
    assert_eq!(chain(&archive, &id(2)), [id(2)]);
    check(&archive);
}

#[test]
fn links_that_lead_astray_are_found() {
    let prepared = || {
        let (archive, store) = fresh();
        archive.file(&act("file"), &filing(1)).unwrap();
        let second = succeed(&archive, "renew", 1, &id(1)).unwrap().license.unwrap();
        let third = succeed(&archive, "renew 2", 2, &second).unwrap().license.unwrap();
        (archive, store, second, third)
    };
    let key = |id: &LicenseId| id.as_str().as_bytes().to_vec();
    let head = [key(&id(1)), vec![0]].concat();
    let faults = |archive: &Archive| {
        let mut kinds: Vec<_> =
            archive.check(&mut |_| {}).unwrap().faults.into_iter().map(|fault| fault.kind).collect();
        kinds.dedup();
        kinds
    };
    let (archive, store, _, _) = prepared();
    store.commit(Batch::new().delete(Table::Version, head.clone())).unwrap();
    assert_eq!(faults(&archive), [FaultKind::HeadDiffers]);
    assert!(archive.head_of(&id(1)).is_err(), "nothing is guessed");
    let (archive, store, second, _) = prepared();
    store.commit(Batch::new().delete(Table::Version, key(&second))).unwrap();
    assert!(faults(&archive).contains(&FaultKind::VersionsDiffer));
    let (archive, store, _, third) = prepared();
    store.commit(Batch::new().delete(Table::Version, key(&third))).unwrap();
    assert!(faults(&archive).contains(&FaultKind::HeadDiffers));
    // All of it is gone: the log knows.
    let (archive, store, second, third) = prepared();
    let all = [key(&id(1)), key(&second), key(&third), head.clone()];
    let batch = all.into_iter().fold(Batch::new(), |batch, key| batch.delete(Table::Version, key));
    store.commit(batch).unwrap();
    assert_eq!(faults(&archive), [FaultKind::VersionsDiffer]);
    // A head of an earlier time, put back.
    let (archive, store) = fresh();
    archive.file(&act("file"), &filing(1)).unwrap();
    let second = succeed(&archive, "renew", 1, &id(1)).unwrap().license.unwrap();
    let old = store.get(Table::Version, &head).unwrap().unwrap();
    succeed(&archive, "renew 2", 2, &second).unwrap();
    store.commit(Batch::new().put(Table::Version, head.clone(), old)).unwrap();
    assert_eq!(faults(&archive), [FaultKind::HeadDiffers]);
}

#[test]
fn every_damage_to_the_links_is_found() {
    let (archive, store) = fresh();
    archive.file(&act("file"), &filing(1)).unwrap();
    let second = succeed(&archive, "renew", 1, &id(1)).unwrap().license.unwrap();
    every_damage_is_found(&store, Table::Version, || {
        archive.versions(&id(1))?;
        archive.head_of(&second).map(drop)
    });
}

#[test]
fn an_act_cannot_take_the_key_of_a_part() {
    let refused = Act::new("窗口一", office(), "办理登记", time(0), "renew\u{0}0", [1; 32]);
    assert!(refused.is_err(), "it would keep the outcome of somebody else's event");
}
