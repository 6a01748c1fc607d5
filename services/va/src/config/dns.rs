//! `[dns]`: who is asked, and how far the answers are believed.

use cairn_kit::{FilePath, duration};
use cairn_types::Duration;
use serde::Deserialize;

use super::Resolver;
use crate::dns::{TrustAnchor, Upstream};

/// `[dns]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dns {
    /// Recursive resolvers. Without any, only addresses and names under `loopback_suffixes` can be validated, by
    /// http-01 and tls-alpn-01.
    pub resolvers: Vec<Resolver>,
    /// Whether DNSSEC signatures are validated.
    pub dnssec: DnssecMode,
    /// DS or DNSKEY records of the root zone that validation starts from; those of the Internet's root without it.
    pub trust_anchor: Option<FilePath>,
    /// The authorities, as PEM, that certificates of resolvers come from; those of the system without it.
    pub ca: Option<FilePath>,
    /// Names under these suffixes have the addresses `::1` and `127.0.0.1`, without any look-up. TXT and CAA records
    /// are looked up at the resolvers for them too, if there are any.
    pub loopback_suffixes: Vec<String>,
    /// How long one query may take.
    #[serde(with = "duration")]
    pub timeout: Duration,
    /// How many queries one look-up makes before it fails.
    pub attempts: u32,
}

/// `dns.dnssec`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DnssecMode {
    /// Answers must be authentic, or from zones that are proved not to be signed.
    Validate,
    /// Answers are believed as they come. Only for a CA whose names are on no signed path from the trust anchor.
    Off,
}

impl Default for Dns {
    fn default() -> Self {
        Self {
            resolvers: Vec::new(),
            dnssec: DnssecMode::Validate,
            trust_anchor: None,
            ca: None,
            loopback_suffixes: Vec::new(),
            timeout: Duration::from_secs(3),
            attempts: 3,
        }
    }
}

impl Dns {
    /// Reads the files that are named.
    pub(super) fn check(&self) -> Result<(), String> {
        self.anchor()?;
        Upstream::servers(self).map(drop)
    }

    /// What validation starts from; none if there is no validation. The error names the key.
    pub(crate) fn anchor(&self) -> Result<Option<TrustAnchor>, String> {
        match (self.dnssec, &self.trust_anchor) {
            (DnssecMode::Off, None) => Ok(None),
            (DnssecMode::Off, Some(_)) => {
                Err("dns.trust_anchor: is of no use while dns.dnssec is \"off\"".to_owned())
            }
            (DnssecMode::Validate, None) => Ok(Some(TrustAnchor::iana())),
            (DnssecMode::Validate, Some(file)) => {
                let wrong = |why: &dyn std::fmt::Display| {
                    format!("dns.trust_anchor: {}: {why}", file.as_path().display())
                };
                let text = std::fs::read_to_string(file.as_path()).map_err(|error| wrong(&error))?;
                TrustAnchor::parse(&text).map(Some).map_err(|error| wrong(&error))
            }
        }
    }
}
