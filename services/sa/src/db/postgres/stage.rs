//! A database of its own for a test, and connections to it as the storage authority has them.

use cairn_kit::Secret;
use cairn_servers::{Database, Postgres, Role};
use prometheus_client::metrics::counter::Counter;

use super::connect::Pool;
use super::connection::Conn;
use crate::config::{DatabaseConfig, Location};
use crate::db::last_step::Migrations;

pub(super) const MIGRATIONS: Migrations = Migrations("postgres");

/// A database without tables.
pub(super) fn empty() -> Database {
    Postgres::shared().unwrap().database().unwrap()
}

/// A database with the tables of this version.
pub(super) fn migrated() -> Database {
    let database = empty();
    let (before, last) = MIGRATIONS.steps();
    for text in before.iter().chain([&last]) {
        database.sql(Role::Migrate, text).unwrap();
    }
    database
}

/// A connection of the storage authority.
pub(super) async fn connect(database: &Database) -> Conn {
    let url = database.socket_url(Role::Sa);
    let Ok(Location::Postgres(server)) = url.parse() else {
        panic!("{url}");
    };
    let config = DatabaseConfig {
        password_file: Some(Secret::from_bytes(database.password(Role::Sa))),
        ..DatabaseConfig::new(Location::Postgres(server.clone()))
    };
    let pool = Pool::new(&server, &config).unwrap();
    pool.get(&Counter::default(), config.postgres.statement_timeout)
        .await
        .unwrap()
}
