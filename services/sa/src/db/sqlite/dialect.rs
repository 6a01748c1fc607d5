//! What the queries ask for that each backend expresses in its own way. Macros, because Diesel's types for
//! locking clauses have no names that a function could return.

/// Reads rows that must not change before the end of the transaction: `locked!(query)`. Here nobody else can
/// change them: a transaction that writes has the database to itself from its start.
macro_rules! locked {
    ($query:expr $(,)?) => {
        $query
    };
}
pub(super) use locked;

/// As [`locked`], leaving out rows that another transaction holds. Here there is none.
macro_rules! locked_or_skipped {
    ($query:expr $(,)?) => {
        $query
    };
}
pub(super) use locked_or_skipped;

/// Inserts rows: `insert_all!(conn, table, rows)`. One prepared statement is run for each, which is cheaper
/// here than preparing a statement for that many rows.
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {
        for row in $rows {
            diesel::insert_into($table).values(row).execute($conn).await?;
        }
    };
}
pub(super) use insert_all;
