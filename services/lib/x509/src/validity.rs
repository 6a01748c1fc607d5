//! From when to when a certificate is valid: one rule for the authority that takes an order and the one that signs.

use cairn_types::{Duration, Error, ErrorKind, Timestamp};

use crate::ProfileError;

/// BR 7.1.2.7: notBefore is within 48 hours of the signing.
pub(crate) const SIGNING_WINDOW: Duration = Duration::from_secs(48 * 3600);

const SECOND: Duration = Duration::from_secs(1);

/// For how long the certificates of a profile are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// How long a certificate is valid, and at most may be, both ends included. Whole seconds.
    pub validity: Duration,
    /// How far notBefore lies before the signing, for clients whose clocks are slow. Whole seconds.
    pub backdate: Duration,
}

impl Period {
    /// Checks that something is left of the validity, whenever a certificate is signed.
    pub fn check(&self) -> Result<(), ProfileError> {
        if self.validity.subsec_nanos() != 0 || self.backdate.subsec_nanos() != 0 {
            Err(ProfileError::Fraction)
        } else if self.validity <= self.backdate.saturating_add(SECOND)
            || self.validity > Duration::from_secs(100 * 366 * 86_400)
        {
            Err(ProfileError::Validity)
        } else if self.backdate >= SIGNING_WINDOW {
            Err(ProfileError::Backdate)
        } else {
            Ok(())
        }
    }

    /// The validity of a certificate that is signed now. What was requested is honoured exactly or refused
    /// (RFC 8555 section 7.4).
    pub fn validity(&self, now: Timestamp, requested: RequestedValidity) -> Result<Validity, ValidityError> {
        let not_before = requested.not_before.unwrap_or((now - self.backdate).floor_secs());
        let not_after = requested.not_after.unwrap_or(not_before + self.validity - SECOND);
        if not_before.floor_secs() != not_before || not_after.floor_secs() != not_after {
            Err(ValidityError::Fraction)
        } else if not_before.since(now) > SIGNING_WINDOW || now.since(not_before) > SIGNING_WINDOW {
            Err(ValidityError::NotBefore)
        } else if not_after <= now || not_after <= not_before {
            Err(ValidityError::Order)
        } else if not_after.since(not_before) + SECOND > self.validity {
            Err(ValidityError::TooLong(self.validity))
        } else {
            Ok(Validity {
                not_before,
                not_after,
            })
        }
    }

    /// The last moment at which [`Period::validity`] still grants a request that it grants now. None if nothing
    /// was requested: then every moment will do.
    pub fn last_moment(&self, requested: RequestedValidity) -> Option<Timestamp> {
        let start = requested.not_before.map(|start| start + SIGNING_WINDOW);
        let end = requested
            .not_after
            .or_else(|| Some(requested.not_before? + self.validity - SECOND))
            .map(|end| end - Duration::from_millis(1));
        start.into_iter().chain(end).min()
    }
}

/// What the order asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RequestedValidity {
    /// The start, if the order says.
    pub not_before: Option<Timestamp>,
    /// The end, if the order says.
    pub not_after: Option<Timestamp>,
}

/// From when to when a certificate is valid, both included, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub not_before: Timestamp,
    /// The last moment.
    pub not_after: Timestamp,
}

/// Why a requested validity is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValidityError {
    /// X.509 times are whole seconds.
    #[error("notBefore and notAfter must be whole seconds")]
    Fraction,
    /// Too far from now.
    #[error("notBefore must be within 48 hours of the issuance (CA/B BR 7.1.2.7)")]
    NotBefore,
    /// The end is over or before the start.
    #[error("notAfter must be later than notBefore and in the future")]
    Order,
    /// More than the profile grants.
    #[error("notAfter must be less than {} seconds after notBefore in this profile", .0.as_secs())]
    TooLong(Duration),
}

impl From<ValidityError> for Error {
    fn from(error: ValidityError) -> Self {
        Self::new(ErrorKind::Malformed, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_750);
    const DAY: i64 = 86_400;

    const DV: Period = Period {
        validity: Duration::from_secs(90 * 86_400),
        backdate: Duration::from_secs(3600),
    };

    const fn at(offset: i64) -> Timestamp {
        Timestamp::from_secs(1_800_000_000 + offset)
    }

    #[test]
    fn without_a_request_the_profile_decides() {
        let validity = DV.validity(NOW, RequestedValidity::default()).unwrap();
        assert_eq!(validity.not_before, at(-3600));
        assert_eq!(validity.not_after, at(-3600 + 90 * DAY - 1));
    }

    #[test]
    fn a_request_is_honoured_exactly_or_refused() {
        for (not_before, not_after, good) in [
            (Some(at(0)), None, true),
            (Some(at(2 * DAY)), None, true),
            (Some(at(2 * DAY + 2)), None, false),
            (Some(at(-2 * DAY + 1)), None, true),
            (Some(at(-2 * DAY - 1)), None, false),
            (None, Some(at(DAY)), true),
            (None, Some(at(0)), false),
            (Some(at(DAY)), Some(at(DAY)), false),
            (Some(at(0)), Some(at(90 * DAY - 1)), true),
            (Some(at(0)), Some(at(90 * DAY)), false),
            (Some(NOW), None, false),
        ] {
            let requested = RequestedValidity {
                not_before,
                not_after,
            };
            let decided = DV.validity(NOW, requested);
            assert_eq!(decided.is_ok(), good, "{requested:?}");
            if let Ok(validity) = decided {
                assert!(not_before.is_none_or(|at| at == validity.not_before));
                assert!(not_after.is_none_or(|at| at == validity.not_after));
            }
        }
    }

    #[test]
    fn what_is_granted_now_is_granted_until_the_last_moment_and_not_after_it() {
        let short = Period {
            validity: Duration::from_secs(86_400),
            ..DV
        };
        for (period, not_before, not_after) in [
            (DV, Some(at(0)), None),
            (DV, Some(at(DAY)), Some(at(20 * DAY))),
            (DV, Some(at(-DAY)), Some(at(60))),
            (DV, None, Some(at(3 * DAY))),
            (short, Some(at(0)), None),
        ] {
            let requested = RequestedValidity {
                not_before,
                not_after,
            };
            assert!(period.validity(NOW, requested).is_ok(), "{requested:?}");
            let last = period.last_moment(requested).unwrap();
            assert!(period.validity(last, requested).is_ok(), "{requested:?}");
            let late = last + Duration::from_millis(1);
            assert!(period.validity(late, requested).is_err(), "{requested:?}");
        }
        assert_eq!(DV.last_moment(RequestedValidity::default()), None);
    }
}
