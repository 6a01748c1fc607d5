//! The configuration file of the front end; `deploy/config/wfe.toml` is a commented sample.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use cairn_acme::nonce::MIN_KEY;
use cairn_acme::persist;
use cairn_kit::{Configuration, FilePath, Secret, duration};
use cairn_ratelimit::Limits;
use cairn_rpc::{ClientConfig, TlsConfig};
use cairn_types::{Duration, ProfileName};
use serde::Deserialize;

use crate::limits;

/// The configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to serve HTTPS: one address or more.
    pub listen: Vec<SocketAddr>,
    /// What the URLs of all resources start with, such as `https://acme.example`, without a slash at the end.
    /// Clients must see the server under this name: they sign the URL of each request.
    pub base_url: String,
    /// The certificate that clients see.
    pub https: Https,
    /// This service's identity towards the others.
    pub tls: TlsConfig,
    /// The registration authority.
    pub ra: ClientConfig,
    /// The storage authority, of which only reads are called.
    pub sa: ClientConfig,
    /// Nonces.
    pub nonces: NonceConfig,
    /// What the directory tells.
    #[serde(default)]
    pub directory: DirectoryConfig,
    /// How clients are told about the challenge dns-persist-01.
    #[serde(default)]
    pub dns_persist_01: persist::Settings,
    /// The issuing certificates, with the chains that certificates are delivered with.
    pub issuers: Vec<IssuerConfig>,
    /// The roots, for the start page and for download.
    #[serde(default)]
    pub roots: Vec<RootConfig>,
    /// Connections and requests.
    #[serde(default)]
    pub http: HttpConfig,
    /// Known accounts.
    #[serde(default)]
    pub accounts: AccountConfig,
    /// Rate limits by name; what is not named is not limited.
    #[serde(default)]
    pub limits: Limits,
}

/// The certificate that clients see.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Https {
    /// PEM: the certificate, then the intermediates.
    pub certificate: FilePath,
    /// PEM: its private key.
    pub key: Secret,
}

/// Nonces (RFC 8555 section 6.5).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonceConfig {
    /// The key that all front ends share: a file with at least 32 random octets.
    pub key: Secret,
    /// The key before the last change; its nonces stay good.
    #[serde(default)]
    pub previous_key: Option<Secret>,
    /// How long a nonce is good for.
    #[serde(default = "one_hour", with = "duration")]
    pub lifetime: Duration,
    /// How many spent nonces are remembered at the most (about 10 octets each). If there are more within
    /// `lifetime`, the oldest nonces are refused, used or not.
    #[serde(default = "half_a_million")]
    pub max_spent: usize,
    /// Where spent nonces are kept from an orderly end to the next start. Nonces from before the start are
    /// refused if this is not given, or if the process before did not end in good order.
    #[serde(default)]
    pub spent_file: Option<FilePath>,
}

const fn one_hour() -> Duration {
    Duration::from_secs(3600)
}

const fn half_a_million() -> usize {
    500_000
}

/// What the directory tells (RFC 8555 section 7.1.1).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DirectoryConfig {
    /// The URL of the terms of service.
    pub terms_of_service: Option<String>,
    /// The URL of a page about the CA.
    pub website: Option<String>,
    /// The names that CAA records know the CA by.
    pub caa_identities: Vec<String>,
    /// Whether accounts need an external account binding.
    pub external_account_required: bool,
    /// Whether authorizations can be made ahead of orders.
    pub new_authz: bool,
    /// Certificate profiles by name, with a description for people or its URL.
    pub profiles: BTreeMap<ProfileName, String>,
}

impl Default for DirectoryConfig {
    fn default() -> Self {
        Self {
            terms_of_service: None,
            website: None,
            caa_identities: Vec::new(),
            external_account_required: false,
            new_authz: true,
            profiles: BTreeMap::new(),
        }
    }
}

/// An issuing certificate.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// Its id, the same as in the configuration of the certificate authority.
    pub id: String,
    /// PEM: the issuing certificate, then those above it that clients are to get.
    pub chain: FilePath,
    /// PEM: other chains from a certificate with the same name and key, offered by `Link rel="alternate"`.
    #[serde(default)]
    pub alternates: Vec<FilePath>,
}

/// A root certificate.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootConfig {
    /// The last part of its URL, `/issuer/ID`.
    pub id: String,
    /// PEM: the certificate.
    pub certificate: FilePath,
}

/// Connections and requests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// How many connections are open at the most; further ones wait.
    pub max_connections: usize,
    /// How many of them one IPv4 address or one IPv6 /64 may have; further ones are closed at once.
    pub max_connections_per_address: usize,
    /// How many requests one HTTP/2 connection may have in flight.
    pub max_concurrent_streams: u32,
    /// How long a TLS handshake may take.
    #[serde(with = "duration")]
    pub handshake_timeout: Duration,
    /// How long the head of a request may take. On HTTP/1.1 the time counts from the end of the request before,
    /// so this is also how long such a connection may be idle.
    #[serde(with = "duration")]
    pub header_timeout: Duration,
    /// How long the body of a request may take.
    #[serde(with = "duration")]
    pub body_timeout: Duration,
    /// How long work on a request may take.
    #[serde(with = "duration")]
    pub request_timeout: Duration,
    /// How long a connection may be open without a request.
    #[serde(with = "duration")]
    pub idle_timeout: Duration,
    /// How long requests may still take after the server was told to stop.
    #[serde(with = "duration")]
    pub drain_timeout: Duration,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            max_connections_per_address: 512,
            max_concurrent_streams: 100,
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(25),
            idle_timeout: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(15),
        }
    }
}

