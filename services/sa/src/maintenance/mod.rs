//! Tables by the month: partitions made ahead, and rows that leave when their time came.
//!
//! | Module | Holds |
//! |---|---|
//! | [`months`], [`tables`] | what the months are, and what tells the month of a row |
//! | [`retention`] | the rules: which rows may leave |
//! | [`storage`] | what the rules ask of a database |
//! | [`postgres`], [`sqlite`] | partitions, and rows |
//! | [`actions`] | what is done, in words |
//! | [`command`] | `cairn-sa maintain` |
//! | [`watch`] | whether maintenance is overdue |

pub(crate) mod actions;
pub(crate) mod command;
pub(crate) mod months;
pub(crate) mod postgres;
mod retention;
mod sqlite;
mod storage;
pub(crate) mod tables;
pub(crate) mod watch;

use cairn_types::Timestamp;
use diesel::QueryResult;

use crate::config::{DatabaseConfig, Location, Maintenance};
use crate::db::{self, OpenError};
use actions::Action;
use storage::{Storage, Tell};

/// Makes the partitions of the month of `now` and of those after it, and removes what is past its retention. On
/// PostgreSQL the user of the URL must own the tables. Tells each action before it is done; with `dry_run` it is not.
/// Blocks; not for a thread that runs asynchronous tasks.
pub fn maintain(
    database: &DatabaseConfig,
    maintenance: &Maintenance,
    now: Timestamp,
    dry_run: bool,
    tell: &mut dyn FnMut(Action),
) -> Result<(), OpenError> {
    match &database.url {
        Location::Sqlite(path) => db::sqlite::alone(path, |mut conn| async move {
            remove(&mut conn, maintenance, now, dry_run, tell).await
        }),
        Location::Postgres(server) => db::postgres::alone(server, database, |mut conn| async move {
            postgres::create_ahead(&mut conn, maintenance.ahead, now, dry_run, tell).await?;
            remove(&mut conn, maintenance, now, dry_run, tell).await
        }),
    }
}

/// Removes what is past its retention.
async fn remove<S: Storage>(
    db: &mut S,
    maintenance: &Maintenance,
    now: Timestamp,
    dry_run: bool,
    tell: Tell<'_>,
) -> QueryResult<()> {
    for removal in retention::removals(db, &maintenance.retention, now).await? {
        removal.actions().for_each(&mut *tell);
        if !dry_run {
            db.remove(&removal, tell).await?;
        }
    }
    Ok(())
}
