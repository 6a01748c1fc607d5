//! `cairn admin evidence`, against a CA that runs: what certificates rest on holds, and what was tampered with does not.

use std::process::{Command, Output};

use anyhow::{Context, Result};
use cairn_acme::{Algorithm, SigningKey};
use cairn_testkit::client::Account;
use cairn_testkit::names;
use cairn_testkit::stack::binaries;
use openssl::x509::X509;
use serde_json::Value;

use crate::audit::plant;
use crate::support::{doubles, own_stack};

fn evidence(arguments: &[&str], status: i32) -> Result<Output> {
    let binary = binaries()?.join("cairn");
    let output = Command::new(&binary)
        .args(["admin", "evidence"])
        .args(arguments)
        .output()
        .with_context(|| binary.display().to_string())?;
    assert_eq!(
        output.status.code(),
        Some(status),
        "{arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output)
}

fn report(arguments: &[&str], status: i32) -> Result<Value> {
    let output = evidence(&[arguments, &["--json"]].concat(), status)?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn serial(der: &[u8]) -> Result<String> {
    let serial = X509::from_der(der)?.serial_number().to_bn()?.to_hex_str()?;
    Ok(serial.to_string())
}

#[tokio::test]
async fn what_a_certificate_rests_on_holds_until_somebody_tampers_with_it() -> Result<()> {
    let stack = own_stack().await?;
    let http = &doubles()?.http;
    let mut account = Account::create(stack.client().await?, Algorithm::Es256).await?;
    let ordered = [names::fresh("one"), names::fresh("two")];
    let issued = account.issue(&ordered, http).await?;
    let other = account.issue(&[names::fresh("three")], http).await?;
    let (first, second) = (serial(&issued.der()?)?, serial(&other.der()?)?);
    // The signatures of before a change of key stay good.
    account
        .change_key(SigningKey::generate(Algorithm::Es384)?)
        .await?
        .ok()?;

    let dir = stack.dir().join("ca");
    let local = dir.display().to_string();
    let seen = report(&[&first, "--local", &local], 0)?;
    assert_eq!(seen["holds"], true, "{seen:#}");
    assert_eq!(seen["serial"], first.to_lowercase());
    let found = seen["names"].as_array().context("names")?;
    assert_eq!(found.len(), ordered.len());
    for name in found {
        let identifier = name["identifier"].as_str().context("identifier")?;
        assert!(ordered.iter().any(|it| it == identifier), "{seen:#}");
        assert_eq!(name["method"], "http-01");
        let counting = |receipt: &&Value| receipt["disregarded"].is_null();
        let receipts = name["receipts"].as_array().context("receipts")?;
        let primary = receipts
            .iter()
            .filter(counting)
            .find(|receipt| receipt["content"]["perspective"] == name["primary"])
            .with_context(|| format!("{seen:#}"))?;
        assert_eq!(primary["content"]["outcome"], "valid");
        assert_eq!(primary["content"]["caa"]["verdict"], "allowed");
        assert!(primary["content"]["contacted"][0].is_string(), "{seen:#}");
    }
    let ca_config = dir.join("config/ca.toml").display().to_string();
    let env = stack.env();
    let operator = env
        .get("CAIRN_OPERATOR_CONFIG")
        .context("CAIRN_OPERATOR_CONFIG")?;
    let explicit = [&first, "--config", operator, "--ca-config", &ca_config];
    assert_eq!(seen, report(&explicit, 0)?);
    let text = evidence(&[&second, "--local", &local], 0)?;
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.ends_with("the evidence of all names holds: 1\n"), "{text}");

    // By a policy that was stricter than the one of then, it would not have been enough.
    let config = std::fs::read_to_string(&ca_config)?;
    let strict = config.replace("[\"loopback\", \"private\"]", "[\"private\"]");
    assert_ne!(config, strict);
    let strict_config = dir.join("config/strict.toml");
    std::fs::write(&strict_config, strict)?;
    let strict_config = strict_config.display().to_string();
    let refused = report(&[&second, "--config", operator, "--ca-config", &strict_config], 1)?;
    let fault = refused["names"][0]["fault"].as_str().context("fault")?;
    assert!(fault.contains("an address for special use (loopback)"), "{fault}");

    let unknown = format!(
        "{}{}",
        &first[..30],
        if first.ends_with("00") { "11" } else { "00" }
    );
    evidence(&[&unknown, "--local", &local], 2)?;

    // The receipts of one name stand in for those of another.
    plant(
        &stack,
        "UPDATE receipts SET receipt = (SELECT receipt FROM receipts other \
         WHERE other.authorization_id <> receipts.authorization_id LIMIT 1)",
    )?;
    let tampered = report(&[&first, "--local", &local], 1)?;
    assert_eq!(tampered["holds"], false);
    assert!(tampered["names"][0]["fault"].is_string(), "{tampered:#}");
    let text = evidence(&[&second, "--local", &local], 1)?;
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains("1 of 1 names DOES NOT HOLD"), "{text}");
    Ok(())
}
