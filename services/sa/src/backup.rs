//! `cairn-sa backup`: copies a SQLite database while the service goes on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use cairn_kit::{BoxError, config};
use clap::Parser;

use crate::Config;
use crate::config::Location;
use crate::db::copy_sqlite;

/// Copies the SQLite database while the service goes on
///
/// The copy is one file, as the database was at one moment. It is checked before it gets its name, and is on the disk
/// when this command ends. PostgreSQL has tools of its own: see docs/operations.md.
#[derive(Parser)]
#[command(bin_name = "cairn-sa backup", version)]
struct Arguments {
    /// The configuration of the storage authority, in TOML
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,

    /// Where the copy goes; a file that is there already is left alone
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// Runs the command with the arguments of this process, of which the first is its name. Failures are one line on
/// standard error.
pub fn backup_command() -> ExitCode {
    match run(&Arguments::parse_from(std::env::args_os().skip(1))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "cairn-sa backup: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), BoxError> {
    let loaded = config::load::<Config>(&arguments.config)?;
    let Location::Sqlite(database) = &loaded.service.database.url else {
        return Err(
            "the database is on PostgreSQL: back it up with pg_basebackup and archived WAL, as docs/operations.md tells"
                .into(),
        );
    };
    let since = Instant::now();
    let length = copy(database, &arguments.to)?;
    println!(
        "copied {} to {}: {:.1} MB in {:.1} s, checked",
        database.display(),
        arguments.to.display(),
        decimal(length) / 1e6,
        since.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "for people, who see one decimal")]
const fn decimal(length: u64) -> f64 {
    length as f64
}

/// Copies under another name, and gives the copy its own when it is complete. Returns its length in octets.
fn copy(database: &Path, to: &Path) -> Result<u64, BoxError> {
    if to.symlink_metadata().is_ok() {
        return Err(format!("{} exists already", to.display()).into());
    }
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Partial::create(partial.into())?;
    copy_sqlite(database, &partial.0)?;
    let file = File::open(&partial.0)?;
    file.sync_all()?;
    // Unlike a renaming, this replaces nothing.
    fs::hard_link(&partial.0, to).map_err(|error| format!("{}: {error}", to.display()))?;
    drop(partial);
    let directory = to.parent().filter(|path| !path.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(file.metadata()?.len())
}

/// A file that is deleted when it is done with. It is for this user alone.
struct Partial(PathBuf);

impl Partial {
    fn create(path: PathBuf) -> Result<Self, BoxError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        match options.open(&path) {
            Ok(_) => Ok(Self(path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(format!(
                "{} exists: another backup is running, or one was interrupted; then delete it",
                path.display()
            )
            .into()),
            Err(error) => Err(format!("{}: {error}", path.display()).into()),
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
