//! `cairn-sa migrate`: creates the tables or brings them up to date, and ends.

use std::path::PathBuf;
use std::process::ExitCode;

use cairn_kit::{BoxError, SystemClock, config};
use cairn_types::Clock;
use clap::Parser;

use crate::Config;
use crate::db::migrate;

/// Creates the tables of the database, or brings them up to date
#[derive(Parser)]
#[command(bin_name = "cairn-sa migrate", version)]
struct Arguments {
    /// The configuration of the storage authority, in TOML
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
}

/// Runs the command with the arguments of this process, of which the first is its name. Failures are one line
/// on standard error.
pub fn migrate_command() -> ExitCode {
    match run(&Arguments::parse_from(std::env::args_os().skip(1))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cairn-sa migrate: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), BoxError> {
    let config = config::load::<Config>(&arguments.config)?.service;
    let done = migrate(&config.database, config.maintenance.ahead, SystemClock.now())?;
    if done.is_empty() {
        println!("the tables are up to date");
    }
    for migration in done {
        println!("ran migration {migration}");
    }
    Ok(())
}
