//! Replays the corpora. What is named `good-…` must be accepted, all else need only not panic.

use std::fs;
use std::path::{Path, PathBuf};

use cairn_fuzz::TARGETS;

fn corpus(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn every_input_of_the_corpora_is_survived() {
    for (name, target) in TARGETS {
        let mut good = 0;
        for path in corpus(name) {
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
    let programs = manifest.lines().filter_map(|line| line.strip_prefix("name = \"fuzz-"));
    let mut programs: Vec<&str> = programs.map(|rest| rest.trim_end_matches('"')).collect();
    programs.sort_unstable();
    let targets: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(programs, targets);
}
