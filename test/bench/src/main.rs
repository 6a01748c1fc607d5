//! `cairn-bench`: a load generator for ACME servers.
//!
//! Every issuance is a client's whole flow: new order, authorization, challenge answered by the generator's
//! own web server, validation awaited, finalize, download. Each worker has an account and a connection of
//! its own. CSRs are made before the clock starts.
//!
//! `cairn-bench validation` measures validations alone, by every challenge type.
//!
//! `cairn-bench growth` compares such issuances, and other work, between a small and a large database.

mod args;
mod growth;
mod issuance;
mod latency;
mod load;
mod machine;
mod processes;
mod report;
mod target;
mod validation;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use args::{Args, Command};
use load::Level;
use processes::Processes;
use report::Report;
use target::Target;

fn main() -> ExitCode {
    match measure(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cairn-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every issuance came to its end.
fn measure(args: &Args) -> anyhow::Result<bool> {
    // One thread, to take no more of the server's cores than the work needs.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if let Some(Command::Growth(args)) = &args.command {
        let report = runtime.block_on(growth::measure(args))?;
        print!("{}", report.markdown());
        return Ok(report.is_complete());
    }
    if let Some(Command::Validation(args)) = &args.command {
        let report = runtime.block_on(validation::measure(args))?;
        print!("{}", report.markdown());
        return Ok(report.is_complete());
    }
    let report = runtime.block_on(run(args))?;
    print!("{}", report.table());
    if let Some(path) = &args.json {
        let json = format!("{:#}\n", report.json());
        std::fs::write(path, json).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(report.levels.iter().all(|level| level.failures.is_empty()))
}

async fn run(args: &Args) -> anyhow::Result<Report> {
    let target = Target::prepare(args).await?;
    let processes = match target.env_file() {
        Some(path) => Processes::from_env_file(&path)?,
        None => Processes::default(),
    };
    let client = target.client().await?;
    let mut levels = Vec::new();
    for concurrency in &args.concurrency {
        eprintln!("{} issuances by {concurrency} clients at once …", args.count);
        let work = load::prepare(&format!("c{concurrency}.{}", args.zone), args.count, args.names)?;
        let level = Level {
            concurrency: *concurrency,
            warm_up: args.warm_up,
        };
        levels.push(load::run(&client, target.responder(), &processes, &level, work).await?);
    }
    Ok(Report {
        machine: machine::describe(),
        directory: target.directory_url(),
        names: args.names,
        levels,
        memory: processes.memory()?,
    })
}
