//! What the CA/B Baseline Requirements ask of validation, in numbers: for profiles that are marked as public.

use cairn_types::{ChallengeType, Duration, Identifier, Timestamp};

/// The longest time for which a CAA answer may be used (section 3.2.2.8). It holds for every profile.
pub const MAX_CAA_AGE: Duration = Duration::from_secs(8 * 3600);

/// How many remote perspectives there must be (section 3.2.2.9, from 2026-12-15).
pub const MIN_REMOTES: usize = 5;

/// In how many regions those that corroborate must stand (section 3.2.2.9).
pub const MIN_REGIONS: usize = 2;

/// How many of so many remote perspectives may fail to corroborate (section 3.2.2.9).
pub const fn allowed_failures(remotes: usize) -> usize {
    match remotes {
        0 | 1 => 0,
        2..=5 => 1,
        _ => 2,
    }
}

/// How long a validation may be used for certificates that are issued at this moment (section 4.2.1).
pub fn validation_reuse(now: Timestamp) -> Duration {
    REUSE
        .iter()
        .find(|(since, _)| now.as_secs() >= *since)
        .map_or(LONGEST_REUSE, |(_, reuse)| *reuse)
}

/// From when which reuse holds, the latest first: 2029-03-15 and 2027-03-15.
const REUSE: [(i64, Duration); 2] = [(1_868_227_200, days(10)), (1_805_068_800, days(100))];

/// From 2026-03-15, and never again more.
pub(crate) const LONGEST_REUSE: Duration = days(200);

const fn days(days: u64) -> Duration {
    Duration::from_secs(days * 86_400)
}

/// The methods of sections 3.2.2.4 and 3.2.2.5 that are ACME challenges: for names .7, .19, .20, .21 and .22; for
/// addresses .6 and .7. By name, so that what else Cairn learns is not taken for one of them.
pub(crate) fn is_method(method: ChallengeType, identifier: &Identifier) -> bool {
    match identifier {
        Identifier::Dns(_) => matches!(
            method.as_str(),
            "dns-01" | "http-01" | "tls-alpn-01" | "dns-account-01" | "dns-persist-01"
        ),
        Identifier::Ip(_) => matches!(method.as_str(), "http-01" | "tls-alpn-01"),
    }
}

/// How long validations by this method may be used, whatever holds for others (section 3.2.2.4.22).
pub(crate) fn method_age(method: ChallengeType) -> Option<Duration> {
    method.max_reuse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reuse_by_date() {
        for (date, reuse) in [
            ("2026-11-23T00:00:00Z", 200),
            ("2027-03-14T23:59:59Z", 200),
            ("2027-03-15T00:00:00Z", 100),
            ("2029-03-14T23:59:59Z", 100),
            ("2029-03-15T00:00:00Z", 10),
            ("2040-01-01T00:00:00Z", 10),
        ] {
            let date = Timestamp::parse_rfc3339(date).unwrap();
            assert_eq!(validation_reuse(date), days(reuse), "{date:?}");
        }
    }

    #[test]
    fn failures() {
        let allowed = [0, 0, 1, 1, 1, 1, 2, 2];
        for (remotes, allowed) in allowed.into_iter().enumerate() {
            assert_eq!(allowed_failures(remotes), allowed, "{remotes}");
        }
    }

    #[test]
    fn every_method_for_names_is_known_and_addresses_have_no_zone() {
        let address = Identifier::Ip("192.0.2.1".parse().unwrap());
        let name = Identifier::parse("dns", "example.org").unwrap();
        for method in ChallengeType::ALL {
            assert!(is_method(*method, &name), "{method}");
        }
        assert!(is_method(ChallengeType::Http01, &address));
        assert!(!is_method(ChallengeType::Dns01, &address));
    }
}
