//! Changes of many licenses: exactly what was planned and signed off, all or nothing, and back again.

use boyin_archive::{
    Act, Archive, ArchiveError, Change, EventKind, Failure, HolderEnd, LeftReason, MAX_MASS, MassPlan,
    MassScope, Outcome, PlanDigest, SignOff, StatusChange, Table,
};
use boyin_model::id::{HolderCode, HolderCodeType};
use boyin_model::status::LicenseStatus::{Revoked, Superseded, Suspended, Valid};
use boyin_model::time::UnixTime;

use crate::check::check_sound;
use crate::damage::every_damage_is_found;
use crate::fixtures::{
    LIST, TYPE_B, act, act_at, change, filing, filing_for, fresh, holder, id, id_of, license_type, office,
    reopened, time,
};
use crate::versions::succeed;

/// Up to when what the tests do can be undone.
const UNDO_UNTIL: u64 = 1000;

fn until() -> UnixTime {
    time(UNDO_UNTIL)
}

fn death(whose: u8) -> MassScope {
    MassScope::Holder { holder: holder(whose), end: HolderEnd::Death, keeps: vec![license_type(TYPE_B)] }
}

fn cancel() -> StatusChange {
    StatusChange {
        basis: Some("行政许可法第七十条".to_owned()),
        ..StatusChange::new(Change::Cancel, "持证主体死亡")
    }
}

fn signed(plan: &MassPlan) -> SignOff {
    SignOff { digest: plan.digest, second: "乙".to_owned() }
}

fn do_it(
    archive: &Archive,
    act: &Act,
    scope: &MassScope,
    change: &StatusChange,
) -> Result<Outcome, ArchiveError> {
    let plan = archive.mass_plan(scope, change, act.at())?;
    archive.mass_change(act, scope, change, &signed(&plan), until())
}

/// Cancels what a holder has.
pub(crate) fn close_as(archive: &Archive, act: &Act, whose: u8) -> Result<Outcome, ArchiveError> {
    do_it(archive, act, &death(whose), &cancel())
}

pub(crate) fn close(archive: &Archive, key: &str, whose: u8) -> Result<Outcome, ArchiveError> {
    close_as(archive, &act(key), whose)
}

/// One act of each kind, on licenses of another holder.
pub(crate) fn each_act(archive: &Archive) {
    for n in 60..63 {
        archive.file(&act(&format!("file {n}")), &filing_for(1, n, 0)).unwrap();
    }
    archive.change_status(&act("suspend 61"), &id(61), &change(Change::Suspend)).unwrap();
    let revoke = StatusChange::new(Change::Revoke, "批量吊销");
    do_it(archive, &act("revoke 62"), &MassScope::Licenses(vec![id(62)]), &revoke).unwrap();
    let closed = close(archive, "close 1", 1).unwrap();
    archive.undo_mass_change(&act("undo 1"), closed.event, "乙", "误办").unwrap();
}

