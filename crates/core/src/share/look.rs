//! Looking through a holder's file for licenses of one type.

use super::{CertCheck, MAX_SHARED_LICENSES};
use crate::error::LookupError;

/// Parts of a holder's file that are looked through in one call.
const MAX_PARTS: usize = 20;

/// Licenses of a holder that were looked for.
pub(super) struct OfType<R> {
    /// Those that are of the type and right, newest first, [`MAX_SHARED_LICENSES`] at most.
    pub(super) records: Vec<R>,
    /// Whether there is any of the type, right or not.
    any: bool,
    /// Whether all that the holder has was looked at.
    pub(super) whole: bool,
}

impl<R> OfType<R> {
    /// Looks through what `part` gives after a place, in [`MAX_PARTS`] parts at most.
    pub(super) fn look<C>(
        part: impl Fn(Option<&C>) -> Result<(Vec<R>, Option<C>), LookupError>,
        of_type: impl Fn(&R) -> bool,
        right: impl Fn(&R) -> bool,
    ) -> Result<Self, LookupError> {
        let mut looked = Self { records: Vec::new(), any: false, whole: false };
        let mut cursor: Option<C> = None;
        for _ in 0..MAX_PARTS {
            let (records, next) = part(cursor.as_ref())?;
            for record in records.into_iter().filter(&of_type) {
                looked.any = true;
                if !right(&record) {
                    continue;
                }
                if looked.records.len() >= MAX_SHARED_LICENSES {
                    return Ok(looked);
                }
                looked.records.push(record);
            }
            cursor = next;
            if cursor.is_none() {
                looked.whole = true;
                break;
            }
        }
        Ok(looked)
    }

    /// What is said after the best of those that are right: where there may be more, nothing but that one is in force.
    pub(super) fn answer(&self, best: Option<CertCheck>) -> CertCheck {
        match best {
            Some(CertCheck::InForce) => CertCheck::InForce,
            _ if !self.whole => CertCheck::Undecided,
            Some(best) => best,
            None if self.any => CertCheck::PartlyWrong,
            None => CertCheck::NotFound,
        }
    }
}

#[cfg(test)]
mod tests {
    use boyin_archive::MAX_PAGE;

    use super::*;

    /// Parts of a hundred numbers from `from` down to 1.
    fn part(from: usize, after: Option<&usize>) -> (Vec<usize>, Option<usize>) {
        let first = after.map_or(from, |after| after - 1);
        let last = first.saturating_sub(MAX_PAGE);
        (((last + 1)..=first).rev().collect(), Some(last + 1).filter(|_| last > 0))
    }

    fn look(from: usize, of_type: impl Fn(&usize) -> bool, right: impl Fn(&usize) -> bool) -> OfType<usize> {
        OfType::look(|after| Ok(part(from, after)), of_type, right).unwrap()
    }

    #[test]
    fn what_is_right_is_found_behind_many_that_are_not() {
        let found = look(500, |_| true, |number| *number == 1);
        assert_eq!((found.records.as_slice(), found.any, found.whole), (&[1][..], true, true));
        assert_eq!(found.answer(Some(CertCheck::NoLonger)), CertCheck::NoLonger);
        let wrong = look(500, |_| true, |_| false);
        assert_eq!(wrong.answer(None), CertCheck::PartlyWrong);
        let none = look(500, |_| false, |_| true);
        assert_eq!((none.records.len(), none.answer(None)), (0, CertCheck::NotFound));
        assert_eq!(look(0, |_| true, |_| true).answer(None), CertCheck::NotFound);
    }

    #[test]
    fn of_what_was_not_looked_at_nothing_is_said() {
        let most = MAX_PARTS * MAX_PAGE;
        assert!(look(most, |_| true, |_| false).whole);
        let beyond = look(most + 1, |_| true, |number| *number == 1);
        assert_eq!((beyond.records.len(), beyond.whole), (0, false));
        assert_eq!(beyond.answer(None), CertCheck::Undecided);
        assert_eq!(look(most + 1, |_| false, |_| true).answer(None), CertCheck::Undecided);
        // More are right than are looked at: one of the others may be in force.
        let full = look(MAX_SHARED_LICENSES + 1, |_| true, |_| true);
        assert_eq!((full.records.len(), full.records[0], full.whole), (MAX_SHARED_LICENSES, 101, false));
        assert_eq!(full.answer(Some(CertCheck::NoLonger)), CertCheck::Undecided);
        assert_eq!(full.answer(Some(CertCheck::InForce)), CertCheck::InForce);
        assert!(look(MAX_SHARED_LICENSES, |_| true, |_| true).whole);
    }
}
