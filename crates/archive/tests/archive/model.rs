//! The archive against a few maps: any sequence of acts, failing writes and restarts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use boyin_archive::{
    Act, Archive, ArchiveError, Change, EventKind, Failure, Outcome, Succession, SuccessionKind,
};
use boyin_model::id::LicenseId;
use boyin_model::status::LicenseStatus;
use proptest::prelude::*;

use crate::engine::cases;
use crate::fixtures::{self, LIST, act_at, change, filing_for, fresh, holder, reopened};
use crate::mass;
use crate::stores::TestStore;

#[derive(Clone, Debug)]
enum Op {
    File {
        n: u32,
        whose: u8,
        slot: u32,
    },
    Change(u32, Change),
    /// Files version `n + VERSION` of license `n`.
    Succeed {
        n: u32,
        whose: u8,
        slot: u32,
    },
    Share(u32),
    /// Cancels what a holder has.
    Close(u8),
    /// Undoes what this earlier step closed.
    Undo(usize),
    /// Does the act of this earlier step again.
    Again(usize),
    Reopen,
    FailAfter(u64, Failure),
}

/// What a later version adds to the number of a license.
const VERSION: u32 = 100;

/// The first three versions of six licenses.
fn any_version() -> impl Strategy<Value = u32> {
    (0..6_u32, 0..3_u32).prop_map(|(n, version)| n + version * VERSION)
}

/// The identifier of a version.
fn id(n: u32) -> LicenseId {
    (0..n / VERSION).fold(fixtures::id(n % VERSION), |id, _| id.next_version().unwrap())
}

fn op() -> impl Strategy<Value = Op> {
    let change = prop_oneof![
        Just(Change::Revoke),
        Just(Change::Suspend),
        Just(Change::Restore),
        Just(Change::Supersede),
        Just(Change::Cancel)
    ];
    let failure = prop_oneof![Just(Failure::Lost), Just(Failure::Unanswered)];
    prop_oneof![
        6 => (0..6_u32, 0..3_u8, 0..8_u32).prop_map(|(n, whose, slot)| Op::File { n, whose, slot }),
        6 => (any_version(), change).prop_map(|(n, change)| Op::Change(n, change)),
        6 => (any_version(), 0..3_u8, 0..12_u32).prop_map(|(n, whose, slot)| Op::Succeed { n, whose, slot }),
        1 => any_version().prop_map(Op::Share),
        2 => (0..3_u8).prop_map(Op::Close),
        4 => (0..30_usize).prop_map(Op::Undo),
        3 => (0..30_usize).prop_map(Op::Again),
        2 => Just(Op::Reopen),
        1 => (0..3_u64, failure).prop_map(|(n, failure)| Op::FailAfter(n, failure)),
    ]
}

#[derive(Default)]
struct Model {
    /// Holder, slot, status and the step that filed it.
    licenses: BTreeMap<u32, (u8, u32, LicenseStatus, usize)>,
    events: Vec<(EventKind, Option<u32>)>,
    done: BTreeMap<usize, u64>,
    /// The step that changed the status of a license last.
    changed: BTreeMap<u32, usize>,
    /// What each closing step canceled, with the status before; and which were undone.
    closed: BTreeMap<usize, Vec<(u32, LicenseStatus)>>,
    undone: BTreeSet<usize>,
    fail: Option<(u64, Failure)>,
    stopped: bool,
}