/// A valid, a suspended, a revoked and a superseded license, its next version, one of a type that outlives its holder, one
/// whose status is kept elsewhere, an erased one; and one of somebody else.
fn filled(archive: &Archive) {
    for n in 1..=5 {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    archive.change_status(&act("suspend"), &id(2), &change(Change::Suspend)).unwrap();
    archive.change_status(&act("revoke"), &id(3), &change(Change::Revoke)).unwrap();
    succeed(archive, "renew", 4, &id(4)).unwrap();
    archive.purge(&act("purge"), &id(5), "乙", "依法删除").unwrap();
    let mut outlives = filing(6);
    outlives.record.id = id_of(TYPE_B, 6);
    archive.file(&act("file 6"), &outlives).unwrap();
    let mut elsewhere = filing(7);
    elsewhere.record.slot = None;
    archive.file(&act("file 7"), &elsewhere).unwrap();
    archive.file(&act("file 8"), &filing_for(1, 8, 0)).unwrap();
}

#[test]
fn a_dry_run_lists_exactly_what_is_done() {
    let (archive, store) = fresh();
    filled(&archive);
    let before = archive.last_event().unwrap();
    let plan = archive.mass_plan(&death(0), &cancel(), time(0)).unwrap();
    assert_eq!(archive.last_event().unwrap(), before, "a look does nothing");
    let next = id(4).next_version().unwrap();
    let items: Vec<_> = plan.items.iter().map(|item| (item.id.clone(), item.from)).collect();
    assert_eq!(items, [(id(1), Valid), (id(2), Suspended), (next.clone(), Valid)]);
    let mut left: Vec<_> = plan.left.iter().map(|left| (left.id.clone(), left.why)).collect();
    let mut expected = vec![
        (id(3), LeftReason::Ended),
        (id(4), LeftReason::Ended),
        (id_of(TYPE_B, 6), LeftReason::OutlivesHolder),
        (id(7), LeftReason::StatusElsewhere),
    ];
    left.sort_by(|a, b| a.0.cmp(&b.0));
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(left, expected, "the erased one is in nobody's file");
    archive.publish_status_list(&act("publish"), LIST, b"token").unwrap();
    let mark = archive.unpublished(LIST).unwrap().unwrap();
    let outcome = archive.mass_change(&act("close"), &death(0), &cancel(), &signed(&plan), until()).unwrap();
    assert_eq!((outcome.what, outcome.license), (EventKind::HolderClosed, None));
    assert_ne!(archive.unpublished(LIST).unwrap(), Some(mark), "the list has to be published");
    let archive = reopened(archive, &store);
    let statuses = [id(1), id(2), id(3), id(4), next, id_of(TYPE_B, 6), id(8)]
        .map(|id| archive.status_of(&id).unwrap().unwrap());
    assert_eq!(statuses, [Revoked, Revoked, Revoked, Superseded, Revoked, Valid, Valid]);
    let events = archive.events(Some(outcome.event - 4), 10).unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.what, event.license.clone())).collect();
    let canceled = |id| (EventKind::LicenseCanceled, Some(id));
    assert_eq!(
        told,
        [
            canceled(items[0].0.clone()),
            canceled(items[1].0.clone()),
            canceled(items[2].0.clone()),
            (EventKind::HolderClosed, None)
        ]
    );
    for event in &events {
        assert_eq!(
            (event.second.as_deref(), event.basis.as_deref()),
            (Some("乙"), Some("行政许可法第七十条"))
        );
        assert!(event.subject.is_some(), "it is in the log of the holder's file");
    }
    assert_eq!(events[3].detail, format!("death 3 {}", plan.digest));
    let of_holder = archive.events_of_holder(&holder(0), None, 100).unwrap();
    assert!(events.iter().all(|event| of_holder.contains(event)));
    let record = archive.mass_record(outcome.event).unwrap().unwrap();
    assert_eq!((record.items, record.undo_until, record.undone), (plan.items, until(), None));
    let _ = check_sound(&archive);
}

