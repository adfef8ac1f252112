//! The seal register: each act in each state, two people, limits, numbers, and races for them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use boyin_archive::{
    Act, Archive, ArchiveError, EventKind, Outcome, RecordField, SealApplication, SealChange, seal_digest,
};
use boyin_model::id::DivisionCode;
use boyin_model::register::{
    LimitFault, LimitsError, Period, SealAct, SealId, SealKind, SealState, UseLimits,
};
use proptest::prelude::*;

use crate::fixtures::{act, fresh, office, reopened, secret, time};

pub(crate) fn division() -> DivisionCode {
    DivisionCode::parse("652701").unwrap()
}

pub(crate) fn application() -> SealApplication {
    SealApplication {
        owner: office(),
        division: division(),
        kind: SealKind::LegalName,
        name: "测试市不动产登记中心".to_owned(),
        limits: UseLimits::default(),
    }
}

/// An act of a person on a day second, with a key of its own.
pub(crate) fn by(who: &str, seconds: u64) -> Act {
    static KEYS: AtomicUsize = AtomicUsize::new(0);
    let key = format!("{who} {}", KEYS.fetch_add(1, Ordering::SeqCst));
    Act::new(who, office(), "办理登记", time(seconds), key, [1; 32]).unwrap()
}

/// An example of every act but the application.
pub(crate) fn change(act: SealAct) -> Option<SealChange<'static>> {
    let reason = "依申请";
    match act {
        SealAct::Apply => None,
        SealAct::Approve => Some(SealChange::Approve),
        SealAct::Reject => Some(SealChange::Reject { reason }),
        SealAct::Make => Some(SealChange::Make { second: "乙", bytes: b"made" }),
        SealAct::Remake => Some(SealChange::Remake { second: "乙", bytes: b"made anew" }),
        SealAct::TakeIntoUse => Some(SealChange::TakeIntoUse),
        SealAct::Use => Some(SealChange::Use { document: "sha-256:00" }),
        SealAct::Suspend => Some(SealChange::Suspend { reason }),
        SealAct::Restore => Some(SealChange::Restore { reason }),
        SealAct::Recall => Some(SealChange::Recall { reason }),
        SealAct::Destroy => Some(SealChange::Destroy { second: "乙", reason }),
    }
}

fn apply(archive: &Archive, application: &SealApplication) -> SealId {
    archive.apply_seal(&by("甲", 0), application).unwrap().seal.unwrap()
}

/// The acts that lead to a state, second by second from 1.
fn way(to: SealState) -> &'static [SealAct] {
    use SealAct::{Approve, Destroy, Make, Recall, Reject, Suspend, TakeIntoUse};
    match to {
        SealState::Applied => &[],
        SealState::Approved => &[Approve],
        SealState::Rejected => &[Reject],
        SealState::Made => &[Approve, Make],
        SealState::InUse => &[Approve, Make, TakeIntoUse],
        SealState::Suspended => &[Approve, Make, TakeIntoUse, Suspend],
        SealState::Recalled => &[Approve, Make, TakeIntoUse, Recall],
        SealState::Destroyed => &[Approve, Make, TakeIntoUse, Recall, Destroy],
    }
}

/// A new seal brought to a state by the person 丙.
pub(crate) fn seal_in(archive: &Archive, application: &SealApplication, state: SealState) -> SealId {
    let id = apply(archive, application);
    for (second, step) in (1..).zip(way(state)) {
        archive.change_seal(&by("丙", second), id, &change(*step).unwrap()).unwrap();
    }
    assert_eq!(archive.seal_record(id).unwrap().unwrap().state, state);
    id
}

