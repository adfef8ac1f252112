//! Instants and calendar dates. No clock: an instant always arrives as an argument.
//!
//! Licenses carry calendar dates. A date begins at midnight China standard time (UTC+08:00, no daylight saving).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Offset of China standard time from UTC, in seconds.
const CHINA_OFFSET_SECONDS: i64 = 8 * 3600;
/// Seconds of a day: leap seconds do not exist.
pub const SECONDS_PER_DAY: u64 = 86_400;
const DAY_SECONDS: i64 = SECONDS_PER_DAY.cast_signed();

/// Whole seconds since 1970-01-01T00:00:00Z; leap seconds do not exist.
///
/// At most [`UnixTime::MAX`], the last second of the year 9999 in China, so that every instant has a printed form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct UnixTime(u64);

impl<'de> Deserialize<'de> for UnixTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = u64::deserialize(deserializer)?;
        Self::new(seconds).ok_or_else(|| serde::de::Error::custom(TimeError::OutOfRange))
    }
}

impl UnixTime {
    /// 9999-12-31T23:59:59+08:00.
    pub const MAX: Self = Self(253_402_271_999);

    /// The instant `seconds` after the epoch, or `None` beyond [`UnixTime::MAX`].
    #[must_use]
    pub fn new(seconds: u64) -> Option<Self> {
        (seconds <= Self::MAX.0).then_some(Self(seconds))
    }

    /// Seconds since the epoch.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// The instant `seconds` later, stopping at [`UnixTime::MAX`].
    #[must_use]
    pub fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds).min(Self::MAX.0))
    }

    /// The instant `seconds` earlier, stopping at the epoch.
    #[must_use]
    pub fn minus(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// The calendar date in China at this instant.
    #[must_use]
    pub fn date(self) -> Date {
        let (date, _) = self.local();
        date
    }

    fn local(self) -> (Date, i64) {
        let local = i64::try_from(self.0).unwrap_or(i64::MAX - CHINA_OFFSET_SECONDS) + CHINA_OFFSET_SECONDS;
        let days = local.div_euclid(DAY_SECONDS);
        let epoch = jiff::civil::date(1970, 1, 1);
        let span = jiff::Span::new().try_days(days).unwrap_or_default();
        (Date(epoch.saturating_add(span)), local.rem_euclid(DAY_SECONDS))
    }
}

/// `2026-11-23T09:30:00+08:00`.
impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, second) = self.local();
        write!(f, "{date}T{:02}:{:02}:{:02}+08:00", second / 3600, second / 60 % 60, second % 60)
    }
}

/// A real calendar date, years 0001 to 9999, written `YYYY-MM-DD`.
///
/// ```
/// use boyin_model::time::Date;
/// let last: Date = "2024-02-29".parse()?;
/// assert_eq!(last.compact(), "20240229");
/// assert!("2023-02-29".parse::<Date>().is_err());
/// # Ok::<(), boyin_model::time::TimeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

impl Date {
    /// The date, if such a day exists.
    ///
    /// # Errors
    /// [`TimeError::NoSuchDay`].
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, TimeError> {
        let part = |n: u16| i16::try_from(n).map_err(|_| TimeError::NoSuchDay);
        let small = |n: u8| i8::try_from(n).map_err(|_| TimeError::NoSuchDay);
        if year == 0 {
            return Err(TimeError::NoSuchDay);
        }
        jiff::civil::Date::new(part(year)?, small(month)?, small(day)?)
            .map(Self)
            .map_err(|_| TimeError::NoSuchDay)
    }

    /// Reads `YYYYMMDD`.
    ///
    /// # Errors
    /// [`TimeError::Form`] if it is not eight ASCII digits, [`TimeError::NoSuchDay`] if the calendar has no such day.
    pub fn from_compact(text: &str) -> Result<Self, TimeError> {
        Self::from_digits(text.as_bytes().try_into().map_err(|_| TimeError::Form)?)
    }

