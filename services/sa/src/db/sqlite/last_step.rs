//! The last migration leaves the version before able to run.

use diesel::connection::SimpleConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};

use super::plans::Seen;
use crate::db::last_step::{Column, Columns, Migrations, assert_compatible};

const MIGRATIONS: Migrations = Migrations("sqlite");

fn open() -> SqliteConnection {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    super::trail::register(&mut conn).unwrap();
    conn
}

#[test]
fn what_the_version_before_runs_still_works() {
    let mut conn = open();
    let (before, last) = MIGRATIONS.steps();
    for text in before.iter().chain([&last]) {
        conn.batch_execute(text).unwrap();
    }
    let statements = MIGRATIONS.statements_before();
    assert!(statements.len() > 30, "{statements:#?}");
    for statement in statements {
        // It is prepared, and with it what its triggers do.
        let prepared = conn.batch_execute(&format!("EXPLAIN {statement}"));
        prepared.unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
}

#[test]
fn what_the_last_migration_adds_may_be_left_out() {
    let mut conn = open();
    let (before, last) = MIGRATIONS.steps();
    for text in before {
        conn.batch_execute(&text).unwrap();
    }
    let old = columns(&mut conn);
    conn.batch_execute(&last).unwrap();
    assert_compatible(&old, &columns(&mut conn));
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    kind: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    optional: bool,
}

fn columns(conn: &mut SqliteConnection) -> Columns {
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT t.name AS table_name, c.name, c.type AS kind, \
         c.\"notnull\" = 0 OR c.dflt_value IS NOT NULL AS optional \
         FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'",
    )
    .load(conn)
    .unwrap();
    rows.into_iter()
        .map(|row| {
            let column = Column {
                kind: row.kind,
                optional: row.optional,
            };
            ((row.table_name, row.name), column)
        })
        .collect()
}

/// Before the next migration is begun, they are recorded: `docs/decisions/0007-migrations-go-first.md`.
#[test]
fn statements_are_seen_and_may_be_recorded() {
    MIGRATIONS.record(&Seen::collect().0.run);
}
