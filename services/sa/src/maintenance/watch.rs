//! Whether maintenance is overdue: told at start, and as long as the storage authority runs.

use std::time::Duration;

use cairn_kit::Env;
use prometheus_client::metrics::gauge::Gauge;

use super::months::Month;
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
    let next = Month::of(store.now()).next();
    let queries = Table::ALL.map(|table| {
        format!(
            "SELECT '{table}' WHERE to_regclass('{}') IS NULL OR EXISTS (SELECT FROM {} LIMIT 1)",
            table.partition(next),
            table.default_partition()
        )
    });
    db.texts("find_overdue_tables", queries.join(" UNION ALL ")).await
}
