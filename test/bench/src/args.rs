//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Measures whole issuances against an ACME server; without --directory against a new `cairn local`, whose
/// binaries are beside this one
#[derive(clap::Parser, Debug)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// The directory of a server that runs already
    #[arg(long, value_name = "URL", requires = "ca_bundle")]
    pub(crate) directory: Option<String>,

    /// The roots, as PEM, that the server's HTTPS chains to
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_bundle: Option<PathBuf>,

    /// The DIR/env of the `cairn local` that runs there, for CPU and memory
    #[arg(long, value_name = "FILE", requires = "directory")]
    pub(crate) env: Option<PathBuf>,

    /// Where to answer http-01, as the server expects it
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:5002")]
    pub(crate) http_01_listen: SocketAddr,

    /// Where to answer DNS queries: every name is at 127.0.0.1
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    pub(crate) dns_listen: SocketAddr,

    /// The domain in which names are made up
    #[arg(long, default_value = "bench.example")]
    pub(crate) zone: String,

    /// Names in each certificate
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) names: u32,

    /// Issuances at each concurrency
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,

    /// Issuances of each client that come before and are not measured
    #[arg(long, default_value_t = 3)]
    pub(crate) warm_up: u32,

    /// How many clients there are at once: a list, measured one after the other
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32])]
    pub(crate) concurrency: Vec<u32>,

    /// Writes the figures there as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// What else can be measured.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    Growth(Growth),
    Validation(Validation),
}

/// Measures validations per second by each type of challenge, and what they cost, with several numbers of remote
/// perspectives
#[derive(clap::Args, Debug)]
pub(crate) struct Validation {
    /// Validations by each type
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,

    /// Validations by each type that come before and are not measured
    #[arg(long, default_value_t = 50)]
    pub(crate) warm_up: u32,

    /// How many there are at once
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) concurrency: u32,

    /// How many remote perspectives confirm: a list, measured one after the other
    #[arg(long, value_delimiter = ',', default_values_t = [0, 1, 5])]
    pub(crate) remotes: Vec<usize>,
}

/// Measures how the CA does on PostgreSQL with many certificates, compared to few
///
/// Starts a PostgreSQL server of its own and fills two of its databases with a year of issuances, in the directory
/// for temporary files (TMPDIR). The large one takes some 6 GB for each million certificates.
#[derive(clap::Args, Debug)]
pub(crate) struct Growth {
    /// Certificates in the large database
    #[arg(long, default_value_t = 5_000_000, value_parser = clap::value_parser!(u64).range(1000..=100_000_000))]
    pub(crate) certificates: u64,

    /// Certificates in the small database
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1000..=100_000_000))]
    pub(crate) compared_with: u64,

    /// Issuances at each size
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,

    /// How many clients there are at once
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) concurrency: u32,

    /// Minutes after which an audit that is not at its end is ended
    #[arg(long, default_value_t = 60, value_name = "MINUTES")]
    pub(crate) audit_limit: u64,
}
