//! PostgreSQL: a pool of connections, and transactions that are run again when the server gives them up.
//!
//! | Module | Holds |
//! |---|---|
//! | [`attempt`] | one attempt at a transaction, on one server |
//! | [`connect`] | TLS, passwords, the pool |
//! | [`connection`] | a connection in use, and how the queries run on it |
//! | [`dialect`] | what the queries ask for that only a backend can express |
//! | [`migrations`] | the tables |
//! | [`replica`] | a standby that answers what it may |
//! | [`retry`] | which failures are worth another attempt |
//! | [`trail`] | what the triggers of the audit trail read |
//!
//! The modules named like aggregates are the queries, compiled for this backend.
//!
//! Transactions run as READ COMMITTED: the queries move states by compare-and-set, and lock what they rely on.

mod attempt;
mod connect;
mod connection;
mod dialect;
#[cfg(test)]
mod last_step;
mod migrations;
mod replica;
mod retry;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod tests;
mod trail;

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

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::BoxFuture;

use super::OpenError;
use super::errors::{Failure, Result};
use super::tx::{Beginning, Measures};
use crate::config::{DatabaseConfig, Server};
use attempt::{Mode, Runner};
pub(crate) use connection::Conn;
use connection::RunQueryDsl;
pub(crate) use migrations::{alone, migrate};
pub(crate) use replica::Replica;
use retry::Attempts;

/// An open database. Clones share its connections.
#[derive(Clone)]
pub(crate) struct Postgres(Arc<Inner>);

struct Inner {
    primary: Arc<Runner>,
    replica: Option<Replica>,
    measures: Measures,
}

impl Postgres {
    /// Connects to a server whose tables are up to date. Waits for one that is starting.
    pub(crate) async fn open(
        server: &Server,
        config: &DatabaseConfig,
        measures: Measures,
    ) -> std::result::Result<Self, OpenError> {
        migrations::check(server, config).await?;
        let primary = Arc::new(Runner::new(server, config, &measures.statements)?);
        let replica = match &config.postgres.replica_url {
            Some(replica) => Some(Replica::start(replica, config, &primary, &measures)?),
            None => None,
        };
        Ok(Self(Arc::new(Inner {
            primary,
            replica,
            measures,
        })))
    }

    /// The server for reads that tolerate what was true a moment ago, if there is one.
    pub(crate) fn replica(&self) -> Option<&Replica> {
        self.0.replica.as_ref()
    }

    /// Runs `work` in a transaction of its own. Returns after the commit. Once asked for it is carried out, even
    /// if nobody waits for it any more.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        name: &'static str,
        beginning: impl Into<Beginning>,
        work: impl for<'a> Fn(&'a mut Conn) -> BoxFuture<'a, Result<T>> + Send + Sync + 'static,
    ) -> Result<T> {
        let since = Instant::now();
        let db = self.clone();
        let mode = Mode::Write(beginning.into());
        // A transaction that is dropped half way costs its connection, and leaves in doubt whether it happened.
        let task = tokio::spawn(async move { db.0.run(&mode, work).await });
        let result = task
            .await
            .unwrap_or(Err(Failure::Fault("it panicked, or the process ends")));
        self.0.measures.finished(name, since, &result);
        result
    }

    /// Runs `work`, which only reads. What it reads with several statements may be of several moments.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl for<'a> Fn(&'a mut Conn) -> BoxFuture<'a, Result<T>> + Send + Sync + 'static,
    ) -> Result<T> {
        let since = Instant::now();
        let result = self.0.run(&Mode::Read, work).await;
        self.0.measures.finished(name, since, &result);
        result
    }

    /// Runs `work`, which only reads, on one consistent state of the database.
    pub(crate) async fn snapshot<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl for<'a> Fn(&'a mut Conn) -> BoxFuture<'a, Result<T>> + Send + Sync + 'static,
    ) -> Result<T> {
        let since = Instant::now();
        let result = self.0.run(&Mode::Snapshot, work).await;
        self.0.measures.finished(name, since, &result);
        result
    }

    /// The values of a query of texts.
    pub(crate) async fn texts(&self, name: &'static str, query: String) -> Result<Vec<String>> {
        self.read(name, move |conn| {
            let query = diesel::dsl::sql::<diesel::sql_types::Text>(&query);
            Box::pin(async move { Ok(query.load(conn).await?) })
        })
        .await
    }

    /// The least work that shows the database to be there.
    pub(crate) async fn ping(&self) -> Result<()> {
        self.read("check", |conn| Box::pin(conn.batch("SELECT 1"))).await
    }
}

impl Inner {
    /// Runs `work` until it is done, refused, or not worth another attempt. The queries may be run again even
    /// after a commit whose answer was lost: they find what they did.
    async fn run<T>(
        &self,
        mode: &Mode,
        work: impl for<'a> Fn(&'a mut Conn) -> BoxFuture<'a, Result<T>> + Send + Sync,
    ) -> Result<T> {
        let mut attempts = Attempts::start();
        loop {
            let failure = match self.primary.attempt(mode, &work).await {
                Ok(done) => {
                    if matches!(mode, Mode::Write(_)) {
                        self.measures.commits.inc();
                    }
                    return Ok(done);
                }
                Err(failure) => failure,
            };
            let Some(pause) = attempts.pause_after(&failure) else {
                return Err(failure);
            };
            tracing::info!(%failure, "a transaction is tried again");
            self.measures.retries.inc();
            tokio::time::sleep(pause).await;
        }
    }
}
