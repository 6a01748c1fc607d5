//! A connection in use, and how the queries run on it.

use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error as Sql};
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use prometheus_client::metrics::counter::Counter;

use crate::db::errors::{Failure, Result};

/// How much longer than a statement may take its answer is waited for: a server that hangs gives nothing up.
const GRACE: Duration = Duration::from_secs(5);

/// Waits for what a statement on a connection comes to, not longer than it may take: `watched!(conn, statement)`.
macro_rules! watched {
    ($conn:expr, $statement:expr) => {{
        let watch = Watch::start($conn);
        let result = watch.over($statement).await;
        watch.end($conn, result)
    }};
}

/// A connection of the pool. It goes back there when dropped, unless something was left unfinished on it.
pub(crate) struct Conn {
    /// None while it is dropped.
    pooled: Option<Object<AsyncPgConnection>>,
    /// Whether nobody's statement or transaction is under way.
    settled: bool,
    /// Whether the server gave a statement up because it took too long.
    too_slow: bool,
    statement_timeout: Duration,
    statements: Counter,
}

impl Conn {
    pub(super) fn new(
        pooled: Object<AsyncPgConnection>,
        statements: &Counter,
        statement_timeout: Duration,
    ) -> Self {
        Self {
            pooled: Some(pooled),
            settled: false,
            too_slow: false,
            statement_timeout,
            statements: statements.clone(),
        }
    }

    /// Nothing is under way any more: whoever gets it next finds it as it was.
    pub(super) const fn settle(&mut self) {
        self.settled = true;
    }

    /// What a failure of a statement on this connection comes to.
    pub(super) fn explain(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Sql(Sql::DatabaseError(DatabaseErrorKind::Unknown, why)) if self.too_slow => {
                Failure::TooSlow {
                    limit: self.statement_timeout,
                    why: why.message().to_owned(),
                }
            }
            other => other,
        }
    }

    pub(super) fn raw(&mut self) -> QueryResult<&mut AsyncPgConnection> {
        self.pooled.as_deref_mut().ok_or(Sql::BrokenTransactionManager)
    }

    /// Runs statements without parameters or results.
    pub(super) async fn batch(&mut self, text: &str) -> Result<()> {
        Ok(watched!(self, self.raw()?.batch_execute(text))?)
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        if let (false, Some(pooled)) = (self.settled, self.pooled.take()) {
            // Whoever got it next would be in this transaction, or wait for this statement.
            drop(Object::take(pooled));
        }
    }
}

/// Watches how long a statement takes.
struct Watch {
    since: Instant,
    statement_timeout: Duration,
}

impl Watch {
    fn start(conn: &Conn) -> Self {
        Self {
            since: Instant::now(),
            statement_timeout: conn.statement_timeout,
        }
    }

    async fn over<T>(&self, statement: impl Future<Output = QueryResult<T>> + Send) -> QueryResult<T> {
        let limit = self.statement_timeout + GRACE;
        tokio::time::timeout(limit, statement).await.unwrap_or_else(|_| {
            let why = format!("no answer within {limit:?}");
            Err(Sql::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand,
                Box::new(why),
            ))
        })
    }

    /// Diesel has no name for the error of a statement that the server gave up; the time tells.
    fn end<T>(&self, conn: &mut Conn, result: QueryResult<T>) -> QueryResult<T> {
        if let Err(Sql::DatabaseError(DatabaseErrorKind::Unknown, _)) = result {
            conn.too_slow = self.since.elapsed() >= self.statement_timeout;
        }
        result
    }
}

/// What the queries call; each counts as a statement.
pub(super) trait RunQueryDsl: Sized + Send {
    /// Runs a statement; returns how many rows it changed.
    fn execute(self, conn: &mut Conn) -> impl Future<Output = QueryResult<usize>> + Send
    where
        Self: ExecuteDsl<AsyncPgConnection>,
    {
        async move {
            conn.statements.inc();
            watched!(conn, diesel_async::RunQueryDsl::execute(self, conn.raw()?))
        }
    }

    /// All rows.
    fn load<'query, U>(self, conn: &mut Conn) -> impl Future<Output = QueryResult<Vec<U>>> + Send
    where
        U: Send,
        Self: LoadQuery<'query, AsyncPgConnection, U> + 'query,
    {
        async move {
            conn.statements.inc();
            watched!(conn, diesel_async::RunQueryDsl::load(self, conn.raw()?))
        }
    }

    /// The row of a statement that gives one; `NotFound` if it gives none.
    fn get_result<'query, U>(self, conn: &mut Conn) -> impl Future<Output = QueryResult<U>> + Send
    where
        U: Send,
        Self: LoadQuery<'query, AsyncPgConnection, U> + 'query,
    {
        async move {
            conn.statements.inc();
            watched!(conn, diesel_async::RunQueryDsl::get_result(self, conn.raw()?))
        }
    }

    /// The first row; `NotFound` if there is none.
    fn first<'query, U>(self, conn: &mut Conn) -> impl Future<Output = QueryResult<U>> + Send
    where
        U: Send,
        Self: LoadQuery<'query, AsyncPgConnection, U> + 'query,
    {
        self.get_result(conn)
    }
}

impl<Q: Send> RunQueryDsl for Q {}
