//! What every verification of this crate answers with: what each check found, and the verdict that follows.

use std::fmt::Display;

use boyin_model::json::{Value, instant, number, object, text};
use boyin_model::time::UnixTime;

use crate::reason::{Reason, ReasonInfo};
use crate::report::Detail;

/// A reason: one that [`reasons!`](crate::reasons) made, one of a list like it, or one of several of these.
pub trait AnyReason: Copy {
    /// What the reason means.
    fn info(self) -> ReasonInfo;

    /// Whether it leaves the question open rather than answers it with no.
    fn is_indeterminate(self) -> bool;
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<R = Reason, D = Detail> {
    /// As required.
    Passed,
    /// Not as required, or not decided: see [`AnyReason::is_indeterminate`].
    NotPassed(R, Option<D>),
    /// Nothing to work on: an earlier check left nothing, or nothing was there to be checked.
    Skipped,
}

/// What a check says of itself: why it is not passed, and where.
impl<R, D> From<Result<(), (R, Option<D>)>> for Outcome<R, D> {
    fn from(found: Result<(), (R, Option<D>)>) -> Self {
        match found {
            Ok(()) => Self::Passed,
            Err((reason, detail)) => Self::NotPassed(reason, detail),
        }
    }
}

impl<R: AnyReason, D> Outcome<R, D> {
    /// The members of a check in a report's JSON form: its code, what it found, and `detail` where that says more.
    pub(crate) fn members<'s, 'v>(
        &'s self,
        check: &'static str,
        detail: impl FnOnce(&'s D) -> Value<'v>,
    ) -> Vec<(&'static str, Value<'v>)> {
        let mut members = vec![("check", text(check))];
        match self {
            Self::Passed => members.push(("outcome", text("passed"))),
            Self::Skipped => members.push(("outcome", text("skipped"))),
            Self::NotPassed(reason, found) => {
                let outcome = Verdict::of_reason(*reason).code();
                members.extend([("outcome", text(outcome)), ("reason", text(reason.info().code))]);
                members.extend(found.as_ref().map(|found| ("detail", detail(found))));
            }
        }
        members
    }

    /// The object of a check in a report: its code, what it found, and `detail` where that says more.
    pub fn to_value<'s, 'v>(
        &'s self,
        check: &'static str,
        detail: impl FnOnce(&'s D) -> Value<'v>,
    ) -> Value<'v> {
        object(self.members(check, detail))
    }
}

/// The answer. Unknown is never `Passed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<R = Reason> {
    /// Every check passed.
    Passed,
    /// Not valid, for this reason.
    Failed(R),
    /// Not decided, for this reason; not to be relied on.
    Indeterminate(R),
}

impl<R: AnyReason> Verdict<R> {
    /// The verdict where a check was not passed for this reason.
    #[must_use]
    pub fn of_reason(reason: R) -> Self {
        if reason.is_indeterminate() { Self::Indeterminate(reason) } else { Self::Failed(reason) }
    }

    /// The first that failed; if none did, the first that is open. `Passed` if there are none.
    #[must_use]
    pub fn first_of(all: impl IntoIterator<Item = Self>) -> Self {
        let mut open = None;
        for verdict in all {
            match verdict {
                Self::Failed(_) => return verdict,
                Self::Indeterminate(_) => open = open.or(Some(verdict)),
                Self::Passed => {}
            }
        }
        open.unwrap_or(Self::Passed)
    }

    /// The first check that failed; if none did, the first that is open. A check is skipped only beside one that was not
    /// passed; should that ever be broken, it failed for the reason `skipped`: fail closed.
    #[must_use]
    pub fn of_checks<'o, D: 'o>(outcomes: impl IntoIterator<Item = &'o Outcome<R, D>>, skipped: R) -> Self
    where
        R: 'o,
    {
        let mut all_ran = true;
        let not_passed = outcomes.into_iter().filter_map(|outcome| match outcome {
            Outcome::NotPassed(reason, _) => Some(Self::of_reason(*reason)),
            Outcome::Passed => None,
            Outcome::Skipped => {
                all_ran = false;
                None
            }
        });
        let first = Self::first_of(not_passed);
        first.passing_only_if(all_ran, skipped)
    }

    /// This one, unless it passed and may not have: should a rule above ever be broken, fail closed.
    #[must_use]
    pub fn passing_only_if(self, sound: bool, otherwise: R) -> Self {
        match self {
            Self::Passed if !sound => Self::Failed(otherwise),
            Self::Passed | Self::Failed(_) | Self::Indeterminate(_) => self,
        }
    }

    /// `passed`, `failed` or `indeterminate`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Indeterminate(_) => "indeterminate",
        }
    }

    /// The reason, unless it passed.
    #[must_use]
    pub fn reason(self) -> Option<R> {
        match self {
            Self::Passed => None,
            Self::Failed(reason) | Self::Indeterminate(reason) => Some(reason),
        }
    }
}

/// The detail of a field at fault.
pub(crate) fn field_value(field: &'static str, offset: usize, fault: &impl Display) -> Value<'static> {
    object([
        ("fault", Value::Text(fault.to_string().into())),
        ("field", text(field)),
        ("offset", number(offset)),
    ])
}

/// The detail of an instant that missed a limit.
pub(crate) fn instants_value(at: UnixTime, limit: UnixTime) -> Value<'static> {
    object([("at", instant(at)), ("limit", instant(limit))])
}
