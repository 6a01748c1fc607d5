//! The services of a local CA.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// A service: one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Service {
    Sa,
    Ca,
    Va,
    /// A remote perspective of the validation authority, by its number from 1.
    Remote(u8),
    Publisher,
    Ra,
    Wfe,
}

/// The most remote perspectives that there can be.
pub(crate) const MAX_REMOTES: u8 = 5;

impl Service {
    /// All of a CA with so many remote perspectives, callees before callers.
    pub(crate) fn all(remotes: u8) -> Vec<Self> {
        let mut all = vec![Self::Sa, Self::Ca];
        all.extend(Self::remotes(remotes));
        all.extend([Self::Va, Self::Publisher, Self::Ra, Self::Wfe]);
        all
    }

    /// So many remote perspectives.
    pub(crate) fn remotes(number: u8) -> impl Iterator<Item = Self> {
        (1..=number.min(MAX_REMOTES)).map(Self::Remote)
    }

    /// The services in the order in which they are stopped: callers first, those of one group together.
    pub(crate) fn stop_groups(services: impl Iterator<Item = Self>) -> Vec<BTreeSet<Self>> {
        let mut groups = vec![BTreeSet::new(); 5];
        for service in services {
            let turn = match service {
                Self::Wfe => 0,
                Self::Ra => 1,
                Self::Va | Self::Publisher | Self::Ca => 2,
                Self::Remote(_) => 3,
                Self::Sa => 4,
            };
            groups[turn].insert(service);
        }
        groups
    }

    /// Its name in certificates, configurations and logs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sa => "sa",
            Self::Ca => "ca",
            Self::Va => "va",
            Self::Remote(1) => "va-remote-1",
            Self::Remote(2) => "va-remote-2",
            Self::Remote(3) => "va-remote-3",
            Self::Remote(4) => "va-remote-4",
            Self::Remote(_) => "va-remote-5",
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

    /// The name of its binary: one plays all perspectives.
    fn binary(self) -> String {
        match self {
            Self::Remote(_) => Self::Va.binary(),
            _ => format!("cairn-{self}"),
        }
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
        let missing: Vec<String> = Service::all(0)
            .into_iter()
            .map(Service::binary)
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
        let mut all = Service::all(MAX_REMOTES);
        let groups = Service::stop_groups(all.iter().copied());
        let mut stopped: Vec<Service> = groups.into_iter().flatten().collect();
        stopped.sort_unstable();
        all.sort_unstable();
        assert_eq!(stopped, all);
    }

    #[test]
    fn every_service_has_a_name_of_its_own() {
        let all = Service::all(u8::MAX);
        assert_eq!(all.len(), 6 + usize::from(MAX_REMOTES));
        let names: BTreeSet<&str> = all.iter().map(|service| service.name()).collect();
        assert_eq!(names.len(), all.len());
    }
}
