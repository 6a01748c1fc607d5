//! The configuration file.

use std::path::PathBuf;

use cairn_kit::{Configuration, FilePath};
use serde::de::{Error as _, IntoDeserializer};
use serde::{Deserialize, Deserializer};

/// `[database]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// Where the database is: `sqlite:PATH`. A relative path starts at the directory of this file.
    pub url: Location,
    /// Whether tables that are missing or old are brought up to date at start.
    #[serde(default)]
    pub migrate_at_start: bool,
    /// The most transactions that share a commit; 64 unless given.
    #[serde(default = "default_group")]
    pub group_commit: usize,
    /// Threads that read; 4 unless given.
    #[serde(default = "default_readers")]
    pub readers: usize,
}

const fn default_group() -> usize {
    64
}

const fn default_readers() -> usize {
    4
}

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file.
    Sqlite(PathBuf),
}

impl<'de> Deserialize<'de> for Location {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let url = String::deserialize(deserializer)?;
        match url.split_once(':') {
            Some(("sqlite", "" | ":memory:")) => {
                Err(D::Error::custom("a database in memory would forget what it issued; use sqlite:PATH"))
            }
            Some(("sqlite", path)) => {
                let path: Result<FilePath, serde::de::value::Error> =
                    FilePath::deserialize(path.into_deserializer());
                path.map(|path| Self::Sqlite(path.as_path().to_owned())).map_err(D::Error::custom)
            }
            // Not the whole URL: it may hold a password.
            Some((scheme, _)) => Err(D::Error::custom(format!(
                "databases of the kind `{scheme}:` are not supported; use sqlite:PATH"
            ))),
            None => Err(D::Error::custom("not a database URL; use sqlite:PATH")),
        }
    }
}

impl DatabaseConfig {
    fn check(&self) -> Result<(), String> {
        if !(1..=1024).contains(&self.group_commit) {
            return Err("database.group_commit: 1 to 1024".to_owned());
        }
        if !(1..=64).contains(&self.readers) {
            return Err("database.readers: 1 to 64".to_owned());
        }
        Ok(())
    }
}

/// What the storage authority reads from its configuration file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The database.
    pub database: DatabaseConfig,
}

impl Configuration for Config {
    fn check(&self) -> Result<(), String> {
        self.database.check()
    }
}
