//! A log as configured.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_ct::{LogKey, LogKeyError, submission};
use http::Uri;
use http::uri::Scheme;

use crate::config::LogConfig;

/// A log to which certificates can be submitted.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) name: String,
    pub(crate) operator: String,
    pub(crate) key: LogKey,
    /// Where precertificates are sent.
    pub(crate) add_pre_chain: Uri,
}

/// What is wrong with the configuration of a log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("url: {0:?} is not an http or https URL without a query")]
    Url(String),
    #[error("key: not base64")]
    Base64,
    #[error("key: {0}")]
    Key(#[from] LogKeyError),
}

impl Log {
    pub(crate) fn new(name: &str, config: &LogConfig) -> Result<Self, LogError> {
        Ok(Self {
            name: name.to_owned(),
            operator: config.operator.clone(),
            key: LogKey::from_spki(&public_key(&config.key)?)?,
            add_pre_chain: below(&config.url, submission::ADD_PRE_CHAIN)
                .ok_or_else(|| LogError::Url(config.url.clone()))?,
        })
    }
}

/// The octets of base64 text, between the lines of a PEM header and footer if it has them.
fn public_key(text: &str) -> Result<Vec<u8>, LogError> {
    let lines = text.lines().map(str::trim);
    let base64: String = lines.filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(base64).map_err(|_| LogError::Base64)
}

fn below(base: &str, path: &str) -> Option<Uri> {
    let uri: Uri = format!("{}/{path}", base.trim_end_matches('/')).parse().ok()?;
    let web = uri.scheme() == Some(&Scheme::HTTPS) || uri.scheme() == Some(&Scheme::HTTP);
    let host = uri.host().is_some_and(|host| !host.is_empty());
    (web && host && uri.query().is_none()).then_some(uri)
}
