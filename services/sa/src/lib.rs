//! The storage authority: the only owner of the database.
//!
//! - `grpc`: the calls of `proto/cairn/sa/v1`, each decoded, done and encoded.
//! - `accounts`, `orders`, `authorizations`, `certificates`: an aggregate each. `mod.rs` has its operations,
//!   `queries.rs` its transactions, `rows.rs` its rows.
//! - `backup`, `recovery`: the database is copied, and what a restored copy does not know is found in logs.
//! - `trail`: what the database writes about every change, and how it is checked.
//! - `inspection`: whether what is stored keeps the rules.
//! - `maintenance`: partitions, and rows that leave when their time came.
//! - `db`: named transactions, and the backends that carry them out.
//!
//! A new operation is a query in an aggregate's `queries.rs`, a method in its `mod.rs` that runs it by
//! `transact!` or `look_up!`, and a handler in `grpc`.

#![expect(
    clippy::duplicate_mod,
    reason = "each backend compiles the queries for itself"
)]

mod accounts;
mod audit;
mod authorizations;
mod backup;
mod certificates;
mod config;
mod db;
mod grpc;
mod inspection;
mod maintenance;
mod migrate;
mod orders;
mod recovery;
mod store;
mod trail;

use cairn_kit::{BoxError, Env};
use cairn_rpc::Transport;

pub use backup::backup_command;
pub use config::{Config, DatabaseConfig, Location, Maintenance, Postgres, Retention, Server, Sqlite};
pub use db::{OpenError, migrate};
pub use inspection::Rule;
pub use maintenance::actions::{Action, Partition};
pub use maintenance::command::maintain_command;
pub use maintenance::maintain;
pub use migrate::migrate_command;
pub use recovery::recover_command;
pub(crate) use store::Store;

/// Serves the storage authority until the shutdown of `env`, then finishes what is in flight.
pub async fn serve(config: Config, env: Env) -> Result<(), BoxError> {
    let transport = Transport::tls(&config.tls, &env.metrics)?;
    serve_on(config, env, transport).await
}

/// The same over a transport of the caller's choice; tests use one in memory.
pub async fn serve_on(config: Config, env: Env, transport: Transport) -> Result<(), BoxError> {
    let store = Store::open(&config, env.clock.clone(), env.rng.clone(), &env.metrics).await?;
    let watched = (store.clone(), env.clone());
    let serving = grpc::serve(store, config.grpc, env, &transport);
    maintenance::watch::beside(watched.0, &watched.1, serving).await
}
