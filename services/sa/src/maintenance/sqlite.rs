//! Rows of a file, removed beside a running storage authority: a few at a time.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Binary};
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

use super::actions::{Action, Partition};
use super::months::Month;
use super::storage::{Removal, Storage, Tell, months_in};
use super::tables::Table;

/// How many keys a transaction removes the rows of: the writer of the storage authority waits as long.
const BATCH: usize = 500;

/// After how many rows it is told how many there were.
const PROGRESS: u64 = 50_000;

/// The longest rest between two transactions.
const REST: Duration = Duration::from_millis(100);

impl Storage for SqliteConnection {
    fn octets(octets: &[u8]) -> String {
        use std::fmt::Write;
        let mut text = "x'".to_owned();
        for octet in octets {
            let _ = write!(text, "{octet:02x}");
        }
        text + "'"
    }

    async fn octets_of(&mut self, query: &str) -> QueryResult<Vec<Vec<u8>>> {
        sql::<Binary>(query).load(self)
    }

    async fn numbers_of(&mut self, query: &str) -> QueryResult<Vec<i64>> {
        sql::<BigInt>(query).load(self)
    }

    async fn months(&mut self, table: Table) -> QueryResult<BTreeSet<Month>> {
        months_in(self, table, table.name()).await
    }

    async fn remove(&mut self, removal: &Removal, tell: Tell<'_>) -> QueryResult<()> {
        for table in removal.tables {
            empty(self, *table, removal, tell).await?;
        }
        Ok(())
    }
}

async fn empty(
    conn: &mut SqliteConnection,
    table: Table,
    removal: &Removal,
    tell: Tell<'_>,
) -> QueryResult<()> {
    let key = table.leading_column();
    let within = table.within(removal.month, SqliteConnection::octets);
    let except = if removal.except_accounts {
        format!("AND NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.id = {table}.{key})")
    } else {
        String::new()
    };
    let (mut last, mut removed, mut told) = (Vec::new(), 0, 0);
    loop {
        let since = Instant::now();
        // Looked for outside the transaction, which is as short as it can be.
        let keys = conn
            .octets_of(&format!(
                "SELECT DISTINCT {key} FROM {table} WHERE {within} AND {key} > {} {except} ORDER BY {key} LIMIT {BATCH}",
                SqliteConnection::octets(&last)
            ))
            .await?;
        let Some(highest) = keys.last() else {
            return Ok(());
        };
        last.clone_from(highest);
        removed += delete(conn, table, &keys)?;
        if removed >= told + PROGRESS {
            told = removed;
            tell(Action::Progress(Partition::new(table, removal.month), removed));
        }
        std::thread::sleep(since.elapsed().min(REST));
    }
}

/// Deletes the rows with these keys, in a transaction; returns how many.
fn delete(conn: &mut SqliteConnection, table: Table, keys: &[Vec<u8>]) -> QueryResult<u64> {
    let keys: Vec<_> = keys.iter().map(|key| SqliteConnection::octets(key)).collect();
    let statement = format!(
        "DELETE FROM {table} WHERE {} IN ({})",
        table.leading_column(),
        keys.join(", ")
    );
    conn.batch_execute("BEGIN IMMEDIATE")?;
    let deleted = diesel::sql_query(statement)
        .execute(conn)
        .and_then(|rows| conn.batch_execute("COMMIT").map(|()| rows as u64));
    if deleted.is_err() {
        conn.batch_execute("ROLLBACK")?;
    }
    deleted
}
