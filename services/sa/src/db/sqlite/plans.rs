//! No transaction reads a whole table: their time does not grow with what is stored.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use diesel_migrations::MigrationHarness;

use super::{everything, settle};

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

/// The texts of the statements that were run, and of those whose prepared statement was kept.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) run: BTreeSet<String>,
    kept: BTreeSet<String>,
}

impl Seen {
    /// All transactions on a database in memory.
    pub(super) fn collect() -> (Self, SqliteConnection) {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        super::trail::register(&mut conn).unwrap();
        conn.run_pending_migrations(super::connection::MIGRATIONS)
            .unwrap();
        let seen = Arc::new(Mutex::new(Self::default()));
        let recorder = seen.clone();
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            let mut seen = recorder.lock().unwrap();
            match event {
                InstrumentationEvent::StartQuery { query, .. } => {
                    let text = query.to_string();
                    let statement = text.split(" -- binds").next().unwrap_or_default();
                    seen.run.insert(statement.to_owned());
                }
                InstrumentationEvent::CacheQuery { sql, .. } => {
                    seen.kept.insert(sql.to_owned());
                }
                _ => (),
            }
        });
        settle(async {
            everything::run_everything(&mut conn).await;
            Ok(())
        })
        .unwrap();
        conn.set_instrumentation(|_: InstrumentationEvent<'_>| ());
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        assert!(seen.run.len() > 30, "{:#?}", seen.run);
        (seen, conn)
    }
}

#[test]
fn every_statement_finds_its_rows_by_an_index() {
    let (seen, mut conn) = Seen::collect();
    // With triggers, an INSERT of an account has a plan to look for rows that refer to it. It is only carried out if
    // the same statement has broken a foreign key before.
    conn.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
    for statement in seen.run {
        let plan: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"))
            .load(&mut conn)
            .unwrap();
        for step in plan {
            let reads_all = step.detail.starts_with("SCAN ") && step.detail != "SCAN CONSTANT ROW";
            assert!(!reads_all, "{}\n{statement}", step.detail);
            assert!(!step.detail.contains("AUTOMATIC"), "{}\n{statement}", step.detail);
        }
    }
}

#[test]
fn every_statement_is_prepared_once() {
    let (seen, _) = Seen::collect();
    let anew: Vec<_> = seen.run.difference(&seen.kept).collect();
    assert!(anew.is_empty(), "{anew:#?}");
}
