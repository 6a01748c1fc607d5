//! The short form of a run: a correct CA loses nothing, and one with a planted bug is found out.
//!
//! The seeds are fixed, so that each of these runs has the faults of the one before it. `make chaos` draws new ones.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a run exits with when it found a violation.
const VIOLATED: i32 = 1;

fn chaos(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_cairn-chaos"))
        .args(arguments)
        .output();
    output.unwrap_or_else(|error| panic!("cairn-chaos: {error}"))
}

fn text(output: &Output) -> String {
    let (stdout, stderr) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(stderr),
        String::from_utf8_lossy(stdout)
    )
}

/// The certificate authority that signs before it stores.
fn planted() -> PathBuf {
    let own = Path::new(env!("CARGO_BIN_EXE_cairn-chaos"));
    let planted = own.with_file_name("cairn-ca-planted");
    assert!(
        planted.is_file(),
        "{} is missing: cargo build --package cairn-ca --features planted-bug --bin cairn-ca-planted",
        planted.display()
    );
    planted
}

#[test]
fn nothing_is_lost_or_doubled() {
    let output = chaos(&[
        "--backend",
        "sqlite",
        "--seed",
        "3",
        "--issuances",
        "40",
        "--concurrency",
        "8",
    ]);
    let text = text(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("violations    0"), "{text}");
}

#[test]
fn nothing_is_lost_when_postgresql_ends_as_well() {
    let output = chaos(&[
        "--backend",
        "postgres",
        "--seed",
        "3",
        "--issuances",
        "20",
        "--concurrency",
        "8",
    ]);
    let text = text(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("violations    0"), "{text}");
}

#[test]
fn a_signature_that_nobody_stored_is_found() {
    let planted = planted();
    let planted = planted.to_str().expect("the path is text");
    let output = chaos(&[
        "--backend",
        "sqlite",
        "--seed",
        "3",
        "--issuances",
        "60",
        "--concurrency",
        "8",
        "--ca-binary",
        planted,
    ]);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(VIOLATED), "{text}");
    assert!(text.contains("was signed, and is stored nowhere"), "{text}");
}
