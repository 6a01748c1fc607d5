//! Who an operator is, and how the services are reached; `deploy/config/operator.toml` is a commented sample.

use std::path::Path;

use anyhow::Context as _;
use cairn_kit::{Configuration, FilePath, Metrics, SystemRng, config};
use cairn_rpc::client::{SaClient, VaClient};
use cairn_rpc::{ClientConfig, Context, TlsConfig, Transport};
use cairn_types::{Duration, Error, ErrorKind};
use serde::Deserialize;

/// The configuration file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// The operator's certificate, and which services are trusted.
    tls: TlsConfig,
    /// Where the storage authority is.
    sa: ClientConfig,
    /// Where the validation authority is, for trials.
    va: Option<ClientConfig>,
    /// The certificate authority's configuration.
    #[serde(rename = "ca_config")]
    signer: Option<FilePath>,
}

impl Configuration for Config {
    fn check(&self) -> Result<(), String> {
        self.sa.check().map_err(|error| format!("sa: {error}"))?;
        self.va
            .iter()
            .try_for_each(ClientConfig::check)
            .map_err(|error| format!("va: {error}"))
    }
}

/// An operator, ready to call.
pub(super) struct Operator {
    /// The storage authority.
    pub(super) sa: SaClient,
    /// The certificate authority's configuration, if the operator's names it.
    pub(super) ca_config: Option<FilePath>,
    addresses: String,
    va: Option<(VaClient, String)>,
}

impl Operator {
    /// Reads the configuration. Connects with the first call. Call within a runtime.
    pub(super) fn load(path: &Path) -> anyhow::Result<Self> {
        let config = config::load::<Config>(path)
            .context("who you are is in a file: choose one by --config FILE or --local DIR")?
            .service;
        let transport = Transport::tls(&config.tls, &Metrics::new())?;
        let va = match &config.va {
            Some(va) => Some((
                VaClient::new(transport.channel(VaClient::TARGET, va)?),
                va.addresses.join(", "),
            )),
            None => None,
        };
        Ok(Self {
            va,
            sa: SaClient::new(transport.channel(SaClient::TARGET, &config.sa)?),
            ca_config: config.signer,
            addresses: config.sa.addresses.join(", "),
        })
    }

    /// For a call that may take that long.
    pub(super) fn context(timeout: Duration) -> Context {
        Context::new(&SystemRng, timeout)
    }

    /// The validation authority, if the configuration has it.
    pub(super) fn va(&self) -> anyhow::Result<&VaClient> {
        match &self.va {
            Some((client, _)) => Ok(client),
            None => {
                anyhow::bail!("where the validation authority is stands in section [va], which is missing")
            }
        }
    }

    /// What a failed call of the storage authority is told as: an operator may know it all.
    pub(super) fn failure(&self, error: Error) -> anyhow::Error {
        failure("storage", &self.addresses, error)
    }

    /// As [`Operator::failure`], of the validation authority.
    pub(super) fn va_failure(&self, error: Error) -> anyhow::Error {
        let addresses = self.va.as_ref().map_or("", |(_, addresses)| addresses);
        failure("validation", addresses, error)
    }
}

fn failure(which: &str, addresses: &str, error: Error) -> anyhow::Error {
    let answers = match error.kind() {
        ErrorKind::Unavailable => "does not answer",
        _ => "refuses",
    };
    let why = error.internal.unwrap_or(error.problem.detail);
    anyhow::anyhow!("the {which} authority at {addresses} {answers}: {why}")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_sample_is_understood() {
        let dir = tempfile::tempdir().unwrap();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/operator.toml");
        let path = dir.path().join("operator.toml");
        fs::copy(sample, &path).unwrap();
        fs::create_dir(dir.path().join("tls")).unwrap();
        fs::write(dir.path().join("tls/operator.key"), "secret").unwrap();
        let config = config::load::<Config>(&path).unwrap().service;
        assert_eq!(config.sa.addresses, ["127.0.0.1:9001"]);
        assert_eq!(config.va.unwrap().addresses, ["127.0.0.1:9003"]);
        assert_eq!(config.tls.ca.as_path(), dir.path().join("tls/ca.pem"));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = Operator::load(Path::new("/nowhere/operator.toml")).err().unwrap();
        let text = format!("{error:#}");
        assert!(
            text.contains("--local DIR") && text.contains("/nowhere/operator.toml"),
            "{text}"
        );
    }
}
