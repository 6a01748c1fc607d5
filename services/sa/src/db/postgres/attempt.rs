//! One attempt at a transaction, on one server.

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use prometheus_client::metrics::counter::Counter;

use super::connect::Pool;
use super::{Conn, retry, trail};
use crate::config::{DatabaseConfig, Server};
use crate::db::OpenError;
use crate::db::errors::Result;
use crate::db::tx::Beginning;

/// How a transaction begins, and how it ends well.
pub(super) enum Mode {
    /// Reads and writes, in a transaction.
    Write(Beginning),
    /// Reads, each statement by itself.
    Read,
    /// Reads one state of the database, in a transaction.
    Snapshot,
}

/// Runs transactions on the connections to one server.
pub(super) struct Runner {
    pool: Pool,
    /// Whether a connection keeps what is said at its beginning, and a statement outside a transaction may be
    /// prepared and then run.
    sessions: bool,
    statement_timeout: Duration,
    statements: Counter,
}

impl Runner {
    /// Connects when there is something to run.
    pub(super) fn new(
        server: &Server,
        config: &DatabaseConfig,
        statements: &Counter,
    ) -> std::result::Result<Self, OpenError> {
        Ok(Self {
            pool: Pool::new(server, config)?,
            sessions: config.postgres.prepared_statements,
            statement_timeout: config.postgres.statement_timeout,
            statements: statements.clone(),
        })
    }

    /// Runs `work` once. Where that fails, or is dropped half way, nothing of it is left on the connection.
    pub(super) async fn attempt<T>(
        &self,
        mode: &Mode,
        work: &(impl for<'a> Fn(&'a mut Conn) -> BoxFuture<'a, Result<T>> + Send + Sync),
    ) -> Result<T> {
        let mut conn = self.pool.get(&self.statements, self.statement_timeout).await?;
        let since = Instant::now();
        let result = match self.begin(mode) {
            None => alone(&mut conn, work).await,
            Some(begin) => in_transaction(&mut conn, &begin, work).await,
        };
        if result.as_ref().is_err_and(retry::is_lost_connection) {
            self.pool.forget_idle(since);
        }
        result.map_err(|failure| conn.explain(failure))
    }

    /// The statements that a transaction begins with; none if there is none to begin.
    fn begin(&self, mode: &Mode) -> Option<String> {
        let mut begin = match mode {
            Mode::Read if self.sessions => return None,
            Mode::Read | Mode::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned(),
            Mode::Write(beginning) => format!(
                "BEGIN ISOLATION LEVEL READ COMMITTED; {}",
                trail::settings(&beginning.origin)
            ),
        };
        if !self.sessions {
            let limit = self.statement_timeout.as_millis();
            begin = format!("{begin}; SET LOCAL statement_timeout = {limit}");
        }
        // Last, since it may wait; and before the first statement of the queries, which sees what it waited for.
        if let Mode::Write(Beginning { turn: Some(turn), .. }) = mode {
            // As a text, since the literal of the lowest number is none.
            begin = format!("{begin}; SELECT pg_advisory_xact_lock('{}'::bigint)", turn.0);
        }
        Some(begin)
    }
}

async fn alone<T>(
    conn: &mut Conn,
    work: &(impl for<'a> Fn(&'a mut Conn) -> BoxFuture<'a, Result<T>> + Send + Sync),
) -> Result<T> {
    let result = work(conn).await;
    if !result.as_ref().is_err_and(retry::is_lost_connection) {
        conn.settle();
    }
    result
}

/// A connection is of use to others only after the end of the transaction.
async fn in_transaction<T>(
    conn: &mut Conn,
    begin: &str,
    work: &(impl for<'a> Fn(&'a mut Conn) -> BoxFuture<'a, Result<T>> + Send + Sync),
) -> Result<T> {
    let done = match conn.batch(begin).await {
        Ok(()) => work(conn).await,
        Err(failure) => Err(failure),
    };
    match done {
        Ok(done) => {
            conn.batch("COMMIT").await?;
            conn.settle();
            Ok(done)
        }
        Err(failure) => {
            if !retry::is_lost_connection(&failure) {
                conn.batch("ROLLBACK").await?;
                conn.settle();
            }
            Err(failure)
        }
    }
}