#[test]
fn what_changes_after_the_dry_run_makes_the_sign_off_void() {
    type Meanwhile = fn(&Archive);
    let meanwhile: [Meanwhile; 8] = [
        |archive| drop(archive.file(&act("new"), &filing(9)).unwrap()),
        |archive| drop(archive.change_status(&act("x"), &id(1), &change(Change::Suspend)).unwrap()),
        |archive| drop(archive.change_status(&act("x"), &id(2), &change(Change::Restore)).unwrap()),
        |archive| drop(archive.change_status(&act("x"), &id(1), &change(Change::Revoke)).unwrap()),
        |archive| drop(succeed(archive, "x", 1, &id(1)).unwrap()),
        |archive| drop(archive.purge(&act("x"), &id(1), "乙", "依法删除").unwrap()),
        // Every status is again what it was.
        |archive| {
            archive.change_status(&act("x"), &id(1), &change(Change::Suspend)).unwrap();
            archive.change_status(&act("y"), &id(1), &change(Change::Restore)).unwrap();
        },
        |archive| {
            let closed = close(archive, "x", 0).unwrap();
            archive.undo_mass_change(&act("y"), closed.event, "乙", "误报").unwrap();
        },
    ];
    for (place, meanwhile) in meanwhile.into_iter().enumerate() {
        let (archive, _) = fresh();
        filled(&archive);
        let plan = archive.mass_plan(&death(0), &cancel(), time(0)).unwrap();
        meanwhile(&archive);
        let last = archive.last_event().unwrap();
        let refused = archive.mass_change(&act("close"), &death(0), &cancel(), &signed(&plan), until());
        assert!(matches!(refused, Err(ArchiveError::PlanChanged)), "{place}: {refused:?}");
        assert_eq!(archive.last_event().unwrap(), last, "{place}");
        close(&archive, "close", 0).unwrap();
        let _ = check_sound(&archive);
    }
    // Neither does what is asked: other words, another holder, another end.
    let (archive, _) = fresh();
    filled(&archive);
    let plan = archive.mass_plan(&death(0), &cancel(), time(0)).unwrap();
    let refused = |scope: &MassScope, change: &StatusChange| {
        archive.mass_change(&act("close"), scope, change, &signed(&plan), until()).unwrap_err().code()
    };
    let reason = StatusChange { reason: "另一事由".to_owned(), ..cancel() };
    assert_eq!(refused(&death(0), &reason), "plan_changed");
    assert_eq!(refused(&death(0), &StatusChange { basis: None, ..cancel() }), "plan_changed");
    assert_eq!(refused(&death(0), &StatusChange { change: Change::Revoke, ..cancel() }), "plan_changed");
    let same = MassScope::Licenses(plan.items.iter().map(|item| item.id.clone()).collect());
    assert_eq!(refused(&same, &cancel()), "plan_changed");
    assert_eq!(refused(&death(1), &cancel()), "plan_changed");
}

#[test]
fn nothing_slips_in_between_the_look_and_the_act() {
    for round in 0..10 {
        let (archive, _) = fresh();
        filled(&archive);
        let plan = archive.mass_plan(&death(0), &cancel(), time(0)).unwrap();
        let (closed, filed) = std::thread::scope(|scope| {
            let close = scope
                .spawn(|| archive.mass_change(&act("close"), &death(0), &cancel(), &signed(&plan), until()));
            let file = scope.spawn(|| archive.file(&act("new"), &filing(9)).unwrap());
            (close.join().unwrap(), file.join().unwrap())
        });
        match closed {
            Ok(outcome) => {
                assert!(filed.event > outcome.event, "{round}: it was filed after the file was closed");
                assert_eq!(archive.mass_record(outcome.event).unwrap().unwrap().items, plan.items);
            }
            Err(error) => assert!(matches!(error, ArchiveError::PlanChanged), "{round}: {error:?}"),
        }
        assert_eq!(archive.status_of(&id(9)).unwrap(), Some(Valid));
        let _ = check_sound(&archive);
    }
}

