//! The operator's command.

mod admin;
mod local;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cairn",
    version,
    about = "The operator's command of the Cairn certificate authority"
)]
struct Cairn {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Local(local::Args),
    Admin(admin::Args),
}

fn main() -> ExitCode {
    match Cairn::parse().command {
        Command::Local(args) => match local::run(&args) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("cairn: {error:#}");
                ExitCode::FAILURE
            }
        },
        Command::Admin(args) => admin::run(&args),
    }
}
