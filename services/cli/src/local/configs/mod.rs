//! The services' configurations, written anew at every start from the command line.
//!
//! Each is built from structs, so that it cannot be anything but TOML, and each service checks its own
//! before it starts, so that a key it does not know cannot slip in.

mod ca;
mod common;
mod operator;
mod publisher;
mod ra;
mod sa;
mod va;
mod wfe;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::Args;
use super::database::Database;
use super::layout::{Layout, write_atomically};
use super::pki::Pki;
use super::ports::Ports;
use super::process::Launch;
use super::profile::Profile;
use super::service::{Binaries, Service};

/// What CAA records name this CA by.
pub(crate) const CAA_ID: &str = "cairn.localhost";

/// Names under these are on this machine, without anybody's doing.
const LOOPBACK_SUFFIXES: [&str; 3] = ["localhost", "test", "internal"];

/// A local CA, ready to be started.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) layout: Layout,
    pub(crate) pki: Pki,
    pub(crate) ports: Ports,
    pub(crate) http_01_port: u16,
    pub(crate) tls_alpn_01_port: u16,
    remotes: u8,
    profile: Profile,
    host: String,
    pub(crate) resolver: Option<SocketAddr>,
    database: Database,
    database_password_file: Option<PathBuf>,
    database_ca: Option<PathBuf>,
}

impl Stack {
    /// Puts together what the command line asks for.
    pub(crate) fn new(args: &Args, layout: Layout, pki: Pki, ports: Ports) -> anyhow::Result<Self> {
        let database = match args.database.clone() {
            Some(database) => database.absolute()?,
            None => Database::Sqlite(layout.database()),
        };
        let absolute = |path: &Option<PathBuf>| path.as_ref().map(std::path::absolute).transpose();
        Ok(Self {
            layout,
            pki,
            ports,
            http_01_port: args.http_01_port,
            tls_alpn_01_port: args.tls_alpn_01_port,
            remotes: args.perspectives,
            profile: args.profile,
            host: args.listen.public_host(),
            resolver: args.resolver,
            database,
            database_password_file: absolute(&args.database_password_file)?,
            database_ca: absolute(&args.database_ca)?,
        })
    }

    /// All services, callees before callers.
    pub(crate) fn services(&self) -> Vec<Service> {
        Service::all(self.remotes)
    }

    /// The URL before every path.
    fn base_url(&self) -> String {
        match self.ports.https_port() {
            443 => format!("https://{}", self.host),
            port => format!("https://{}:{port}", self.host),
        }
    }

    /// What clients are given.
    pub(crate) fn directory_url(&self) -> String {
        format!("{}/directory", self.base_url())
    }

    /// How to run a service of this stack.
    pub(crate) fn launch(&self, service: Service, binaries: &Binaries) -> Launch {
        Launch {
            service,
            binary: binaries.path(service),
            config: self.layout.config(service),
            log: self.layout.log(service),
            debug: self.ports.debug(service),
        }
    }

    /// Writes every service's configuration, and that of `cairn admin`.
    pub(crate) fn write_configs(&self) -> anyhow::Result<()> {
        self.write(Service::Sa, &sa::config(self))?;
        self.write(Service::Ca, &ca::config(self))?;
        self.write(Service::Va, &va::primary(self))?;
        for remote in Service::remotes(self.remotes) {
            self.write(remote, &va::remote(self, remote))?;
        }
        self.write(Service::Publisher, &publisher::config(self))?;
        self.write(Service::Ra, &ra::config(self))?;
        self.write(Service::Wfe, &wfe::config(self))?;
        write(&self.layout.operator_config(), &operator::config(self))
    }

    fn write(&self, service: Service, config: &impl Serialize) -> anyhow::Result<()> {
        write(&self.layout.config(service), config)
    }
}

fn write(path: &Path, config: &impl Serialize) -> anyhow::Result<()> {
    let text = format!(
        "# Written by `cairn local` at every start.\n{}",
        toml::to_string(config)?
    );
    write_atomically(path, text.as_bytes(), 0o644)
}