#[test]
fn it_takes_a_second_person_words_and_something_to_do() {
    let (archive, _) = fresh();
    filled(&archive);
    let plan = archive.mass_plan(&death(0), &cancel(), time(0)).unwrap();
    let by = |second: &str| {
        let sign_off = SignOff { digest: plan.digest, second: second.to_owned() };
        archive.mass_change(&act("close"), &death(0), &cancel(), &sign_off, until()).unwrap_err().code()
    };
    assert_eq!(
        (by("窗口一"), by("窗口 一"), by("·窗口一")),
        ("seal_same_person", "seal_same_person", "seal_same_person")
    );
    assert_eq!(by(" "), "seal_second");
    let plan = |scope: &MassScope, change: &StatusChange| {
        archive.mass_plan(scope, change, time(0)).map_err(|e| e.code())
    };
    for wrong in [
        StatusChange { reason: " ".to_owned(), ..cancel() },
        StatusChange { basis: Some(String::new()), ..cancel() },
        StatusChange { change: Change::Suspend, ..cancel() },
        StatusChange { change: Change::Supersede, ..cancel() },
        StatusChange { change: Change::Revoke, retroactive: true, ..cancel() },
        StatusChange { successor: Some(id(1)), ..cancel() },
    ] {
        assert_eq!(plan(&death(0), &wrong), Err("invalid_reason"), "{wrong:?}");
    }
    let organization = HolderCode::new(HolderCodeType::CreditCode, office().as_str()).unwrap();
    let end = |holder: &HolderCode, end| MassScope::Holder { holder: holder.clone(), end, keeps: Vec::new() };
    assert_eq!(plan(&end(&organization, HolderEnd::Death), &cancel()), Err("holder_end"));
    assert_eq!(plan(&end(&holder(0), HolderEnd::Deregistration), &cancel()), Err("holder_end"));
    let empty = end(&organization, HolderEnd::Deregistration);
    let refused = do_it(&archive, &act("nothing"), &empty, &cancel());
    assert!(matches!(refused, Err(ArchiveError::MassNothing)), "{refused:?}");
    assert_eq!(archive.status_of(&id(1)).unwrap(), Some(Valid));
}

#[test]
fn a_list_of_licenses_is_changed_the_same_way() {
    let (archive, _) = fresh();
    filled(&archive);
    let revoke = StatusChange::new(Change::Revoke, "批量吊销");
    let scope = MassScope::Licenses([8, 1, 5, 1, 9, 3, 7].map(id).to_vec());
    let plan = archive.mass_plan(&scope, &revoke, time(0)).unwrap();
    let items: Vec<_> = plan.items.iter().map(|item| item.id.clone()).collect();
    assert_eq!(items, [id(1), id(8)], "of every holder, each once");
    let left: Vec<_> = plan.left.iter().map(|left| (left.id.clone(), left.why)).collect();
    use LeftReason::{Ended, Erased, NotOnFile, StatusElsewhere};
    assert_eq!(left, [(id(3), Ended), (id(5), Erased), (id(7), StatusElsewhere), (id(9), NotOnFile)]);
    let outcome = do_it(&archive, &act("bulk"), &scope, &revoke).unwrap();
    assert_eq!(outcome.what, EventKind::LicensesChanged);
    let event = archive.events_of(&id(8), None, 10).unwrap().pop().unwrap();
    assert_eq!((event.what, event.detail.as_str()), (EventKind::LicenseRevoked, "批量吊销"));
    // Every type goes: licenses that outlive their holder do not outlive a revocation.
    let outlives = MassScope::Licenses(vec![id_of(TYPE_B, 6)]);
    do_it(&archive, &act("bulk 2"), &outlives, &revoke).unwrap();
    let many = MassScope::Licenses((0..=u32::try_from(MAX_MASS).unwrap()).map(id).collect());
    assert!(matches!(archive.mass_plan(&many, &revoke, time(0)), Err(ArchiveError::MassTooMany)));
    let _ = check_sound(&archive);
}

