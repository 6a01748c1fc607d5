//! The storage authority: the only owner of the database.

mod accounts;
mod audit;
mod authorizations;
mod certificates;
mod config;
mod db;
mod orders;
mod store;

pub use config::{Config, DatabaseConfig, Location};
pub use db::{OpenError, migrate};
pub use store::Store;
