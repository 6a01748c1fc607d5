//! Which crate of this workspace may know which.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::source::root;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `dev` or `build`; none for the others.
    kind: Option<String>,
}

const SERVICES: [&str; 7] = [
    "cairn-wfe",
    "cairn-ra",
    "cairn-va",
    "cairn-ca",
    "cairn-sa",
    "cairn-publisher",
    "cairn",
];

/// The libraries, each with the libraries it may use.
const LIBRARIES: [(&str, &[&str]); 10] = [
    ("cairn-types", &[]),
    ("cairn-acme", &["cairn-types"]),
    ("cairn-x509", &["cairn-types"]),
    ("cairn-evidence", &["cairn-types", "cairn-policy"]),
    ("cairn-policy", &["cairn-types"]),
    ("cairn-ct", &["cairn-types", "cairn-x509"]),
    ("cairn-ratelimit", &["cairn-types"]),
    ("cairn-kit", &["cairn-types"]),
    ("cairn-proto", &[]),
    ("cairn-rpc", &["cairn-types", "cairn-kit", "cairn-proto"]),
];

/// What tests use, and no service.
const KITS: [&str; 2] = ["cairn-testkit", "cairn-servers"];

/// Fuzzing programs call the parsers of what strangers' hosts and name servers say, which no other service needs.
const FUZZED: (&str, &str) = ("cairn-fuzz", "cairn-va");

/// Crates without a clock, a network, a file or a database.
const PURE: [&str; 6] = [
    "cairn-types",
    "cairn-acme",
    "cairn-x509",
    "cairn-evidence",
    "cairn-policy",
    "cairn-ct",
];

const IMPURE: [&str; 9] = [
    "tokio",
    "tonic",
    "hyper",
    "hyper-util",
    "diesel",
    "redis",
    "tokio-openssl",
    "cairn-kit",
    "cairn-rpc",
];

/// The members of the workspace.
pub(crate) fn packages() -> Result<BTreeMap<String, BTreeSet<(String, bool)>>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .context("cargo metadata")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    let package = |package: Package| {
        let dependencies = package.dependencies.into_iter();
        let dependencies = dependencies
            .map(|it| (it.name, it.kind.as_deref() == Some("dev")))
            .collect();
        (package.name, dependencies)
    };
    Ok(metadata.packages.into_iter().map(package).collect())
}

fn is_ours(name: &str) -> bool {
    name == "cairn" || name.starts_with("cairn-")
}

#[test]
fn libraries_know_only_what_lies_below_them() -> Result<()> {
    let packages = packages()?;
    for (library, allowed) in LIBRARIES {
        let dependencies = packages.get(library).with_context(|| library.to_owned())?;
        for (name, is_dev) in dependencies.iter().filter(|(name, _)| is_ours(name)) {
            let is_allowed =
                allowed.contains(&name.as_str()) || (*is_dev && LIBRARIES.iter().any(|it| it.0 == name));
            assert!(is_allowed, "{library} uses {name}");
        }
    }
    Ok(())
}

#[test]
fn pure_crates_have_no_way_out() -> Result<()> {
    let packages = packages()?;
    for library in PURE {
        for (name, is_dev) in packages.get(library).with_context(|| library.to_owned())? {
            assert!(
                *is_dev || !IMPURE.contains(&name.as_str()),
                "{library} uses {name}"
            );
        }
    }
    Ok(())
}

#[test]
fn no_service_knows_another_nor_does_anybody_know_a_service() -> Result<()> {
    for (package, dependencies) in packages()? {
        for (name, _) in dependencies {
            let is_fuzzed = FUZZED == (package.as_str(), name.as_str());
            assert!(
                is_fuzzed || !SERVICES.contains(&name.as_str()),
                "{package} uses {name}"
            );
        }
    }
    Ok(())
}

#[test]
fn services_and_tests_use_libraries_and_the_test_kits() -> Result<()> {
    for (package, dependencies) in packages()? {
        for (name, is_dev) in dependencies.iter().filter(|(name, _)| is_ours(name)) {
            let is_library = LIBRARIES.iter().any(|(library, _)| library == name);
            let may_use_kit = *is_dev || !SERVICES.contains(&package.as_str());
            assert!(
                is_library || FUZZED == (&package, name) || (KITS.contains(&name.as_str()) && may_use_kit),
                "{package} uses {name}"
            );
            assert!(
                name != "cairn-proto" || package == "cairn-rpc",
                "{package} uses the generated types"
            );
        }
    }
    Ok(())
}

#[test]
fn every_member_has_its_place() -> Result<()> {
    const TESTS: [&str; 7] = [
        "cairn-servers",
        "cairn-testkit",
        "cairn-integration",
        "cairn-architecture",
        "cairn-bench",
        "cairn-chaos",
        "cairn-fuzz",
    ];
    for package in packages()?.keys() {
        let name = package.as_str();
        let is_placed =
            SERVICES.contains(&name) || TESTS.contains(&name) || LIBRARIES.iter().any(|it| it.0 == name);
        assert!(is_placed, "{name} is new: say in this file what it may use");
    }
    Ok(())
}
