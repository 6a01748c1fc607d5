//! The configuration file of the publisher; `deploy/config/publisher.toml` is a commented sample.

use std::collections::BTreeMap;
use std::time::Duration;

use cairn_kit::{Configuration, FilePath};
use cairn_rpc::{ServerConfig, TlsConfig};
use serde::Deserialize;

use crate::log::Log;

/// The configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to serve, and to whom.
    pub grpc: ServerConfig,
    /// This service's identity towards the others.
    pub tls: TlsConfig,
    /// How logs are spoken to.
    #[serde(default)]
    pub submission: Submission,
    /// The logs, by the names that submissions use. None is allowed: then every submission fails.
    #[serde(default)]
    pub logs: BTreeMap<String, LogConfig>,
}

/// How logs are spoken to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Submission {
    /// The most that one submission may take, connecting included.
    #[serde(with = "cairn_kit::duration")]
    pub timeout: Duration,
    /// PEM: the roots that the logs' HTTPS certificates must chain to; those of the system if absent.
    pub roots: Option<FilePath>,
}

impl Default for Submission {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            roots: None,
        }
    }
}

/// One log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// Where it is: the part of its URLs before `ct/v1/`, `https` or `http`.
    pub url: String,
    /// Its public key: a SubjectPublicKeyInfo in base64, as log lists have it, or in PEM.
    pub key: String,
    /// Who runs it.
    pub operator: String,
}

impl Configuration for Config {
    fn check(&self) -> Result<(), String> {
        if self.submission.timeout.is_zero() {
            return Err("submission.timeout must be more than zero".to_owned());
        }
        for (name, config) in &self.logs {
            Log::new(name, config).map_err(|error| format!("logs.{name}.{error}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn checked(url: &str, key: &str) -> Result<(), String> {
        let log = LogConfig {
            url: url.to_owned(),
            key: key.to_owned(),
            operator: "Example".to_owned(),
        };
        Log::new("one", &log).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn logs_are_checked() {
        let key = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
        let key = openssl::ec::EcKey::generate(&key).unwrap();
        let key = openssl::pkey::PKey::from_ec_key(key).unwrap();
        let pem = String::from_utf8(key.public_key_to_pem().unwrap()).unwrap();
        let base64 = openssl::base64::encode_block(&key.public_key_to_der().unwrap());
        for url in [
            "https://ct.example/2027/",
            "https://ct.example",
            "http://[::1]:4500/a",
        ] {
            assert_eq!(checked(url, &pem), Ok(()), "{url}");
            assert_eq!(checked(url, &base64), Ok(()), "{url}");
        }
        for url in [
            "",
            "ct.example",
            "ftp://ct.example/",
            "https://ct.example/?x=1",
            "https://",
        ] {
            assert!(checked(url, &pem).unwrap_err().starts_with("url: "), "{url}");
        }
        for key in ["", "AAAA", "?", &base64[1..]] {
            assert!(
                checked("https://ct.example", key)
                    .unwrap_err()
                    .starts_with("key: "),
                "{key}"
            );
        }
    }

    #[test]
    fn the_sample_is_understood() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("tls")).unwrap();
        std::fs::write(directory.path().join("tls/publisher.key"), "a key").unwrap();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/publisher.toml");
        let text = std::fs::read_to_string(sample).unwrap();
        let loaded =
            cairn_kit::config::parse::<Config>(&text, &directory.path().join("publisher.toml")).unwrap();
        assert_eq!(loaded.service.logs.len(), 1);
        let unknown = text.replace("operator =", "owner =");
        assert!(cairn_kit::config::parse::<Config>(&unknown, Path::new("publisher.toml")).is_err());
    }
}
