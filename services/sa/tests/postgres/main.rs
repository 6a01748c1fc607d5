//! A storage authority on PostgreSQL servers that end, hang, fall behind and take over, and with `PgBouncer` in between.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod bouncer;
mod comments;
mod failover;
mod limits;
mod replica;
#[path = "../conformance/stage.rs"]
#[expect(dead_code, reason = "not every scenario is for this test")]
mod stage;
mod start;
mod writers;

use cairn_kit::Secret;
use cairn_sa::DatabaseConfig;
use cairn_servers::{Database, Postgres, Role};

use stage::START;

/// Not asked here.
pub(crate) const ENTRIES: &str = "";

/// The database of a stage, as the storage authority is configured for it.
#[derive(Clone)]
pub(crate) struct Storage(DatabaseConfig);

impl Storage {
    fn new() -> Self {
        panic!("the tests name their database")
    }

    fn rows(&self, _query: &str) -> Vec<String> {
        panic!("{:?} is asked otherwise", self.0.url)
    }

    fn plant(&self, _statements: &str) {
        panic!("{:?} is left as it is", self.0.url)
    }

    fn config(&self) -> DatabaseConfig {
        self.0.clone()
    }

    /// A database at a URL, for the storage authority.
    fn at(database: &Database, url: &str) -> Self {
        Self(config(database, Role::Sa, url))
    }

    /// The same with other settings.
    fn with(mut self, change: impl FnOnce(&mut cairn_sa::Postgres)) -> Self {
        change(&mut self.0.postgres);
        self
    }
}

/// How a role reaches a database at a URL.
fn config(database: &Database, role: Role, url: &str) -> DatabaseConfig {
    DatabaseConfig {
        password_file: Some(Secret::from_bytes(database.password(role))),
        ..DatabaseConfig::new(url.parse().unwrap())
    }
}

/// A database with the tables.
fn migrated(server: &Postgres) -> Database {
    let migrate = |database: &Database| {
        let config = config(database, Role::Migrate, &database.url(Role::Migrate));
        // On a thread of its own, since it blocks.
        let migrated = std::thread::spawn(move || cairn_sa::migrate(&config, 2, START));
        migrated.join().unwrap().map(drop).map_err(Into::into)
    };
    server.database_like("migrated", migrate).unwrap()
}
