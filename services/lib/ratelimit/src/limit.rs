//! How much a bucket holds, and how fast it fills.

use std::fmt;
use std::time::Duration;

use humantime_serde::re::humantime::format_duration;
use serde::Deserialize;

/// `count` in each `period`, of which up to `burst` at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Limit {
    count: u32,
    period: Duration,
    burst: u32,
}

/// Why three numbers are no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLimit {
    /// `count` or `burst` is zero.
    #[error("count and burst must be at least 1")]
    Nothing,
    /// More than one in a microsecond.
    #[error("period must be at least a microsecond for each of count")]
    TooFast,
    /// Longer than a century.
    #[error("the time in which burst refills must be at most 100 years")]
    TooSlow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    count: u32,
    #[serde(with = "humantime_serde")]
    period: Duration,
    burst: Option<u32>,
}

impl TryFrom<Raw> for Limit {
    type Error = InvalidLimit;

    fn try_from(raw: Raw) -> Result<Self, InvalidLimit> {
        Self::new(raw.count, raw.period, raw.burst.unwrap_or(raw.count))
    }
}

impl Limit {
    /// The longest time in which a bucket may refill; keeps all sums far from overflow.
    const LONGEST: Duration = Duration::from_secs(100 * 366 * 86_400);

    /// `count` in each `period`, of which up to `burst` at once.
    pub fn new(count: u32, period: Duration, burst: u32) -> Result<Self, InvalidLimit> {
        if count == 0 || burst == 0 {
            return Err(InvalidLimit::Nothing);
        }
        let limit = Self { count, period, burst };
        if limit.interval() == 0 {
            return Err(InvalidLimit::TooFast);
        }
        if limit.interval().saturating_mul(i64::from(burst)) > micros(Self::LONGEST) {
            return Err(InvalidLimit::TooSlow);
        }
        Ok(limit)
    }

    /// The time in which one more becomes available, in microseconds.
    pub(crate) fn interval(&self) -> i64 {
        micros(self.period) / i64::from(self.count)
    }

    /// The time in which an empty bucket becomes full, in microseconds.
    pub(crate) fn capacity(&self) -> i64 {
        self.interval() * i64::from(self.burst)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} per {}", self.count, format_duration(self.period))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_checked() {
        let read = |text: &str| toml::from_str::<Limit>(text).map_err(|error| error.message().to_owned());
        let limit = read("count = 300\nperiod = '3h'").unwrap();
        assert_eq!(limit, Limit::new(300, Duration::from_secs(10_800), 300).unwrap());
        assert_eq!(limit.to_string(), "300 per 3h");
        assert_eq!(limit.interval(), 36_000_000);
        assert_eq!(
            read("count = 5\nperiod = '1h'\nburst = 2").unwrap().capacity(),
            1_440_000_000
        );
        for (text, reason) in [
            ("count = 0\nperiod = '1h'", "count and burst must be at least 1"),
            (
                "count = 1\nperiod = '1h'\nburst = 0",
                "count and burst must be at least 1",
            ),
            (
                "count = 2\nperiod = '1us'",
                "period must be at least a microsecond for each of count",
            ),
            (
                "count = 1\nperiod = '101years'",
                "the time in which burst refills must be at most 100 years",
            ),
            ("count = 1\nperiod = '1h'\nper = 'day'", "unknown field `per`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(reason), "{text}: {error}");
        }
    }
}
