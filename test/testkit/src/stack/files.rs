//! The directory of a local CA: its logs and configurations, and whether it outlives the test.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

use anyhow::{Context, Result};

use super::Service;

/// A directory with this file in it is not deleted.
pub(super) const KEEP: &str = "keep";

/// The CAs whose logs a panic shows.
static WATCHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// How many lines of each log a panic shows.
const SHOWN: usize = 15;

pub(super) fn new_directory() -> io::Result<PathBuf> {
    Ok(tempfile::Builder::new().prefix("cairn-test-").tempdir()?.keep())
}

pub(super) fn log(dir: &Path, service: Service) -> PathBuf {
    dir.join("ca/log").join(format!("{}.log", service.name()))
}

pub(super) fn env(dir: &Path) -> PathBuf {
    dir.join("ca/env")
}

/// The text of a file; empty if there is none.
pub(super) fn read(path: &Path) -> String {
    fs::read(path).map_or_else(
        |_| String::new(),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    )
}

/// The last lines of a file.
pub(super) fn tail(path: &Path, count: usize) -> String {
    let text = read(path);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

pub(super) fn edit_config(dir: &Path, service: Service, edit: impl FnOnce(&mut toml::Table)) -> Result<()> {
    let path = dir.join("ca/config").join(format!("{}.toml", service.name()));
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut config: toml::Table = text.parse()?;
    edit(&mut config);
    Ok(fs::write(&path, toml::to_string(&config)?)?)
}

/// From now on a panic keeps the directory and shows the end of its logs.
pub(super) fn watch(dir: &Path) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            before(info);
            for dir in WATCHED.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                show(dir);
            }
        }));
    });
    let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    if !watched.iter().any(|watched| watched == dir) {
        watched.push(dir.to_owned());
    }
}

/// The CA is stopped: deletes its directory unless something failed.
pub(super) fn unwatch(dir: &Path) {
    WATCHED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .retain(|watched| watched != dir);
    if !std::thread::panicking() && !dir.join(KEEP).exists() {
        drop(fs::remove_dir_all(dir));
    }
}

fn show(dir: &Path) {
    drop(fs::write(dir.join(KEEP), ""));
    eprintln!("the CA of this test is kept in {}", dir.display());
    for service in Service::ALL {
        let path = log(dir, service);
        let trouble: Vec<String> = read(&path)
            .lines()
            .filter(|line| {
                [" WARN ", " ERROR ", "panic"]
                    .iter()
                    .any(|mark| line.contains(mark))
            })
            .map(str::to_owned)
            .collect();
        if !trouble.is_empty() {
            let shown = trouble[trouble.len().saturating_sub(SHOWN)..].join("\n");
            eprintln!("--- {} ---\n{shown}", path.display());
        }
    }
}
