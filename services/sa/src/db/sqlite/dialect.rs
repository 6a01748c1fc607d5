//! What the queries ask for that each backend expresses in its own way.

/// Reads rows that must not change before the end of the transaction. Here nobody else can change them:
/// the transaction has the database to itself from its start.
pub(super) const fn locked<Q>(query: Q) -> Q {
    query
}

/// As [`locked`], for work of which another transaction may take what this one does not hold.
pub(super) const fn locked_or_skipped<Q>(query: Q) -> Q {
    query
}

/// Inserts rows: one prepared statement run for each, which is cheaper here than preparing a statement for
/// that many rows. `insert_all!(conn, table, rows)`
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {
        for row in $rows {
            diesel::insert_into($table).values(row).execute($conn).await?;
        }
    };
}
pub(super) use insert_all;
