//! Where the CA under test stores what it knows.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use cairn_servers::{Options, Postgres, Role};
use cairn_testkit::stack::Database;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

/// The kinds of databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Backend {
    /// A file of the storage authority's
    Sqlite,
    /// A server, which fails as well
    Postgres,
}

/// A PostgreSQL server of the run's own.
#[derive(Debug)]
pub(crate) struct Server {
    postgres: Arc<Postgres>,
    database: cairn_servers::Database,
    /// Held while it is down.
    down: Mutex<()>,
}

impl Server {
    /// Starts one that keeps what it acknowledged, with an empty database.
    pub(crate) async fn start() -> Result<Self> {
        spawn_blocking(|| {
            let options = Options {
                durable: true,
                ..Options::default()
            };
            let server = Postgres::start_with(options)?;
            Ok(Self {
                database: server.database()?,
                postgres: Arc::new(server),
                down: Mutex::default(),
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

    /// Ends it without a checkpoint, and starts it again after a while. False if it was down already.
    pub(crate) async fn fails(&self, lasts: Duration) -> Result<bool> {
        let Ok(_down) = self.down.try_lock() else {
            return Ok(false);
        };
        let server = Arc::clone(&self.postgres);
        spawn_blocking(move || server.stop_immediately()).await??;
        tokio::time::sleep(lasts).await;
        let server = Arc::clone(&self.postgres);
        spawn_blocking(move || server.start_again()).await??;
        Ok(true)
    }
}
