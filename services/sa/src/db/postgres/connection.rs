//! A connection in use, and how the queries run on it.

use diesel::QueryResult;
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use prometheus_client::metrics::counter::Counter;

use crate::db::errors::Result;

/// A connection of the pool. It goes back there when dropped, unless it is in the middle of a transaction.
pub(crate) struct Conn {
    /// None while it is dropped.
    pooled: Option<Object<AsyncPgConnection>>,
    in_transaction: bool,
    statements: Counter,
}

impl Conn {
    pub(super) fn new(pooled: Object<AsyncPgConnection>, statements: &Counter) -> Self {
        Self {
            pooled: Some(pooled),
            in_transaction: false,
            statements: statements.clone(),
        }
    }

    pub(super) fn raw(&mut self) -> QueryResult<&mut AsyncPgConnection> {
        self.pooled
            .as_deref_mut()
            .ok_or(diesel::result::Error::BrokenTransactionManager)
    }

    /// Begins a transaction by a text of statements without parameters.
    pub(super) async fn begin(&mut self, text: &str) -> Result<()> {
        self.in_transaction = true;
        self.batch(text).await
    }

    /// Ends the transaction: COMMIT or ROLLBACK.
    pub(super) async fn end(&mut self, text: &str) -> Result<()> {
        self.batch(text).await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Runs statements without parameters or results.
    pub(super) async fn batch(&mut self, text: &str) -> Result<()> {
        Ok(self.raw()?.batch_execute(text).await?)
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        if let (true, Some(pooled)) = (self.in_transaction, self.pooled.take()) {
            // Whoever got it next would be in this transaction.
            drop(Object::take(pooled));
        }
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
            diesel_async::RunQueryDsl::execute(self, conn.raw()?).await
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
            diesel_async::RunQueryDsl::load(self, conn.raw()?).await
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
            diesel_async::RunQueryDsl::get_result(self, conn.raw()?).await
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
