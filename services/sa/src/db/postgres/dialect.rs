//! What the queries ask for that each backend expresses in its own way. Macros, because Diesel's types for
//! locking clauses have no names that a function could return.

/// Reads rows that must not change before the end of the transaction: `locked!(query)`.
macro_rules! locked {
    ($query:expr $(,)?) => {
        $query.for_update()
    };
}
pub(super) use locked;

/// As [`locked`], leaving out rows that another transaction holds.
macro_rules! locked_or_skipped {
    ($query:expr $(,)?) => {
        $query.for_update().skip_locked()
    };
}
pub(super) use locked_or_skipped;

/// Inserts rows: `insert_all!(conn, table, rows)`. One statement for all of them; for a single one, which is
/// what most orders come to, the prepared statement is kept.
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {{
        let mut rows = $rows;
        if rows.len() > 1 {
            diesel::insert_into($table).values(rows).execute($conn).await?;
        } else if let Some(row) = rows.pop() {
            diesel::insert_into($table).values(row).execute($conn).await?;
        }
    }};
}
pub(super) use insert_all;
