//! A CA whose database is lost is restored from a copy that was made while it issued, and told what it signed since.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cairn_acme::Algorithm;
use cairn_testkit::client::{Account, Client, Issued};
use cairn_testkit::names;
use cairn_testkit::stack::{Service, Stack, binaries};

use crate::support::{assert_problem, doubles, own_stack, table};

const DATABASE: &str = "cairn.sqlite";

/// What a command of `cairn-sa` says that ends with this status.
fn cairn_sa(dir: &Path, command: &str, arguments: &[&Path], status: i32) -> Result<String> {
    let output = Command::new(binaries()?.join("cairn-sa"))
        .args([command, "--config"])
        .arg(dir.join("ca/config/sa.toml"))
        .args(arguments)
        .output()?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    ensure!(
        output.status.code() == Some(status),
        "{command}: {}: {said}",
        output.status
    );
    Ok(said)
}

async fn issue(account: &mut Account) -> Result<Issued> {
    Ok(account
        .issue(&[names::fresh("restored")], &doubles()?.http)
        .await?)
}

fn serial(issued: &Issued) -> &str {
    issued.url().rsplit('/').next().unwrap_or_default()
}

/// The logs as they were when the database was lost, elsewhere.
fn logs(stack: &Stack) -> Result<Vec<PathBuf>> {
    let write = |service: Service| {
        let path = stack.dir().join(format!("{}.shipped", service.name()));
        fs::write(&path, stack.log(service))?;
        Ok(path)
    };
    [Service::Ca, Service::Sa].map(write).into_iter().collect()
}

/// Loses the database, puts the copy in its place.
fn restore(dir: &Path, copy: &Path) -> Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let file = dir.join("ca").join(format!("{DATABASE}{ending}"));
        ensure!(
            fs::remove_file(&file).is_ok() || !ending.is_empty(),
            "no {DATABASE}"
        );
    }
    fs::copy(copy, dir.join("ca").join(DATABASE)).context("the copy")?;
    Ok(())
}

#[tokio::test]
async fn what_was_signed_after_the_backup_is_found_and_stays_revocable() -> Result<()> {
    let stack = own_stack().await?;
    for service in [Service::Ca, Service::Sa] {
        stack
            .reconfigure(service, |config| {
                table(config, "log").insert("format".to_owned(), "json".into());
            })
            .await?;
    }
    let mut account = Account::create(stack.client().await?, Algorithm::Es256).await?;
    let kept = issue(&mut account).await?;
    let copy = stack.dir().join("copy.db");
    let copying = tokio::task::spawn_blocking({
        let (dir, copy) = (stack.dir().to_owned(), copy.clone());
        move || cairn_sa(&dir, "backup", &["--to".as_ref(), &copy], 0)
    });
    let mut meanwhile = vec![issue(&mut account).await?];
    while !copying.is_finished() {
        meanwhile.push(issue(&mut account).await?);
    }
    copying.await??;
    let lost = issue(&mut account).await?;
    let mut newcomer = Account::create(stack.client().await?, Algorithm::Es256).await?;
    let newcomers = issue(&mut newcomer).await?;
    account.revoke(&kept.der()?, Some(4)).await?.ok()?;
    let logs = logs(&stack)?;

    let stack = stack
        .restart_after(|dir| {
            restore(dir, &copy)?;
            let logs: Vec<&Path> = logs.iter().map(PathBuf::as_path).collect();
            let told = cairn_sa(dir, "recover", &logs, 1)?;
            for issued in [&lost, &newcomers] {
                ensure!(
                    told.contains(&format!("certificate {} of order", serial(issued))),
                    "{told}"
                );
            }
            ensure!(
                told.contains(&format!("revocation of certificate {}", serial(&kept))),
                "{told}"
            );
            let storing = [&["--store".as_ref()], logs.as_slice()].concat();
            cairn_sa(dir, "recover", &storing, 0)?;
            let told = cairn_sa(dir, "recover", &logs, 0)?;
            ensure!(told.contains(" 0 missing"), "{told}");
            Ok(())
        })
        .await?;

    // Everybody has the account and the certificates that they had.
    let url = stack.directory_url();
    let client = async || {
        Client::new(&url, &stack.trust()?)
            .await
            .map_err(anyhow::Error::from)
    };
    let mut account = Account::existing(client().await?, account.key().clone(), account.url().to_owned());
    let mut newcomer = Account::existing(client().await?, newcomer.key().clone(), newcomer.url().to_owned());
    for issued in meanwhile.iter().chain([&kept, &lost]) {
        assert_eq!(account.certificate(issued.url()).await?.pem, issued.chain.pem);
    }
    assert_eq!(
        newcomer.certificate(newcomers.url()).await?.pem,
        newcomers.chain.pem
    );
    // What was revoked is, and what was lost can be.
    let refused = account.revoke(&kept.der()?, Some(4)).await?;
    assert_problem(&refused, 400, "alreadyRevoked")?;
    newcomer.revoke(&newcomers.der()?, Some(1)).await?.ok()?;
    // Orders of the lost time are gone; new ones are not.
    assert_problem(&account.get(&lost.order.url).await?, 404, "malformed")?;
    issue(&mut newcomer).await?;
    issue(&mut account).await?;
    // All rules hold, but for the proofs that are lost.
    let audited = Command::new(binaries()?.join("cairn"))
        .args(["admin", "audit", "--local"])
        .arg(stack.dir().join("ca"))
        .output()?;
    let report = String::from_utf8_lossy(&audited.stdout);
    ensure!(
        audited.status.success() && report.contains("recovered"),
        "{report}"
    );
    Ok(())
}
