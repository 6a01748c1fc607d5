//! The services of a local CA.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// A service: one binary, one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Service {
    Sa,
    Ca,
    Va,
    Publisher,
    Ra,
    Wfe,
}

impl Service {
    /// All of them, callees before callers.
    pub(crate) const ALL: [Self; 6] = [Self::Sa, Self::Ca, Self::Va, Self::Publisher, Self::Ra, Self::Wfe];

    /// In the order in which they are stopped: callers first, those of one group together.
    pub(crate) const STOP_GROUPS: [&'static [Self]; 4] = [
        &[Self::Wfe],
        &[Self::Ra],
        &[Self::Va, Self::Publisher, Self::Ca],
        &[Self::Sa],
    ];

    /// Its name in certificates, configurations and logs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sa => "sa",
            Self::Ca => "ca",
            Self::Va => "va",
            Self::Publisher => "publisher",
            Self::Ra => "ra",
            Self::Wfe => "wfe",
        }
    }

    /// The name in its internal TLS certificate.
    pub(crate) fn dns_name(self) -> String {
        format!("{self}.cairn")
    }

    /// Whether other services call it.
    pub(crate) const fn is_called(self) -> bool {
        !matches!(self, Self::Wfe)
    }

    /// The name of its binary.
    fn binary(self) -> String {
        format!("cairn-{self}")
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The services' binaries, which stand beside this one.
#[derive(Debug, Clone)]
pub(crate) struct Binaries(PathBuf);

impl Binaries {
    /// Finds them, or names those that are missing.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("the path of this program is unknown")?;
        Self::beside(own.parent().unwrap_or(Path::new("/")))
    }

    fn beside(folder: &Path) -> anyhow::Result<Self> {
        let missing: Vec<String> = Service::ALL
            .map(Service::binary)
            .into_iter()
            .filter(|name| !folder.join(name).is_file())
            .collect();
        if !missing.is_empty() {
            bail!(
                "not found in {}: {}; `make run` builds them",
                folder.display(),
                missing.join(", ")
            );
        }
        Ok(Self(folder.to_owned()))
    }

    /// The path of a service's binary.
    pub(crate) fn path(&self, service: Service) -> PathBuf {
        self.0.join(service.binary())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_binaries_are_named() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["cairn-sa", "cairn-ca", "cairn-va", "cairn-publisher"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let error = Binaries::beside(dir.path()).unwrap_err().to_string();
        assert!(
            error.contains(": cairn-ra, cairn-wfe; `make run` builds them"),
            "{error}"
        );
    }

    #[test]
    fn every_service_is_stopped_once() {
        let mut stopped = Service::STOP_GROUPS.concat();
        stopped.sort_unstable();
        let mut all = Service::ALL.to_vec();
        all.sort_unstable();
        assert_eq!(stopped, all);
    }
}
