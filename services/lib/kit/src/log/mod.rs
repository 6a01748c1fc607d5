//! Logs: `tracing` events on standard error, for people or as JSON.

mod sink;

use std::io::{self, IsTerminal, Stderr, stderr};

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry};

use crate::audit;
use crate::config::{Log, LogFormat};
use crate::trace::Exporter;
use sink::Sink;

/// Parses `log.level`: a level, or a list as in `info,cairn_ra=debug`. Audit records always pass.
pub(crate) fn parse_level(level: &str) -> Result<EnvFilter, String> {
    EnvFilter::builder()
        .parse(level)
        .and_then(|filter| Ok(filter.add_directive(format!("{}=info", audit::TARGET).parse()?)))
        .map_err(|_| format!("`{level}` is not a level or a list such as `info,cairn_ra=debug`"))
}

/// Writes the last lines when it is dropped.
#[must_use = "the last lines of the log are written when it is dropped"]
pub(crate) struct Lines(Sink<Stderr>);

impl Drop for Lines {
    fn drop(&mut self) {
        self.0.flush();
    }
}

/// Installs the process's subscriber. Fails if there is one already, or if the level does not parse.
pub(crate) fn install(config: &Log, exporter: Option<&Exporter>) -> Result<Lines, LogError> {
    let sink = Sink::new(stderr());
    let filter = parse_level(&config.level).map_err(LogError::Level)?;
    let lines = match config.format {
        LogFormat::Human => human(&sink).boxed(),
        LogFormat::Json => json(&sink).boxed(),
    };
    let traces = exporter.map(Exporter::layer);
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(traces)
        .try_init()?;
    sink.spawn_writer()?;
    let last = Lines(sink.clone());
    std::panic::set_hook(Box::new(move |panic| {
        let payload = panic.payload();
        let message = payload.downcast_ref::<&str>().copied();
        let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic: {}", message.unwrap_or("no message"));
        sink.flush();
    }));
    Ok(last)
}

/// Why the log could not be set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("log.level: {0}")]
    Level(String),
    #[error("logs are set up already")]
    Installed(#[from] TryInitError),
    #[error("no thread for the log: {0}")]
    Thread(#[from] io::Error),
}

fn human(sink: &Sink<Stderr>) -> impl Layer<Registry> + Send + Sync + use<> {
    tracing_subscriber::fmt::layer()
        .with_writer(sink.clone())
        // Telling standard error that it cannot be written to would panic.
        .log_internal_errors(false)
        .with_ansi(stderr().is_terminal())
        .compact()
}

fn json(sink: &Sink<Stderr>) -> impl Layer<Registry> + Send + Sync + use<> {
    tracing_subscriber::fmt::layer()
        .with_writer(sink.clone())
        .log_internal_errors(false)
        .json()
        .flatten_event(true)
        .with_span_list(false)
}
