//! What every Cairn process needs and no service should write twice.
//!
//! | Module | Gives |
//! |---|---|
//! | [`run`](mod@run) | a whole `main`: arguments, configuration, runtime, logs, signals, debug server |
//! | [`config`] | TOML files whose errors name file, line and key; [`Secret`]s and [`FilePath`]s; durations |
//! | [`log`], [`audit`] | structured logs, and one record for every change of state |
//! | [`metrics`], [`health`], [`debug_server`] | Prometheus metrics, readiness checks, and the port that shows them |
//! | [`trace`] | OpenTelemetry export, and W3C trace context across HTTP and gRPC |
//! | [`clock`] | the system's clock and random generator |
//!
//! # A service's `main`
//! ```no_run
//! use std::process::ExitCode;
//! use cairn_kit::{Configuration, Env, Program};
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Config {
//!     #[serde(with = "cairn_kit::duration")]
//!     patience: std::time::Duration,
//! }
//! impl Configuration for Config {}
//!
//! async fn serve(config: Config, env: Env) -> std::io::Result<()> {
//!     let listening = env.health.check("listener");
//!     // … bind, then:
//!     listening.pass();
//!     env.shutdown.cancelled().await;
//!     Ok(())
//! }
//!
//! fn main() -> ExitCode {
//!     let program = Program {
//!         name: env!("CARGO_PKG_NAME"),
//!         about: env!("CARGO_PKG_DESCRIPTION"),
//!         version: env!("CARGO_PKG_VERSION"),
//!     };
//!     cairn_kit::run(program, serve)
//! }
//! ```
//! Beside its own keys, every configuration file may hold the sections of [`config::Common`]: `[log]`,
//! `[debug]`, `[tracing]` and `[runtime]`. They are read here; a service's `Config` does not mention them.

pub mod audit;
pub mod clock;
pub mod config;
pub mod debug_server;
pub mod health;
pub mod log;
pub mod metrics;
mod notify;
pub mod run;
mod shutdown;
pub mod trace;

pub use clock::{SystemClock, SystemRng};
pub use config::{ConfigError, Configuration, FilePath, Secret};
pub use health::{Check, Health};
pub use humantime_serde as duration;
pub use metrics::Metrics;
pub use run::{BoxError, Env, Program, run};
