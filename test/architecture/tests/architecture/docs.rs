//! What the documentation mentions exists.

use std::path::Path;

use anyhow::Result;

use crate::graph::packages;
use crate::source::{File, files, root};

/// The folders at the root that texts name paths in.
const FOLDERS: [&str; 6] = ["services/", "proto/", "deploy/", "test/", "docs/", ".ci/"];

/// The parts of a text between single backquotes, blocks of code left out.
fn quoted(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose
        .flat_map(|part| part.split('`').skip(1).step_by(2))
        .collect()
}

/// The targets of links to files.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| {
            !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:")
        })
        .collect()
}

fn documents() -> Result<Vec<File>> {
    files(&[".md"])
}

#[test]
fn links_lead_somewhere() -> Result<()> {
    for document in documents()? {
        let folder = root().join(Path::new(&document.path).parent().unwrap_or(Path::new("")));
        for link in links(&document.text) {
            let target = link.split('#').next().unwrap_or_default();
            assert!(folder.join(target).exists(), "{}: {link}", document.path);
        }
    }
    Ok(())
}

#[test]
fn paths_exist() -> Result<()> {
    for document in documents()? {
        for path in quoted(&document.text) {
            let is_path =
                FOLDERS.iter().any(|folder| path.starts_with(folder)) && !path.contains(char::is_whitespace);
            let is_pattern = path.contains(['*', '<', '{', '…']) || path.chars().any(char::is_uppercase);
            if is_path && !is_pattern {
                assert!(root().join(path).exists(), "{}: {path}", document.path);
            }
        }
    }
    Ok(())
}

#[test]
fn crates_exist() -> Result<()> {
    let packages = packages()?;
    for document in documents()? {
        for text in quoted(&document.text) {
            let name = text.split([' ', ':']).next().unwrap_or_default();
            let is_name = name.strip_prefix("cairn-").is_some_and(|rest| {
                !rest.is_empty()
                    && rest
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            });
            assert!(
                !is_name || packages.contains_key(name),
                "{}: {name}",
                document.path
            );
        }
    }
    Ok(())
}

#[test]
fn commands_are_those_of_the_makefile() -> Result<()> {
    let makefile = std::fs::read_to_string(root().join("Makefile"))?;
    for document in documents()? {
        for command in quoted(&document.text)
            .into_iter()
            .filter_map(|text| text.strip_prefix("make "))
        {
            let target = command.split_whitespace().next().unwrap_or_default();
            assert!(
                makefile.contains(&format!("\n{target}:")),
                "{}: make {target}",
                document.path
            );
        }
    }
    Ok(())
}
