//! `cairn-sa recover`: compares logs with the database.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use cairn_kit::{BoxError, Metrics, SystemClock, SystemRng, config};
use clap::Parser;

use super::sweep::{Sweep, Tally};
use crate::{Config, Store};

/// Finds in logs what a restored database does not know
///
/// Certificates that were signed, revocations, deactivations: from the logs of the CA and of the storage authority, in
/// JSON. Run it before any other service than the storage authority goes on; see docs/operations.md.
#[derive(Parser)]
#[command(
    bin_name = "cairn-sa recover",
    version,
    after_help = "Exit status: 0 if nothing is missing any more, 1 if something is, 2 if the command could not be \
        carried out."
)]
struct Arguments {
    /// The configuration of the storage authority, in TOML
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,

    /// Stores what is missing; without this it is only told
    #[arg(long)]
    store: bool,

    /// The logs of the CA and of the storage authority since the moment of the backup; earlier lines do no harm
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<PathBuf>,
}

/// Runs the command with the arguments of this process, of which the first is its name.
pub fn recover_command() -> ExitCode {
    let arguments = Arguments::parse_from(std::env::args_os().skip(1));
    match run(&arguments) {
        Ok(tally) => {
            println!(
                "{} records, {} missing, {} of them stored",
                tally.read, tally.missing, tally.stored
            );
            ExitCode::from(u8::from(tally.missing != tally.stored))
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "cairn-sa recover: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<Tally, BoxError> {
    let mut config = config::load::<Config>(&arguments.config)?.service;
    // A replica may show what was before.
    config.database.postgres.replica_url = None;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
        let store = Store::open(&config, clock, rng, &Metrics::new()).await?;
        let mut sweep = Sweep::new(&store, arguments.store);
        for path in &arguments.logs {
            let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
            let file = File::open(path).map_err(|error| named(&error))?;
            sweep
                .log(BufReader::new(file))
                .await
                .map_err(|error| named(&error))?;
        }
        sweep.finish().await
    })
}
