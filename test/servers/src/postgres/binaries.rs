//! Where the programs are.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result};

/// Debian keeps each version apart, and none of the server's programs on the search path.
const DEBIAN: &str = "/usr/lib/postgresql";

/// What a directory of programs must hold.
const NEEDED: [&str; 4] = ["initdb", "postgres", "pg_basebackup", "psql"];

/// The path of a program of PostgreSQL.
pub(super) fn program(name: &str) -> Result<PathBuf> {
    static DIRECTORY: OnceLock<Option<PathBuf>> = OnceLock::new();
    let directory = DIRECTORY
        .get_or_init(|| on_search_path().or_else(newest))
        .as_ref()
        .context(
            "PostgreSQL is not installed: `test/servers/install` does it, or install the package postgresql",
        )?;
    Ok(directory.join(name))
}

/// Links are followed: a link to one program says where the others are.
fn on_search_path() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "where the tools of this machine are")]
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter_map(|dir| dir.join("initdb").canonicalize().ok())
        .filter_map(|initdb| initdb.parent().map(Path::to_owned))
        .find(|dir| is_complete(dir))
}

fn newest() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN).ok()?.filter_map(|entry| {
        let entry = entry.ok()?;
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let dir = entry.path().join("bin");
        is_complete(&dir).then_some((version, dir))
    });
    versions.max().map(|(_, dir)| dir)
}

fn is_complete(dir: &Path) -> bool {
    NEEDED.iter().all(|name| dir.join(name).is_file())
}
