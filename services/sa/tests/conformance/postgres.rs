//! What `proto/cairn/sa/v1` promises, asked over gRPC of a storage authority on PostgreSQL. [`scenarios`] has all
//! of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]
#![expect(
    clippy::similar_names,
    reason = "stale leases on a stage, what begins and what has begun"
)]

mod scenarios;
mod stage;

use cairn_kit::Secret;
use cairn_sa::DatabaseConfig;
use cairn_servers::{Database, Postgres, Role};

use stage::START;

/// The entries of the audit trail as JSON objects.
pub(crate) const ENTRIES: &str = "SELECT json_build_object('subject', encode(subject, 'hex'), 'position', position, \
    'at', at, 'event', event, 'state', state, 'actor', actor, 'request', coalesce(encode(request, 'hex'), ''), \
    'detail', detail) FROM audit_entries ORDER BY subject, position";

/// A database of its own for each test, on a server that they share.
pub(crate) struct Storage(Database);

impl Storage {
    fn new() -> Self {
        let server = Postgres::shared().unwrap();
        let migrate = |database: &Database| {
            let config = config(database, Role::Migrate);
            // On a thread of its own, since it blocks.
            let migrated = std::thread::spawn(move || cairn_sa::migrate(&config, 2, START));
            migrated.join().unwrap().map(drop).map_err(Into::into)
        };
        Self(server.database_like("migrated", migrate).unwrap())
    }

    /// What a query of one column gives, asked beside the storage authority.
    pub(crate) fn rows(&self, query: &str) -> Vec<String> {
        let rows = self.0.sql(Role::Audit, query).unwrap();
        rows.lines().map(str::to_owned).collect()
    }

    /// Changes what is stored beside the storage authority, whatever triggers would say.
    pub(crate) fn plant(&self, statements: &str) {
        let untriggered = format!("SET session_replication_role = replica; {statements}");
        let server = Postgres::shared().unwrap();
        server.sql(self.0.name(), &untriggered).unwrap();
    }

    fn config(&self) -> DatabaseConfig {
        config(&self.0, Role::Sa)
    }
}

/// How a role reaches the database.
fn config(database: &Database, role: Role) -> DatabaseConfig {
    DatabaseConfig {
        password_file: Some(Secret::from_bytes(database.password(role))),
        ..DatabaseConfig::new(database.socket_url(role).parse().unwrap())
    }
}
