//! `cairn-chaos`: certificates while everything fails.
//!
//! | what | where |
//! |---|---|
//! | which faults, in which order | [`plan`], drawn from the seed by [`random`] |
//! | the faults | [`faults`], and [`proxy`] between services |
//! | the CA they happen to | [`world`], [`mod@database`] |
//! | who asks for certificates meanwhile, and looks after them when it is calm | [`client`] |
//! | what was signed against what is stored, and whether that keeps the rules | [`audit`], [`admin`] |
//! | all of it together | [`run`], [`report`] |

mod admin;
mod args;
mod audit;
mod client;
mod database;
mod faults;
mod plan;
mod proxy;
mod random;
mod report;
mod run;
mod world;

use std::process::ExitCode;

use clap::Parser;

use args::Args;
use world::World;

/// The run could not be made, which says nothing about the CA.
const NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    chaos(&Args::parse()).unwrap_or_else(|error| {
        eprintln!("cairn-chaos: {error:#}");
        ExitCode::from(NOT_RUN)
    })
}

fn chaos(args: &Args) -> anyhow::Result<ExitCode> {
    let seed = args.seed.map_or_else(new_seed, Ok)?;
    eprintln!("seed {seed}");
    // One thread, to leave the processors to the services.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let world = World::start(args).await?;
        let passed = match run::run(world, args, seed).await {
            Ok(report) => {
                print!("{}", report.text());

                report.passed()
            }
            Err(error) => {
                println!("violation     {error:#}");
                false
            }
        };
        Ok(if passed {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    })
}

fn new_seed() -> anyhow::Result<u64> {
    let mut octets = [0; 4];
    openssl::rand::rand_bytes(&mut octets)?;
    Ok(u32::from_be_bytes(octets).into())
}
