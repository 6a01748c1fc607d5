//! Whether there is room.

use std::path::Path;

use anyhow::{Result, bail};
use nix::sys::statfs::{TMPFS_MAGIC, statfs};

/// What is left to others, and for logs and sorting.
const SPARE: u64 = 4 << 30;

/// An error if a file system does not have that many octets to spare, or is in memory.
pub(super) fn check(dir: &Path, needed: u64) -> Result<()> {
    let disk = statfs(dir)?;
    let free = disk.blocks_available() * u64::try_from(disk.block_size())?;
    let gigabytes = |octets: u64| octets.div_ceil(1_000_000_000);
    if free < needed + SPARE {
        bail!(
            "{}: about {} GB are needed there, of which {} GB are left to others, and {} GB are free; say \
             --certificates with a smaller number, or TMPDIR for another place",
            dir.display(),
            gigabytes(needed + SPARE),
            gigabytes(SPARE),
            free / 1_000_000_000
        );
    }
    if disk.filesystem_type() == TMPFS_MAGIC {
        bail!("{} is in memory; say TMPDIR for another place", dir.display());
    }
    Ok(())
}