#[test]
fn undo_gives_back_exactly_what_was_taken() {
    let (archive, store) = fresh();
    filled(&archive);
    let before: Vec<_> = archive.slots(LIST, None, 100).unwrap();
    let closed = close(&archive, "close", 0).unwrap();
    archive.file(&act("new"), &filing(9)).unwrap();
    archive.change_status(&act("suspend 9"), &id(9), &change(Change::Suspend)).unwrap();
    let undone = archive.undo_mass_change(&act("undo"), closed.event, "乙", "误报死亡").unwrap();
    let archive = reopened(archive, &store);
    let after = archive.slots(LIST, None, 100).unwrap();
    let expected: Vec<_> = before.into_iter().chain([(9, Suspended)]).collect();
    let sorted = |mut slots: Vec<_>| {
        slots.sort_by_key(|(place, _): &(u32, _)| *place);
        slots
    };
    assert_eq!(after, sorted(expected), "what others did since stays");
    let record = archive.mass_record(closed.event).unwrap().unwrap();
    assert_eq!(record.undone.map(|undone| (undone.event, undone.left)), Some((undone.event, Vec::new())));
    let told: Vec<_> = archive.events(Some(undone.event - 4), 10).unwrap();
    use EventKind::{ChangesUndone, LicenseRestored, LicenseSuspended};
    let kinds: Vec<_> = told.iter().map(|event| event.what).collect();
    assert_eq!(kinds, [LicenseRestored, LicenseSuspended, LicenseRestored, ChangesUndone]);
    assert!(told.iter().all(|event| event.detail == format!("event {}: 误报死亡", closed.event)));
    assert!(told.iter().all(|event| event.second.as_deref() == Some("乙")));
    let again = archive.undo_mass_change(&act("again"), closed.event, "乙", "误报死亡");
    assert!(matches!(again, Err(ArchiveError::MassUndone { event }) if event == undone.event), "{again:?}");
    assert!(archive.undo_mass_change(&act("undo"), closed.event, "乙", "误报死亡").unwrap().replayed);
    // It can be closed again, and that undone again.
    let closed = close(&archive, "close again", 0).unwrap();
    archive.undo_mass_change(&act("undo again"), closed.event, "乙", "误报死亡").unwrap();
    let _ = check_sound(&archive);
}

#[test]
fn undo_leaves_what_others_touched_since() {
    let (archive, _) = fresh();
    filled(&archive);
    let closed = close(&archive, "close", 0).unwrap();
    archive.purge(&act("purge 1"), &id(1), "乙", "依法删除").unwrap();
    let outcome = archive.undo_mass_change(&act("undo"), closed.event, "乙", "误报").unwrap();
    let record = archive.mass_record(closed.event).unwrap().unwrap();
    assert_eq!(record.undone.map(|undone| (undone.event, undone.left)), Some((outcome.event, vec![id(1)])));
    assert_eq!(archive.status_of(&id(2)).unwrap(), Some(Suspended));
    // Of two that overlap, the later one is undone, and the earlier one leaves what the later one gave back.
    let first = MassScope::Licenses(vec![id(2), id(8)]);
    let done = do_it(&archive, &act("first"), &first, &cancel()).unwrap();
    archive.purge(&act("purge 8"), &id(8), "乙", "依法删除").unwrap();
    archive.purge(&act("purge 2"), &id(2), "乙", "依法删除").unwrap();
    let refused = archive.undo_mass_change(&act("undo first"), done.event, "乙", "误报");
    assert!(matches!(refused, Err(ArchiveError::MassNothing)), "{refused:?}");
    let _ = check_sound(&archive);
}

#[test]
fn undo_leaves_what_others_wanted_out_of_force_since() {
    let (archive, _) = fresh();
    filled(&archive);
    let closed = close(&archive, "close", 0).unwrap();
    let at = |key: &str, seconds| act_at(key, 1, seconds);
    let set = |act: &Act, n, to| archive.change_status(act, &id(n), &change(to));
    for wrong in [Change::Suspend, Change::Restore, Change::Supersede] {
        let refused = set(&act("wrong"), 1, wrong);
        assert!(matches!(refused, Err(ArchiveError::IllegalTransition { .. })), "{wrong:?}: {refused:?}");
    }
    let refused = set(&at("late", UNDO_UNTIL + 1), 1, Change::Revoke);
    assert!(matches!(refused, Err(ArchiveError::IllegalTransition { .. })), "it is too late: {refused:?}");
    let refused = set(&act("alone"), 3, Change::Revoke);
    assert!(matches!(refused, Err(ArchiveError::IllegalTransition { .. })), "it was alone: {refused:?}");
    let revoked = set(&at("other", UNDO_UNTIL), 1, Change::Revoke).unwrap();
    let refused = set(&act("twice"), 1, Change::Cancel);
    assert!(matches!(refused, Err(ArchiveError::IllegalTransition { .. })), "{refused:?}");
    let undone = archive.undo_mass_change(&at("undo", UNDO_UNTIL), closed.event, "乙", "误报").unwrap();
    let record = archive.mass_record(closed.event).unwrap().unwrap();
    assert_eq!(record.undone.map(|undone| (undone.event, undone.left)), Some((undone.event, vec![id(1)])));
    assert_eq!(archive.status_of(&id(1)).unwrap(), Some(Revoked));
    assert_eq!(archive.status_of(&id(2)).unwrap(), Some(Suspended));
    let (_, last) = archive.status_at(&id(1), time(UNDO_UNTIL)).unwrap().unwrap();
    assert_eq!((last.number, last.what), (revoked.event, EventKind::LicenseRevoked));
    let _ = check_sound(&archive);
}