fn code(result: Result<Outcome, ArchiveError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn every_act_in_every_state() {
    let (archive, _) = fresh();
    for from in SealState::ALL {
        for deed in SealAct::ALL {
            let Some(change) = change(deed) else { continue };
            let id = seal_in(&archive, &application(), from);
            let before = archive.seal_record(id).unwrap().unwrap();
            let events = archive.events_of_seal(id, None, 100).unwrap().len();
            let answer = archive.change_seal(&by("丙", 100), id, &change);
            let after = archive.seal_record(id).unwrap().unwrap();
            let left = archive.events_of_seal(id, None, 100).unwrap();
            match deed.next(Some(from)) {
                Some(to) => {
                    let outcome = answer.unwrap();
                    assert_eq!((after.state, after.last_at), (to, time(100)), "{from} {deed}");
                    let event = left.last().unwrap();
                    assert_eq!((left.len(), event.number), (events + 1, outcome.event));
                    assert_eq!((event.what, event.seal, outcome.seal), (outcome.what, Some(id), Some(id)));
                    assert_eq!((event.who.as_str(), event.second.as_deref()), ("丙", change.second()));
                }
                None => {
                    assert_eq!(code(answer), "seal_transition", "{from} {deed}");
                    assert_eq!((after, left.len()), (before, events), "nothing has changed");
                }
            }
        }
    }
}

#[test]
fn each_act_leaves_its_event() {
    let (archive, _) = fresh();
    let id = seal_in(&archive, &application(), SealState::InUse);
    use SealAct::{Destroy, Recall, Remake, Restore, Suspend, Use};
    for (second, deed) in (10..).zip([Use, Remake, Suspend, Restore, Recall, Destroy]) {
        archive.change_seal(&by("丙", second), id, &change(deed).unwrap()).unwrap();
    }
    let events = archive.events_of_seal(id, None, 100).unwrap();
    let made = seal_digest(b"made");
    let anew = seal_digest(b"made anew");
    let expected = [
        (EventKind::SealApplied, "legal_name"),
        (EventKind::SealApproved, ""),
        (EventKind::SealMade, made.as_str()),
        (EventKind::SealInUse, ""),
        (EventKind::SealUsed, "sha-256:00"),
        (EventKind::SealRemade, anew.as_str()),
        (EventKind::SealSuspended, "依申请"),
        (EventKind::SealRestored, "依申请"),
        (EventKind::SealRecalled, "依申请"),
        (EventKind::SealDestroyed, "依申请"),
    ];
    assert_eq!(events.iter().map(|e| (e.what, e.detail.as_str())).collect::<Vec<_>>(), expected);
    let seconds: Vec<_> = events.iter().filter(|e| e.second.is_some()).map(|e| e.what).collect();
    assert_eq!(seconds, [EventKind::SealMade, EventKind::SealRemade, EventKind::SealDestroyed]);
    let other = seal_in(&archive, &application(), SealState::Rejected);
    let events = archive.events_of_seal(other, None, 100).unwrap();
    assert_eq!(events.last().unwrap().what, EventKind::SealRejected);
    let page = archive.events_of_seal(other, Some(events[0].number), 100).unwrap();
    assert_eq!(page.len(), 1, "after the first");
}

#[test]
fn periods_and_versions_are_as_the_acts_were() {
    let (archive, _) = fresh();
    let id = seal_in(&archive, &application(), SealState::InUse); // made at 2, in use from 3
    let steps = [
        (10, SealAct::Suspend),
        (20, SealAct::Restore),
        (30, SealAct::Remake),
        (40, SealAct::Suspend),
        (40, SealAct::Restore),
        (50, SealAct::Recall),
        (60, SealAct::Destroy),
    ];
    for (second, deed) in steps {
        archive.change_seal(&by("丙", second), id, &change(deed).unwrap()).unwrap();
    }
    let record = archive.seal_record(id).unwrap().unwrap();
    let period = |from, until| Period { from: time(from), until: Some(time(until)) };
    assert_eq!(record.in_force, [period(3, 10), period(20, 40), period(40, 50)]);
    let versions: Vec<_> = record.versions.iter().map(|v| (v.digest.clone(), v.from, v.until)).collect();
    let made = |bytes, from, until| (seal_digest(bytes), time(from), Some(time(until)));
    assert_eq!(versions, [made(b"made", 2, 30), made(b"made anew", 30, 50)]);
    assert_eq!(archive.seal_bytes(id, 0).unwrap().unwrap(), b"made");
    assert_eq!(archive.seal_bytes(id, 1).unwrap().unwrap(), b"made anew");
    assert_eq!(archive.seal_bytes(id, 2).unwrap(), None);
    let trusted = record.trusted().unwrap();
    let digest_at = |second| trusted.version_at(time(second)).map(|version| version.digest.as_str());
    assert_eq!((digest_at(2), digest_at(10), digest_at(19), digest_at(50)), (None, None, None, None));
    assert_eq!(digest_at(9), Some(record.versions[0].digest.as_str()));
    assert_eq!(digest_at(29), Some(record.versions[0].digest.as_str()));
    assert_eq!(digest_at(30), Some(record.versions[1].digest.as_str()));
    assert_eq!(digest_at(49), Some(record.versions[1].digest.as_str()));
    // SHA-256 of "abc", FIPS 180-4.
    assert_eq!(
        seal_digest(b"abc"),
        "sha-256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    let made = seal_in(&archive, &application(), SealState::Made);
    assert_eq!(archive.seal_record(made).unwrap().unwrap().trusted(), None, "never in use");
}

#[test]
fn two_people_are_two() {
    let (archive, _) = fresh();
    let id = apply(&archive, &application());
    let refused = |who: &str, change: &SealChange<'_>, expected: &str| {
        assert_eq!(code(archive.change_seal(&by(who, 50), id, change)), expected, "{who} {change:?}");
    };
    refused("甲", &SealChange::Approve, "seal_same_person");
    refused("甲 ", &SealChange::Approve, "seal_same_person");
    archive.change_seal(&by("丙", 1), id, &SealChange::Approve).unwrap();
    refused("丙", &SealChange::Make { second: "丙", bytes: b"x" }, "seal_same_person");
    refused("丙", &SealChange::Make { second: "·丙", bytes: b"x" }, "seal_same_person");
    refused("丙", &SealChange::Make { second: " ", bytes: b"x" }, "seal_second");
    refused("丙", &SealChange::Make { second: "乙", bytes: b"" }, "invalid_record");
    archive.change_seal(&by("丙", 2), id, &change(SealAct::Make).unwrap()).unwrap();
    archive.change_seal(&by("丙", 3), id, &SealChange::TakeIntoUse).unwrap();
    refused("丙", &SealChange::Remake { second: "丙", bytes: b"x" }, "seal_same_person");
    refused("丙", &SealChange::Suspend { reason: " " }, "invalid_reason");
    archive.change_seal(&by("丙", 4), id, &SealChange::Recall { reason: "换章" }).unwrap();
    refused("丙", &SealChange::Destroy { second: "丙", reason: "换章" }, "seal_same_person");
    assert_eq!(archive.events_of_seal(id, None, 100).unwrap().len(), 5);
}

#[test]
fn applications_that_cannot_be_meant_are_refused() {
    let (archive, _) = fresh();
    let refused = |change: &dyn Fn(&mut SealApplication)| {
        let mut application = application();
        change(&mut application);
        archive.apply_seal(&by("甲", 0), &application).unwrap_err()
    };
    for name in ["", " ", "一\n二", &"章".repeat(1000)] {
        let error = refused(&|a| name.clone_into(&mut a.name));
        assert!(matches!(error, ArchiveError::InvalidRecord(RecordField::SealName)), "{name}");
    }
    let error = refused(&|a| a.limits.count = Some(0));
    assert!(matches!(error, ArchiveError::SealLimits(LimitsError::Count)));
    assert_eq!(archive.seals(None, 10).unwrap(), []);
    assert_eq!(apply(&archive, &application()).number(), 1, "no number was spent");
    assert_eq!(
        code(archive.change_seal(&by("丙", 1), SealId::new(division(), 9).unwrap(), &SealChange::Approve)),
        "seal_not_found"
    );
}

#[test]
fn uses_are_counted_and_kept_within_the_limits() {
    let (archive, _) = fresh();
    let mut limited = application();
    limited.limits = UseLimits { count: Some(2), until: Some(time(100)), ..UseLimits::default() };
    let id = seal_in(&archive, &limited, SealState::InUse);
    let one = by("丁", 20);
    let first = archive.change_seal(&one, id, &change(SealAct::Use).unwrap()).unwrap();
    let again = archive.change_seal(&one, id, &change(SealAct::Use).unwrap()).unwrap();
    assert_eq!((again.event, again.replayed, first.replayed), (first.event, true, false));
    assert_eq!(archive.seal_record(id).unwrap().unwrap().used, 1, "a repetition is not counted");
    let late = archive.change_seal(&by("丁", 100), id, &change(SealAct::Use).unwrap());
    assert!(matches!(late, Err(ArchiveError::SealLimit(LimitFault::TooLate { .. }))), "{late:?}");
    archive.change_seal(&by("丁", 21), id, &change(SealAct::Use).unwrap()).unwrap();
    let over = archive.change_seal(&by("丁", 22), id, &change(SealAct::Use).unwrap());
    assert!(matches!(over, Err(ArchiveError::SealLimit(LimitFault::Count { count: 2 }))), "{over:?}");
    let back = archive.change_seal(&by("丙", 20), id, &change(SealAct::Suspend).unwrap());
    assert!(matches!(back, Err(ArchiveError::SealBackdated { .. })), "no suspension before a use: {back:?}");
    assert_eq!(archive.seal_record(id).unwrap().unwrap().used, 2);
}

#[test]
fn a_repeated_act_gives_its_first_outcome() {
    let (archive, _) = fresh();
    let applied = act("apply");
    let first = archive.apply_seal(&applied, &application()).unwrap();
    let again = archive.apply_seal(&applied, &application()).unwrap();
    assert_eq!((again.seal, again.event, again.replayed), (first.seal, first.event, true));
    assert_eq!(archive.seals(None, 10).unwrap().len(), 1);
    let id = first.seal.unwrap();
    let approval = by("丙", 1);
    archive.change_seal(&approval, id, &SealChange::Approve).unwrap();
    archive.change_seal(&by("丙", 2), id, &change(SealAct::Make).unwrap()).unwrap();
    assert!(archive.change_seal(&approval, id, &SealChange::Approve).unwrap().replayed);
    // The key of one act is no key for another, on this seal or the next.
    let other = apply(&archive, &application());
    for refused in [
        archive.change_seal(&approval, other, &SealChange::Approve),
        archive.change_seal(&approval, id, &SealChange::Reject { reason: "x" }),
        archive.apply_seal(&approval, &application()),
    ] {
        assert_eq!(code(refused), "idempotency_conflict");
    }
}

#[test]
fn numbers_are_given_once_in_each_division() {
    let (archive, store) = fresh();
    let elsewhere = SealApplication { division: DivisionCode::parse("652722").unwrap(), ..application() };
    let ids: Vec<SealId> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let (archive, elsewhere) = (&archive, &elsewhere);
                scope.spawn(move || {
                    let application = if thread % 2 == 0 { application() } else { elsewhere.clone() };
                    (0..10).map(|_| apply(archive, &application)).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let expected: BTreeSet<SealId> = [division(), elsewhere.division]
        .iter()
        .flat_map(|division| (1..=40).map(|n| SealId::new(*division, n).unwrap()))
        .collect();
    assert_eq!(ids.len(), 80);
    assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), expected, "without gaps, none twice");
    let archive = reopened(archive, &store);
    assert_eq!(apply(&archive, &application()).number(), 41, "numbers go on after opening again");
    let (first, rest) = (archive.seals(None, 50).unwrap(), 50);
    let more = archive.seals(first.last().map(|record| record.id), rest).unwrap();
    assert_eq!((first.len(), more.len()), (50, 31));
}

#[test]
fn of_two_that_compete_for_the_last_use_one_has_it() {
    let (archive, _) = fresh();
    for _ in 0..10 {
        let mut limited = application();
        limited.limits.count = Some(3);
        let id = seal_in(&archive, &limited, SealState::InUse);
        let done = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| match archive.change_seal(&by("丁", 9), id, &change(SealAct::Use).unwrap()) {
                    Ok(_) => {
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(error) => assert_eq!(error.code(), "seal_count"),
                });
            }
        });
        assert_eq!(done.into_inner(), 3);
        let events = archive.events_of_seal(id, None, 100).unwrap();
        assert_eq!(events.iter().filter(|e| e.what == EventKind::SealUsed).count(), 3);
        assert_eq!(archive.seal_record(id).unwrap().unwrap().used, 3);
    }
}

