//! What a CA is started with.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::Service;

/// Where a CA finds what it validates, where it stores what it knows, and what it runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port of the http-01 responder.
    pub http_01_port: u16,
    /// The port of the tls-alpn-01 responder.
    pub tls_alpn_01_port: u16,
    /// The DNS server.
    pub resolver: SocketAddr,
    /// The database; none for a SQLite file in the CA's own directory.
    pub database: Option<Database>,
    /// Programs that run in place of a service's own.
    pub replaced: Vec<(Service, PathBuf)>,
}

/// A database that outlives the CA.
#[derive(Debug, Clone)]
pub struct Database {
    /// Its URL, as `cairn local --database` takes it.
    pub url: String,
    /// The file that holds the password.
    pub password_file: Option<PathBuf>,
}

impl Options {
    /// A CA as it is, on SQLite.
    pub const fn new(http_01_port: u16, tls_alpn_01_port: u16, resolver: SocketAddr) -> Self {
        Self {
            http_01_port,
            tls_alpn_01_port,
            resolver,
            database: None,
            replaced: Vec::new(),
        }
    }
}
