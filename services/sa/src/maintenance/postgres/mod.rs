//! Partitions: listed, made ahead, and dropped.
//!
//! Everything here needs the tables for itself, if only for a moment. To wait for that would make everybody who
//! comes later wait too, so the wait is short and repeated ([`lock`]). `DETACH ... CONCURRENTLY` would not need it, but
//! PostgreSQL refuses that where there is a default partition, without which an insert could fail.

mod create;
mod lock;
mod remove;

use std::collections::BTreeSet;

use diesel::QueryResult;
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Binary, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use super::months::Month;
use super::storage::{Removal, Storage, Tell, months_in};
use super::tables::Table;
pub(crate) use create::create_ahead;

impl Storage for AsyncPgConnection {
    fn octets(octets: &[u8]) -> String {
        use std::fmt::Write;
        let mut text = "'\\x".to_owned();
        for octet in octets {
            let _ = write!(text, "{octet:02x}");
        }
        text + "'::bytea"
    }

    async fn octets_of(&mut self, query: &str) -> QueryResult<Vec<Vec<u8>>> {
        sql::<Binary>(query).load(self).await
    }

    async fn numbers_of(&mut self, query: &str) -> QueryResult<Vec<i64>> {
        sql::<BigInt>(query).load(self).await
    }

    async fn months(&mut self, table: Table) -> QueryResult<BTreeSet<Month>> {
        let mut months = partitioned(self, table).await?;
        months.append(&mut in_default(self, table).await?);
        Ok(months)
    }

    async fn remove(&mut self, removal: &Removal, _tell: Tell<'_>) -> QueryResult<()> {
        remove::remove(self, removal).await
    }
}

/// The months that a table has a partition for.
async fn partitioned(conn: &mut AsyncPgConnection, table: Table) -> QueryResult<BTreeSet<Month>> {
    let names: Vec<String> = sql::<Text>(&format!(
        "SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
         WHERE inhparent = '{table}'::regclass"
    ))
    .load(conn)
    .await?;
    Ok(table.months_of(&names))
}

/// The months of the rows in a table's default partition.
async fn in_default(conn: &mut AsyncPgConnection, table: Table) -> QueryResult<BTreeSet<Month>> {
    months_in(conn, table, &table.default_partition()).await
}

/// Ends a transaction: with its effects if it went well.
async fn end<T>(conn: &mut AsyncPgConnection, result: QueryResult<T>) -> QueryResult<T> {
    match result {
        Ok(done) => conn.batch_execute("COMMIT").await.map(|()| done),
        Err(error) => {
            conn.batch_execute("ROLLBACK").await?;
            Err(error)
        }
    }
}
