//! Calendar months in UTC: by them tables are partitioned, and rows leave.

use std::fmt;
use std::str::FromStr;

use cairn_types::Timestamp;
use time::{Date, OffsetDateTime};

const DAY_MILLIS: i64 = 86_400_000;

/// A month of the years 0 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Month {
    /// Months since that of January of year 0.
    number: i32,
}

impl Month {
    /// The first month that any moment of a UUIDv7 or of a serial is in.
    pub(crate) const FIRST: Self = Self { number: 1970 * 12 };

    /// No id of a year after this one is stored: the clock of its maker was wrong.
    const LAST: Self = Self {
        number: 9999 * 12 + 11,
    };

    /// The month of a moment; the nearest one of a moment outside the years 1970 to 9999.
    pub(crate) fn of(at: Timestamp) -> Self {
        if at.as_millis() < 0 {
            return Self::FIRST;
        }
        OffsetDateTime::from_unix_timestamp(at.as_secs()).map_or(Self::LAST, |at| Self {
            number: at.year() * 12 + i32::from(u8::from(at.month())) - 1,
        })
    }

    /// The month of a day, in days since 1970-01-01.
    pub(crate) fn of_day(day: i64) -> Self {
        Self::of(Timestamp::from_millis(day.saturating_mul(DAY_MILLIS)))
    }

    /// The month after it.
    pub(crate) fn next(self) -> Self {
        self.plus(1)
    }

    pub(crate) fn plus(self, months: u32) -> Self {
        let number = self
            .number
            .saturating_add(i32::try_from(months).unwrap_or(i32::MAX));
        Self { number }
    }

    /// Its first day, in days since 1970-01-01.
    pub(crate) fn first_day(self) -> i64 {
        let index = self.number.min(Self::LAST.number);
        let month = u8::try_from(index.rem_euclid(12) + 1).unwrap_or(1);
        let first = time::Month::try_from(month)
            .and_then(|month| Date::from_calendar_date(index.div_euclid(12), month, 1))
            .unwrap_or(Date::MAX);
        i64::from(first.to_julian_day()) - i64::from(UNIX_EPOCH.to_julian_day())
    }

    /// Its first millisecond.
    pub(crate) fn start(self) -> Timestamp {
        Timestamp::from_millis(self.first_day() * DAY_MILLIS)
    }

    /// The first millisecond after it.
    pub(crate) fn end(self) -> Timestamp {
        self.next().start()
    }
}

const UNIX_EPOCH: Date = time::macros::date!(1970 - 01 - 01);

/// As in the names of partitions: `2026_11`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}_{:02}",
            self.number.div_euclid(12),
            self.number.rem_euclid(12) + 1
        )
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Month {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (year, month) = text.split_once('_').ok_or(())?;
        let digits = |text: &str, length| text.len() == length && text.bytes().all(|at| at.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(());
        }
        let (year, month): (i32, i32) = (year.parse().map_err(drop)?, month.parse().map_err(drop)?);
        if !(1..=12).contains(&month) {
            return Err(());
        }
        Ok(Self {
            number: year * 12 + month - 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn months_of_moments() {
        for (moment, name, day) in [
            ("1970-01-01T00:00:00Z", "1970_01", 0),
            ("2024-02-29T23:59:59.999Z", "2024_02", 19_754),
            ("2026-12-31T23:59:59.999Z", "2026_12", 20_788),
            ("2027-01-01T00:00:00Z", "2027_01", 20_819),
        ] {
            let month = Month::of(at(moment));
            assert_eq!((month.to_string().as_str(), month.first_day()), (name, day));
            assert_eq!(name.parse(), Ok(month));
        }
        assert_eq!(Month::of(Timestamp::from_millis(-1)), Month::FIRST);
        assert_eq!(Month::of(Timestamp::from_millis(i64::MAX)).to_string(), "9999_12");
        assert_eq!(
            Month::of(at("2026-11-23T12:00:00Z")).plus(2).to_string(),
            "2027_01"
        );
    }

    #[test]
    fn other_names_are_no_months() {
        for name in [
            "",
            "default",
            "2026",
            "2026_13",
            "2026_00",
            "26_01",
            "2026_1",
            "+026_11",
            "2026_11_x",
        ] {
            assert!(name.parse::<Month>().is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_moment_is_in_its_month(millis in 0_i64..250_000_000_000_000) {
            let at = Timestamp::from_millis(millis);
            let month = Month::of(at);
            prop_assert!(month.start() <= at && at < month.end());
            prop_assert_eq!(Month::of(month.end()), month.next());
        }
    }
}
