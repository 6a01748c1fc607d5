//! The last migration leaves the version before able to run.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use cairn_kit::Secret;
use cairn_servers::{Postgres, Role};
use diesel::connection::InstrumentationEvent;
use diesel_async::AsyncConnection;
use prometheus_client::metrics::counter::Counter;

use super::connect::Pool;
use super::everything;
use crate::config::{DatabaseConfig, Location};
use crate::db::last_step::{Column, Columns, Migrations, assert_compatible};

const MIGRATIONS: Migrations = Migrations("postgres");

#[test]
fn what_the_version_before_runs_still_works() {
    let database = Postgres::shared().unwrap().database().unwrap();
    let (before, last) = MIGRATIONS.steps();
    for text in before.iter().chain([&last]) {
        database.sql(Role::Migrate, text).unwrap();
    }
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
    let database = Postgres::shared().unwrap().database().unwrap();
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

/// Before the next migration is begun: `cargo test -p cairn-sa record_statements -- --ignored`.
#[tokio::test]
#[ignore = "it writes a file for the tests above"]
async fn record_statements() {
    let database = Postgres::shared().unwrap().database().unwrap();
    let (before, last) = MIGRATIONS.steps();
    for text in before.iter().chain([&last]) {
        database.sql(Role::Migrate, text).unwrap();
    }
    let Ok(Location::Postgres(server)) = database.socket_url(Role::Sa).parse() else {
        panic!("{}", database.socket_url(Role::Sa));
    };
    let config = DatabaseConfig {
        password_file: Some(Secret::from_bytes(database.password(Role::Sa))),
        ..DatabaseConfig::new(Location::Postgres(server.clone()))
    };
    let pool = Pool::new(&server, &config).unwrap();
    let mut conn = pool.get(&Counter::default()).await.unwrap();
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
