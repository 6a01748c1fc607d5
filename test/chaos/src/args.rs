//! The command line.

use std::path::PathBuf;

use crate::database::Backend;

/// Issues certificates from a new `cairn local`, whose binaries are beside this one, while its services are killed,
/// paused and cut off from each other; then checks that nothing was lost or doubled
#[derive(clap::Parser, Debug)]
#[command(version)]
pub(crate) struct Args {
    /// Replays the faults of an earlier run [default: a new seed, which is printed]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,

    /// How many certificates to ask for
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) issuances: u32,

    /// How many clients there are at once, each with an account of its own
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) concurrency: u32,

    /// What the CA stores in
    #[arg(long, value_enum, default_value = "postgres")]
    pub(crate) backend: Backend,

    /// Keeps the directory of the CA, with its logs and its database
    #[arg(long)]
    pub(crate) keep: bool,

    /// Runs this program as the certificate authority
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_binary: Option<PathBuf>,
}
