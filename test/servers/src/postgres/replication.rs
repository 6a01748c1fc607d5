//! Standbys: servers that repeat what another one does, and can take its place.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::{Postgres, binaries, cluster};
use crate::home::{home, run};
use crate::poll;

/// How long a standby may take to catch up.
const REPLAY: Duration = Duration::from_secs(60);

impl Postgres {
    /// Starts a hot standby of this server, with its options: it follows over TLS and has a replication slot,
    /// so that this server keeps what it has yet to read. Only this server's end stops it from following;
    /// that one's start lets it go on.
    pub fn standby(&self) -> Result<Self> {
        let primary = self.address()?.url(cluster::SUPERUSER, "postgres");
        let standby = Self::prepared(self.options.clone(), |standby| {
            let name = standby.standby_name();
            let mut copy = home()?.command(binaries::program("pg_basebackup")?);
            copy.env("PGPASSWORD", cluster::password(cluster::SUPERUSER)?)
                .args(["--checkpoint=fast", "--no-sync", "--write-recovery-conf"])
                .args(["--create-slot", "--slot", &name])
                .args(["--dbname", &format!("{primary}&application_name={name}")])
                .arg("--pgdata")
                .arg(standby.data());
            run(&mut copy).map(drop)
        })?;
        standby.wait_for(self)?;
        Ok(standby)
    }

    /// The name of its replication slot, and of its connection to its primary.
    fn standby_name(&self) -> String {
        let number = self.process.dir().file_name().unwrap_or_default();
        format!("standby_{}", number.display())
    }

    /// From now on a commit is answered when all these standbys have it on disk; none: without waiting.
    pub fn commit_waits_for(&self, standbys: &[&Self]) -> Result<()> {
        let names: Vec<String> = standbys.iter().map(|it| it.standby_name()).collect();
        let value = match names.len() {
            0 => String::new(),
            count => format!("FIRST {count} ({})", names.join(", ")),
        };
        self.set("synchronous_standby_names", &value)
    }

    /// Waits until this standby shows everything that is committed on `primary` at this moment.
    pub fn wait_for(&self, primary: &Self) -> Result<()> {
        let position = primary.sql("postgres", "SELECT pg_current_wal_lsn()")?;
        let question = format!("SELECT pg_last_wal_replay_lsn() >= '{position}'");
        poll::until("the standby's replay", REPLAY, || {
            Ok((self.sql("postgres", &question)? == "t").then_some(()))
        })
    }

    /// Lets a standby fall behind: it goes on receiving, and shows nothing new.
    pub fn pause_replay(&self) -> Result<()> {
        self.sql("postgres", "SELECT pg_wal_replay_pause()")?;
        poll::until("the pause of the standby's replay", REPLAY, || {
            let state = self.sql("postgres", "SELECT pg_get_wal_replay_pause_state()")?;
            Ok((state == "paused").then_some(()))
        })
    }

    /// Lets a standby catch up.
    pub fn resume_replay(&self) -> Result<()> {
        self.sql("postgres", "SELECT pg_wal_replay_resume()").map(drop)
    }

    /// Makes a standby take writes. Its former primary must not do so any longer.
    pub fn promote(&self) -> Result<()> {
        let limit = REPLAY.as_secs();
        let answer = self
            .sql("postgres", &format!("SELECT pg_promote(true, {limit})"))
            .context("promotion")?;
        ensure!(answer == "t", "promotion: not within {limit} s");
        Ok(())
    }
}
