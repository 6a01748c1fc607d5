//! What `proto/cairn/sa/v1` promises, asked over gRPC of a storage authority on SQLite. [`scenarios`] has all of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]
#![expect(
    clippy::similar_names,
    reason = "stale leases on a stage, what begins and what has begun"
)]

mod scenarios;
mod stage;

use cairn_sa::{DatabaseConfig, Location};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection, RunQueryDsl};

/// The entries of the audit trail as JSON objects.
pub(crate) const ENTRIES: &str = "SELECT json_object('subject', lower(hex(subject)), 'position', position, 'at', at, \
    'event', event, 'state', state, 'actor', actor, 'request', lower(hex(request)), 'detail', detail) \
    FROM audit_entries ORDER BY subject, position";

/// A file of its own for each test.
pub(crate) struct Storage(tempfile::TempDir);

impl Storage {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// What a query of one column gives, asked beside the storage authority.
    pub(crate) fn rows(&self, query: &str) -> Vec<String> {
        let path = self.0.path().join("sa.db");
        let mut conn = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        diesel::dsl::sql::<diesel::sql_types::Text>(query)
            .load(&mut conn)
            .unwrap()
    }

    /// Changes what is stored beside the storage authority, whatever triggers would say.
    pub(crate) fn plant(&self, statements: &str) {
        let path = self.0.path().join("sa.db");
        let mut conn = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = OFF")
            .unwrap();
        for trigger in self.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'") {
            conn.batch_execute(&format!("DROP TRIGGER {trigger}")).unwrap();
        }
        conn.batch_execute(statements).unwrap();
    }

    fn config(&self) -> DatabaseConfig {
        DatabaseConfig {
            migrate_at_start: true,
            ..DatabaseConfig::new(Location::Sqlite(self.0.path().join("sa.db")))
        }
    }
}
