//! Requested validity (RFC 8555 section 7.4: what cannot be met exactly is refused, never altered).

use cairn_types::{Duration, Error, Result, Timestamp};

/// Checks the `notBefore` and `notAfter` of a new order. `longest` is the longest validity of the profile,
/// `slack` how far the start may lie in the past or the future.
pub(crate) fn check(
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    longest: Duration,
    slack: Duration,
    now: Timestamp,
) -> Result<()> {
    if let Some(start) = not_before
        && (start < now - slack || start > now + slack)
    {
        return Err(Error::malformed(format!(
            "notBefore must lie within {} hours of now, or be left out",
            slack.as_secs() / 3600
        )));
    }
    let Some(end) = not_after else { return Ok(()) };
    let start = not_before.unwrap_or(now);
    if end <= start {
        return Err(Error::malformed(
            "notAfter must be later than notBefore and than now",
        ));
    }
    if end.since(start) > longest {
        return Err(Error::malformed(format!(
            "notAfter must be at most {} days after the start of validity for this profile",
            longest.as_secs() / 86_400
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_met_is_refused() {
        let day = |days: i64| Timestamp::from_secs(days * 86_400);
        let case = |start: Option<i64>, end: Option<i64>| {
            check(
                start.map(day),
                end.map(day),
                Duration::from_secs(90 * 86_400),
                Duration::from_secs(86_400),
                day(1000),
            )
            .is_ok()
        };
        assert!(case(None, None));
        assert!(case(Some(1000), Some(1090)));
        assert!(case(Some(1001), Some(1002)));
        assert!(case(None, Some(1090)));
        assert!(!case(None, Some(1091)), "too long");
        assert!(!case(Some(1000), Some(1091)), "too long");
        assert!(!case(Some(998), None), "too early");
        assert!(!case(Some(1002), None), "too late");
        assert!(!case(Some(1000), Some(1000)), "empty");
        assert!(!case(None, Some(999)), "over");
    }
}
