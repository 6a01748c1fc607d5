//! The configuration file of the registration authority; `deploy/config/ra.toml` is a commented sample.

use std::collections::BTreeMap;

use cairn_acme::base64url;
use cairn_kit::{Configuration, Secret, duration};
use cairn_policy::NamePolicy;
use cairn_ratelimit::Limits;
use cairn_rpc::{ClientConfig, ServerConfig, TlsConfig};
use cairn_types::{ChallengeType, Duration, ProfileName};
use cairn_x509::Period;
use serde::Deserialize;

use crate::limits;
use crate::orders::plan::Lifetimes;
use crate::settings::{Profile, Settings, Terms};

/// The configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to serve, and to whom.
    pub grpc: ServerConfig,
    /// This service's identity towards the others.
    pub tls: TlsConfig,
    /// The storage authority.
    pub sa: ClientConfig,
    /// The validation authority.
    pub va: ClientConfig,
    /// The certificate authority.
    pub ca: ClientConfig,
    /// The front end's URL without a path: CAA `accounturi` parameters name accounts by URLs that start with it.
    pub base_url: String,
    /// Accounts.
    #[serde(default)]
    pub accounts: Accounts,
    /// Which names are certified.
    pub names: NamePolicy,
    /// What orders may ask for and reuse, by profile name.
    pub profiles: BTreeMap<ProfileName, ProfileConfig>,
    /// The profile of orders that name none.
    pub default_profile: ProfileName,
    /// Orders and authorizations.
    #[serde(default)]
    pub orders: Orders,
    /// Challenges.
    #[serde(default)]
    pub validation: Validation,
    /// Finalizing.
    #[serde(default)]
    pub finalize: Finalize,
    /// Work that others left behind.
    #[serde(default)]
    pub janitor: Janitor,
    /// Rate limits by name; what is not named is not limited.
    #[serde(default)]
    pub limits: Limits,
}

/// Accounts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accounts {
    /// The terms of service that accounts must agree to; none means there are none.
    pub terms_of_service: Option<TermsConfig>,
    /// The most contacts an account may have.
    pub max_contacts: usize,
    /// Whether an account needs an external account binding (RFC 8555 section 7.3.4).
    pub external_account_required: bool,
    /// The MAC keys of external accounts by their id: files that hold at least 32 octets as base64url. Each key
    /// binds one account.
    pub external_account_keys: BTreeMap<String, Secret>,
}

impl Default for Accounts {
    fn default() -> Self {
        Self {
            terms_of_service: None,
            max_contacts: 10,
            external_account_required: false,
            external_account_keys: BTreeMap::new(),
        }
    }
}

/// The terms of service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermsConfig {
    /// Where they are. Another URL means other terms, which every account has to agree to anew.
    pub url: String,
    /// The key of the links by which accounts do: a file with at least 32 random octets, the same for all
    /// registration authorities.
    pub key: Secret,
}

/// What the certificate authority grants under a profile. The same as in its configuration, so that no order is
/// taken which it would refuse in the end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileConfig {
    /// How long certificates are valid, and the most that may be asked for.
    #[serde(with = "duration")]
    pub validity: Duration,
    /// How far notBefore lies before the signing, unless it is asked for.
    #[serde(with = "duration", default = "ProfileConfig::an_hour")]
    pub backdate: Duration,
    /// How old a validation may be.
    #[serde(with = "duration")]
    pub max_validation_age: Duration,
    /// By which challenges control may be proved. All but dns-persist-01 unless given.
    #[serde(default = "ChallengeType::defaults")]
    pub methods: Vec<ChallengeType>,
}

impl ProfileConfig {
    const fn an_hour() -> Duration {
        Duration::from_secs(3600)
    }

    fn load(&self, name: &ProfileName) -> Result<Profile, String> {
        let period = Period {
            validity: self.validity,
            backdate: self.backdate,
        };
        period
            .check()
            .map_err(|error| format!("profiles.{name}: {error}"))?;
        if self.methods.is_empty() {
            return Err(format!("profiles.{name}.methods: at least one is needed"));
        }
        Ok(Profile {
            name: name.clone(),
            period,
            max_validation_age: self.max_validation_age,
            methods: self.methods.clone(),
        })
    }
}

/// Orders and authorizations.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Orders {
    /// How long an order may take.
    #[serde(with = "duration")]
    pub lifetime: Duration,
    /// How long an authorization waits for its challenge.
    #[serde(with = "duration")]
    pub pending_authorization: Duration,
    /// How long a valid authorization may be used again, where the profile does not say less.
    #[serde(with = "duration")]
    pub valid_authorization: Duration,
    /// What a valid authorization must have left to be used again.
    #[serde(with = "duration")]
    pub reuse_margin: Duration,
    /// For how long a repeated request finds the order of the first, while that is open; never if 0.
    #[serde(with = "duration")]
    pub retry_window: Duration,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_secs(7 * 86_400),
            pending_authorization: Duration::from_secs(7 * 86_400),
            valid_authorization: Duration::from_secs(30 * 86_400),
            reuse_margin: Duration::from_secs(86_400),
            retry_window: Duration::from_secs(120),
        }
    }
}

