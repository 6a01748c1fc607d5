//! What a certificate of a profile looks like, and from when to when it is valid.

use cairn_types::{Duration, Error, ErrorKind, Timestamp};
use der::asn1::ObjectIdentifier;

use crate::ExtendedUsage;

/// BR 7.1.2.7: notBefore is within 48 hours of the signing.
pub(crate) const SIGNING_WINDOW: Duration = Duration::from_secs(48 * 3600);

/// The shape of the leaf certificates of one profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// How long a certificate is valid, and at most may be, both ends included. Whole seconds.
    pub validity: Duration,
    /// How far notBefore lies before the signing, for clients whose clocks are slow. Whole seconds.
    pub backdate: Duration,
    /// What the key may be used for.
    pub usages: Vec<ExtendedUsage>,
    /// Whether RSA keys may also encipher keys (TLS 1.2 without forward secrecy).
    pub key_encipherment: bool,
    /// Whether a name is repeated as the subject's common name; else the subject is empty.
    pub common_name: bool,
    /// The certificate policies, in order.
    pub policies: Vec<ObjectIdentifier>,
}

/// Why a profile makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// X.509 times are whole seconds.
    #[error("validity and backdate are whole seconds")]
    Fraction,
    /// Nothing would be left after the backdate.
    #[error("the validity must be longer than the backdate and end before the year 10000")]
    Validity,
    /// BR 7.1.2.7.
    #[error("the backdate is less than 48 hours")]
    Backdate,
    /// An extended key usage extension is not empty (RFC 5280 section 4.2.1.12).
    #[error("at least one usage, and none twice")]
    Usages,
    /// RFC 5280 section 4.2.1.4.
    #[error("no policy twice")]
    Policies,
}

impl Profile {
    /// Checks that certificates of this profile can be made.
    pub fn check(&self) -> Result<(), ProfileError> {
        let repeats = |length: usize, same: &dyn Fn(usize, usize) -> bool| {
            (0..length).any(|i| (0..i).any(|j| same(i, j)))
        };
        if self.validity.subsec_nanos() != 0 || self.backdate.subsec_nanos() != 0 {
            Err(ProfileError::Fraction)
        } else if self.validity <= self.backdate + Duration::from_secs(1)
            || self.validity > Duration::from_secs(100 * 366 * 86_400)
        {
            Err(ProfileError::Validity)
        } else if self.backdate >= SIGNING_WINDOW {
            Err(ProfileError::Backdate)
        } else if self.usages.is_empty()
            || repeats(self.usages.len(), &|i, j| self.usages[i] == self.usages[j])
        {
            Err(ProfileError::Usages)
        } else if repeats(self.policies.len(), &|i, j| self.policies[i] == self.policies[j]) {
            Err(ProfileError::Policies)
        } else {
            Ok(())
        }
    }

    /// The validity of a certificate that is signed now. What was requested is honoured exactly or refused
    /// (RFC 8555 section 7.4).
    pub fn validity(&self, now: Timestamp, requested: RequestedValidity) -> Result<Validity, ValidityError> {
        let second = Duration::from_secs(1);
        let not_before = requested.not_before.unwrap_or((now - self.backdate).floor_secs());
        let not_after = requested.not_after.unwrap_or(not_before + self.validity - second);
        if not_before.floor_secs() != not_before || not_after.floor_secs() != not_after {
            Err(ValidityError::Fraction)
        } else if not_before.since(now) > SIGNING_WINDOW || now.since(not_before) > SIGNING_WINDOW {
            Err(ValidityError::NotBefore)
        } else if not_after <= now || not_after <= not_before {
            Err(ValidityError::Order)
        } else if not_after.since(not_before) + second > self.validity {
            Err(ValidityError::TooLong(self.validity))
        } else {
            Ok(Validity {
                not_before,
                not_after,
            })
        }
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
pub(crate) mod tests {
    use super::*;

    pub(crate) fn dv() -> Profile {
        Profile {
            validity: Duration::from_secs(90 * 86_400),
            backdate: Duration::from_secs(3600),
            usages: vec![ExtendedUsage::ServerAuth],
            key_encipherment: false,
            common_name: false,
            policies: vec![ObjectIdentifier::new_unwrap("2.23.140.1.2.1")],
        }
    }

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_750);

    const fn at(offset: i64) -> Timestamp {
        Timestamp::from_secs(1_800_000_000 + offset)
    }

    #[test]
    fn without_a_request_the_profile_decides() {
        let validity = dv().validity(NOW, RequestedValidity::default()).unwrap();
        assert_eq!(validity.not_before, at(-3600));
        assert_eq!(validity.not_after, at(-3600 + 90 * 86_400 - 1));
    }

    #[test]
    fn a_request_is_honoured_exactly_or_refused() {
        const DAY: i64 = 86_400;
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
            let decided = dv().validity(NOW, requested);
            assert_eq!(decided.is_ok(), good, "{requested:?}");
            if let Ok(validity) = decided {
                assert!(not_before.is_none_or(|at| at == validity.not_before));
                assert!(not_after.is_none_or(|at| at == validity.not_after));
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        type Spoil = fn(&mut Profile);
        let spoil: [(ProfileError, Spoil); 7] = [
            (ProfileError::Fraction, |profile| {
                profile.backdate += Duration::from_millis(1);
            }),
            (ProfileError::Validity, |profile| {
                profile.validity = profile.backdate;
            }),
            (ProfileError::Validity, |profile| profile.validity *= 1000),
            (ProfileError::Backdate, |profile| {
                profile.backdate = SIGNING_WINDOW;
            }),
            (ProfileError::Usages, |profile| profile.usages.clear()),
            (ProfileError::Usages, |profile| {
                profile.usages.push(ExtendedUsage::ServerAuth);
            }),
            (ProfileError::Policies, |profile| {
                profile.policies.push(profile.policies[0]);
            }),
        ];
        assert_eq!(dv().check(), Ok(()));
        for (error, spoil) in spoil {
            let mut profile = dv();
            spoil(&mut profile);
            assert_eq!(profile.check(), Err(error));
        }
    }
}
