//! SQLite: one writer thread that commits in groups, and a few threads that read.
//!
//! | Module | Holds |
//! |---|---|
//! | [`connection`] | opening, pragmas, migrations |
//! | [`copy`](mod@copy) | a copy of the file while others write
//! | [`job`] | a piece of work for a thread, and its answer |
//! | [`queue`], [`writer`], [`readers`] | the threads |
//! | [`dialect`] | what the queries ask for that only a backend can express |
//! | [`trail`] | what the triggers of the audit trail call |
//! | [`ready`] | how queries written as asynchronous run on a thread |
//!
//! The modules named like aggregates are the queries, compiled for this backend.

mod connection;
mod copy;
mod dialect;
mod job;
#[cfg(test)]
mod last_step;
#[cfg(test)]
mod plans;
mod queue;
mod readers;
mod ready;
#[cfg(test)]
mod tests;
mod trail;
mod writer;

#[path = "../../accounts/queries.rs"]
pub(crate) mod accounts;
#[path = "../../authorizations/queries.rs"]
pub(crate) mod authorizations;
#[path = "../../certificates/queries.rs"]
pub(crate) mod certificates;
#[path = "../../orders/dependents.rs"]
pub(crate) mod dependents;
#[path = "../../orders/earlier.rs"]
pub(crate) mod earlier;
#[cfg(test)]
#[path = "../everything.rs"]
mod everything;
#[path = "../../orders/finalization.rs"]
pub(crate) mod finalization;
#[path = "../../inspection/queries.rs"]
pub(crate) mod inspection;
#[path = "../../orders/queries.rs"]
pub(crate) mod orders;
#[path = "../../recovery/queries.rs"]
pub(crate) mod recovery;
#[path = "../../authorizations/validation.rs"]
pub(crate) mod validation;

use std::path::Path;
use std::time::Instant;

use super::OpenError;
use super::errors::{Failure, Result};
use super::tx::{Beginning, Measures};
use crate::config::Sqlite as Config;
pub(crate) use connection::{alone, migrate};
pub(crate) use copy::copy;
use ready::RunQueryDsl;
pub(crate) use ready::settle;

/// The connection that the queries are compiled for.
type Conn = diesel::SqliteConnection;

/// An open database file. Dropping it ends its threads once they have done what they were given.
pub(crate) struct Sqlite {
    writer: queue::Queue,
    readers: queue::Queue,
    measures: Measures,
}

impl Sqlite {
    /// Opens a file whose tables are up to date.
    pub(crate) fn open(
        path: &Path,
        config: &Config,
        measures: Measures,
    ) -> std::result::Result<Self, OpenError> {
        let connections = connection::Opener::new(path, &measures);
        connections.check_migrations()?;
        Ok(Self {
            // The writer first: it puts the file into WAL mode.
            writer: writer::start(connections.clone(), config.group_commit, measures.clone())?,
            readers: readers::start(&connections, config.readers)?,
            measures,
        })
    }

    /// Runs `work` in a transaction of its own, which shares a commit with others. Returns after the commit.
    /// Once asked for it is carried out, even if nobody waits for it any more. Here all transactions take turns.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        name: &'static str,
        beginning: impl Into<Beginning>,
        mut work: impl FnMut(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let origin = beginning.into().origin;
        let work = move |conn: &mut Conn| trail::under(&origin, || work(conn));
        self.ask(&self.writer, name, work).await
    }

    /// Runs `work` on one consistent state of the database, without waiting for those who write.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl FnMut(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.ask(&self.readers, name, work).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        queue: &queue::Queue,
        name: &'static str,
        work: impl FnMut(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let since = Instant::now();
        let (job, answer) = job::new(work);
        let result = match queue.give(job) {
            Ok(()) => answer.await.unwrap_or(Err(Failure::Closed)),
            Err(failure) => Err(failure),
        };
        self.measures.finished(name, since, &result);
        result
    }

    /// The least work that shows the database to be there.
    pub(crate) fn ping(conn: &mut Conn) -> Result<()> {
        diesel::RunQueryDsl::execute(diesel::sql_query("SELECT 1"), conn)?;
        Ok(())
    }
}