#[test]
fn of_two_changes_of_many_licenses_that_meet_the_other_one_stands() {
    let (archive, _) = fresh();
    filled(&archive);
    let many = |ns: &[u32]| MassScope::Licenses(ns.iter().map(|n| id(*n)).collect());
    let bulk = do_it(&archive, &act("bulk"), &many(&[1, 2, 3]), &cancel()).unwrap();
    let undo = |key: &str, of: &Outcome| archive.undo_mass_change(&act(key), of.event, "乙", "误办").unwrap();
    let status = |n| archive.status_of(&id(n)).unwrap().unwrap();
    let left = |of: &Outcome| archive.mass_record(of.event).unwrap().unwrap().undone.unwrap().left;
    // The holder died after that. What can no longer come back is out of force for good, and is left.
    let closing = |seconds| {
        let plan = archive.mass_plan(&death(0), &cancel(), time(seconds)).unwrap();
        plan.items.into_iter().map(|item| item.id).collect::<Vec<_>>()
    };
    let next = id(4).next_version().unwrap();
    assert_eq!(closing(UNDO_UNTIL), [id(1), id(2), next.clone()]);
    assert_eq!(closing(UNDO_UNTIL + 1), [next]);
    let closed = close(&archive, "close", 0).unwrap();
    let items = archive.mass_record(closed.event).unwrap().unwrap().items;
    let from: Vec<_> = items.iter().map(|item| (item.id.clone(), item.from)).collect();
    assert_eq!(from, [(id(1), Revoked), (id(2), Revoked), (id(4).next_version().unwrap(), Valid)]);
    let again = close(&archive, "close again", 0);
    assert!(matches!(again, Err(ArchiveError::MassNothing)), "nothing twice: {again:?}");
    let plan = archive.mass_plan(&many(&[1]), &cancel(), time(UNDO_UNTIL + 1)).unwrap();
    assert_eq!((plan.items, plan.left[0].why), (Vec::new(), LeftReason::Ended), "nothing can come back");
    // Whatever becomes of the later one, what was out of force before it stays so, and comes back with the earlier one.
    undo("undo closing", &closed);
    assert_eq!((status(1), status(2), left(&closed)), (Revoked, Revoked, vec![id(1), id(2)]));
    undo("undo bulk", &bulk);
    assert_eq!((status(1), status(2), left(&bulk)), (Valid, Suspended, Vec::new()));
    // While the later one stands, the earlier one leaves what is its.
    let bulk = do_it(&archive, &act("bulk 2"), &many(&[1, 8]), &cancel()).unwrap();
    close(&archive, "close 2", 0).unwrap();
    undo("undo bulk 2", &bulk);
    assert_eq!((status(1), status(8), left(&bulk)), (Revoked, Valid, vec![id(1)]));
    let _ = check_sound(&archive);
}

