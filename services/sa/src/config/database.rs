//! `[database]`: where the database is, and how it is used.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use cairn_kit::{FilePath, Secret};
use serde::de::{Error as _, IntoDeserializer};
use serde::{Deserialize, Deserializer};

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
    /// How connections are secured. Without it they are not, which is refused unless the server is on this machine.
    pub tls: Option<PostgresTls>,
}

impl Default for Postgres {
    fn default() -> Self {
        Self {
            pool: 16,
            statement_timeout: Duration::from_secs(10),
            prepared_statements: true,
            tls: None,
        }
    }
}

/// `[database.postgres.tls]`. The server's certificate must be for the host of the URL.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostgresTls {
    /// The roots, in PEM, that the server's certificate must lead to.
    pub ca: FilePath,
    /// A certificate to show to the server, in PEM, and its key.
    pub certificate: Option<FilePath>,
    /// The key of that certificate.
    pub key: Option<FilePath>,
}

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file.
    Sqlite(PathBuf),
    /// One server, or several of which one takes writes.
    Postgres(Server),
}

/// A PostgreSQL server as its URL tells it: `postgres://USER@HOST[:PORT][,HOST…]/DATABASE[?target_session_attrs=read-write]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Server(Box<tokio_postgres::Config>);

impl Server {
    pub(crate) fn settings(&self) -> &tokio_postgres::Config {
        &self.0
    }

    fn parse(url: &str) -> Result<Self, String> {
        // Not the URL itself in any of these: it may hold a password.
        let settings: tokio_postgres::Config =
            url.parse().map_err(
                |error: tokio_postgres::Error| match std::error::Error::source(&error) {
                    Some(cause) => cause.to_string(),
                    None => "not a PostgreSQL URL; use postgres://USER@HOST/DATABASE".to_owned(),
                },
            )?;
        if settings.get_password().is_some() {
            return Err("a password does not belong here; use database.password_file".to_owned());
        }
        if url.contains("sslmode=") {
            return Err("TLS is set up by [database.postgres.tls], not by sslmode".to_owned());
        }
        if settings.get_options().is_some() {
            return Err("`options` are not supported".to_owned());
        }
        for (what, missing) in [
            ("user", settings.get_user().is_none()),
            ("database", settings.get_dbname().is_none()),
            ("host", settings.get_hosts().is_empty()),
        ] {
            if missing {
                return Err(format!("a {what} is missing; use postgres://USER@HOST/DATABASE"));
            }
        }
        Ok(Self(Box::new(settings)))
    }

    /// Whether each host is this machine, so that what is sent to it can be read by nobody else.
    fn is_local(&self) -> bool {
        use tokio_postgres::config::Host;
        self.0.get_hosts().iter().all(|host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => {
                name == "localhost"
                    || name
                        .parse::<std::net::IpAddr>()
                        .is_ok_and(|address| address.is_loopback())
            }
        })
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use tokio_postgres::config::Host;
        let hosts = self.0.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        });
        write!(
            f,
            "postgres://{}@{}/{}",
            self.0.get_user().unwrap_or_default(),
            hosts.collect::<Vec<_>>().join(","),
            self.0.get_dbname().unwrap_or_default()
        )
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Location {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let url = String::deserialize(deserializer)?;
        match url.split_once(':') {
            Some(("sqlite", "" | ":memory:")) => Err(D::Error::custom(
                "a database in memory would forget what it issued; use sqlite:PATH",
            )),
            Some(("sqlite", path)) => {
                let path: Result<FilePath, serde::de::value::Error> =
                    FilePath::deserialize(path.into_deserializer());
                path.map(|path| Self::Sqlite(path.as_path().to_owned()))
                    .map_err(D::Error::custom)
            }
            Some(("postgres" | "postgresql", _)) => {
                Server::parse(&url).map(Self::Postgres).map_err(D::Error::custom)
            }
            // Not the whole URL: it may hold a password.
            Some((scheme, _)) => Err(D::Error::custom(format!(
                "databases of the kind `{scheme}:` are not supported; use sqlite:PATH or postgres://USER@HOST/DATABASE"
            ))),
            None => Err(D::Error::custom(
                "not a database URL; use sqlite:PATH or postgres://USER@HOST/DATABASE",
            )),
        }
    }
}

impl DatabaseConfig {
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
        if let Some(tls) = &postgres.tls
            && tls.certificate.is_some() != tls.key.is_some()
        {
            return Err("database.postgres.tls: certificate and key belong together".to_owned());
        }
        match &self.url {
            Location::Sqlite(_) if self.password_file.is_some() => {
                Err("database.password_file: SQLite asks for no password".to_owned())
            }
            Location::Postgres(server) if postgres.tls.is_none() && !server.is_local() => Err(format!(
                "database.url: {server} is not on this machine; it takes [database.postgres.tls]"
            )),
            _ => Ok(()),
        }
    }
}
