//! The user who runs the servers: PostgreSQL and PgBouncer refuse to run as root.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use nix::unistd::{Uid, User};

/// Tried in this order if the tests run as root.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// None: the user who runs the tests.
#[derive(Debug)]
pub(crate) struct Account(Option<User>);

impl Account {
    pub(crate) fn choose() -> Result<Self> {
        if !Uid::effective().is_root() {
            return Ok(Self(None));
        }
        for name in CANDIDATES {
            if let Some(user) = User::from_name(name)? {
                return Ok(Self(Some(user)));
            }
        }
        anyhow::bail!("root cannot run servers, and there is none of the users {CANDIDATES:?}")
    }

    /// Gives it a file or directory that this process made.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        match &self.0 {
            Some(user) => chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
                .with_context(|| path.display().to_string()),
            None => Ok(()),
        }
    }

    pub(crate) fn run_as(&self, command: &mut Command) {
        if let Some(user) = &self.0 {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
    }
}
