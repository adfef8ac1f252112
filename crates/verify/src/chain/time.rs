use boyin_model::time::{SECONDS_PER_DAY, UnixTime};

use super::der::{Element, tag};

/// UTCTime or GeneralizedTime in the form of RFC 5280 §4.1.2.5: seconds, `Z`, no fraction.
pub(super) fn instant(time: Element<'_>) -> Option<UnixTime> {
    let digits = time.content.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |part: &[u8]| part.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    let (year, rest) = match (time.tag, digits.len()) {
        (tag::UTC_TIME, 12) => {
            let short = number(&digits[..2]);
            (if short < 50 { 2000 + short } else { 1900 + short }, &digits[2..])
        }
        (tag::GENERALIZED_TIME, 14) => (number(&digits[..4]), &digits[4..]),
        _ => return None,
    };
    let part = |at: usize| number(&rest[at..at + 2]);
    let (month, day, hour, minute, second) = (part(0), part(2), part(4), part(6), part(8));
    let valid = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !valid {
        return None;
    }
    let Some(days) = days_since_1970(year, month, day) else { return UnixTime::new(0) };
    let seconds = days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
    Some(UnixTime::new(seconds).unwrap_or(UnixTime::MAX))
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `None` before 1970.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    let before = year.checked_sub(1970)?;
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let of_years = before * 365 + leaps(year - 1) - leaps(1969);
    let of_months: u64 = (1..month).map(|month| days_in(year, month)).sum();
    Some(of_years + of_months + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants() {
        let read = |tag, text: &str| instant(Element { tag, content: text.as_bytes(), raw: &[] });
        let seconds = |tag, text: &str| read(tag, text).map(UnixTime::seconds);
        // From `date -u -d … +%s`.
        assert_eq!(seconds(tag::UTC_TIME, "220510000000Z"), Some(1_652_140_800));
        assert_eq!(seconds(tag::GENERALIZED_TIME, "20000229235959Z"), Some(951_868_799));
        assert_eq!(seconds(tag::GENERALIZED_TIME, "21000301000000Z"), Some(4_107_542_400));
        assert_eq!(seconds(tag::UTC_TIME, "700101000001Z"), Some(1));
        assert_eq!(seconds(tag::UTC_TIME, "500101000000Z"), Some(0));
        assert_eq!(read(tag::GENERALIZED_TIME, "99991231235959Z"), Some(UnixTime::MAX));
        for bad in [
            "220229000000Z",
            "221301000000Z",
            "220100000000Z",
            "220101240000Z",
            "220101006000Z",
            "220101000060Z",
            "220431000000Z",
            "2201010000Z",
            "220101000000",
            "220101000000+",
            "22010100000aZ",
        ] {
            assert_eq!(read(tag::UTC_TIME, bad), None, "{bad}");
        }
        assert_eq!(read(tag::GENERALIZED_TIME, "20220101000000.5Z"), None);
    }
}
