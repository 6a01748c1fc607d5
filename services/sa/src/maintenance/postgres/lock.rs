//! A table for oneself, without making others wait long.

use std::time::Duration;

use diesel::QueryResult;
use diesel::dsl::sql;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::maintenance::tables::Table;

/// For how long others may have to wait behind an attempt.
const PATIENCE: &str = "500ms";

/// Between attempts, so that those who waited get on.
const PAUSE: Duration = Duration::from_secs(1);

/// A transaction that uses the table for longer than all of them, such as a dump, is for another time.
const ATTEMPTS: u32 = 40;

/// Begins a transaction that has these tables for itself, with all their partitions. Nobody plans a statement in the
/// meantime: one that was planned before a partition was attached would not find the rows that moved there.
pub(super) async fn begin(conn: &mut AsyncPgConnection, tables: &[Table]) -> QueryResult<()> {
    for attempt in 1..=ATTEMPTS {
        if try_lock(conn, tables).await? {
            return Ok(());
        }
        conn.batch_execute("ROLLBACK").await?;
        if attempt < ATTEMPTS {
            tokio::time::sleep(PAUSE).await;
        }
    }
    let names: Vec<_> = tables.iter().map(|table| table.name()).collect();
    let why = format!("{} are in use for long; try again later", names.join(" and "));
    Err(Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(why)))
}

/// Begins a transaction. False if somebody else has one of the tables, which the server says in its own language:
/// hence the block. Accounts come first, as in most transactions; a foreign key to them comes and goes with a partition.
async fn try_lock(conn: &mut AsyncPgConnection, tables: &[Table]) -> QueryResult<bool> {
    let mut names: Vec<_> = tables.iter().map(|table| table.name()).collect();
    if tables.iter().any(|table| table.refers_to_accounts()) {
        names.insert(0, "accounts");
    }
    conn.batch_execute(&format!(
        "BEGIN; SET LOCAL lock_timeout = '{PATIENCE}';
         DO $$ BEGIN
             LOCK TABLE {} IN ACCESS EXCLUSIVE MODE;
             PERFORM set_config('cairn.locked', 'true', true);
         EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
             PERFORM set_config('cairn.locked', 'false', true);
         END $$",
        names.join(", ")
    ))
    .await?;
    diesel::select(sql::<Bool>("current_setting('cairn.locked')::boolean"))
        .get_result(conn)
        .await
}
