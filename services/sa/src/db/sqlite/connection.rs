//! Opening the file: pragmas and migrations.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{settle, trail};
use crate::db::OpenError;
use crate::db::tx::Measures;

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Of every connection. The timeout is for other processes: a backup, a migration.
const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";

/// A commit returns when it is on the disk. The cache is in KiB: it holds the inner pages of the
/// indexes, and what is beyond it is in the page cache of the operating system.
const WRITER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -4096; \
     PRAGMA journal_size_limit = 16777216;";

const READER: &str = "PRAGMA query_only = ON; PRAGMA cache_size = -512;";

/// Opens connections to one file.
#[derive(Clone)]
pub(super) struct Opener {
    path: PathBuf,
    measures: Measures,
}

impl Opener {
    pub(super) fn new(path: &Path, measures: &Measures) -> Self {
        Self {
            path: path.to_owned(),
            measures: measures.clone(),
        }
    }

    /// The connection that writes. There must be one only.
    pub(super) fn writer(&self) -> Result<SqliteConnection, OpenError> {
        self.open(WRITER)
    }

    /// A connection that only reads.
    pub(super) fn reader(&self) -> Result<SqliteConnection, OpenError> {
        self.open(READER)
    }

    fn open(&self, pragmas: &str) -> Result<SqliteConnection, OpenError> {
        let mut conn = establish(&self.path, pragmas)?;
        conn.set_instrumentation(self.measures.statement_counter());
        Ok(conn)
    }

    /// Refuses tables that lack what this program needs. Tables that are newer are fine: a migration keeps
    /// what the version before it uses.
    pub(super) fn check_migrations(&self) -> Result<(), OpenError> {
        check(&self.path, &mut establish(&self.path, "")?)
    }
}

fn check(path: &Path, conn: &mut SqliteConnection) -> Result<(), OpenError> {
    let pending = conn
        .pending_migrations(MIGRATIONS)
        .map_err(|error| unusable(path, error.as_ref()))?;
    if pending.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = pending
        .iter()
        .map(|migration| migration.name().to_string())
        .collect();
    Err(OpenError::Outdated {
        path: path.display().to_string(),
        missing: names.join(", "),
    })
}

/// Does `work` on tables that are up to date, beside those who use them.
pub(crate) fn alone<W, F>(path: &Path, work: W) -> Result<(), OpenError>
where
    W: FnOnce(SqliteConnection) -> F,
    F: Future<Output = diesel::QueryResult<()>>,
{
    let mut conn = establish(path, WRITER)?;
    check(path, &mut conn)?;
    let work = work(conn);
    settle(async { Ok(work.await?) }).map_err(|failure| unusable(path, &failure))
}

/// Creates the file if need be and runs the migrations that it lacks; returns their names.
pub(crate) fn migrate(path: &Path) -> Result<Vec<String>, OpenError> {
    let mut conn = establish(path, WRITER)?;
    let versions = conn
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| unusable(path, error.as_ref()))?;
    Ok(versions.iter().map(ToString::to_string).collect())
}

pub(super) fn establish(path: &Path, pragmas: &str) -> Result<SqliteConnection, OpenError> {
    let text = path.to_str().ok_or_else(|| OpenError::Unusable {
        path: path.display().to_string(),
        why: "the path is not UTF-8".to_owned(),
    })?;
    let mut conn = SqliteConnection::establish(text).map_err(|error| unusable(path, &error))?;
    conn.batch_execute(PRAGMAS)
        .and_then(|()| conn.batch_execute(pragmas))
        .and_then(|()| trail::register(&mut conn))
        .map_err(|error| unusable(path, &error))?;
    Ok(conn)
}

pub(super) fn unusable(path: &Path, error: &dyn std::error::Error) -> OpenError {
    OpenError::Unusable {
        path: path.display().to_string(),
        why: error.to_string(),
    }
}
