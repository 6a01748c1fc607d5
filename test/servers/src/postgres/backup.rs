//! Base backups, archived WAL, and servers that are restored from them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Options, Postgres, binaries, cluster};
use crate::home::{home, run};
use crate::poll;

/// How long recovery may take.
const RECOVERY: Duration = Duration::from_secs(120);

/// How long it may take to archive one WAL segment.
const ARCHIVE: Duration = Duration::from_secs(30);

/// A base backup; it is deleted with this value.
#[derive(Debug)]
pub struct Backup {
    dir: PathBuf,
}

/// How far a restored server goes.
#[derive(Clone, Debug)]
pub enum Target {
    /// As far as there is WAL.
    End,
    /// A [restore point](Postgres::restore_point).
    Point(String),
    /// A time, as PostgreSQL writes it.
    Time(String),
}

impl Postgres {
    /// Copies the data of the running server.
    pub fn base_backup(&self) -> Result<Backup> {
        let home = home()?;
        let backup = Backup {
            dir: home.new_server()?,
        };
        let mut copy = home.command(binaries::program("pg_basebackup")?);
        copy.env("PGPASSWORD", cluster::password(cluster::SUPERUSER)?)
            .args(["--checkpoint=fast", "--no-sync"])
            .args(["--dbname", &self.address()?.url(cluster::SUPERUSER, "postgres")])
            .arg("--pgdata")
            .arg(&backup.dir);
        run(&mut copy)?;
        Ok(backup)
    }

    /// Gives this moment a name that recovery can stop at.
    pub fn restore_point(&self, name: &str) -> Result<()> {
        let statement = format!("SELECT pg_create_restore_point('{}')", name.replace('\'', "''"));
        self.sql("postgres", &statement).map(drop)
    }

    /// Waits until everything up to now is in the [archive](Self::archive); the server has
    /// [`Options::archive`].
    pub fn archive_wal(&self) -> Result<()> {
        // Without a record since the last one, there is no segment to complete.
        self.restore_point("archived")?;
        let segment = self.sql("postgres", "SELECT pg_walfile_name(pg_switch_wal())")?;
        let archived = self.archive().join(segment);
        poll::until("the archiving of WAL", ARCHIVE, || {
            Ok(archived.exists().then_some(()))
        })
    }
}

impl Backup {
    /// The copied data directory.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Starts a server on a copy of it, that repeats the WAL in `archive` (of the server that was backed up,
    /// or a copy) as far as the target, and then takes writes.
    pub fn restore(&self, options: Options, archive: &Path, target: Target) -> Result<Postgres> {
        let archive = archive.to_str().context("the path is no text")?;
        let mut recovery = vec![("restore_command", format!("cp {archive}/%f %p"))];
        match target {
            Target::End => {}
            Target::Point(name) => recovery.push(("recovery_target_name", name)),
            Target::Time(time) => recovery.push(("recovery_target_time", time)),
        }
        recovery.push(("recovery_target_action", "promote".to_owned()));
        let server = Postgres::prepared(options, |server| {
            for (name, value) in recovery {
                server.configured().insert(name.to_owned(), value);
            }
            let data = server.data();
            cluster::copy(&self.dir, &data)?;
            home()?.write(&data.join("recovery.signal"), "")
        })?;
        poll::until("the end of recovery", RECOVERY, || {
            let state = server.sql("postgres", "SELECT pg_is_in_recovery()");
            let state = state.with_context(|| server.process.tail())?;
            Ok((state == "f").then_some(()))
        })?;
        Ok(server)
    }
}

impl Drop for Backup {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.dir));
    }
}
