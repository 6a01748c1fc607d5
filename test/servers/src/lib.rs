//! Real servers that tests and benches start and stop, each in a directory of its own, on loopback and on
//! a Unix socket. `test/servers/install` sees to the programs.
//!
//! ```no_run
//! use cairn_servers::{Postgres, Role};
//!
//! # fn main() -> anyhow::Result<()> {
//! // One server for all tests of a process, a database for each test.
//! let database = Postgres::shared()?.database()?;
//! println!("{} {}", database.url(Role::Sa), database.password_file(Role::Sa).display());
//!
//! // A server of its own, for a test that stops it.
//! let server = Postgres::start()?;
//! server.stop_immediately()?;
//! server.start_again()?;
//! # Ok(())
//! # }
//! ```
//!
//! A server ends when its value is dropped; one in a static, and all servers of a killed process, are ended
//! by a process that outlives this one. Nothing runs as root: where the tests do, servers
//! run as the user `postgres` or `nobody`, whom their directories then belong to.

mod account;
pub mod dns;
mod home;
mod pgbouncer;
mod poll;
mod ports;
mod postgres;
mod process;
mod random;
mod tls;

pub use pgbouncer::PgBouncer;
pub use postgres::{Backup, Database, Options, Postgres, Role, Target};
