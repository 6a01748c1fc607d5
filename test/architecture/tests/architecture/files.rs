//! Rules for single files.

use anyhow::Result;

use crate::source::{files, root};

/// Beyond this a file holds more than one concept.
const MOST_LINES: usize = 500;

/// A service is a library; its `main` only starts it.
const MOST_LINES_OF_MAIN: usize = 40;

#[test]
fn no_file_is_too_long_to_be_read() -> Result<()> {
    let mut long = Vec::new();
    for file in files(&[".rs", ".proto", ".sql", ".toml", ".py", ".sh"])? {
        let is_main = file.path.starts_with("services/") && file.path.ends_with("/src/main.rs");
        let most = if is_main { MOST_LINES_OF_MAIN } else { MOST_LINES };
        let lines = file.text.lines().count();
        if lines > most {
            long.push(format!("{}: {lines} lines, more than {most}", file.path));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
    Ok(())
}

#[test]
fn nothing_is_unsafe() -> Result<()> {
    // In two parts, so that this file passes.
    let word = ["un", "safe"].concat();
    let uses = ["{", "fn", "impl", "trait", "extern"].map(|use_| format!("{word} {use_}"));
    for file in files(&[".rs"])? {
        for (index, line) in file.text.lines().enumerate() {
            let found = uses.iter().any(|use_| line.contains(use_.as_str()));
            assert!(!found, "{}:{}: {line}", file.path, index + 1);
        }
    }
    for file in files(&["Cargo.toml"])? {
        let rules = [
            "[lints]\nworkspace = true".to_owned(),
            format!("{word}_code = \"forbid\""),
        ];
        assert!(
            rules.iter().any(|rule| file.text.contains(rule.as_str())),
            "{}",
            file.path
        );
    }
    Ok(())
}

#[test]
fn every_service_has_a_sample_configuration() {
    for service in ["wfe", "ra", "va", "ca", "sa", "publisher"] {
        let sample = root().join(format!("deploy/config/{service}.toml"));
        assert!(sample.is_file(), "{}", sample.display());
    }
}

#[test]
fn every_contract_is_compiled() -> Result<()> {
    let build = std::fs::read_to_string(root().join("proto/build.rs"))?;
    for file in files(&[".proto"])? {
        let name = file.path.strip_prefix("proto/").unwrap_or(&file.path);
        assert!(
            build.contains(&format!("\"{name}\"")),
            "{name} is not in proto/build.rs"
        );
    }
    Ok(())
}
