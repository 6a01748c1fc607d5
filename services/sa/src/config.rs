//! The configuration file of the storage authority; `deploy/config/sa.toml` is a commented sample.

mod database;
mod maintenance;
pub(crate) mod server;

use cairn_kit::Configuration;
use cairn_rpc::{ServerConfig, TlsConfig};
use serde::Deserialize;

pub use database::{DatabaseConfig, Location, Postgres, Sqlite};
pub use maintenance::{Maintenance, Retention};
pub use server::Server;

/// What the storage authority reads from its configuration file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The database.
    pub database: DatabaseConfig,
    /// What `cairn-sa maintain` does.
    #[serde(default)]
    pub maintenance: Maintenance,
    /// Where to serve, and to whom.
    pub grpc: ServerConfig,
    /// This service's identity towards the others.
    pub tls: TlsConfig,
}

impl Configuration for Config {
    fn check(&self) -> Result<(), String> {
        self.database.check()?;
        self.maintenance.check()
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    fn sample() -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/sa.toml");
        std::fs::read_to_string(path).unwrap()
    }

    /// Parses as if the text stood beside the key that it names; also returns where it stood.
    fn parse(text: &str) -> (Result<Config, String>, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("tls")).unwrap();
        std::fs::write(directory.path().join("tls/sa.key"), "key").unwrap();
        let parsed = cairn_kit::config::parse::<Config>(text, &directory.path().join("sa.toml"))
            .map(|loaded| loaded.service)
            .map_err(|error| error.to_string());
        (parsed, directory.path().to_owned())
    }

    #[test]
    fn the_sample_is_accepted_and_its_paths_start_where_it_is() {
        let (config, directory) = parse(&sample());
        let config = config.unwrap();
        assert_eq!(config.database.url, Location::Sqlite(directory.join("cairn.db")));
        assert!(config.database.migrate_at_start);
    }

    #[test]
    fn servers_elsewhere_need_tls() {
        for url in [
            "postgres://sa@db1,db2/cairn?target_session_attrs=read-write&sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem",
            "postgres://sa@localhost/cairn",
            "postgresql://sa@127.0.0.1:5433,[::1]/cairn?target_session_attrs=read-write",
            "postgres:///cairn?host=/run/postgresql&user=sa",
            "postgres://sa@%2Frun%2Fpostgresql/cairn?sslmode=disable",
        ] {
            let config = parse(&sample().replace("sqlite:cairn.db", url)).0.unwrap();
            assert!(matches!(config.database.url, Location::Postgres(_)), "{url}");
        }
    }

    #[test]
    fn what_may_be_left_out() {
        let text = sample();
        let short: String = text
            .lines()
            .filter(|line| {
                ![
                    "migrate_at_start",
                    "group_commit",
                    "readers",
                    "pool",
                    "statement_timeout",
                    "ahead",
                    "certificates",
                    "orders",
                    "authorizations",
                    "audit",
                    "prepared_statements",
                    "replica_max_lag",
                ]
                .iter()
                .any(|key| line.starts_with(key))
            })
            .flat_map(|line| [line, "\n"])
            .collect();
        let config = parse(&short).0.unwrap();
        assert!(!config.database.migrate_at_start);
        assert_eq!(
            (
                config.database.sqlite.group_commit,
                config.database.sqlite.readers
            ),
            (64, 4)
        );
    }

    #[test]
    fn other_databases_and_nonsense_are_refused_by_name() {
        for (find, replace, said) in [
            (
                "sqlite:cairn.db",
                "mysql://cairn:secret@db/cairn",
                "`mysql:` are not supported; use sqlite:PATH or postgres:",
            ),
            (
                "sqlite:cairn.db",
                "sqlite:",
                "in memory would forget what it issued",
            ),
            (
                "sqlite:cairn.db",
                "sqlite::memory:",
                "in memory would forget what it issued",
            ),
            (
                "sqlite:cairn.db",
                "cairn.db",
                "not a database URL; use sqlite:PATH or postgres:",
            ),
            (
                "group_commit = 64",
                "group_commit = 0",
                "database.sqlite.group_commit: 1 to 1024",
            ),
            ("readers = 4", "readers = 65", "database.sqlite.readers: 1 to 64"),
            ("readers = 4", "writers = 2", "writers"),
            ("pool = 16", "pool = 0", "database.postgres.pool: 1 to 1000"),
            (
                "pool = 16",
                "replica_url = \"postgres://sa@localhost/cairn\"",
                "database.postgres.replica_url: SQLite has no replicas",
            ),
            (
                "pool = 16",
                "replica_url = \"sqlite:copy.db\"",
                "not the URL of a server; use postgres:",
            ),
            (
                "replica_max_lag = \"5s\"",
                "replica_max_lag = \"10ms\"",
                "database.postgres.replica_max_lag: at least 100ms",
            ),
            ("ahead = 2", "ahead = 0", "maintenance.ahead: 1 to 24"),
            ("ahead = 2", "behind = 2", "behind"),
            ("audit = \"2555d\"", "serials = \"2555d\"", "serials"),
            ("sqlite:cairn.db", "postgres://sa@db/cairn?colour=red", "colour"),
        ] {
            let text = sample();
            assert!(text.contains(find), "{find}");
            let refused = parse(&text.replace(find, replace)).0.unwrap_err();
            assert!(refused.contains(said), "{refused}");
            assert!(!refused.contains("secret@"), "{refused}");
        }
    }

    #[test]
    fn urls_of_servers_are_refused_by_name() {
        for (url, said) in [
            (
                "postgres://sa@localhost,127.0.0.1/cairn",
                "database.url: several hosts take target_session_attrs=read-write",
            ),
            (
                "postgres://sa:secret@db/cairn",
                "a password does not belong here; use database.password_file",
            ),
            (
                "postgres://sa@db/cairn?sslmode=disable",
                "postgres://sa@db/cairn is not on this machine; add ?sslmode=verify-full",
            ),
            (
                "postgres://sa@db",
                "a database is missing; use postgres://USER@HOST/DATABASE",
            ),
            (
                "postgres://sa@db/cairn?sslmode=require&sslrootcert=ca.pem",
                "sslmode=require does not check who the server is",
            ),
            (
                "postgres://sa@db/cairn?sslmode=verify-full",
                "sslmode=verify-full takes sslrootcert=FILE",
            ),
            (
                "postgres://sa@localhost/cairn?sslrootcert=ca.pem",
                "take sslmode=verify-full",
            ),
            (
                "postgres://sa@db/cairn?sslmode=verify-full&sslrootcert=ca.pem&sslkey=sa.key",
                "sslcert and sslkey belong together",
            ),
            (
                "postgres://sa@localhost,db/cairn",
                "postgres://sa@localhost,db/cairn is not on this machine",
            ),
        ] {
            let refused = parse(&sample().replace("sqlite:cairn.db", url)).0.unwrap_err();
            assert!(refused.contains(said), "{refused}");
            assert!(!refused.contains("secret@"), "{refused}");
        }
    }
}
