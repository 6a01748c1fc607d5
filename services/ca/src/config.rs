//! The configuration file of the certificate authority; `deploy/config/ca.toml` is a commented sample.

use std::collections::{BTreeMap, BTreeSet};

use cairn_evidence::{EvidenceConfig, ProfileTerms};
use cairn_kit::{Configuration, FilePath, Secret, duration};
use cairn_policy::NamePolicy;
use cairn_rpc::{ClientConfig, ServerConfig, TlsConfig};
use cairn_types::{ChallengeType, Duration, KeyType, ProfileName};
use cairn_x509::{ExtendedUsage, Issuer, IssuerUrls, ObjectIdentifier, Profile, Sign, SoftwareKey, pem};
use serde::Deserialize;

use crate::account_keys::KeyParser;
use crate::settings::{NamedIssuer, ProfileRules, Settings};

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
    /// The front end's URL without a path: the URLs in the requests of account holders start with it.
    pub base_url: String,
    /// The first octet of serials, 1 to 127, different for every instance that makes serials by itself.
    pub serial_prefix: u8,
    /// Which names are certified. The registration authority has such rules too; these are the ones that count.
    pub names: NamePolicy,
    /// Who signs.
    pub issuers: Vec<IssuerConfig>,
    /// Whose receipts count, and how many are enough.
    pub evidence: EvidenceConfig<FilePath>,
    /// The profiles of certificates.
    pub profiles: BTreeMap<ProfileName, ProfileConfig>,
}

/// An issuing CA certificate and its key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// Its name in the database and in URLs. Must not change.
    pub id: String,
    /// PEM file; the first certificate of it is taken.
    pub certificate: FilePath,
    /// PEM file of the private key, not encrypted.
    pub key: Secret,
    /// The kinds of key that it certifies: `rsa`, `p256`, `p384`.
    pub issues_for: Vec<KeyType>,
    /// The http URL of its own certificate in DER (AIA caIssuers).
    pub ca_issuers_url: Option<String>,
    /// The http URL of its CRL.
    pub crl_url: Option<String>,
}

/// What certificates of a profile look like, and what must have been proved for one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileConfig {
    /// How long they are valid, and at most.
    #[serde(with = "duration")]
    pub validity: Duration,
    /// How far notBefore lies before the signing.
    #[serde(with = "duration", default = "an_hour")]
    pub backdate: Duration,
    /// What the keys may be used for: `server-auth`, `client-auth`.
    #[serde(default = "server_auth")]
    pub usages: Vec<Usage>,
    /// Whether RSA keys may also encipher keys, for TLS 1.2 without forward secrecy.
    #[serde(default)]
    pub key_encipherment: bool,
    /// Whether a name is repeated as common name.
    #[serde(default)]
    pub common_name: bool,
    /// Object identifiers of the certificate policies.
    #[serde(default = "domain_validated")]
    pub policies: Vec<String>,
    /// How old a validation may be.
    #[serde(with = "duration")]
    pub max_validation_age: Duration,
    /// By which methods control may have been proved. All but dns-persist-01 unless given.
    #[serde(default = "ChallengeType::defaults")]
    pub methods: Vec<ChallengeType>,
    /// What else must have been proved, where that is not as in `[evidence]`.
    #[serde(default)]
    pub evidence: EvidenceConfig<FilePath>,
    /// Whether the CA/B Baseline Requirements hold for these certificates. The CA does not start if `[evidence]` asks
    /// for less than they do.
    #[serde(default)]
    pub public: bool,
}

const fn an_hour() -> Duration {
    Duration::from_secs(3600)
}

fn server_auth() -> Vec<Usage> {
    vec![Usage::ServerAuth]
}

fn domain_validated() -> Vec<String> {
    vec!["2.23.140.1.2.1".to_owned()]
}

/// A use of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Usage {
    /// TLS servers.
    ServerAuth,
    /// TLS clients.
    ClientAuth,
}

/// Whoever stands between an issuer and its key.
type Guard<'a> = dyn Fn(SoftwareKey) -> Box<dyn Sign> + 'a;

impl Configuration for Config {
    fn check(&self) -> Result<(), String> {
        self.settings(&|key| Box::new(key)).map(drop)
    }
}

