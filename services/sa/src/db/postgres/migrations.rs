//! The tables: created, brought up to date, checked.

use std::time::Duration;

use diesel::dsl::sql;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connect::{Connector, Refusal};
use cairn_types::Timestamp;

use crate::config::{DatabaseConfig, Server};
use crate::db::OpenError;
use crate::maintenance::postgres::create_ahead;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// How long a server that is starting is waited for.
const STARTING: Duration = Duration::from_secs(60);

/// Between attempts to reach it.
const PAUSE: Duration = Duration::from_millis(250);

/// One migration or maintenance at a time, whoever starts it: any number that nobody else locks. Nothing waits long for a
/// lock on a table, because everybody else would wait behind it.
const ALONE: &str =
    "SET lock_timeout = '10s'; SET statement_timeout = 0; SELECT pg_advisory_lock(6361697269)";

/// Runs the migrations that the database lacks; returns their names. Then makes the partitions for the month of `now`
/// and for `ahead` more. Needs a role that owns the tables.
pub(crate) fn migrate(
    server: &Server,
    config: &DatabaseConfig,
    ahead: u32,
    now: Timestamp,
) -> Result<Vec<String>, OpenError> {
    exclusively(server, config, |conn| async move {
        let mut harness = AsyncMigrationHarness::new(conn);
        let done = harness
            .run_pending_migrations(MIGRATIONS)
            .map_err(|error| unusable(server, error.as_ref()))?;
        let done = done.iter().map(ToString::to_string).collect();
        let mut conn = harness.into_inner();
        create_ahead(&mut conn, ahead, now, false, &mut |action| {
            tracing::info!("{action}");
        })
        .await
        .map_err(|error| unusable(server, &error))?;
        Ok(done)
    })
}

/// Does `work` on tables that are up to date, while nobody else migrates or maintains them. Needs a role that owns
/// them. Blocks.
pub(crate) fn alone<W, F>(server: &Server, config: &DatabaseConfig, work: W) -> Result<(), OpenError>
where
    W: FnOnce(AsyncPgConnection) -> F,
    F: Future<Output = diesel::QueryResult<()>>,
{
    exclusively(server, config, |conn| async move {
        check(server, config).await?;
        work(conn).await.map_err(|error| unusable(server, &error))
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
fn exclusively<T, W, F>(server: &Server, config: &DatabaseConfig, work: W) -> Result<T, OpenError>
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
    runtime.block_on(async {
        let mut conn = reach(server, &connector).await?;
        conn.batch_execute(ALONE)
            .await
            .map_err(|error| unusable(server, &error))?;
        work(conn).await
    })
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
