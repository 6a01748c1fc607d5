//! Partitions dropped.

use diesel::QueryResult;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};

use super::{Removal, create::attach, end, lock};

/// Drops the partitions of a month, together. Where entries about accounts stay, they move to a new partition: that is
/// less work than to delete the others.
pub(super) async fn remove(conn: &mut AsyncPgConnection, removal: &Removal) -> QueryResult<()> {
    let month = removal.month;
    lock::begin(conn, removal.tables).await?;
    let statements = removal.tables.iter().map(|table| {
        let partition = table.partition(month);
        if removal.except_accounts {
            let column = table.column();
            format!(
                "CREATE TABLE {partition}_accounts (LIKE {table} INCLUDING ALL);
                 INSERT INTO {partition}_accounts
                 SELECT entry.* FROM {partition} AS entry JOIN accounts ON accounts.id = entry.{column};
                 DROP TABLE {partition};
                 ALTER TABLE {partition}_accounts RENAME TO {partition};
                 {}",
                attach(*table, month)
            )
        } else {
            format!("DROP TABLE IF EXISTS {partition};")
        }
    });
    let text: String = statements.collect();
    let removed = conn.batch_execute(&text).await;
    end(conn, removed).await
}
