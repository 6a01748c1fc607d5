//! The binary: `cairn-sa migrate`, and a start without it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::path::Path;
use std::process::{Command, Output};

fn configuration(directory: &Path) -> String {
    std::fs::create_dir_all(directory.join("tls")).unwrap();
    std::fs::write(directory.join("tls/sa.key"), "not a key").unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/sa.toml");
    let text = std::fs::read_to_string(sample).unwrap();
    text.replace("migrate_at_start = true", "migrate_at_start = false")
}

fn cairn_sa(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cairn-sa"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn the_tables_are_made_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("sa.toml");
    std::fs::write(&file, configuration(directory.path())).unwrap();
    let file = file.to_str().unwrap();
    for said in ["ran migration", "the tables are up to date"] {
        let output = cairn_sa(&["migrate", "--config", file]);
        assert!(output.status.success(), "{output:?}");
        assert!(
            String::from_utf8_lossy(&output.stdout).contains(said),
            "{output:?}"
        );
    }
    assert!(directory.path().join("cairn.db").exists());
}

#[test]
fn what_is_wrong_is_said_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("sa.toml");
    let text = configuration(directory.path()).replace("sqlite:cairn.db", "mysql://sa:secret@db/cairn");
    std::fs::write(&file, text).unwrap();
    for arguments in [
        ["migrate", "--config"].as_slice(),
        &["--check-config", "--config"],
    ] {
        let output = cairn_sa(&[arguments, &[file.to_str().unwrap()]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(
            said.contains("sa.toml:10:7") && said.contains("use sqlite:PATH"),
            "{said}"
        );
        assert!(said.lines().count() == 1 && !said.contains("secret"), "{said}");
    }
}
