//! A whole `main`: arguments, configuration, runtime, telemetry, signals, an orderly end.

use std::fmt::Write as _;
use std::future::Future;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use cairn_types::{Clock, Rng};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use tokio_util::sync::CancellationToken;

use crate::config::{self, Common, Configuration};
use crate::debug_server::DebugServer;
use crate::notify::Notifier;
use crate::shutdown::Signals;
use crate::trace::Exporter;
use crate::{Health, Metrics, SystemClock, SystemRng, log};

/// An error of a kind that only matters to whoever reads it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How long blocking work may delay the end of the process after everything else has ended.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What a program is called, does, and which version it is.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// The binary's name, such as `cairn-sa`.
    pub name: &'static str,
    /// One line for `--help`.
    pub about: &'static str,
    /// For `--version`.
    pub version: &'static str,
}

/// What a service is given: everything from outside that is not in its configuration.
#[derive(Clone)]
pub struct Env {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Where to register metrics.
    pub metrics: Metrics,
    /// Where to register checks; the process is not ready before one is there and all pass.
    pub health: Health,
    /// Cancelled when the process is to end: accept nothing new, finish what was begun, return.
    pub shutdown: CancellationToken,
}

impl Env {
    /// The system's clock and randomness, and nothing registered yet.
    pub fn system() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            rng: Arc::new(SystemRng),
            metrics: Metrics::new(),
            health: Health::new(),
            shutdown: CancellationToken::new(),
        }
    }
}

/// Runs a service from the command line: `--config FILE` starts it, with `--check-config` the file is
/// only checked. SIGTERM or SIGINT cancel [`Env::shutdown`]; `serve` then has `runtime.drain` to
/// return, and a second signal ends the process at once. Failures are one line on standard error.
pub fn run<C, F, Fut, E>(program: Program, serve: F) -> ExitCode
where
    C: Configuration,
    F: FnOnce(C, Env) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Into<BoxError>,
{
    let arguments = arguments(program).get_matches();
    match run_with::<C, _, _, _>(program, &arguments, serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not `eprintln!`, which panics when nobody reads.
            let _ = writeln!(
                std::io::stderr(),
                "{}: {}",
                program.name,
                one_line(error.as_ref())
            );
            ExitCode::FAILURE
        }
    }
}

fn arguments(program: Program) -> Command {
    Command::new(program.name)
        .about(program.about)
        .version(program.version)
        .arg(
            Arg::new("config")
                .long("config")
                .short('c')
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("The configuration, in TOML"),
        )
        .arg(
            Arg::new("check-config")
                .long("check-config")
                .action(ArgAction::SetTrue)
                .help("Check the configuration and the secrets it names, then exit"),
        )
        .arg(
            Arg::new("supervised")
                .long("supervised")
                .action(ArgAction::SetTrue)
                .help("Stop, as upon SIGTERM, when standard input ends"),
        )
}

fn run_with<C, F, Fut, E>(program: Program, arguments: &ArgMatches, serve: F) -> Result<(), BoxError>
where
    C: Configuration,
    F: FnOnce(C, Env) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Into<BoxError>,
{
    let path = arguments
        .get_one::<PathBuf>("config")
        .map_or(Path::new(""), PathBuf::as_path);
    let loaded = config::load::<C>(path)?;
    if arguments.get_flag("check-config") {
        for warning in loaded.warnings {
            eprintln!("{}: warning: {warning}", program.name);
        }
        println!("{}: ok", path.display());
        return Ok(());
    }
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = loaded.common.runtime.workers {
        builder.worker_threads(workers);
    }
    let runtime = builder.enable_all().build()?;
    // What it holds outlives the runtime: lines may come to its very end.
    let mut log = None;
    let result = runtime.block_on(async {
        let traces = loaded.common.tracing.as_ref();
        let exporter = traces
            .map(|config| Exporter::new(config, program.name))
            .transpose()?;
        log = Some(log::install(&loaded.common.log, exporter.as_ref())?);
        for warning in loaded.warnings {
            tracing::warn!("{warning}");
        }
        let signals = Signals::listen(arguments.get_flag("supervised"))?;
        let result = supervise(program, &loaded.common, signals, |env| serve(loaded.service, env)).await;
        if let Some(exporter) = exporter {
            let _ = tokio::task::spawn_blocking(move || exporter.shutdown()).await;
        }
        result
    });
    runtime.shutdown_timeout(LAST_WORDS);
    drop(log);
    result
}

/// Runs `serve` with the debug port open, until it returns or has been told to and did not.
async fn supervise<F, Fut, E>(
    program: Program,
    common: &Common,
    mut signals: Signals,
    serve: F,
) -> Result<(), BoxError>
where
    F: FnOnce(Env) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Into<BoxError>,
{
    let mut env = Env::system();
    env.metrics = env.metrics.with_process(program.name, program.version);
    if let Some(debug) = &common.debug {
        let server = DebugServer::bind(debug.listen, env.metrics.clone(), env.health.clone())
            .await
            .map_err(|error| format!("debug.listen: {}: {error}", debug.listen))?;
        tokio::spawn(server.serve());
    }
    tracing::info!(version = program.version, "starting");
    let notifier = Notifier::from_environment();
    let (health, shutdown) = (env.health.clone(), env.shutdown.clone());
    let mut serving = pin!(serve(env));
    let mut announced = false;
    let signal = loop {
        tokio::select! {
            result = &mut serving => return result.map_err(Into::into),
            signal = signals.next() => break signal,
            () = health.ready(), if !announced => {
                announced = true;
                tracing::info!("ready");
                notifier.send("READY=1");
            }
        }
    };
    tracing::info!(signal, "draining");
    notifier.send("STOPPING=1");
    health.drain();
    shutdown.cancel();
    tokio::select! {
        result = serving => {
            tracing::info!("stopped");
            result.map_err(Into::into)
        }
        signal = signals.next() => Err(format!("stopped by a second signal, {signal}").into()),
        () = tokio::time::sleep(common.runtime.drain) => {
            Err(format!("requests were still in flight after {:?} of draining", common.runtime.drain).into())
        }
    }
}

/// The error and what caused it, without line breaks.
fn one_line(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            let _ = write!(text, ": {cause_text}");
        }
        source = cause.source();
    }
    text.replace('\n', " ")
}

#[cfg(test)]
mod tests;