/// Challenges.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Validation {
    /// After which silence of a process another one takes a validation over. Renewed at a third of it.
    #[serde(with = "duration")]
    pub lease: Duration,
    /// How long the answer to the client waits for the end of the validation.
    #[serde(with = "duration")]
    pub wait: Duration,
    /// The pauses before further attempts, when an attempt failed for a reason that may pass.
    pub retries: Vec<humantime_serde::Serde<Duration>>,
    /// CAA records are checked again at finalize when older than this; at most 8 hours.
    #[serde(with = "duration")]
    pub caa_recheck_after: Duration,
}

impl Default for Validation {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(10),
            wait: Duration::from_secs(1),
            retries: [2, 5].map(|secs| Duration::from_secs(secs).into()).to_vec(),
            caa_recheck_after: Duration::from_secs(7 * 3600),
        }
    }
}

/// Finalizing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Finalize {
    /// After which silence of a process another one takes an issuance over. Renewed at a third of it.
    #[serde(with = "duration")]
    pub lease: Duration,
    /// How long the answer to the client waits for the certificate.
    #[serde(with = "duration")]
    pub wait: Duration,
    /// How long a process goes on trying while a service that is needed fails. Then the order fails.
    #[serde(with = "duration")]
    pub patience: Duration,
}

impl Default for Finalize {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(10),
            wait: Duration::from_secs(5),
            patience: Duration::from_secs(600),
        }
    }
}

/// Work that others left behind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Janitor {
    /// How often to look for leases that ran out.
    #[serde(with = "duration")]
    pub interval: Duration,
    /// How many to take over at once.
    pub batch: u32,
}

impl Default for Janitor {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(2),
            batch: 100,
        }
    }
}

impl Configuration for Config {
    fn check(&self) -> Result<(), String> {
        if !self.profiles.contains_key(&self.default_profile) {
            return Err(format!(
                "default_profile: there is no [profiles.{}]",
                self.default_profile
            ));
        }
        let host = self.base_url.strip_prefix("https://").unwrap_or_default();
        if host.is_empty() || host.contains('/') {
            return Err("base_url: an https URL without a path or final slash is needed".to_owned());
        }
        if self
            .accounts
            .terms_of_service
            .as_ref()
            .is_some_and(|terms| terms.key.expose().len() < 32)
        {
            return Err("accounts.terms_of_service.key: at least 32 octets are needed".to_owned());
        }
        if self.accounts.external_account_required && self.accounts.external_account_keys.is_empty() {
            return Err("accounts.external_account_keys: empty, so that nobody could register".to_owned());
        }
        if self.validation.caa_recheck_after > Duration::from_secs(8 * 3600) {
            return Err("validation.caa_recheck_after: at most 8 hours (CA/B BR 3.2.2.8)".to_owned());
        }
        if self.orders.reuse_margin >= self.orders.valid_authorization {
            return Err("orders.reuse_margin: must be shorter than orders.valid_authorization".to_owned());
        }
        let shortest = Duration::from_secs(1);
        if self.validation.lease < shortest || self.finalize.lease < shortest {
            return Err("validation.lease, finalize.lease: at least a second".to_owned());
        }
        limits::check(&self.limits)?;
        self.settings().map(drop)
    }
}

impl Config {
    fn external_account_keys(&self) -> Result<BTreeMap<String, Vec<u8>>, String> {
        let decode = |(id, secret): (&String, &Secret)| {
            let key = secret.expose_text().and_then(|text| base64url::decode(text).ok());
            match key {
                Some(key) if key.len() >= 32 => Ok((id.clone(), key)),
                _ => Err(format!(
                    "accounts.external_account_keys: {}: at least 32 octets as base64url are needed",
                    secret.path().display()
                )),
            }
        };
        self.accounts.external_account_keys.iter().map(decode).collect()
    }

    fn load_profiles(&self) -> Result<Vec<Profile>, String> {
        self.profiles
            .iter()
            .map(|(name, config)| config.load(name))
            .collect()
    }

    /// The checked form.
    pub(crate) fn settings(&self) -> Result<Settings, String> {
        Ok(Settings {
            base_url: self.base_url.clone(),
            terms: self.accounts.terms_of_service.as_ref().map(|terms| Terms {
                url: terms.url.clone(),
                key: terms.key.expose().to_vec(),
            }),
            max_contacts: self.accounts.max_contacts,
            external_account_required: self.accounts.external_account_required,
            external_account_keys: self.external_account_keys()?,
            names: self.names.clone(),
            profiles: self.load_profiles()?,
            default_profile: self.default_profile.clone(),
            lifetimes: Lifetimes {
                pending: self.orders.pending_authorization,
                order: self.orders.lifetime,
                reuse_margin: self.orders.reuse_margin,
            },
            authorization_lifetime: self.orders.valid_authorization,
            order_retry_window: self.orders.retry_window,
            caa_recheck_after: self.validation.caa_recheck_after,
            validation_lease: self.validation.lease,
            validation_wait: self.validation.wait,
            validation_retries: self.validation.retries.iter().map(|pause| **pause).collect(),
            finalize_lease: self.finalize.lease,
            finalize_wait: self.finalize.wait,
            finalize_patience: self.finalize.patience,
            janitor_interval: self.janitor.interval,
            janitor_batch: self.janitor.batch,
        })
    }
}

#[cfg(test)]
mod tests;
