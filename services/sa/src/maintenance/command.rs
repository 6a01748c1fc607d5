//! `cairn-sa maintain`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use cairn_kit::{BoxError, SystemClock, config};
use cairn_types::Clock;
use clap::Parser;

use super::maintain;
use crate::Config;

/// Removes what is past its retention; on PostgreSQL also makes the partitions of the coming months
#[derive(Parser)]
#[command(
    bin_name = "cairn-sa maintain",
    version,
    after_help = "Run it every day, beside the running service. What is kept is told by [maintenance] in the \
        configuration. On PostgreSQL, database.url must name a role that owns the tables (cairn_migrate of \
        deploy/postgres/roles.sql), at the server itself and not at PgBouncer. A table that stays in use for long, \
        as by a dump, ends it with an error; what was done until then stays done."
)]
struct Arguments {
    /// The configuration of the storage authority, in TOML
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command with the arguments of this process, of which the first is its name. Prints a line for each thing that
/// is done, before it is. Failures are one line on standard error.
pub fn maintain_command() -> ExitCode {
    match run(&Arguments::parse_from(std::env::args_os().skip(1))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cairn-sa maintain: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), BoxError> {
    let config = config::load::<Config>(&arguments.config)?.service;
    let mut quiet = true;
    let would = if arguments.dry_run { "would " } else { "" };
    maintain(
        &config.database,
        &config.maintenance,
        SystemClock.now(),
        arguments.dry_run,
        &mut |action| {
            quiet = false;
            // Not `println!`, which panics when nobody reads.
            let _ = writeln!(std::io::stdout(), "{would}{action}");
        },
    )?;
    if quiet {
        let _ = writeln!(std::io::stdout(), "nothing to do");
    }
    Ok(())
}
