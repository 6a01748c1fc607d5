//! The sections that every process has.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

/// `[log]`, `[debug]`, `[tracing]` and `[runtime]`. Each may be left out.
#[derive(Debug, Clone, Default)]
pub struct Common {
    /// How the process logs.
    pub log: Log,
    /// The port for metrics and health; none is opened without this section.
    pub debug: Option<Debug>,
    /// Export of traces; nothing is exported without this section.
    pub tracing: Option<Tracing>,
    /// Threads and shutdown.
    pub runtime: Runtime,
}

/// `[log]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `human` or `json`.
    pub format: LogFormat,
    /// The least level that is logged, or a list as in `info,cairn_ra=debug`. Audit records are always
    /// logged.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Human,
            level: "info".to_owned(),
        }
    }
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people at a terminal.
    Human,
    /// One JSON object a line.
    Json,
}

/// `[debug]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Debug {
    /// Where `/metrics`, `/livez` and `/readyz` are served, over plain HTTP. Not for the internet.
    pub listen: SocketAddr,
}

/// `[tracing]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tracing {
    /// The OTLP collector's gRPC endpoint, as in `http://localhost:4317`.
    pub endpoint: String,
    /// The share, from 0 to 1, of traces begun here that are exported. Traces begun by a caller follow
    /// the caller's decision. 0.01 unless given.
    #[serde(default = "one_percent")]
    pub ratio: f64,
}

const fn one_percent() -> f64 {
    0.01
}

/// `[runtime]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Runtime {
    /// Worker threads; the number of processors unless given.
    pub workers: Option<usize>,
    /// How long requests in flight may take to finish after SIGTERM, such as `20s`.
    #[serde(with = "humantime_serde")]
    pub drain: Duration,
}

impl Default for Runtime {
    fn default() -> Self {
        Self {
            workers: None,
            drain: Duration::from_secs(20),
        }
    }
}

impl Common {
    pub(super) fn check(&self) -> Result<(), String> {
        crate::log::parse_level(&self.log.level).map_err(|why| format!("log.level: {why}"))?;
        if let Some(tracing) = &self.tracing {
            if !(0.0..=1.0).contains(&tracing.ratio) {
                return Err(format!("tracing.ratio: {} is not between 0 and 1", tracing.ratio));
            }
            tracing
                .endpoint
                .parse::<http::Uri>()
                .ok()
                .filter(|uri| uri.scheme_str() == Some("http") && uri.authority().is_some())
                .ok_or_else(|| {
                    format!(
                        "tracing.endpoint: `{}` is not an http:// URL of a collector",
                        tracing.endpoint
                    )
                })?;
        }
        if self.runtime.workers == Some(0) {
            return Err("runtime.workers: at least 1".to_owned());
        }
        Ok(())
    }
}
