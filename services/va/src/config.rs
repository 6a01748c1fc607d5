//! The configuration file of the validation authority; `deploy/config/va.toml` is a commented sample.

mod dns;
mod perspectives;
mod resolver;

use cairn_kit::{Configuration, duration};
use cairn_rpc::{ServerConfig, TlsConfig};
use cairn_types::{DnsName, Duration};
use serde::Deserialize;

pub use cairn_policy::AddressClass;
pub use dns::{Dns, DnssecMode};
pub use perspectives::{Perspective, Quorum, Remote, Role};
pub use resolver::{Resolver, Transport};

/// The configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to serve, and to whom.
    pub grpc: ServerConfig,
    /// This service's identity towards the others.
    pub tls: TlsConfig,
    /// Who signs the receipts.
    pub perspective: Perspective,
    /// Whom a primary asks; none for a CA with a single perspective.
    #[serde(default)]
    pub remotes: Vec<Remote>,
    /// How many of these must agree.
    pub quorum: Option<Quorum>,
    /// CAA records.
    pub caa: Caa,
    /// Look-ups.
    #[serde(default)]
    pub dns: Dns,
    /// Addresses that may be contacted.
    #[serde(default)]
    pub addresses: Addresses,
    /// The challenge http-01.
    #[serde(default)]
    pub http_01: Http01,
    /// The challenge tls-alpn-01.
    #[serde(default)]
    pub tls_alpn_01: TlsAlpn01,
    /// The challenge dns-persist-01.
    #[serde(default)]
    pub dns_persist_01: cairn_acme::persist::Settings,
    /// Bounds on time and number.
    #[serde(default)]
    pub limits: Limits,
}

/// `[caa]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caa {
    /// The issuer domain names that allow this CA in CAA records; the first is the one that refusals recommend.
    pub identities: Vec<String>,
}

/// `[addresses]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Addresses {
    /// Special-use addresses that may be contacted all the same.
    pub allow: Vec<AddressClass>,
}

/// `[http_01]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http01 {
    /// The port for http URLs that name none. Anything but 80 is for a CA that validates its own machine.
    pub port: u16,
}

impl Default for Http01 {
    fn default() -> Self {
        Self { port: 80 }
    }
}

/// `[tls_alpn_01]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsAlpn01 {
    /// The port of tls-alpn-01, and for https URLs that name none. Anything but 443 is for a CA that validates
    /// its own machine.
    pub port: u16,
}

impl Default for TlsAlpn01 {
    fn default() -> Self {
        Self { port: 443 }
    }
}

/// `[limits]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Attempts at the same time; more wait.
    pub concurrent: usize,
    /// How long an attempt may take in all, with look-ups, redirects and CAA.
    #[serde(with = "duration")]
    pub attempt: Duration,
    /// How long connecting to one address may take.
    #[serde(with = "duration")]
    pub connect: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrent: 512,
            attempt: Duration::from_secs(15),
            connect: Duration::from_secs(5),
        }
    }
}

impl Configuration for Config {
    fn check(&self) -> Result<(), String> {
        perspectives::check(self)?;
        let names = |key: &str, texts: &[String]| {
            texts.iter().try_for_each(|text| match DnsName::parse(text) {
                Ok(name) if name.as_str() == text && !name.is_wildcard() => Ok(()),
                _ => Err(format!("{key}: {text:?} is not a domain name in lower case")),
            })
        };
        names("caa.identities", &self.caa.identities)?;
        self.dns_persist_01.check("dns_persist_01")?;
        names("dns.loopback_suffixes", &self.dns.loopback_suffixes)?;
        self.dns.check()?;
        self.check_loopback()?;
        let positive = [
            ("dns.attempts", self.dns.attempts > 0),
            ("dns.timeout", !self.dns.timeout.is_zero()),
            ("http_01.port", self.http_01.port > 0),
            ("tls_alpn_01.port", self.tls_alpn_01.port > 0),
            ("limits.concurrent", self.limits.concurrent > 0),
            ("limits.attempt", !self.limits.attempt.is_zero()),
            ("limits.connect", !self.limits.connect.is_zero()),
        ];
        match positive.iter().find(|(_, positive)| !positive) {
            Some((key, _)) => Err(format!("{key}: must be more than zero")),
            None => Ok(()),
        }
    }
}

impl Config {
    /// Loopback addresses are this machine's own: who may contact them says so twice.
    fn check_loopback(&self) -> Result<(), String> {
        let allowed = self.addresses.allow.contains(&AddressClass::Loopback);
        match (allowed, self.dns.loopback_suffixes.is_empty()) {
            (false, false) => Err(
                "dns.loopback_suffixes: names under them could not be contacted; add \"loopback\" to addresses.allow"
                    .to_owned(),
            ),
            (true, true) => Err(
                "addresses.allow: \"loopback\" is for a CA that validates its own machine, and needs dns.loopback_suffixes"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
