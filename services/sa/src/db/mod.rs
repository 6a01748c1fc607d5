//! The database: named transactions over one set of queries, whatever the backend.
//!
//! The queries of an aggregate are one text, `<aggregate>/queries.rs`, which every backend compiles for
//! itself by `#[path]`, against its own connection, its own `RunQueryDsl` and its own `dialect`. Why, and
//! what that asks of the text, is told in `docs/decisions/0002-one-text-two-backends.md`.

pub(crate) mod column;
pub(crate) mod errors;
#[cfg(test)]
mod last_step;
pub(crate) mod postgres;
pub(crate) mod prepared;
pub(crate) mod schema;
pub(crate) mod sqlite;
pub(crate) mod tx;

use cairn_kit::Metrics;
use cairn_types::{Error, Timestamp};

use crate::config::{Config, DatabaseConfig, Location};
pub(crate) use sqlite::copy as copy_sqlite;
use tx::Measures;

/// An open database.
pub(crate) enum Database {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl Database {
    /// Opens the database and its connections. Fails if its tables are older than this program.
    pub(crate) async fn open(config: &Config, now: Timestamp, metrics: &Metrics) -> Result<Self, OpenError> {
        let ahead = config.maintenance.ahead;
        let config = &config.database;
        if config.migrate_at_start {
            let config = config.clone();
            let migrated = tokio::task::spawn_blocking(move || migrate(&config, ahead, now)).await;
            migrated.unwrap_or_else(|_panicked| Ok(Vec::new()))?;
        }
        let measures = Measures::register(metrics);
        match &config.url {
            Location::Sqlite(path) => sqlite::Sqlite::open(path, &config.sqlite, measures).map(Self::Sqlite),
            Location::Postgres(server) => postgres::Postgres::open(server, config, measures)
                .await
                .map(Self::Postgres),
        }
    }

    /// What was just written will be seen by reads that do without the last moments, too.
    pub(crate) fn show_to_all(&self) {
        if let Self::Postgres(db) = self
            && let Some(replica) = db.replica()
        {
            replica.must_catch_up();
        }
    }

    /// Whether the database answers.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(db) => db.read("check", sqlite::Sqlite::ping).await,
            Self::Postgres(db) => db.ping().await,
        }
        .map_err(Error::from)
    }
}

/// Creates the tables or brings them up to date; on PostgreSQL the user of the URL must own them, and there are
/// partitions for the month of `now` and for `ahead` more afterwards. Returns the names of the migrations that were
/// run. Blocks; not for a thread that runs asynchronous tasks.
pub fn migrate(config: &DatabaseConfig, ahead: u32, now: Timestamp) -> Result<Vec<String>, OpenError> {
    match &config.url {
        Location::Sqlite(path) => sqlite::migrate(path),
        Location::Postgres(server) => postgres::migrate(server, config, ahead, now),
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened or set up, or the server does not let us in.
    #[error("database {path}: {why}")]
    Unusable {
        /// The file, or the server.
        path: String,
        /// What went wrong.
        why: String,
    },
    /// The tables are older than this program.
    #[error("database {path} lacks {missing}; run `cairn-sa migrate`, or set database.migrate_at_start")]
    Outdated {
        /// The file, or the server.
        path: String,
        /// The migrations that were not run.
        missing: String,
    },
}

/// Runs a query in a transaction that may write: `transact!(db, context, orders::create_order(request, now))`. Its
/// name is that of the query; its arguments are owned variables, which the query gets by reference. The audit
/// trail names the origin: a `&Context` for what the account's holder asked for, `Origin::by` for the rest. A
/// `Beginning` tells whose turn it is, too.
macro_rules! transact {
    ($database:expr, $beginning:expr, $aggregate:ident::$query:ident($($argument:ident),* $(,)?)) => {
        match $database {
            $crate::db::Database::Sqlite(db) => {
                let beginning = $crate::db::tx::Beginning::from($beginning);
                db.write(stringify!($query), beginning, move |conn| {
                    $crate::db::sqlite::settle($crate::db::sqlite::$aggregate::$query(conn, $(&$argument),*))
                })
                .await
                .map_err(cairn_types::Error::from)
            }
            $crate::db::Database::Postgres(db) => {
                let beginning = $crate::db::tx::Beginning::from($beginning);
                $(let $argument = std::sync::Arc::new($argument);)*
                db.write(stringify!($query), beginning, move |conn| {
                    // Each attempt runs with the same arguments.
                    $(let $argument = std::sync::Arc::clone(&$argument);)*
                    Box::pin(async move {
                        $crate::db::postgres::$aggregate::$query(conn, $(&$argument),*).await
                    })
                })
                .await
                .map_err(cairn_types::Error::from)
            }
        }
    };
}
pub(crate) use transact;

/// As [`transact`], for queries that only read. What several statements read may be of several moments.
macro_rules! look_up {
    ($($call:tt)*) => { $crate::db::read_by!(read, $($call)*) };
}
pub(crate) use look_up;

/// As [`look_up`], on one consistent state of the database: for what must not be told from a change half seen.
macro_rules! survey {
    ($($call:tt)*) => { $crate::db::read_by!(snapshot, $($call)*) };
}
pub(crate) use survey;

/// For [`look_up`] and [`survey`]: by which method of PostgreSQL's. SQLite always reads one state.
macro_rules! read_by {
    ($method:ident, $database:expr, $aggregate:ident::$query:ident($($argument:ident),* $(,)?)) => {
        match $database {
            $crate::db::Database::Sqlite(db) => {
                db.read(stringify!($query), move |conn| {
                    $crate::db::sqlite::settle($crate::db::sqlite::$aggregate::$query(conn, $(&$argument),*))
                })
                .await
                .map_err(cairn_types::Error::from)
            }
            $crate::db::Database::Postgres(db) => {
                $(let $argument = std::sync::Arc::new($argument);)*
                db.$method(stringify!($query), move |conn| {
                    // Each attempt runs with the same arguments.
                    $(let $argument = std::sync::Arc::clone(&$argument);)*
                    Box::pin(async move {
                        $crate::db::postgres::$aggregate::$query(conn, $(&$argument),*).await
                    })
                })
                .await
                .map_err(cairn_types::Error::from)
            }
        }
    };
}
pub(crate) use read_by;

/// As [`look_up`], on a replica, for what it has if it is `$enough`: `$enough` says of what is found that no write can
/// have outdated it, or that the last moments do not matter. None if the query is to be run by [`look_up`]:
/// there is no replica, it does not answer, it is behind, it refuses, or has not enough.
macro_rules! look_aside {
    ($database:expr, $enough:expr, $aggregate:ident::$query:ident($($argument:ident),* $(,)?)) => {
        match $database {
            $crate::db::Database::Sqlite(_) => None,
            $crate::db::Database::Postgres(db) => match db.replica() {
                None => None,
                Some(replica) => {
                    replica
                        .read($enough, move |conn| {
                            Box::pin(async move {
                                $crate::db::postgres::$aggregate::$query(conn, $(&$argument),*).await
                            })
                        })
                        .await
                }
            },
        }
    };
}
pub(crate) use look_aside;
