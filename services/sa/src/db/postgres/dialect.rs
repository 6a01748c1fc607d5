//! What the queries ask for that each backend expresses in its own way. Macros, because Diesel's types for
//! locking clauses have no names that a function could return.

/// Reads rows that this transaction goes on to change, and that nobody else may change or hold in the meantime:
/// `locked!(query)`.
macro_rules! locked {
    ($query:expr $(,)?) => {
        $query.for_update()
    };
}
pub(super) use locked;

/// Reads rows that must not change before the end of the transaction, though others may do the same:
/// `shared!(query)`.
macro_rules! shared {
    ($query:expr $(,)?) => {
        $query.for_share()
    };
}
pub(super) use shared;

/// As [`locked`], leaving out rows that another transaction holds.
macro_rules! locked_or_skipped {
    ($query:expr $(,)?) => {
        $query.for_update().skip_locked()
    };
}
pub(super) use locked_or_skipped;

/// The rows of a query whose column, the key of a partitioned table, has any of the values:
/// `matching!(conn, column, values, query)`, in one statement, whose text is the same for any number of values from two
/// on. A plan that is kept leaves partitions out for a single value and for a range, but not for a list: so one value is
/// looked up by itself, and a list stands within its range.
macro_rules! matching {
    ($conn:expr, $column:expr, $values:expr, $query:expr $(,)?) => {
        super::dialect::matching!(@ $conn, $column, $values, $query,)
    };
    (@ $conn:expr, $column:expr, $values:expr, $query:expr, $($lock:tt)*) => {{
        // A `match`, not a `let`: what the values borrow from lives as long as it.
        match $values.map(AsRef::<[u8]>::as_ref).collect::<Vec<&[u8]>>() {
            values => match (values.iter().min().copied(), values.iter().max().copied()) {
                (Some(only), Some(last)) if only == last => {
                    $query.filter($column.eq(only)) $($lock)* .load($conn).await?
                }
                (Some(first), Some(last)) => {
                    $query
                        .filter($column.eq_any(values))
                        .filter($column.ge(first))
                        .filter($column.le(last))
                        $($lock)*
                        .load($conn)
                        .await?
                }
                _ => Vec::new(),
            },
        }
    }};
}
pub(super) use matching;

/// As [`matching`], with rows that [`shared`] holds.
macro_rules! matching_shared {
    ($conn:expr, $column:expr, $values:expr, $query:expr $(,)?) => {
        super::dialect::matching!(@ $conn, $column, $values, $query, .for_share())
    };
}
pub(super) use matching_shared;

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
