//! The tables: created, brought up to date, checked.

use std::time::Duration;

use diesel::dsl::sql;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connect::{Connector, Refusal};
use crate::config::{DatabaseConfig, Server};
use crate::db::OpenError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// How long a server that is starting is waited for.
const STARTING: Duration = Duration::from_secs(60);

/// Between attempts to reach it.
const PAUSE: Duration = Duration::from_millis(250);

/// One migration at a time, whoever starts it: any number that nobody else locks. Nothing waits long for a
/// lock on a table, because everybody else would wait behind it.
const ALONE: &str =
    "SET lock_timeout = '10s'; SET statement_timeout = 0; SELECT pg_advisory_lock(6361697269)";

/// Runs the migrations that the database lacks; returns their names. Needs a role that owns the tables.
pub(crate) fn migrate(server: &Server, config: &DatabaseConfig) -> Result<Vec<String>, OpenError> {
    alone(server, config, |mut conn| async move {
        conn.batch_execute(ALONE)
            .await
            .map_err(|error| unusable(server, &error))?;
        let mut harness = AsyncMigrationHarness::new(conn);
        let done = harness
            .run_pending_migrations(MIGRATIONS)
            .map_err(|error| unusable(server, error.as_ref()))?;
        Ok(done.iter().map(ToString::to_string).collect())
    })
}

/// Refuses tables that lack what this program needs. Tables that are newer are fine: a migration keeps what the
/// version before it uses.
pub(super) async fn check(server: &Server, config: &DatabaseConfig) -> Result<(), OpenError> {
    let connector = Connector::new(server, config)?;
    let mut conn = reach(server, &connector).await?;
    let done = applied(&mut conn)
        .await
        .map_err(|error| unusable(server, &error))?;
    let needed: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS
        .migrations()
        .map_err(|error| unusable(server, error.as_ref()))?;
    let missing: Vec<String> = needed
        .iter()
        .filter(|migration| !done.contains(&migration.name().version().to_string()))
        .map(|migration| migration.name().to_string())
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(OpenError::Outdated {
            path: server.to_string(),
            missing: missing.join(", "),
        })
    }
}

/// The versions of the migrations that were run. Not asked of Diesel, which would create the table that lists them.
async fn applied(conn: &mut AsyncPgConnection) -> diesel::QueryResult<Vec<String>> {
    let listed: bool = diesel::select(sql::<Bool>(
        "to_regclass('__diesel_schema_migrations') IS NOT NULL",
    ))
    .get_result(conn)
    .await?;
    if !listed {
        return Ok(Vec::new());
    }
    sql::<Text>("SELECT version FROM __diesel_schema_migrations")
        .load(conn)
        .await
}

/// Does `work` with a connection, on a runtime of its own: migrations block their thread.
fn alone<T, W, F>(server: &Server, config: &DatabaseConfig, work: W) -> Result<T, OpenError>
where
    W: FnOnce(AsyncPgConnection) -> F,
    F: Future<Output = Result<T, OpenError>>,
{
    let connector = Connector::new(server, config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| unusable(server, &error))?;
    runtime.block_on(async { work(reach(server, &connector).await?).await })
}

async fn reach(server: &Server, connector: &Connector) -> Result<AsyncPgConnection, OpenError> {
    let give_up = tokio::time::Instant::now() + STARTING;
    loop {
        match connector.connect().await {
            Ok(conn) => return Ok(conn),
            Err(Refusal::Unreachable(why)) if tokio::time::Instant::now() < give_up => {
                tracing::warn!(why, %server, "waiting for the database");
            }
            Err(refusal) => return Err(unusable(server, &refusal)),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn unusable(server: &Server, error: &(impl std::error::Error + ?Sized)) -> OpenError {
    OpenError::Unusable {
        path: server.to_string(),
        why: error.to_string(),
    }
}
