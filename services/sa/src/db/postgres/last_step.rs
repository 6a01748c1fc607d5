//! The last migration leaves the version before able to run.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use cairn_servers::Role;
use diesel::connection::InstrumentationEvent;
use diesel_async::AsyncConnection;

use super::stage::MIGRATIONS;
use super::{everything, stage};
use crate::db::last_step::{Column, Columns, assert_compatible};

#[test]
fn what_the_version_before_runs_still_works() {
    let database = stage::migrated();
    let statements = MIGRATIONS.statements_before();
    assert!(statements.len() > 30, "{statements:#?}");
    // Each is planned as the service would run it, and its rights are checked.
    let mut script = String::new();
    for (number, statement) in statements.iter().enumerate() {
        let parameters = (1..).take_while(|parameter| statement.contains(&format!("${parameter}")));
        let nulls = vec!["NULL"; parameters.count()].join(", ");
        let arguments = if nulls.is_empty() {
            nulls
        } else {
            format!("({nulls})")
        };
        writeln!(script, "PREPARE s{number} AS {statement};").unwrap();
        writeln!(script, "EXPLAIN EXECUTE s{number}{arguments};").unwrap();
    }
    database.sql(Role::Sa, &script).unwrap();
}

#[test]
fn what_the_last_migration_adds_may_be_left_out() {
    let database = stage::empty();
    let (before, last) = MIGRATIONS.steps();
    for text in before {
        database.sql(Role::Migrate, &text).unwrap();
    }
    let columns = || -> Columns {
        let rows = database
            .sql(
                Role::Migrate,
                "SELECT table_name, column_name, data_type, is_nullable = 'YES' OR column_default IS NOT NULL \
                 FROM information_schema.columns WHERE table_schema = 'public'",
            )
            .unwrap();
        rows.lines()
            .map(|row| {
                let fields: Vec<_> = row.split('|').collect();
                let column = Column {
                    kind: fields[2].to_owned(),
                    optional: fields[3] == "t",
                };
                ((fields[0].to_owned(), fields[1].to_owned()), column)
            })
            .collect()
    };
    let old = columns();
    assert!(!old.is_empty());
    database.sql(Role::Migrate, &last).unwrap();
    assert_compatible(&old, &columns());
}

/// Before the next migration is begun, they are recorded: `docs/decisions/0007-migrations-go-first.md`.
#[tokio::test]
async fn statements_are_seen_and_may_be_recorded() {
    let database = stage::migrated();
    let mut conn = stage::connect(&database).await;
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let recorder = seen.clone();
    let record = move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let statement = text.split(" -- binds").next().unwrap_or_default();
            recorder.lock().unwrap().insert(statement.to_owned());
        }
    };
    conn.raw().unwrap().set_instrumentation(record);
    everything::run_everything(&mut conn).await;
    MIGRATIONS.record(&seen.lock().unwrap());
}
