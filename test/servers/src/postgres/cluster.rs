//! Data directories: one is made, the others are copies of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Result, anyhow};

use super::binaries;
use crate::home::{home, run};
use crate::random;

/// The superuser.
pub(crate) const SUPERUSER: &str = "postgres";

/// A cluster that was never started, made at the first call.
pub(super) fn template() -> Result<&'static Path> {
    static TEMPLATE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    TEMPLATE
        .get_or_init(|| make_template().map_err(|error| format!("{error:#}")))
        .as_ref()
        .map(PathBuf::as_path)
        .map_err(|error| anyhow!("{error}"))
}

fn make_template() -> Result<PathBuf> {
    let cluster = home()?.path("cluster");
    make(&cluster)?;
    Ok(cluster)
}

/// Makes a data directory; it does not exist yet.
pub(super) fn make(data: &Path) -> Result<()> {
    let mut initdb = home()?.command(binaries::program("initdb")?);
    initdb
        .args(["--no-sync", "--data-checksums"])
        .args(["--no-locale", "--encoding=UTF8", "--auth=scram-sha-256"])
        .arg(format!("--username={SUPERUSER}"))
        .arg(format!("--pwfile={}", password_file(SUPERUSER)?.display()))
        .arg(format!("--pgdata={}", data.display()));
    run(&mut initdb).map(drop)
}

/// Copies a data directory; `to` does not exist yet.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut copy = home()?.command("cp");
    run(copy.args(["-a", "--reflink=auto"]).arg(from).arg(to)).map(drop)
}

/// The file of a user's password. A user has the same one on all servers of this process: a standby, and a
/// server that was restored, have their users from another one.
pub(super) fn password_file(user: &str) -> Result<PathBuf> {
    static DIRECTORY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let directory = DIRECTORY
        .get_or_init(|| make_passwords().map_err(|error| format!("{error:#}")))
        .as_ref()
        .map_err(|error| anyhow!("{error}"))?;
    Ok(directory.join(user))
}

/// A user's password.
pub(crate) fn password(user: &str) -> Result<String> {
    Ok(fs::read_to_string(password_file(user)?)?)
}

fn make_passwords() -> Result<PathBuf> {
    let home = home()?;
    let directory = home.path("passwords");
    home.directory(&directory)?;
    for user in super::Role::ALL
        .map(super::Role::user)
        .into_iter()
        .chain([SUPERUSER])
    {
        home.write(&directory.join(user), random::password()?)?;
    }
    Ok(directory)
}
