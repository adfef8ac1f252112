//! Decides whether a timestamp token (RFC 3161, GB/T 20520) proves that something existed at an instant.
//!
//! A pure function: the token, what it is said to stamp, an instant and certificates go in; a [`TimestampReport`] comes out.
//! All checks that can run do run; the verdict is the first failing one in the order of [`TimestampCheck`], or, if none
//! failed, the first that is open. A passing report turns into a [`VerifiedTimestamp`], which nothing else can make.

mod certificate;
mod check;
mod reason;
mod report;

pub(crate) use certificate::is_meant;
pub use check::{Stamped, TimestampContext, TimestampPolicy, WhenUnknown, check_token};
pub use reason::TimestampReason;
pub use report::{
    TimestampCheck, TimestampDetail, TimestampNote, TimestampOutcome, TimestampReport, TimestampSubject,
    TimestampVerdict, VerifiedTimestamp,
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use boyin_model::timestamp::Note;

    use super::{TimestampCheck, TimestampReason};

    #[test]
    fn codes_are_unique_and_in_the_specification() {
        let text = include_str!("../../../../docs/format.md");
        let codes: HashSet<_> = TimestampReason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), TimestampReason::ALL.len());
        for reason in TimestampReason::ALL {
            let mark = if reason.is_indeterminate() { "?" } else { "" };
            let listed = format!("`{}`{mark}", reason.code());
            let other = format!("`{}`{}", reason.code(), if mark.is_empty() { "?" } else { " " });
            assert!(text.contains(&listed), "docs/format.md lacks {listed}");
            assert!(mark == "?" || !text.contains(&other), "docs/format.md has {other}");
        }
        let notes = Note::ALL.iter().map(|note| note.code());
        for code in TimestampCheck::ALL.map(TimestampCheck::code).into_iter().chain(notes) {
            assert!(text.contains(&format!("`{code}`")), "docs/format.md lacks {code}");
        }
    }
}