impl HttpConfig {
    fn check(&self) -> Result<(), String> {
        let zero = [
            ("max_connections", self.max_connections == 0),
            (
                "max_connections_per_address",
                self.max_connections_per_address == 0,
            ),
            ("max_concurrent_streams", self.max_concurrent_streams == 0),
        ];
        match zero.iter().find(|(_, is_zero)| *is_zero) {
            Some((name, _)) => Err(format!("http.{name}: must not be zero")),
            None => Ok(()),
        }
    }
}

/// Known accounts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountConfig {
    /// How long an account is remembered after it was read. A change through another front end is seen here
    /// after this time at the latest.
    #[serde(with = "duration")]
    pub cache_ttl: Duration,
    /// How many accounts are remembered.
    pub cache_size: u64,
}

impl Default for AccountConfig {
    fn default() -> Self {
        Self {
            cache_ttl: Duration::from_secs(5),
            cache_size: 10_000,
        }
    }
}

impl Configuration for Config {
    fn check(&self) -> Result<(), String> {
        if self.listen.is_empty() {
            return Err("listen: at least one address is needed".to_owned());
        }
        check_base_url(&self.base_url)?;
        self.ra.check().map_err(|error| format!("ra: {error}"))?;
        self.sa.check().map_err(|error| format!("sa: {error}"))?;
        let keys = [
            Some(("key", &self.nonces.key)),
            self.nonces.previous_key.as_ref().map(|key| ("previous_key", key)),
        ];
        for (name, key) in keys.into_iter().flatten() {
            if key.expose().len() < MIN_KEY {
                return Err(format!("nonces.{name}: at least {MIN_KEY} octets are needed"));
            }
        }
        if self.nonces.lifetime < Duration::from_secs(60) {
            return Err("nonces.lifetime: at least one minute".to_owned());
        }
        self.dns_persist_01.check("dns_persist_01")?;
        self.http.check()?;
        limits::check(&self.limits)?;
        self.check_ids()
    }
}

impl Config {
    fn check_ids(&self) -> Result<(), String> {
        if self.issuers.is_empty() {
            return Err("issuers: at least one is needed".to_owned());
        }
        let mut seen = BTreeSet::new();
        let ids = self.issuers.iter().map(|issuer| &issuer.id);
        for id in ids.chain(self.roots.iter().map(|root| &root.id)) {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if id.is_empty() || !id.bytes().all(allowed) {
                return Err(format!(
                    "issuers and roots: the id {id:?} is not made of letters, digits, '-', '_' and '.'"
                ));
            }
            if !seen.insert(id) {
                return Err(format!("issuers and roots: the id {id:?} is there twice"));
            }
        }
        Ok(())
    }
}

fn check_base_url(url: &str) -> Result<(), String> {
    let uri: http::Uri = url
        .parse()
        .map_err(|_| format!("base_url: {url:?} is not a URL"))?;
    let bare = format!(
        "https://{}",
        uri.authority().map_or("", |authority| authority.as_str())
    );
    if uri.scheme_str() == Some("https") && url == bare && !url.contains('@') {
        Ok(())
    } else {
        Err(format!(
            "base_url: {url:?} is not of the form https://HOST or https://HOST:PORT"
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn sample() -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/wfe.toml");
        std::fs::read_to_string(path).unwrap()
    }

    /// Parses with the sample's secrets in place.
    fn parse(text: &str) -> Result<Config, String> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("tls")).unwrap();
        for (name, content) in [
            ("https.key", "key"),
            ("tls/wfe.key", "key"),
            ("nonce.key", &"n".repeat(32)),
        ] {
            std::fs::write(directory.path().join(name), content).unwrap();
        }
        cairn_kit::config::parse::<Config>(text, &directory.path().join("wfe.toml"))
            .map(|loaded| loaded.service)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_sample_is_accepted() {
        let config = parse(&sample()).unwrap();
        assert_eq!(config.nonces.lifetime, one_hour());
        assert_eq!(config.http.max_connections, HttpConfig::default().max_connections);
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let long_id = "id = \"e1\"";
        for (find, replace, said) in [
            ("[\"[::]:443\"]", "[]", "listen"),
            ("base_url = \"https:", "base_url = \"http:", "base_url"),
            (
                "ca.example\"\n\n# The certificate",
                "ca.example/\"\n\n# The certificate",
                "base_url",
            ),
            ("lifetime = \"1h\"", "lifetime = \"1s\"", "nonces.lifetime"),
            ("max_connections = 4096", "max_connections = 0", "max_connections"),
            ("[accounts]", "[accounts]\nspeed = 1", "speed"),
            (
                "newOrdersPerAccount",
                "failedValidationsPerAccountAndName",
                "limits.failedValidationsPerAccountAndName",
            ),
            (long_id, "id = \"a/b\"", "a/b"),
            (long_id, "id = \"root-e\"", "twice"),
        ] {
            let text = sample();
            assert!(text.contains(find), "{find}");
            let refused = parse(&text.replacen(find, replace, 1)).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
    }
}
