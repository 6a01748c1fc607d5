//! Statements whose prepared form is kept, though Diesel cannot know that it may be.
//!
//! Diesel prepares every UPDATE anew, because a changeset may leave columns out, and every statement with SQL text of
//! our own. Those of the queries here never change, and preparing takes several times as long as running: with [`prepared!`] the text of a query is made, and
//! prepared, once for each connection.

use std::any::Any;
use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::{QueryResult, RunQueryDsl};

/// A statement whose text is always the same. `Id` stands for the text: one type for each.
pub(crate) struct Prepared<Q, Id> {
    query: Q,
    id: PhantomData<fn() -> Id>,
}

impl<Q, Id> Prepared<Q, Id> {
    /// For [`prepared!`], which makes the `Id`.
    pub(crate) const fn new(query: Q) -> Self {
        Self {
            query,
            id: PhantomData,
        }
    }
}

/// For statements with rows to return: those without are run by reference, and a reference does not pass on
/// what `is_safe_to_cache_prepared` says.
impl<Q: QueryFragment<DB> + Query, Id, DB: Backend> QueryFragment<DB> for Prepared<Q, Id> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.query.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q, Id: Any> QueryId for Prepared<Q, Id> {
    type QueryId = Id;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Q: Query, Id> Query for Prepared<Q, Id> {
    type SqlType = Q::SqlType;
}

impl<Q, Id, Conn> RunQueryDsl<Conn> for Prepared<Q, Id> {}

/// `prepared!(query)` keeps the prepared statement of an UPDATE … RETURNING or a SELECT whose text never changes: no
/// list of values, no part that is there at one time and not at another.
macro_rules! prepared {
    ($query:expr $(,)?) => {{
        enum Id {}
        $crate::db::prepared::Prepared::<_, Id>::new($query)
    }};
}
pub(crate) use prepared;
