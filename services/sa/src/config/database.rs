//! `[database]`: where the database is, and how it is used.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use cairn_kit::{FilePath, Secret};
use serde::de::{Error as _, IntoDeserializer};
use serde::{Deserialize, Deserializer};

use super::Server;

/// `[database]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// Where the database is: `sqlite:PATH` or `postgres://USER@HOST/DATABASE`.
    pub url: Location,
    /// The file with the password of the URL's user; none if the server asks for none.
    #[serde(default)]
    pub password_file: Option<Secret>,
    /// Whether tables that are missing or old are brought up to date at start. On PostgreSQL that takes a role that
    /// owns the tables, which the storage authority does not need otherwise.
    #[serde(default)]
    pub migrate_at_start: bool,
    /// What matters to SQLite only.
    #[serde(default)]
    pub sqlite: Sqlite,
    /// What matters to PostgreSQL only.
    #[serde(default)]
    pub postgres: Postgres,
}

/// `[database.sqlite]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sqlite {
    /// The most transactions that share a commit; 64 unless given.
    pub group_commit: usize,
    /// Threads that read; 4 unless given.
    pub readers: usize,
}

impl Default for Sqlite {
    fn default() -> Self {
        Self {
            group_commit: 64,
            readers: 4,
        }
    }
}

/// `[database.postgres]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Postgres {
    /// The most connections; 16 unless given.
    pub pool: usize,
    /// How long a statement may take before the server gives it up; 10 s unless given.
    #[serde(with = "humantime_serde")]
    pub statement_timeout: Duration,
    /// Whether statements stay prepared between transactions. False for `PgBouncer` in transaction mode, which hands
    /// each transaction another session of the server.
    pub prepared_statements: bool,
    /// A standby that answers what may be a moment old: what is final, and certificates, whose revocation it may show
    /// that much later. A URL like that of the primary, with the same user and password.
    pub replica_url: Option<Server>,
    /// How far the standby may be behind; it is not asked otherwise. 5 s unless given.
    #[serde(with = "humantime_serde")]
    pub replica_max_lag: Duration,
}

impl Default for Postgres {
    fn default() -> Self {
        Self {
            pool: 16,
            statement_timeout: Duration::from_secs(10),
            prepared_statements: true,
            replica_url: None,
            replica_max_lag: Duration::from_secs(5),
        }
    }
}

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file.
    Sqlite(PathBuf),
    /// One server, or several of which one takes writes.
    Postgres(Server),
}

impl FromStr for Location {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        match url.split_once(':') {
            Some(("sqlite", "" | ":memory:")) => {
                Err("a database in memory would forget what it issued; use sqlite:PATH".to_owned())
            }
            Some(("sqlite", path)) => Ok(Self::Sqlite(path.into())),
            Some(("postgres" | "postgresql", _)) => Server::parse(url).map(Self::Postgres),
            // Not the whole URL: it may hold a password.
            Some((scheme, _)) => Err(format!(
                "databases of the kind `{scheme}:` are not supported; use sqlite:PATH or postgres://USER@HOST/DATABASE"
            )),
            None => Err("not a database URL; use sqlite:PATH or postgres://USER@HOST/DATABASE".to_owned()),
        }
    }
}

impl FromStr for Server {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        match url.parse()? {
            Location::Postgres(server) => Ok(server),
            Location::Sqlite(_) => {
                Err("not the URL of a server; use postgres://USER@HOST/DATABASE".to_owned())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Server {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Location {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let url = String::deserialize(deserializer)?;
        let Self::Sqlite(path) = url.parse().map_err(D::Error::custom)? else {
            return url.parse().map_err(D::Error::custom);
        };
        // A relative path starts at the configuration file.
        let path = FilePath::deserialize(path.to_string_lossy().into_deserializer())?;
        Ok(Self::Sqlite(path.as_path().to_owned()))
    }
}

impl DatabaseConfig {
    /// A database with the settings that apply where nothing is said.
    pub fn new(url: Location) -> Self {
        Self {
            url,
            password_file: None,
            migrate_at_start: false,
            sqlite: Sqlite::default(),
            postgres: Postgres::default(),
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if !(1..=1024).contains(&self.sqlite.group_commit) {
            return Err("database.sqlite.group_commit: 1 to 1024".to_owned());
        }
        if !(1..=64).contains(&self.sqlite.readers) {
            return Err("database.sqlite.readers: 1 to 64".to_owned());
        }
        let postgres = &self.postgres;
        if !(1..=1000).contains(&postgres.pool) {
            return Err("database.postgres.pool: 1 to 1000".to_owned());
        }
        if postgres.statement_timeout.as_millis() == 0 {
            return Err("database.postgres.statement_timeout: at least 1ms".to_owned());
        }
        if postgres.replica_max_lag < Duration::from_millis(100) {
            return Err("database.postgres.replica_max_lag: at least 100ms".to_owned());
        }
        match &self.url {
            Location::Sqlite(_) if self.password_file.is_some() => {
                Err("database.password_file: SQLite asks for no password".to_owned())
            }
            Location::Sqlite(_) if postgres.replica_url.is_some() => {
                Err("database.postgres.replica_url: SQLite has no replicas".to_owned())
            }
            Location::Postgres(server) if !server.is_one_primary() => {
                Err("database.url: several hosts take target_session_attrs=read-write".to_owned())
            }
            _ => Ok(()),
        }
    }
}
