//! Configuration files: TOML, one per process, refused whole if anything in them is not understood.

mod common;
mod error;
mod path;
mod secret;
mod split;

use std::path::Path;

use serde::de::DeserializeOwned;

pub use common::{Common, Debug, Log, LogFormat, Runtime, Tracing};
pub use error::ConfigError;
pub use path::FilePath;
pub use secret::Secret;

/// What a service reads from its configuration file, apart from the sections of [`Common`].
///
/// Derive `Deserialize` with `#[serde(deny_unknown_fields)]`, on nested structs too: a misspelt key
/// must stop the start, not be ignored.
pub trait Configuration: DeserializeOwned + Send + 'static {
    /// Checks what types cannot express, such as one value being below another. The error names the
    /// key and says what would be right. Run at start and by `--check-config`; must not have effects.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// A configuration file that was read and checked.
#[derive(Debug)]
pub struct Loaded<C> {
    /// The sections that every process has.
    pub common: Common,
    /// The rest: the service's own.
    pub service: C,
    /// What is worth a line in the log although it does not stop the start.
    pub warnings: Vec<String>,
}

/// Reads, parses and checks the file at `path`. Relative paths in it start at its directory, and
/// files that it names as [`Secret`]s are read.
pub fn load<C: Configuration>(path: impl AsRef<Path>) -> Result<Loaded<C>, ConfigError> {
    let path = path.as_ref();
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::new(path, format!("cannot be read: {error}")))?;
    parse(&text, path)
}

/// As [`load`], of a text that is, or might be, the file at `path`.
pub fn parse<C: Configuration>(text: &str, path: &Path) -> Result<Loaded<C>, ConfigError> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let (parsed, warnings) = path::within(directory, || {
        let document = toml::Deserializer::parse(text)?;
        split::deserialize::<C, _>(document)
    });
    let (common, service) = parsed.map_err(|error| ConfigError::at(path, text, &error))?;
    common
        .check()
        .and_then(|()| service.check())
        .map_err(|why| ConfigError::new(path, why))?;
    Ok(Loaded {
        common,
        service,
        warnings,
    })
}

#[cfg(test)]
mod tests;
