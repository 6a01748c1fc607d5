//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Measures whole issuances against an ACME server; without --directory against a new `cairn local`, whose
/// binaries are beside this one
#[derive(clap::Parser, Debug)]
#[command(version)]
pub(crate) struct Args {
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
