//! CAA (RFC 8659, RFC 8657), checked with each challenge.

use anyhow::{Context, Result};
use cairn_acme::objects::AuthorizationObject;
use cairn_testkit::client::{Account, Prover};
use cairn_testkit::dns::{Data, Fault, Kind};
use cairn_testkit::names;
use cairn_types::AuthorizationStatus;

use crate::support::{account, doubles};

/// What CAA records know the CA by.
const OURS: &str = "cairn.localhost";

async fn attempt(
    account: &mut Account,
    identifier: &str,
    prover: &impl Prover,
) -> Result<AuthorizationObject> {
    let order = account.order_names(&[identifier]).await?;
    Ok(account.prove(&order.object.authorizations[0], prover).await?)
}

fn verdict(authorization: &AuthorizationObject) -> String {
    match authorization.status {
        AuthorizationStatus::Valid => "allowed".to_owned(),
        _ => {
            let error = authorization.challenges.iter().find_map(|it| it.error.as_ref());
            error.map_or_else(String::new, |error| error.short_type().to_owned())
        }
    }
}

#[tokio::test]
async fn records_decide() -> Result<()> {
    let doubles = doubles()?;
    let zone = doubles.dns.zone();
    let mut account = account().await?;
    let mine = format!("{OURS}; accounturi={}", account.url());
    let others = format!("{OURS}; accounturi=https://ca.example/acme/account/1");
    let critical = |tag: &str| Data::Caa(128, tag.to_owned(), "x".to_owned());
    let cases: Vec<(&str, Vec<Data>, &str)> = vec![
        ("no records", vec![], "allowed"),
        ("this CA", vec![Data::issue(OURS)], "allowed"),
        (
            "this CA in other case",
            vec![Data::Caa(0, "ISSUE".to_owned(), "Cairn.LOCALHOST".to_owned())],
            "allowed",
        ),
        ("another CA", vec![Data::issue("ca.example")], "caa"),
        ("no CA", vec![Data::issue(";")], "caa"),
        ("malformed", vec![Data::issue("cairn localhost")], "caa"),
        (
            "this CA among others",
            vec![Data::issue("ca.example"), Data::issue(OURS)],
            "allowed",
        ),
        (
            "only wildcards restricted",
            vec![Data::issuewild("ca.example")],
            "allowed",
        ),
        (
            "iodef alone",
            vec![Data::Caa(0, "iodef".to_owned(), "mailto:a@a.example".to_owned())],
            "allowed",
        ),
        (
            "an unknown tag",
            vec![Data::Caa(0, "tbs".to_owned(), "x".to_owned())],
            "allowed",
        ),
        (
            "an unknown critical tag",
            vec![Data::issue(OURS), critical("tbs")],
            "caa",
        ),
        ("this account", vec![Data::issue(&mine)], "allowed"),
        ("another account", vec![Data::issue(&others)], "caa"),
        (
            "this method",
            vec![Data::issue(&format!("{OURS}; validationmethods=dns-01,http-01"))],
            "allowed",
        ),
        (
            "another method",
            vec![Data::issue(&format!("{OURS}; validationmethods=dns-01"))],
            "caa",
        ),
    ];
    for (what, records, expected) in cases {
        let name = names::fresh_resolved("caa");
        for record in records {
            zone.add(&name, record);
        }
        let authorization = attempt(&mut account, &name, &doubles.http).await.context(what)?;
        assert_eq!(verdict(&authorization), expected, "{what}");
    }
    Ok(())
}

#[tokio::test]
async fn the_closest_records_count() -> Result<()> {
    let doubles = doubles()?;
    let zone = doubles.dns.zone();
    let mut account = account().await?;
    let parent = names::fresh_resolved("parent");
    zone.add(&parent, Data::issue("ca.example"));
    zone.add(&format!("own.{parent}"), Data::issue(OURS));
    for (name, expected) in [
        (format!("deep.below.{parent}"), "caa"),
        (format!("own.{parent}"), "allowed"),
        (format!("below.own.{parent}"), "allowed"),
    ] {
        let authorization = attempt(&mut account, &name, &doubles.http).await?;
        assert_eq!(verdict(&authorization), expected, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn wildcards_have_records_of_their_own() -> Result<()> {
    let doubles = doubles()?;
    let zone = doubles.dns.zone();
    let mut account = account().await?;
    for (records, wildcard, plain) in [
        (
            vec![Data::issue(OURS), Data::issuewild("ca.example")],
            "caa",
            "allowed",
        ),
        (
            vec![Data::issue("ca.example"), Data::issuewild(OURS)],
            "allowed",
            "caa",
        ),
        (vec![Data::issue(OURS)], "allowed", "allowed"),
    ] {
        let name = names::fresh_resolved("wild");
        for record in &records {
            zone.add(&name, record.clone());
        }
        for (identifier, expected) in [(format!("*.{name}"), wildcard), (name.clone(), plain)] {
            let authorization = attempt(&mut account, &identifier, &doubles.dns).await?;
            assert_eq!(verdict(&authorization), expected, "{identifier}: {records:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_look_up_that_fails_permits_nothing() -> Result<()> {
    let doubles = doubles()?;
    let zone = doubles.dns.zone();
    let mut account = account().await?;
    let name = names::fresh_resolved("failing");
    zone.fail(&name, Some(Kind::Caa), Fault::ServFail);
    let authorization = attempt(&mut account, &name, &doubles.http).await?;
    assert!(
        ["caa", "dns"].contains(&verdict(&authorization).as_str()),
        "{authorization:?}"
    );
    Ok(())
}
