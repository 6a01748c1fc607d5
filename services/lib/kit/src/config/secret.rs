//! Secrets: named by file path in a configuration, never written into it.

use std::fmt;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::path;

/// The most that a secret's file may hold, in octets.
const MAX_LENGTH: u64 = 1 << 20;

/// The content of a file that a configuration names: `key = "path"`. It is read with the
/// configuration, erased from memory when dropped, and in no `Debug` output.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    content: Zeroizing<Vec<u8>>,
    path: PathBuf,
}

impl Secret {
    /// A secret that comes from elsewhere, as in tests.
    pub fn from_bytes(content: impl Into<Vec<u8>>) -> Self {
        Self {
            content: Zeroizing::new(content.into()),
            path: PathBuf::new(),
        }
    }

    /// The secret itself.
    pub fn expose(&self) -> &[u8] {
        &self.content
    }

    /// The secret as text without the white space around it; `None` if it is not UTF-8.
    pub fn expose_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.content).ok().map(str::trim)
    }

    /// Where it was read, for messages; empty if it came from elsewhere.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn read(path: PathBuf) -> Result<Self, String> {
        let refused = |why: &dyn fmt::Display| format!("{}: {why}", path.display());
        let file = std::fs::File::open(&path).map_err(|error| refused(&error))?;
        let metadata = file.metadata().map_err(|error| refused(&error))?;
        if metadata.permissions().mode() & 0o007 != 0 {
            path::warn(format!(
                "{} holds a secret and is open to every user of this machine",
                path.display()
            ));
        }
        let mut content = Zeroizing::new(Vec::new());
        file.take(MAX_LENGTH + 1)
            .read_to_end(&mut content)
            .map_err(|error| refused(&error))?;
        if content.is_empty() {
            return Err(refused(&"the file is empty"));
        }
        if content.len() as u64 > MAX_LENGTH {
            return Err(refused(&"the file is larger than 1 MiB"));
        }
        Ok(Self { content, path })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.path.display())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = path::resolve(PathBuf::deserialize(deserializer)?);
        Self::read(path).map_err(D::Error::custom)
    }
}
