//! Which service a channel leads to, and where the configuration says it is.

use std::time::Duration;

use http::uri::Authority;
use serde::Deserialize;

/// A service that can be called, as the code knows it.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name in its certificate, such as `sa.cairn`.
    pub name: &'static str,
    /// What a call may take, if the configuration does not say.
    pub timeout: Duration,
}

/// Where a service is, as the configuration tells it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientConfig {
    /// Its addresses, `host:port`. Calls are spread over all addresses of all hosts.
    pub addresses: Vec<String>,
    /// The DNS name that its certificate must hold, if not the usual one, such as `sa.cairn`.
    #[serde(default)]
    pub server_name: Option<String>,
    /// The most that one call may take; less if less is left for the request that it serves.
    #[serde(default, with = "cairn_kit::duration")]
    pub timeout: Option<Duration>,
    /// How often host names are resolved anew.
    #[serde(default = "ten_seconds", with = "cairn_kit::duration")]
    pub resolve_every: Duration,
}

const fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

impl ClientConfig {
    /// The configuration for these addresses, with defaults for the rest.
    pub fn new(addresses: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            addresses: addresses.into_iter().map(Into::into).collect(),
            server_name: None,
            timeout: None,
            resolve_every: ten_seconds(),
        }
    }

    /// Checks what [`crate::Transport::channel`] would refuse.
    pub fn check(&self) -> Result<(), ChannelError> {
        let well_formed = |address: &str| {
            address
                .rsplit_once(':')
                .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        };
        if self.addresses.is_empty() {
            return Err(ChannelError::NoAddress);
        }
        if let Some(address) = self.addresses.iter().find(|address| !well_formed(address)) {
            return Err(ChannelError::Address(address.clone()));
        }
        if let Some(name) = self
            .server_name
            .as_ref()
            .filter(|name| name.parse::<Authority>().is_err())
        {
            return Err(ChannelError::ServerName(name.clone()));
        }
        if self.resolve_every.is_zero() {
            return Err(ChannelError::ResolveEvery);
        }
        Ok(())
    }
}

/// What is wrong with a [`ClientConfig`].
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// No address at all.
    #[error("addresses must not be empty")]
    NoAddress,
    /// Not `host:port`.
    #[error("address {0:?} is not of the form host:port")]
    Address(String),
    /// Not a host name.
    #[error("server_name {0:?} is not a DNS name")]
    ServerName(String),
    /// Resolving without a pause.
    #[error("resolve_every must be more than zero")]
    ResolveEvery,
}