impl Model {
    /// What the act of `step` must answer: the number of its event and whether it is a replay, or the code of an error.
    fn apply(&mut self, step: usize, op: &Op) -> Result<(u64, bool), &'static str> {
        if let Some(event) = self.done.get(&step) {
            return Ok((*event, true));
        }
        let (what, n) = self.judge(op)?;
        if self.stopped {
            return Err("store_stopped");
        }
        let failure = match &mut self.fail {
            Some((0, failure)) => Some(*failure),
            Some((left, _)) => {
                *left -= 1;
                None
            }
            None => None,
        };
        self.stopped = failure.is_some();
        if failure != Some(Failure::Lost) {
            self.take(step, op);
            self.events.push((what, n));
            self.done.insert(step, self.events.len().try_into().unwrap());
        }
        if failure.is_some() { Err("store_io") } else { Ok((self.done[&step], false)) }
    }

    fn judge(&self, op: &Op) -> Result<(EventKind, Option<u32>), &'static str> {
        let (what, n) = match op {
            Op::Close(whose) if self.closing(*whose).is_empty() => return Err("mass_nothing"),
            Op::Close(_) => return Ok((EventKind::HolderClosed, None)),
            Op::Undo(step) if self.undone.contains(step) => return Err("mass_undone"),
            Op::Undo(step) if self.coming_back(*step).is_empty() => return Err("mass_nothing"),
            Op::Undo(_) => return Ok((EventKind::ChangesUndone, None)),
            Op::File { .. }
            | Op::Change(..)
            | Op::Succeed { .. }
            | Op::Share(_)
            | Op::Again(_)
            | Op::Reopen
            | Op::FailAfter(..) => self.judge_one(op)?,
        };
        Ok((what, Some(n)))
    }

    /// What a holder has in force or suspended, by identifier.
    fn closing(&self, whose: u8) -> Vec<(u32, LicenseStatus)> {
        let open = self.licenses.iter().filter(|(_, (holder, _, status, _))| {
            *holder == whose && matches!(status, LicenseStatus::Valid | LicenseStatus::Suspended)
        });
        let mut open: Vec<_> = open.map(|(n, (_, _, status, _))| (*n, *status)).collect();
        open.sort_by_key(|(n, _)| id(*n));
        open
    }

    /// What a closing step canceled and nobody touched since.
    fn coming_back(&self, step: usize) -> Vec<(u32, LicenseStatus)> {
        let closed = self.closed.get(&step).into_iter().flatten();
        closed.filter(|(n, _)| self.changed.get(n) == Some(&step)).copied().collect()
    }

    /// Whether a closing step is the last that was done to a license.
    fn may_come_back(&self, n: u32) -> bool {
        let last = self.changed.get(&n);
        last.is_some_and(|step| self.closed.contains_key(step) && !self.undone.contains(step))
    }

    fn judge_one(&self, op: &Op) -> Result<(EventKind, u32), &'static str> {
        match op {
            Op::File { n, .. } if self.licenses.contains_key(n) => Err("license_conflict"),
            Op::File { slot, .. } if self.licenses.values().any(|(_, taken, ..)| taken == slot) => {
                Err("slot_taken")
            }
            Op::File { n, .. } => Ok((EventKind::LicenseIssued, *n)),
            Op::Share(n) => match self.licenses.get(n) {
                Some(_) => Ok((EventKind::LicenseShared, *n)),
                None => Err("license_not_found"),
            },
            Op::Succeed { n, whose, slot } => {
                let (holder, _, from, _) = self.licenses.get(n).ok_or("license_not_found")?;
                let next = n + VERSION;
                match from {
                    // Its next version is on file exactly if it took its place.
                    _ if self.licenses.contains_key(&next) => Err("not_head"),
                    LicenseStatus::Revoked | LicenseStatus::Suspended | LicenseStatus::Superseded => {
                        Err("illegal_transition")
                    }
                    LicenseStatus::Valid if holder != whose => Err("not_next_version"),
                    LicenseStatus::Valid if self.licenses.values().any(|(_, taken, ..)| taken == slot) => {
                        Err("slot_taken")
                    }
                    LicenseStatus::Valid => Ok((EventKind::LicenseIssued, next)),
                }
            }
            Op::Change(n, _) if self.licenses.contains_key(&(n + VERSION)) => Err("not_head"),
            Op::Change(n, change) => {
                let (_, _, from, _) = self.licenses.get(n).ok_or("license_not_found")?;
                match (change, from) {
                    (Change::Revoke, LicenseStatus::Revoked) if self.may_come_back(*n) => {
                        Ok((EventKind::LicenseRevoked, *n))
                    }
                    (Change::Cancel, LicenseStatus::Revoked) if self.may_come_back(*n) => {
                        Ok((EventKind::LicenseCanceled, *n))
                    }
                    (_, LicenseStatus::Revoked | LicenseStatus::Superseded) => Err("illegal_transition"),
                    (Change::Revoke, _) => Ok((EventKind::LicenseRevoked, *n)),
                    (Change::Cancel, _) => Ok((EventKind::LicenseCanceled, *n)),
                    (Change::Supersede, _) => Ok((EventKind::LicenseSuperseded, *n)),
                    (Change::Suspend, LicenseStatus::Valid) => Ok((EventKind::LicenseSuspended, *n)),
                    (Change::Restore, LicenseStatus::Suspended) => Ok((EventKind::LicenseRestored, *n)),
                    (Change::Suspend | Change::Restore, _) => Err("illegal_transition"),
                }
            }
            Op::Close(_) | Op::Undo(_) | Op::Again(_) | Op::Reopen | Op::FailAfter(..) => {
                unreachable!("acts on no license")
            }
        }
    }

    fn take(&mut self, step: usize, op: &Op) {
        match op {
            Op::File { n, whose, slot } => {
                self.licenses.insert(*n, (*whose, *slot, LicenseStatus::Valid, step));
            }
            Op::Succeed { n, whose, slot } => {
                self.licenses.get_mut(n).unwrap().2 = LicenseStatus::Superseded;
                self.events.push((EventKind::LicenseRenewed, Some(*n)));
                self.licenses.insert(n + VERSION, (*whose, *slot, LicenseStatus::Valid, step));
            }
            Op::Change(n, change) => {
                self.licenses.get_mut(n).unwrap().2 = change.to();
                self.changed.insert(*n, step);
            }
            Op::Close(whose) => {
                let closing = self.closing(*whose);
                for (n, _) in &closing {
                    self.licenses.get_mut(n).unwrap().2 = LicenseStatus::Revoked;
                    self.changed.insert(*n, step);
                    self.events.push((EventKind::LicenseCanceled, Some(*n)));
                }
                self.closed.insert(step, closing);
            }
            Op::Undo(of) => {
                for (n, from) in self.coming_back(*of) {
                    self.licenses.get_mut(&n).unwrap().2 = from;
                    self.changed.insert(n, step);
                    let suspended = from == LicenseStatus::Suspended;
                    let what =
                        if suspended { EventKind::LicenseSuspended } else { EventKind::LicenseRestored };
                    self.events.push((what, Some(n)));
                }
                self.undone.insert(*of);
            }
            Op::Share(_) | Op::Again(_) | Op::Reopen | Op::FailAfter(..) => {}
        }
    }
}

