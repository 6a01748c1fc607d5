//! The sample configurations are accepted by the binaries that they are for, and mistakes are not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result};
use cairn_testkit::stack::{Service, binaries};
use openssl::pkey::PKey;

use crate::support::stack;

fn check(service: Service, config: &Path) -> Result<Output> {
    let binary = binaries()?.join(format!("cairn-{}", service.name()));
    Command::new(&binary)
        .arg("--config")
        .arg(config)
        .arg("--check-config")
        .output()
        .with_context(|| binary.display().to_string())
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config")
}

/// Which of the running CA's files is of the kind that a sample names.
fn stand_in(named: &str) -> &'static str {
    match named {
        "issuers/e1.pem" | "issuers/e1-chain.pem" => "acme/ecdsa/intermediate.pem",
        "issuers/e1.key" => "acme/ecdsa/intermediate.key",
        "issuers/r1.pem" | "issuers/r1-chain.pem" => "acme/rsa/intermediate.pem",
        "issuers/r1.key" => "acme/rsa/intermediate.key",
        "issuers/root-e.pem" => "acme/ecdsa/root.pem",
        "issuers/root-r.pem" => "acme/rsa/root.pem",
        "va/receipt.key" => "va/receipt.key",
        _ if ending(named) == "key" => "services/sa.key",
        _ => "services/sa.pem",
    }
}

fn ending(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

/// Puts every sample into a folder, with the secrets and certificates of the running CA where it expects its own.
fn furnished(folder: &Path) -> Result<()> {
    let pki = stack()?.dir().join("ca/pki");
    for entry in fs::read_dir(samples())? {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?;
        fs::write(folder.join(path.file_name().context("a name")?), &text)?;
        for line in text.lines().map(|line| line.trim_start_matches("# ")) {
            let value = line
                .split_once(" = \"")
                .and_then(|(_, rest)| rest.split_once('"'));
            let Some((named, _)) = value.filter(|(name, _)| ["key", "pem", "pub"].contains(&ending(name)))
            else {
                continue;
            };
            let target = folder.join(named);
            fs::create_dir_all(target.parent().context("a folder")?)?;
            if ending(named) == "pub" {
                fs::write(target, PKey::generate_ed25519()?.public_key_to_pem()?)?;
            } else {
                fs::copy(pki.join(stand_in(named)), target)?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_service_has_a_sample_that_it_accepts() -> Result<()> {
    let folder = tempfile::tempdir()?;
    furnished(folder.path())?;
    for service in Service::ALL {
        let config = folder.path().join(format!("{}.toml", service.name()));
        let output = check(service, &config)?;
        assert!(
            output.status.success(),
            "{}: {}",
            service.name(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

#[tokio::test]
async fn unknown_keys_and_missing_files_are_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for service in Service::ALL {
        let source = stack()?.dir().join(format!("ca/config/{}.toml", service.name()));
        let config = folder.path().join(format!("{}.toml", service.name()));
        let text = fs::read_to_string(&source)?;
        let pki = stack()?.dir().join("ca/pki/services").display().to_string();
        for (spoiled, said) in [
            (format!("surprise = 1\n{text}"), "surprise"),
            (format!("{text}\n[surprise]\nx = 1\n"), "surprise"),
            (text.replace(&pki, "/nowhere"), "/nowhere"),
            ("tls = [".to_owned(), "toml"),
        ] {
            fs::write(&config, &spoiled)?;
            let output = check(service, &config)?;
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success(), "{}: accepts {said}", service.name());
            assert!(
                error.contains(said) && error.lines().count() == 1,
                "{}: {error}",
                service.name()
            );
        }
    }
    Ok(())
}