#[test]
fn a_use_and_a_suspension_at_once_leave_no_use_after_it() {
    let (archive, _) = fresh();
    for _ in 0..50 {
        let id = seal_in(&archive, &application(), SealState::InUse);
        std::thread::scope(|scope| {
            scope
                .spawn(|| archive.change_seal(&by("丙", 9), id, &change(SealAct::Suspend).unwrap()).unwrap());
            scope.spawn(|| match archive.change_seal(&by("丁", 9), id, &change(SealAct::Use).unwrap()) {
                Ok(_) => {}
                Err(error) => assert_eq!(error.code(), "seal_transition"),
            });
        });
        let events = archive.events_of_seal(id, None, 100).unwrap();
        assert_eq!(events.last().unwrap().what, EventKind::SealSuspended, "a use comes before or not at all");
    }
}

#[test]
fn what_is_registered_is_there_after_opening_again() {
    let (archive, store) = fresh();
    for state in SealState::ALL {
        seal_in(&archive, &application(), state);
    }
    let kept = archive.seals(None, 100).unwrap();
    let archive = reopened(archive, &store);
    assert_eq!(archive.seals(None, 100).unwrap(), kept);
    assert_eq!(kept.iter().map(|record| record.state).collect::<Vec<_>>(), SealState::ALL);
    let in_use = kept.iter().find(|record| record.state == SealState::InUse).unwrap();
    assert_eq!(archive.seal_bytes(in_use.id, 0).unwrap().unwrap(), b"made");
    archive.change_seal(&by("丁", 9), in_use.id, &change(SealAct::Use).unwrap()).unwrap();
}