    fn from_digits(digits: [u8; 8]) -> Result<Self, TimeError> {
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(TimeError::Form);
        }
        let [a, b, c, d, e, f, g, h] = digits.map(|digit| digit - b'0');
        let year = u16::from(a * 10 + b) * 100 + u16::from(c * 10 + d);
        Self::new(year, e * 10 + f, g * 10 + h)
    }

    /// `YYYYMMDD`.
    #[must_use]
    pub fn compact(self) -> String {
        format!("{:04}{:02}{:02}", self.0.year(), self.0.month(), self.0.day())
    }

    /// The first second of the day in China. Days before 1970 begin at the epoch.
    #[must_use]
    pub fn begins(self) -> UnixTime {
        self.midnight(0)
    }

    /// The first second after the day in China. Days before 1970 end at the epoch.
    #[must_use]
    pub fn ends(self) -> UnixTime {
        self.midnight(1)
    }

    /// The midnight in China with which the day begins, so many days later.
    fn midnight(self, later: i64) -> UnixTime {
        let since_epoch = self.0.duration_since(jiff::civil::date(1970, 1, 1)).as_secs();
        let seconds = since_epoch + later * DAY_SECONDS - CHINA_OFFSET_SECONDS;
        UnixTime(u64::try_from(seconds).unwrap_or(0)).min(UnixTime::MAX)
    }

    /// The same day `years` later; 29 February becomes 28 February where needed; stops at 9999-12-31.
    #[must_use]
    pub fn plus_years(self, years: u16) -> Self {
        self.plus(jiff::Span::new().try_years(years).ok())
    }

    /// The same day `months` later, or the last day of a shorter month; stops at 9999-12-31.
    #[must_use]
    pub fn plus_months(self, months: u16) -> Self {
        self.plus(jiff::Span::new().try_months(months).ok())
    }

    /// The day `days` later; stops at 9999-12-31.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        self.plus(jiff::Span::new().try_days(days).ok())
    }

    /// `None` is a span longer than the calendar.
    fn plus(self, span: Option<jiff::Span>) -> Self {
        Self(span.map_or(jiff::civil::Date::MAX, |span| self.0.saturating_add(span)))
    }

    /// The day before.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.yesterday().unwrap_or(self.0))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl FromStr for Date {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(TimeError::Form);
        }
        let digits = [bytes[0], bytes[1], bytes[2], bytes[3], bytes[5], bytes[6], bytes[8], bytes[9]];
        Self::from_digits(digits)
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Why a date or an instant was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// Not written as the format asks.
    #[error("a date is written YYYY-MM-DD with ASCII digits")]
    Form,
    /// The calendar has no such day.
    #[error("the calendar has no such day")]
    NoSuchDay,
    /// Later than the year 9999.
    #[error("the instant is later than the year 9999")]
    OutOfRange,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_china_begins_eight_hours_before_utc() {
        let day: Date = "2026-01-01".parse().unwrap();
        assert_eq!(day.begins().seconds(), 1_767_196_800); // date -d '2026-01-01 00:00 +0800' +%s
        assert_eq!(day.ends().seconds(), 1_767_283_200);
        assert_eq!(day.begins().to_string(), "2026-01-01T00:00:00+08:00");
        assert_eq!(day.begins().date(), day);
        assert_eq!(day.begins().minus(1).date(), day.previous());
    }

    #[test]
    fn days_about_the_epoch_end_where_the_next_begins() {
        for (text, begins, ends) in
            [("1969-12-31", 0, 0), ("1970-01-01", 0, 57_600), ("1970-01-02", 57_600, 144_000)]
        {
            let day: Date = text.parse().unwrap();
            assert_eq!((day.begins().seconds(), day.ends().seconds()), (begins, ends), "{text}");
        }
        assert_eq!("9999-12-31".parse::<Date>().unwrap().ends(), UnixTime::MAX);
    }

    #[test]
    fn the_calendar_stops_with_the_year_9999() {
        let day: Date = "2026-01-31".parse().unwrap();
        for later in [
            day.plus_years(7974),
            day.plus_years(u16::MAX),
            day.plus_months(u16::MAX).plus_months(u16::MAX),
            day.plus_days(3_000_000),
            day.plus_days(u32::MAX),
        ] {
            assert_eq!(later.to_string(), "9999-12-31");
        }
        assert_eq!(day.plus_months(1).to_string(), "2026-02-28");
    }

    #[test]
    fn the_last_instant_prints() {
        assert_eq!(UnixTime::MAX.to_string(), "9999-12-31T23:59:59+08:00");
        assert_eq!(UnixTime::new(UnixTime::MAX.seconds() + 1), None);
    }

    #[test]
    fn only_real_days_in_the_one_spelling() {
        for bad in [
            "2023-02-29",
            "2026-13-01",
            "2026-00-10",
            "0000-01-01",
            "2026-1-01",
            "2026/01/01",
            "２０２６-01-01",
        ] {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
        assert_eq!("2024-02-29".parse::<Date>().unwrap().plus_years(1).to_string(), "2025-02-28");
    }
}
