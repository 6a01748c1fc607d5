//! What a certificate of a profile looks like.

use cairn_types::{Duration, Timestamp};
use der::asn1::ObjectIdentifier;

use crate::{ExtendedUsage, Period, RequestedValidity, Validity, ValidityError};

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
        self.period().check()?;
        if self.usages.is_empty() || repeats(self.usages.len(), &|i, j| self.usages[i] == self.usages[j]) {
            Err(ProfileError::Usages)
        } else if repeats(self.policies.len(), &|i, j| self.policies[i] == self.policies[j]) {
            Err(ProfileError::Policies)
        } else {
            Ok(())
        }
    }

    /// For how long certificates are valid.
    pub const fn period(&self) -> Period {
        Period {
            validity: self.validity,
            backdate: self.backdate,
        }
    }

    /// The validity of a certificate that is signed now, see [`Period::validity`].
    pub fn validity(&self, now: Timestamp, requested: RequestedValidity) -> Result<Validity, ValidityError> {
        self.period().validity(now, requested)
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
                profile.backdate = crate::validity::SIGNING_WINDOW;
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
