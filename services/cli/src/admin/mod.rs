//! `cairn admin`: what operators do with a CA that runs, over gRPC, with a certificate of their own.
//!
//! [`operator`] is who they are and how the services are reached. Each command is a module with its arguments and a
//! `run`; a new one is a variant of [`Command`].

mod audit;
mod evidence;
mod operator;
mod validate;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use serde::Serialize;

use crate::local::operator_config;
use operator::Operator;

/// What the help of every command says at its end.
const EXIT_STATUS: &str =
    "Exit status: 0 if all is well, 1 if something was found, 2 if the command could not be carried out.";

/// Looks after a CA that runs
#[derive(clap::Args, Debug)]
#[command(after_help = EXIT_STATUS)]
pub(crate) struct Args {
    /// Who you are and where the services are, in TOML [default: that of --local]
    #[arg(long, short, global = true, value_name = "FILE", conflicts_with = "local")]
    config: Option<PathBuf>,

    /// The directory of a `cairn local` that runs [default: ./local]
    #[arg(long, global = true, value_name = "DIR")]
    local: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Audit(audit::Args),
    Validate(validate::Args),
    Evidence(evidence::Args),
}

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// All is well.
    Well,
    /// Something is not as it should be.
    Found,
}

impl Outcome {
    /// Prints a report, as JSON for programs or as text. All is well if it says so.
    fn tell<R: Serialize>(
        report: &R,
        json: bool,
        text: impl FnOnce(&R) -> String,
        well: bool,
    ) -> anyhow::Result<Self> {
        let printed = if json {
            serde_json::to_string_pretty(report).context("the report")?
        } else {
            text(report)
        };
        println!("{}", printed.trim_end());
        Ok(if well { Self::Well } else { Self::Found })
    }
}

/// Runs a command.
pub(crate) fn run(args: &Args) -> ExitCode {
    match carry_out(args) {
        Ok(Outcome::Well) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Err(error) => {
            eprintln!("cairn: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn carry_out(args: &Args) -> anyhow::Result<Outcome> {
    let path = match (&args.config, &args.local) {
        (Some(file), _) => file.clone(),
        (None, Some(dir)) => operator_config(dir),
        (None, None) => operator_config("./local".as_ref()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let operator = Operator::load(&path)?;
        match &args.command {
            Command::Audit(args) => audit::run(args, &operator).await,
            Command::Validate(args) => validate::run(args, &operator).await,
            Command::Evidence(args) => evidence::run(args, &operator).await,
        }
    })
}