#[test]
fn undo_has_its_time_and_its_people() {
    let (archive, _) = fresh();
    filled(&archive);
    let closed = close(&archive, "close", 0).unwrap();
    let undo = |key: &str, seconds: u64, number: u64, second: &str, reason: &str| {
        archive.undo_mass_change(&act_at(key, 1, seconds), number, second, reason).map_err(|e| e.code())
    };
    assert_eq!(undo("a", 0, closed.event, "窗口 一", "误报").unwrap_err(), "seal_same_person");
    assert_eq!(undo("b", 0, closed.event, "", "误报").unwrap_err(), "seal_second");
    assert_eq!(undo("c", 0, closed.event, "乙", " ").unwrap_err(), "invalid_reason");
    assert_eq!(undo("d", 0, closed.event - 1, "乙", "误报").unwrap_err(), "mass_not_found");
    assert_eq!(undo("e", UNDO_UNTIL + 1, closed.event, "乙", "误报").unwrap_err(), "undo_over");
    assert_eq!(archive.status_of(&id(1)).unwrap(), Some(Revoked));
    undo("f", UNDO_UNTIL, closed.event, "乙", "误报").unwrap();
    assert_eq!(archive.status_of(&id(1)).unwrap(), Some(Valid));
}

#[test]
fn a_write_that_fails_leaves_all_or_nothing() {
    for (failure, done) in [(Failure::Lost, false), (Failure::Unanswered, true)] {
        let (archive, store) = fresh();
        filled(&archive);
        let plan = archive.mass_plan(&death(0), &cancel(), time(0)).unwrap();
        let close = |archive: &Archive| {
            archive.mass_change(&act("close"), &death(0), &cancel(), &signed(&plan), until())
        };
        store.fail_after(0, failure);
        assert!(close(&archive).is_err());
        let archive = reopened(archive, &store);
        let revoked =
            plan.items.iter().filter(|item| archive.status_of(&item.id).unwrap() == Some(Revoked)).count();
        assert_eq!(revoked, if done { plan.items.len() } else { 0 });
        let _ = check_sound(&archive);
        let closed = close(&archive).unwrap();
        assert_eq!(closed.replayed, done);
        store.fail_after(0, failure);
        let undo = |archive: &Archive| archive.undo_mass_change(&act("undo"), closed.event, "乙", "误报");
        assert!(undo(&archive).is_err());
        let archive = reopened(archive, &store);
        assert_eq!(archive.status_of(&id(1)).unwrap(), Some(if done { Valid } else { Revoked }));
        assert_eq!(undo(&archive).unwrap().replayed, done);
        let _ = check_sound(&archive);
    }
}

#[test]
fn every_damage_to_a_record_is_found() {
    let (archive, store) = fresh();
    each_act(&archive);
    let events = archive.events(None, 100).unwrap();
    let kinds = [EventKind::HolderClosed, EventKind::LicensesChanged];
    let numbers: Vec<_> = events.iter().filter(|e| kinds.contains(&e.what)).map(|e| e.number).collect();
    every_damage_is_found(&store, Table::MassChange, || {
        numbers.iter().try_for_each(|number| archive.mass_record(*number).map(drop))
    });
}

#[test]
fn a_digest_has_one_spelling() {
    let (archive, _) = fresh();
    filled(&archive);
    let digest = archive.mass_plan(&death(0), &cancel(), time(0)).unwrap().digest;
    assert_eq!(PlanDigest::parse(&digest.to_string()), Some(digest));
    for wrong in [digest.to_string().to_uppercase(), digest.to_string()[1..].to_owned(), "x".repeat(64)] {
        assert_eq!(PlanDigest::parse(&wrong), None);
    }
}

#[test]
fn words_and_scopes_print_nobody() {
    let scope = death(0);
    assert_eq!(format!("{scope:?}"), "MassScope(..)");
    assert!(
        !format!(
            "{:?}",
            SignOff { digest: PlanDigest::parse(&"0".repeat(64)).unwrap(), second: "乙".to_owned() }
        )
        .contains('乙')
    );
}
