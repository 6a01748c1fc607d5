//! What the queries ask for that each backend expresses in its own way. Macros, because Diesel's types for
//! locking clauses have no names that a function could return.

/// Reads rows that this transaction goes on to change, and that nobody else may change or hold in the meantime:
/// `locked!(query)`. Here nobody can: a transaction that writes has the database to itself from its start.
macro_rules! locked {
    ($query:expr $(,)?) => {
        $query
    };
}
pub(super) use locked;

/// Reads rows that must not change before the end of the transaction, though others may do the same:
/// `shared!(query)`.
macro_rules! shared {
    ($query:expr $(,)?) => {
        $query
    };
}
pub(super) use shared;

/// As [`locked`], leaving out rows that another transaction holds. Here there is none.
macro_rules! locked_or_skipped {
    ($query:expr $(,)?) => {
        $query
    };
}
pub(super) use locked_or_skipped;

/// The rows of a query whose column has any of the values: `matching!(conn, column, values, query)`. One prepared
/// statement is run for each value, which is cheaper here than preparing a statement for that many.
macro_rules! matching {
    ($conn:expr, $column:expr, $values:expr, $query:expr $(,)?) => {{
        let mut rows = Vec::new();
        for value in $values {
            rows.append(&mut $query.filter($column.eq(value)).load($conn).await?);
        }
        rows
    }};
}
pub(super) use matching;

/// As [`matching`], with rows that [`shared`] holds.
macro_rules! matching_shared {
    ($conn:expr, $column:expr, $values:expr, $query:expr $(,)?) => {
        super::dialect::matching!($conn, $column, $values, $query)
    };
}
pub(super) use matching_shared;

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
