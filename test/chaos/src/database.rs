//! Where the CA under test stores what it knows.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use cairn_servers::{Postgres, Role};
use cairn_testkit::stack::Database;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

/// The kinds of databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Backend {
    /// A file of the storage authority's
    Sqlite,
    /// A server, which fails as well
    Postgres,
}

/// How many times longer the server is up than it was down.
const MOSTLY_UP: u32 = 4;

/// A PostgreSQL server of the run's own.
#[derive(Debug)]
pub(crate) struct Server {
    postgres: Arc<Postgres>,
    database: cairn_servers::Database,
    /// Held while it is down.
    up: Mutex<Up>,
}

/// Since when it is there, and how long it was not before that.
#[derive(Debug)]
struct Up {
    since: Instant,
    was_down: Duration,
}

impl Server {
    /// Starts one with an empty database.
    pub(crate) async fn start() -> Result<Self> {
        spawn_blocking(|| {
            // Its end is that of processes: what they wrote is with the kernel, and need not be on the disk.
            let server = Postgres::start()?;
            Ok(Self {
                database: server.database()?,
                postgres: Arc::new(server),
                up: Mutex::new(Up {
                    since: Instant::now(),
                    was_down: Duration::ZERO,
                }),
            })
        })
        .await?
    }

    /// The database for whoever makes its tables.
    pub(crate) fn for_owner(&self) -> Database {
        self.seen_by(Role::Migrate)
    }

    /// The database for the storage authority, which may change rows only.
    pub(crate) fn for_service(&self) -> Database {
        self.seen_by(Role::Sa)
    }

    fn seen_by(&self, role: Role) -> Database {
        Database {
            url: self.database.socket_url(role),
            password_file: Some(self.database.password_file(role).to_owned()),
        }
    }

    /// Ends it without a checkpoint, and starts it again after a while. False if it is down already, or was until a moment
    /// ago: where it recovers slowly, it would hardly ever be there.
    pub(crate) async fn fails(&self, lasts: Duration) -> Result<bool> {
        let Ok(mut up) = self.up.try_lock() else {
            return Ok(false);
        };
        if up.since.elapsed() < up.was_down * MOSTLY_UP {
            return Ok(false);
        }
        let began = Instant::now();
        let server = Arc::clone(&self.postgres);
        spawn_blocking(move || server.stop_immediately()).await??;
        tokio::time::sleep(lasts).await;
        let server = Arc::clone(&self.postgres);
        spawn_blocking(move || server.start_again()).await??;
        *up = Up {
            since: Instant::now(),
            was_down: began.elapsed(),
        };
        Ok(true)
    }
}
