//! Paths in a configuration start at the directory of the file that holds them.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

/// The path of a file that a configuration names. A relative one was resolved against the directory
/// of the configuration file when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePath(PathBuf);

impl FilePath {
    /// The resolved path.
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// The file's content; the error names the file.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        std::fs::read(&self.0)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", self.0.display())))
    }
}

impl AsRef<Path> for FilePath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl From<PathBuf> for FilePath {
    fn from(path: PathBuf) -> Self {
        Self(path)
    }
}

impl<'de> Deserialize<'de> for FilePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PathBuf::deserialize(deserializer).map(|path| Self(resolve(path)))
    }
}

/// What types that are read from a configuration may need to know, and may have to say, while they
/// are. serde's derive offers no parameter for it, so it is kept beside the call, on its thread.
#[derive(Default)]
struct Reading {
    directory: PathBuf,
    warnings: Vec<String>,
}

thread_local! {
    static READING: RefCell<Reading> = RefCell::default();
}

/// Runs `read` with paths resolved against `directory`; returns its result and the warnings it gave.
pub(super) fn within<T>(directory: &Path, read: impl FnOnce() -> T) -> (T, Vec<String>) {
    READING.set(Reading {
        directory: directory.to_owned(),
        warnings: Vec::new(),
    });
    let result = read();
    (result, READING.take().warnings)
}

pub(super) fn resolve(path: PathBuf) -> PathBuf {
    READING.with_borrow(|reading| reading.directory.join(path))
}

pub(super) fn warn(warning: String) {
    READING.with_borrow_mut(|reading| reading.warnings.push(warning));
}