struct Real {
    store: Arc<TestStore>,
    archive: Option<Archive>,
}

impl Real {
    fn new() -> Self {
        let (archive, store) = fresh();
        Self { store, archive: Some(archive) }
    }

    fn archive(&self) -> &Archive {
        self.archive.as_ref().unwrap()
    }

    fn reopen(&mut self) {
        self.archive = self.archive.take().map(|archive| reopened(archive, &self.store));
    }

    fn act(step: usize) -> Act {
        act_at(&format!("step {step}"), 1, step.try_into().unwrap())
    }

    /// `closed` is the number of the event that is undone.
    fn apply(&self, step: usize, op: &Op, closed: u64) -> Result<Outcome, ArchiveError> {
        let act = Self::act(step);
        match op {
            Op::File { n, whose, slot } => {
                let mut filing = filing_for(*whose, *n, step.try_into().unwrap());
                filing.record.slot.as_mut().unwrap().index = *slot;
                self.archive().file(&act, &filing)
            }
            Op::Succeed { n, whose, slot } => {
                let mut filing = filing_for(*whose, *n, step.try_into().unwrap());
                filing.record.slot.as_mut().unwrap().index = *slot;
                filing.record.id = id(n + VERSION);
                let succession = Succession {
                    of: id(*n),
                    kind: SuccessionKind::Renewal,
                    reason: "依申请".to_owned(),
                    basis: None,
                };
                self.archive().succeed(&act, &filing, &succession)
            }
            Op::Close(whose) => mass::close_as(self.archive(), &act, *whose),
            Op::Undo(_) => self.archive().undo_mass_change(&act, closed, "乙", "误办"),
            Op::Change(n, to) => self.archive().change_status(&act, &id(*n), &change(*to)),
            Op::Share(n) => self.archive().record_share(&act, &id(*n), "住建局"),
            Op::Again(_) | Op::Reopen | Op::FailAfter(..) => unreachable!("no acts"),
        }
    }
}