impl Config {
    /// The checked form, with all files read. What `guard` makes of an issuer's key signs.
    pub(crate) fn settings(&self, guard: &Guard<'_>) -> Result<Settings, String> {
        let host = self.base_url.strip_prefix("https://").unwrap_or_default();
        if host.is_empty() || host.contains('/') {
            return Err("base_url: an https URL without a path or final slash is needed".to_owned());
        }
        if !(1..=127).contains(&self.serial_prefix) {
            return Err("serial_prefix: 1 to 127".to_owned());
        }
        if self.profiles.is_empty() {
            return Err("profiles: there is none".to_owned());
        }
        Ok(Settings {
            base_url: self.base_url.clone(),
            serial_prefix: self.serial_prefix,
            names: self.names.clone(),
            issuers: self.load_issuers(guard)?,
            profiles: self.load_profiles()?,
            account_keys: KeyParser::new(),
        })
    }

    fn load_issuers(&self, guard: &Guard<'_>) -> Result<Vec<NamedIssuer>, String> {
        let (mut ids, mut kinds) = (BTreeSet::new(), BTreeSet::new());
        for config in &self.issuers {
            if config.id.is_empty() || !ids.insert(&config.id) {
                return Err(format!("issuers: the id {:?} is empty or not unique", config.id));
            }
            for kind in &config.issues_for {
                if !kinds.insert(kind) {
                    return Err(format!("issuers.issues_for: {kind} keys have two issuers"));
                }
            }
        }
        if kinds.is_empty() {
            return Err("issuers: no issuer certifies any kind of key".to_owned());
        }
        self.issuers
            .iter()
            .map(|config| {
                config
                    .load(guard)
                    .map_err(|why| format!("issuers: {}: {why}", config.id))
            })
            .collect()
    }

    fn load_profiles(&self) -> Result<BTreeMap<ProfileName, ProfileRules>, String> {
        let load = |(name, config): (&ProfileName, &ProfileConfig)| {
            let shape = config.shape().map_err(|why| format!("profiles.{name}: {why}"))?;
            let terms = ProfileTerms {
                max_validation_age: config.max_validation_age,
                methods: &config.methods,
                public: config.public,
            };
            let read = |path: &FilePath| path.read().map_err(|error| error.to_string());
            let evidence = self
                .evidence
                .policy(&config.evidence, terms, read)
                .map_err(|why| format!("evidence, for profiles.{name}: {why}"))?;
            Ok((name.clone(), ProfileRules { shape, evidence }))
        };
        self.profiles.iter().map(load).collect()
    }
}

impl IssuerConfig {
    fn load(&self, guard: &Guard<'_>) -> Result<NamedIssuer, String> {
        let text = self.certificate.read().map_err(|error| error.to_string())?;
        let text = String::from_utf8(text).map_err(|_| "the certificate is not a PEM file".to_owned())?;
        let certificates = pem::decode(&text).map_err(|error| error.to_string())?;
        let key = SoftwareKey::from_pem(self.key.expose()).map_err(|error| error.to_string())?;
        let urls = IssuerUrls {
            ca_issuers: self.ca_issuers_url.clone(),
            crl: self.crl_url.clone(),
        };
        let issuer = Issuer::new(&certificates[0], guard(key), urls).map_err(|error| error.to_string())?;
        Ok(NamedIssuer {
            id: self.id.clone(),
            issuer,
            issues_for: self.issues_for.clone(),
        })
    }
}

impl ProfileConfig {
    fn shape(&self) -> Result<Profile, String> {
        let usage = |usage: &Usage| match usage {
            Usage::ServerAuth => ExtendedUsage::ServerAuth,
            Usage::ClientAuth => ExtendedUsage::ClientAuth,
        };
        let policies = self
            .policies
            .iter()
            .map(|text| {
                ObjectIdentifier::new(text).map_err(|_| format!("policies: {text:?} is no object identifier"))
            })
            .collect::<Result<_, _>>()?;
        let shape = Profile {
            validity: self.validity,
            backdate: self.backdate,
            usages: self.usages.iter().map(usage).collect(),
            key_encipherment: self.key_encipherment,
            common_name: self.common_name,
            policies,
        };
        shape.check().map_err(|error| error.to_string())?;
        Ok(shape)
    }
}

#[cfg(test)]
mod tests;
