//! PostgreSQL.

mod address;
mod backup;
mod binaries;
mod cluster;
mod config;
mod database;
mod psql;
mod replication;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use nix::sys::signal::Signal;

pub(crate) use address::Address;
pub use backup::{Backup, Target};
pub(crate) use cluster::{SUPERUSER, password};
pub use database::{Database, Role};
pub(crate) use psql::{execute, psql};

use crate::home::home;
use crate::poll;
use crate::ports;
use crate::process::{Process, send};

/// How long a start may take, crash recovery included.
const START: Duration = Duration::from_secs(60);

/// How long an orderly end may take, with a checkpoint.
const STOP: Duration = Duration::from_secs(60);

/// How often another port is tried when somebody was faster.
const ATTEMPTS: u32 = 5;

/// What a server is started with.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether a commit reaches the disk before it is answered, and torn pages are repaired: for tests that
    /// end the server by force. Otherwise `fsync` and `full_page_writes` are off.
    pub durable: bool,
    /// Whether complete WAL segments are copied to [`Postgres::archive`].
    pub archive: bool,
    /// More settings of postgresql.conf.
    pub settings: Vec<(String, String)>,
}

/// A PostgreSQL server; it ends, and its data is deleted, with this value.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    port: u16,
    options: Options,
    settings: Mutex<BTreeMap<String, String>>,
    databases: AtomicU32,
    /// The templates that are complete.
    templates: Mutex<BTreeSet<String>>,
    /// Databases that nobody holds any longer.
    unused: Arc<Mutex<Vec<String>>>,
}

impl Postgres {
    /// A new server, as fast as can be: it is not [`Options::durable`].
    pub fn start() -> Result<Self> {
        Self::start_with(Options::default())
    }

    /// A new server with the three [roles](Role).
    pub fn start_with(options: Options) -> Result<Self> {
        let server = Self::prepared(options, |server| {
            cluster::copy(cluster::template()?, &server.data())
        })?;
        server.create_roles()?;
        Ok(server)
    }

    /// The one server that all tests of this process may use together.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<Result<Postgres, String>> = OnceLock::new();
        SHARED
            // Most processes have no other server: a template would cost them more than it saves.
            .get_or_init(|| {
                let server = Self::new(Options::default(), cluster::make);
                server.map_err(|error| format!("{error:#}"))
            })
            .as_ref()
            .map_err(|error| anyhow!("{error}"))
    }

    /// Starts a server with a new cluster, that `make` puts at the path it gets.
    fn new(options: Options, make: impl FnOnce(&Path) -> Result<()>) -> Result<Self> {
        let server = Self::prepared(options, |server| make(&server.data()))?;
        server.create_roles()?;
        Ok(server)
    }

    /// Starts a server after `prepare` made its data directory.
    fn prepared(options: Options, prepare: impl FnOnce(&Self) -> Result<()>) -> Result<Self> {
        let home = home()?;
        let dir = home.new_server()?;
        for part in ["socket", "archive"] {
            home.directory(&dir.join(part))?;
        }
        let mut server = Self {
            port: 0,
            settings: Mutex::new(config::settings(&dir, &options)?),
            process: Process::new(dir),
            options,
            databases: AtomicU32::new(1),
            templates: Mutex::default(),
            unused: Arc::default(),
        };
        prepare(&server)?;
        server.start_on_some_port()?;
        Ok(server)
    }

    fn start_on_some_port(&mut self) -> Result<()> {
        let mut attempt = 1;
        loop {
            self.port = ports::free()?;
            let Err(error) = self.start_again() else {
                return Ok(());
            };
            let is_taken = format!("{error:#}").contains("Address already in use");
            if !is_taken || attempt == ATTEMPTS {
                return Err(error);
            }
            attempt += 1;
        }
    }

    /// Starts it after it was stopped: on the same port, with the data it has.
    pub fn start_again(&self) -> Result<()> {
        self.configure()?;
        let postgres = binaries::program("postgres")?;
        let data = self.data();
        let state = data.join("postmaster.pid");
        let data = data.to_str().context("the path is no text")?;
        self.process
            .start(&postgres, &["-D", data], START, |id| is_ready(&state, id))
    }

    /// Stops it in good order; clients are disconnected.
    pub fn stop(&self) -> Result<()> {
        self.process.stop(Signal::SIGINT, STOP).map(drop)
    }

    /// Stops it without a checkpoint ("immediate shutdown"): the next start recovers from the WAL.
    pub fn stop_immediately(&self) -> Result<()> {
        self.process.stop(Signal::SIGQUIT, STOP).map(drop)
    }

    /// Kills all its processes at once, as the machine's end would.
    pub fn kill_9(&self) -> Result<()> {
        let Some(id) = self.process.id() else {
            return Ok(());
        };
        // Stopped, it starts no further process.
        self.process.signal(Signal::SIGSTOP)?;
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
        let children: Vec<u32> = children
            .split_whitespace()
            .filter_map(|id| id.parse().ok())
            .collect();
        self.process.stop(Signal::SIGKILL, STOP)?;
        for child in &children {
            send(*child, Signal::SIGKILL)?;
        }
        // As long as one of them holds the shared memory, the server cannot start again.
        poll::until("the end of a killed server's processes", STOP, || {
            Ok((!children.iter().any(|id| is_alive(*id))).then_some(()))
        })
    }

    /// Whether it was started and not stopped.
    pub fn is_running(&self) -> bool {
        self.process.id().is_some()
    }

    /// The id of its first process, the postmaster.
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Its port on 127.0.0.1, where it speaks TLS only, and in the name of its socket.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The directory of its Unix socket.
    pub fn socket(&self) -> PathBuf {
        self.process.dir().join("socket")
    }

    /// The directory of its data.
    pub fn data(&self) -> PathBuf {
        self.process.dir().join("data")
    }

    /// The directory of archived WAL segments.
    pub fn archive(&self) -> PathBuf {
        self.process.dir().join("archive")
    }

    /// The file of its log.
    pub fn log(&self) -> PathBuf {
        self.process.log()
    }
}

/// The server says so itself in its file of state: its id in the first line, "ready" in the eighth.
fn is_ready(state: &Path, id: u32) -> bool {
    let state = fs::read_to_string(state).unwrap_or_default();
    let mut lines = state.lines().map(str::trim);
    lines.next() == Some(&id.to_string()) && lines.nth(6) == Some("ready")
}

/// Whether a process does anything yet; a zombie does not.
fn is_alive(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}
