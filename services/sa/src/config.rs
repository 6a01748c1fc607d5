//! The configuration file of the storage authority; `deploy/config/sa.toml` is a commented sample.

use std::path::PathBuf;

use cairn_kit::{Configuration, FilePath};
use cairn_rpc::{ServerConfig, TlsConfig};
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
            Some(("sqlite", "" | ":memory:")) => Err(D::Error::custom(
                "a database in memory would forget what it issued; use sqlite:PATH",
            )),
            Some(("sqlite", path)) => {
                let path: Result<FilePath, serde::de::value::Error> =
                    FilePath::deserialize(path.into_deserializer());
                path.map(|path| Self::Sqlite(path.as_path().to_owned()))
                    .map_err(D::Error::custom)
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
    /// Where to serve, and to whom.
    pub grpc: ServerConfig,
    /// This service's identity towards the others.
    pub tls: TlsConfig,
}

impl Configuration for Config {
    fn check(&self) -> Result<(), String> {
        self.database.check()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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
    fn what_may_be_left_out() {
        let text = sample();
        let short: String = text
            .lines()
            .filter(|line| {
                !["migrate_at_start", "group_commit", "readers"]
                    .iter()
                    .any(|key| line.starts_with(key))
            })
            .flat_map(|line| [line, "\n"])
            .collect();
        let config = parse(&short).0.unwrap();
        assert!(!config.database.migrate_at_start);
        assert_eq!((config.database.group_commit, config.database.readers), (64, 4));
    }

    #[test]
    fn other_databases_and_nonsense_are_refused_by_name() {
        for (find, replace, said) in [
            (
                "sqlite:cairn.db",
                "mysql://cairn:secret@db/cairn",
                "`mysql:` are not supported; use sqlite:PATH",
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
                "not a database URL; use sqlite:PATH",
            ),
            (
                "group_commit = 64",
                "group_commit = 0",
                "database.group_commit: 1 to 1024",
            ),
            ("readers = 4", "readers = 65", "database.readers: 1 to 64"),
            ("readers = 4", "writers = 2", "writers"),
        ] {
            let text = sample();
            assert!(text.contains(find), "{find}");
            let refused = parse(&text.replace(find, replace)).0.unwrap_err();
            assert!(refused.contains(said), "{refused}");
            assert!(!refused.contains("secret@"), "{refused}");
        }
    }
}
