//! Whether maintenance is overdue: told at start, and as long as the storage authority runs.

use std::collections::BTreeSet;
use std::time::Duration;

use cairn_kit::Env;
use diesel_async::AsyncPgConnection;
use prometheus_client::metrics::gauge::Gauge;

use super::months::Month;
use super::storage::Storage;
use super::tables::Table;
use crate::Store;
use crate::db::Database;
use crate::db::errors::Result;

/// How often it is looked into.
const INTERVAL: Duration = Duration::from_secs(6 * 3600);

/// Looks for partitions that are missing, then goes on to do so in the background of `serving`.
pub(crate) async fn beside<T>(store: Store, env: &Env, serving: impl Future<Output = T>) -> T {
    let overdue = env.metrics.gauge(
        "sa_maintenance_overdue",
        "Tables with rows in their default partition, or without a partition for the next month",
    );
    look(&store, &overdue).await;
    let looking = tokio::spawn(async move {
        loop {
            tokio::time::sleep(INTERVAL).await;
            look(&store, &overdue).await;
        }
    });
    let served = serving.await;
    looking.abort();
    // It holds the database open.
    let _ = looking.await;
    served
}

async fn look(store: &Store, overdue: &Gauge) {
    match tables(store).await {
        Ok(tables) => {
            if !tables.is_empty() {
                let tables = tables.join(", ");
                tracing::warn!(tables, "partitions are missing; run `cairn-sa maintain`");
            }
            overdue.set(i64::try_from(tables.len()).unwrap_or(i64::MAX));
        }
        Err(failure) => tracing::warn!(%failure, "the partitions could not be looked at"),
    }
}

/// The tables that maintenance is overdue for. SQLite has no partitions.
async fn tables(store: &Store) -> Result<Vec<String>> {
    let Database::Postgres(db) = store.db() else {
        return Ok(Vec::new());
    };
    let partitions = "SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid";
    let partitions = db.texts("list_partitions", partitions.to_owned()).await?;
    let next = Month::of(store.now()).next();
    let mut overdue = Vec::new();
    let mut queries = Vec::new();
    for table in Table::ALL {
        let months = table.months_of(&partitions);
        if months.contains(&next) {
            let elsewhere = elsewhere(table, &months);
            queries.push(format!(
                "SELECT '{table}' WHERE EXISTS (SELECT FROM {table} WHERE {elsewhere})"
            ));
        } else {
            overdue.push(table.to_string());
        }
    }
    if !queries.is_empty() {
        let query = queries.join(" UNION ALL ");
        overdue.append(&mut db.texts("find_overdue_tables", query).await?);
    }
    Ok(overdue)
}

/// The condition for rows of none of these months. The service may not read the default partition by its name, but
/// PostgreSQL looks for such rows nowhere else.
fn elsewhere(table: Table, months: &BTreeSet<Month>) -> String {
    let column = table.column();
    let least = |month: Month| table.least(month, AsyncPgConnection::octets);
    let mut from = None;
    let mut ranges = Vec::new();
    for month in months {
        match from {
            None => ranges.push(format!("{column} < {}", least(*month))),
            Some(from) if from < *month => {
                ranges.push(format!(
                    "{column} >= {} AND {column} < {}",
                    least(from),
                    least(*month)
                ));
            }
            Some(_) => (),
        }
        from = Some(month.next());
    }
    ranges.extend(from.map(|from| format!("{column} >= {}", least(from))));
    ranges.join(" OR ")
}
