//! Replays the corpora. What is named `good-…` must be accepted, all else need only not panic.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cairn_fuzz::TARGETS;

fn corpus(target: &str) -> io::Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

#[test]
fn every_input_of_the_corpora_is_survived() {
    for (name, target) in TARGETS {
        let mut good = 0;
        for path in corpus(name).unwrap() {
            let accepted = target(&fs::read(&path).unwrap());
            if path.file_name().unwrap().to_string_lossy().starts_with("good-") {
                assert!(accepted, "{} is refused", path.display());
                good += 1;
            }
        }
        assert!(good > 0, "{name} has no input that is accepted");
    }
}

#[test]
fn every_target_has_a_program() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let programs = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"fuzz-"));
    let mut programs: Vec<&str> = programs.map(|rest| rest.trim_end_matches('"')).collect();
    programs.sort_unstable();
    let targets: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(programs, targets);
}
