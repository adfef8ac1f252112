//! Until when copies of licenses are used.

use boyin_model::time::{Date, SECONDS_PER_DAY, UnixTime};

use crate::document::MAX_COPY_DAYS;

/// The first instant at which a copy is not used any more: the one that was asked for, but not later than [`MAX_COPY_DAYS`] from now, nor
/// than the end of the last day of the license.
pub(super) fn copy_ends(asked: UnixTime, last: Option<Date>, now: UnixTime) -> UnixTime {
    let latest = now.plus(MAX_COPY_DAYS * SECONDS_PER_DAY);
    asked.min(last.map_or(latest, |last| latest.min(last.ends())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_ends_with_what_ends_first() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let now = day("2026-06-01").begins().plus(9 * 3600);
        let year = now.plus(MAX_COPY_DAYS * SECONDS_PER_DAY);
        let short = day("2026-06-30");
        for (asked, last, expected) in [
            (now.plus(60), None, now.plus(60)),
            (now.plus(60), Some(short), now.plus(60)),
            (year, None, year),
            (year.plus(1), None, year),
            (UnixTime::MAX, Some(day("2040-05-06")), year),
            (short.ends().minus(1), Some(short), short.ends().minus(1)),
            (short.ends(), Some(short), short.ends()),
            (short.ends().plus(1), Some(short), short.ends()),
            (UnixTime::MAX, Some(short), short.ends()),
        ] {
            assert_eq!(copy_ends(asked, last, now), expected, "{asked} {last:?}");
        }
    }
}