/// What a reader of the log alone would say: the state and the digest after the last event not later than `second`.
fn told_by_the_log(archive: &Archive, id: SealId, second: u64) -> Option<String> {
    let (mut in_use, mut digest) = (false, None);
    for event in archive.events_of_seal(id, None, 1000).unwrap() {
        if event.at > time(second) {
            break;
        }
        let is = |kinds: [EventKind; 2]| kinds.contains(&event.what);
        in_use = is([EventKind::SealInUse, EventKind::SealRestored])
            || (in_use && !is([EventKind::SealSuspended, EventKind::SealRecalled]));
        if is([EventKind::SealMade, EventKind::SealRemade]) {
            digest = Some(event.detail);
        }
    }
    digest.filter(|_| in_use)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn periods_and_versions_say_what_the_log_says(
        steps in prop::collection::vec((prop::sample::select(SealAct::ALL.to_vec()), 0..3_u64, any::<u8>()), 0..40),
    ) {
        let (archive, store) = fresh();
        let id = seal_in(&archive, &application(), SealState::InUse);
        let (mut now, mut used) = (3, 0);
        for (deed, pause, byte) in steps {
            // Suspensions are what makes periods; the end of a seal is left to the last step of few.
            if matches!(deed, SealAct::Recall) && byte < 200 {
                continue;
            }
            now += pause;
            let bytes = [byte];
            let change = match (change(deed), deed) {
                (None, _) => continue,
                (_, SealAct::Remake) => SealChange::Remake { second: "乙", bytes: &bytes },
                (Some(change), _) => change,
            };
            let before = archive.seal_record(id).unwrap().unwrap().state;
            let done = archive.change_seal(&by("丙", now), id, &change).is_ok();
            prop_assert_eq!(done, deed.next(Some(before)).is_some());
            used += u32::from(done && deed == SealAct::Use);
        }
        store.reopen();
        let archive = Archive::with_store(store, &secret()).unwrap();
        let record = archive.seal_record(id).unwrap().unwrap();
        prop_assert_eq!(record.used, used);
        let trusted = record.trusted();
        for second in 0..now + 2 {
            let listed = trusted.as_ref().and_then(|seal| seal.version_at(time(second)));
            prop_assert_eq!(listed.map(|v| v.digest.clone()), told_by_the_log(&archive, id, second), "{}", second);
        }
        for (place, version) in record.versions.iter().enumerate() {
            let bytes = archive.seal_bytes(id, place).unwrap().unwrap();
            prop_assert_eq!(&seal_digest(&bytes), &version.digest);
        }
    }
}
