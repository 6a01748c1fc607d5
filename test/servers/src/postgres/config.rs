//! The server's configuration files: written before each start, so that a data directory from anywhere fits.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use super::{Options, Postgres};
use crate::home::home;
use crate::poll;
use crate::tls::tls;

const RELOAD: Duration = Duration::from_secs(20);

/// A password for everybody, from other machines and this one; TCP only with TLS.
const HBA: &str = "\
local   all,replication all              scram-sha-256
hostssl all,replication all 127.0.0.1/32 scram-sha-256
";

/// Apart from the port.
pub(super) fn settings(dir: &Path, options: &Options) -> Result<BTreeMap<String, String>> {
    let text = |path: &Path| path.to_str().map(str::to_owned).context("the path is no text");
    let on = |is_on: bool| if is_on { "on" } else { "off" }.to_owned();
    let tls = tls()?;
    let archive = text(&dir.join("archive"))?;
    let settings = [
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("unix_socket_directories", text(&dir.join("socket"))?),
        ("ssl", on(true)),
        ("ssl_cert_file", text(&tls.certificate)?),
        ("ssl_key_file", text(&tls.key)?),
        ("ssl_min_protocol_version", "TLSv1.3".to_owned()),
        ("max_connections", "200".to_owned()),
        ("timezone", "UTC".to_owned()),
        ("log_timezone", "UTC".to_owned()),
        ("log_line_prefix", "%m [%p] %q%u@%d ".to_owned()),
        ("fsync", on(options.durable)),
        ("full_page_writes", on(options.durable)),
        // A standby finds its primary again soon after that was restarted.
        ("wal_retrieve_retry_interval", "100ms".to_owned()),
        ("archive_mode", on(options.archive)),
        // Complete, or not there.
        (
            "archive_command",
            format!("cp %p {archive}/.%f && mv {archive}/.%f {archive}/%f"),
        ),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    Ok(settings
        .into_iter()
        .chain(options.settings.iter().cloned())
        .collect())
}

impl Postgres {
    /// Changes a setting of postgresql.conf. Returns when new connections have it; a setting that needs a
    /// restart has it after the next [`start_again`](Self::start_again).
    pub fn set(&self, name: &str, value: &str) -> Result<()> {
        self.configured().insert(name.to_owned(), value.to_owned());
        if !self.is_running() {
            return Ok(());
        }
        let loaded = || self.sql("postgres", "SELECT pg_conf_load_time()");
        let before = loaded()?;
        self.configure()?;
        self.process.signal(Signal::SIGHUP)?;
        poll::until("the server's new settings", RELOAD, || {
            Ok((loaded()? != before).then_some(()))
        })
    }

    pub(super) fn configured(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the configuration files.
    pub(super) fn configure(&self) -> Result<()> {
        let mut text = format!("port = {}\n", self.port);
        for (name, value) in self.configured().iter() {
            writeln!(text, "{name} = '{}'", value.replace('\'', "''"))?;
        }
        let (home, data) = (home()?, self.data());
        home.write(&data.join("postgresql.conf"), text)?;
        home.write(&data.join("pg_hba.conf"), HBA)
    }
}
