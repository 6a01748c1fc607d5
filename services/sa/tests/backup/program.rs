//! The binary, and a configuration for it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Writes a configuration for a database, with further lines of its section.
pub(crate) fn configuration(directory: &Path, url: &str, more: &str) -> PathBuf {
    std::fs::create_dir_all(directory.join("tls")).unwrap();
    std::fs::write(directory.join("tls/sa.key"), "not a key").unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/sa.toml");
    let sample = std::fs::read_to_string(sample).unwrap();
    let file = directory.join("sa.toml");
    let text = sample
        .replace("\"sqlite:cairn.db\"", &format!("\"{url}\"\n{more}"))
        .replace("migrate_at_start = true", "migrate_at_start = false");
    std::fs::write(&file, text).unwrap();
    file
}

/// Runs a command of `cairn-sa` with a configuration.
pub(crate) fn cairn_sa(command: &str, configuration: &Path, more: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cairn-sa"))
        .args([command, "--config"])
        .arg(configuration)
        .args(more)
        .output()
        .unwrap()
}

/// What a command said that ended with this status.
#[track_caller]
pub(crate) fn said(output: &Output, status: i32) -> String {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert_eq!(output.status.code(), Some(status), "{text}");
    text
}