fn run(ops: &[Op]) {
    let mut real = Real::new();
    let mut model = Model { events: vec![(EventKind::ArchiveCreated, None)], ..Model::default() };
    for (step, op) in ops.iter().enumerate() {
        let (step, op) = match op {
            Op::Again(step) => match ops.get(*step) {
                Some(op) if !matches!(op, Op::Again(_)) => (*step, op),
                Some(_) | None => continue,
            },
            Op::File { .. }
            | Op::Succeed { .. }
            | Op::Change(..)
            | Op::Share(_)
            | Op::Close(_)
            | Op::Undo(_)
            | Op::Reopen
            | Op::FailAfter(..) => (step, op),
        };
        match op {
            Op::Reopen => {
                real.reopen();
                (model.fail, model.stopped) = (None, false);
            }
            Op::FailAfter(commits, failure) => {
                // After a failure nothing is counted until the store is opened again.
                if !model.stopped {
                    real.store.fail_after(*commits, *failure);
                    model.fail = Some((*commits, *failure));
                }
            }
            act @ (Op::File { .. }
            | Op::Succeed { .. }
            | Op::Change(..)
            | Op::Share(_)
            | Op::Close(_)
            | Op::Undo(_)
            | Op::Again(_)) => {
                let mut closed = 0;
                if let Op::Undo(of) = act {
                    if !model.closed.contains_key(of) {
                        continue;
                    }
                    closed = model.done[of];
                }
                let answer =
                    real.apply(step, act, closed).map(|o| (o.event, o.replayed)).map_err(|e| e.code());
                assert_eq!(answer, model.apply(step, act), "step {step}: {act:?}");
            }
        }
        compare(real.archive(), &model);
    }
}

fn compare(archive: &Archive, model: &Model) {
    let mut kept: Vec<LicenseId> = model.licenses.keys().map(|n| id(*n)).collect();
    kept.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    let listed = archive.list(None, None, 100).unwrap().items;
    assert_eq!(listed.into_iter().map(|r| r.id).collect::<Vec<_>>(), kept);
    for whose in 0..3 {
        let of_holder = model.licenses.iter().filter(|(_, license)| license.0 == whose);
        let mut expected: Vec<(usize, u32)> = of_holder.map(|(n, license)| (license.3, *n)).collect();
        expected.sort_by(|a, b| b.cmp(a));
        let expected: Vec<_> = expected.into_iter().map(|(_, n)| id(n)).collect();
        let found = archive.list_by_holder(&holder(whose), None, 100).unwrap().items;
        assert_eq!(found.into_iter().map(|r| r.id).collect::<Vec<_>>(), expected, "newest first");
    }
    let mut slots: Vec<(u32, LicenseStatus)> =
        model.licenses.values().map(|(_, slot, status, _)| (*slot, *status)).collect();
    slots.sort_by_key(|(slot, _)| *slot);
    assert_eq!(archive.slots(LIST, None, 100).unwrap(), slots);
    for (n, (_, _, status, _)) in &model.licenses {
        assert_eq!(archive.status_of(&id(*n)).unwrap(), Some(*status));
        let of_license = model.events.iter().filter(|(_, of)| of == &Some(*n)).count();
        assert_eq!(archive.events_of(&id(*n), None, 100).unwrap().len(), of_license);
        let mut chain: Vec<u32> = (0..)
            .map(|version| n % VERSION + version * VERSION)
            .take_while(|n| model.licenses.contains_key(n))
            .collect();
        chain.reverse();
        let versions = archive.versions(&id(*n)).unwrap();
        assert_eq!(
            versions.into_iter().map(|version| version.id).collect::<Vec<_>>(),
            chain.iter().map(|n| id(*n)).collect::<Vec<_>>()
        );
        assert_eq!(archive.head_of(&id(*n)).unwrap(), id(chain[0]));
    }
    let events = archive.events(None, 1000).unwrap();
    let seen: Vec<_> = events.iter().map(|e| (e.what, e.license.clone())).collect();
    let expected: Vec<_> = model.events.iter().map(|(what, n)| (*what, n.map(id))).collect();
    assert_eq!(seen, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(200), failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn it_does_what_the_model_does(ops in prop::collection::vec(op(), 1..40)) {
        run(&ops);
    }
}
