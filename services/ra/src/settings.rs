//! The configuration after its checks, in the form that the rules use.

use std::collections::BTreeMap;

use cairn_policy::NamePolicy;
use cairn_types::{ChallengeType, Duration, Error, ErrorKind, ProfileName, Result, Timestamp};
use cairn_x509::Period;

use crate::Ra;
use crate::orders::plan::Lifetimes;

/// What the certificate authority grants under a profile. The shape of its certificates is known to it alone.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    /// Its name.
    pub name: ProfileName,
    /// For how long certificates are valid.
    pub period: Period,
    /// How old a validation may be.
    pub max_validation_age: Duration,
    /// By which challenges control may be proved.
    pub methods: Vec<ChallengeType>,
}

/// The terms of service that accounts must agree to.
pub(crate) struct Terms {
    /// Where they are.
    pub url: String,
    /// The key of the links by which accounts agree to them.
    pub key: Vec<u8>,
}

/// Everything the rules need to know.
pub(crate) struct Settings {
    pub base_url: String,
    pub terms: Option<Terms>,
    pub max_contacts: usize,
    pub external_account_required: bool,
    pub external_account_keys: BTreeMap<String, Vec<u8>>,
    pub names: NamePolicy,
    pub profiles: Vec<Profile>,
    pub default_profile: ProfileName,
    pub lifetimes: Lifetimes,
    pub authorization_lifetime: Duration,
    /// For how long a repeated newOrder finds the first one's order.
    pub order_retry_window: Duration,
    pub caa_recheck_after: Duration,
    pub validation_lease: Duration,
    pub validation_wait: Duration,
    pub validation_retries: Vec<Duration>,
    pub finalize_lease: Duration,
    pub finalize_wait: Duration,
    pub finalize_patience: Duration,
    pub janitor_interval: Duration,
    pub janitor_batch: u32,
}

impl Ra {
    /// The profile of that name, or the default one.
    pub(crate) fn profile(&self, name: Option<ProfileName>) -> Result<&Profile> {
        let name = name.unwrap_or_else(|| self.settings.default_profile.clone());
        self.settings
            .profiles
            .iter()
            .find(|profile| profile.name == name)
            .ok_or_else(|| {
                let known: Vec<_> = self
                    .settings
                    .profiles
                    .iter()
                    .map(|profile| profile.name.as_str())
                    .collect();
                Error::new(
                    ErrorKind::InvalidProfile,
                    format!(
                        "there is no profile {:?}; the profiles are: {}",
                        name.as_str(),
                        known.join(", ")
                    ),
                )
            })
    }

    /// By which challenges control may be proved under one profile or another.
    pub(crate) fn all_methods(&self) -> Vec<ChallengeType> {
        let is_used = |method: &&ChallengeType| {
            let profiles = &self.settings.profiles;
            profiles.iter().any(|profile| profile.methods.contains(method))
        };
        ChallengeType::ALL.iter().filter(is_used).copied().collect()
    }

    /// Since when an authorization must have been made to be valid still.
    pub(crate) fn made_since(&self) -> Timestamp {
        self.clock.now() - (self.lifetimes().pending + self.settings.authorization_lifetime)
    }

    pub(crate) fn lifetimes(&self) -> Lifetimes {
        self.settings.lifetimes
    }
}
