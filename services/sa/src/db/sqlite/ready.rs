//! Runs queries that are written as asynchronous on the thread that owns the connection.
//!
//! The futures of this backend's [`RunQueryDsl`] are complete when they are made: the work is done in the
//! call. An `async fn` that awaits nothing else never waits, so polling it once runs it to its end.

use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use diesel::QueryResult;
use diesel::query_dsl::LoadQuery;
use diesel::query_dsl::methods::ExecuteDsl;

use super::Conn;
use crate::db::errors::{Failure, Result};

/// What the queries call, under the names of its asynchronous counterpart.
pub(super) trait RunQueryDsl: diesel::RunQueryDsl<Conn> + Sized {
    /// Runs a statement; returns how many rows it changed.
    fn execute(self, conn: &mut Conn) -> Ready<QueryResult<usize>>
    where
        Self: ExecuteDsl<Conn>,
    {
        ready(diesel::RunQueryDsl::execute(self, conn))
    }

    /// All rows.
    fn load<'query, U>(self, conn: &mut Conn) -> Ready<QueryResult<Vec<U>>>
    where
        Self: LoadQuery<'query, Conn, U>,
    {
        ready(diesel::RunQueryDsl::load(self, conn))
    }

    /// The row of a statement that gives one; `NotFound` if it gives none.
    fn get_result<'query, U>(self, conn: &mut Conn) -> Ready<QueryResult<U>>
    where
        Self: LoadQuery<'query, Conn, U>,
    {
        ready(diesel::RunQueryDsl::get_result(self, conn))
    }

    /// The first row; `NotFound` if there is none. No more rows are looked for. There is no LIMIT in the text,
    /// because SQLite looks into its value and prepares the statement anew for each.
    fn first<'query, U>(self, conn: &mut Conn) -> Ready<QueryResult<U>>
    where
        Self: LoadQuery<'query, Conn, U>,
    {
        ready(diesel::RunQueryDsl::get_result(self, conn))
    }
}

impl<Q: diesel::RunQueryDsl<Conn>> RunQueryDsl for Q {}

/// Runs a query to its end.
pub(crate) fn settle<T>(query: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(query).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Failure::Fault("it waited for something that is not the database")),
    }
}
