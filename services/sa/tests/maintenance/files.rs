//! Databases on SQLite.

use std::path::Path;

use cairn_sa::{DatabaseConfig, Location};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel::{Connection, RunQueryDsl, SqliteConnection};

use crate::noon;

/// An empty database without the triggers of the audit trail: tests write it themselves.
pub(crate) fn migrated(directory: &Path) -> (DatabaseConfig, SqliteConnection) {
    let path = directory.join("sa.db");
    let config = DatabaseConfig::new(Location::Sqlite(path.clone()));
    cairn_sa::migrate(&config, 2, noon("2024-01-15")).unwrap();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    for trigger in rows(&mut conn, "SELECT name FROM sqlite_master WHERE type = 'trigger'") {
        conn.batch_execute(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    (config, conn)
}

pub(crate) fn octets(hex: &str) -> String {
    format!("x'{hex}'")
}

/// What a query of one column gives.
pub(crate) fn rows(conn: &mut SqliteConnection, query: &str) -> Vec<String> {
    sql::<Text>(query).load(conn).unwrap()
}
