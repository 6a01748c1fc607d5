//! `cairn admin audit`, against a CA that runs: nothing is found in what it did, and what was planted is.

use std::process::{Command, Output};

use anyhow::{Context, Result};
use cairn_acme::Algorithm;
use cairn_testkit::client::Account;
use cairn_testkit::names;
use cairn_testkit::stack::{Stack, binaries};
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, RunQueryDsl, SqliteConnection};
use serde_json::Value;

use crate::support::{doubles, own_stack};

fn audit(arguments: &[&str]) -> Result<Output> {
    let binary = binaries()?.join("cairn");
    Command::new(&binary)
        .args(["admin", "audit"])
        .args(arguments)
        .output()
        .with_context(|| binary.display().to_string())
}

/// The report as JSON, of an audit that ended with this status.
fn report(arguments: &[&str], status: i32) -> Result<Value> {
    let output = audit(&[arguments, &["--json"]].concat())?;
    let shown = || String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{}", shown());
    serde_json::from_slice(&output.stdout).with_context(shown)
}

/// How many there are of something.
fn count(report: &Value, subject: &str, name: &str) -> Option<u64> {
    let subjects = report["subjects"].as_array()?;
    let found = subjects.iter().find(|it| it["name"] == subject)?;
    if name == "rows" {
        found["rows"].as_u64()
    } else {
        found["counts"][name].as_u64()
    }
}

/// Writes into the database beside the storage authority. The triggers go first: they would tell of it.
pub(crate) fn plant(stack: &Stack, statement: &str) -> Result<()> {
    let path = stack.dir().join("ca/cairn.sqlite");
    let mut database = SqliteConnection::establish(path.to_str().context("path")?)?;
    database.batch_execute("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = OFF")?;
    let triggers: Vec<String> =
        diesel::dsl::sql::<Text>("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            .load(&mut database)?;
    for trigger in triggers {
        database.batch_execute(&format!("DROP TRIGGER {trigger}"))?;
    }
    Ok(database.batch_execute(statement)?)
}

#[tokio::test]
async fn what_the_ca_did_is_clean_and_what_was_planted_is_found() -> Result<()> {
    let stack = own_stack().await?;
    let http = &doubles()?.http;
    let mut account = Account::create(stack.client().await?, Algorithm::Es256).await?;
    let issued = account
        .issue(&[names::fresh("one"), names::fresh("two")], http)
        .await?;
    account.issue(&[names::fresh("three")], http).await?;
    account.revoke(&issued.der()?, Some(4)).await?.ok()?;
    account.ready_order(&[names::fresh("ready")], http).await?;
    account.order_names(&[&names::fresh("pending")]).await?;
    let mut gone = Account::create(stack.client().await?, Algorithm::Es256).await?;
    gone.deactivate().await?;

    let dir = stack.dir().join("ca").display().to_string();
    let env = stack.env();
    let config = env
        .get("CAIRN_OPERATOR_CONFIG")
        .context("no CAIRN_OPERATOR_CONFIG")?;
    let clean = report(&["--local", &dir], 0)?;
    assert_eq!(clean, report(&["--config", config, "--page", "1"], 0)?);
    for (subject, name, expected) in [
        ("accounts", "valid", 1),
        ("accounts", "deactivated", 1),
        ("authorizations", "rows", 5),
        ("orders", "valid", 2),
        ("orders", "ready", 1),
        ("orders", "pending", 1),
        ("certificates", "signed", 2),
        ("certificates", "revoked", 1),
        ("trail", "chains", 10),
    ] {
        assert_eq!(
            count(&clean, subject, name),
            Some(expected),
            "{subject} {name}: {clean:#}"
        );
    }
    let table = audit(&["--local", &dir])?;
    let text = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(
        text.contains("\nno violations in ") && table.stderr.is_empty(),
        "{text}"
    );

    plant(
        &stack,
        "UPDATE certificates SET not_after = not_after + 1000 WHERE revoked IS NULL",
    )?;
    let found = report(&["--local", &dir], 1)?;
    let broken = found["broken"].as_object().context("broken")?;
    assert_eq!(
        broken.keys().collect::<Vec<_>>(),
        ["certificate-content"],
        "{found:#}"
    );
    assert_eq!(
        broken["certificate-content"]["examples"].as_array().map(Vec::len),
        Some(1)
    );
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_not_clean() -> Result<()> {
    for (arguments, said) in [
        (["--local", "/nowhere"], "/nowhere/config/operator.toml"),
        (["--grace", "soon"], "--grace"),
        (["--page", "0"], "--page"),
    ] {
        let output = audit(&arguments)?;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(said) && output.stdout.is_empty(), "{error}");
    }
    Ok(())
}
