//! What people are told: the page of a failed challenge, and `cairn admin validate`.

use std::process::Command;

use anyhow::{Context, Result};
use cairn_acme::{base64url, key_authorization};
use cairn_testkit::client::Connection;
use cairn_testkit::dns::Data;
use cairn_testkit::names;
use cairn_testkit::responder::Reply;
use cairn_testkit::stack::binaries;
use cairn_types::{ChallengeType, Thumbprint, Token};
use serde_json::Value;

use crate::support::{account, doubles, stack};

#[tokio::test]
async fn a_failed_challenge_has_a_page_that_tells_why() -> Result<()> {
    let mut account = account().await?;
    let name = names::fresh("explained");
    let order = account.order_names(&[&name]).await?;
    let url = &order.object.authorizations[0];
    let challenges = account.authorization(url).await?.challenges;
    let challenge = challenges
        .iter()
        .find(|it| it.kind == ChallengeType::Http01)
        .context("http-01")?;
    doubles()?
        .http
        .set(&challenge.token, Reply::Text("<b>spam</b>".to_owned()));
    account.answer_challenge(&challenge.url).await?;
    let failed = account
        .settled_authorization(url, cairn_testkit::client::PATIENCE)
        .await?;
    let error = failed.challenges[0].error.clone().context("error")?;
    let page = error.instance.context("instance")?;
    assert!(
        error.detail.ends_with(&format!(". See {page}")),
        "{}",
        error.detail
    );
    let seen = &error.observations[0];
    assert_eq!(seen.kind.as_deref(), Some(error.kind.as_str()));
    assert_eq!(seen.found.as_deref(), Some("\"<b>spam</b>\""));
    assert!(
        seen.steps.iter().any(|step| step.contains("status 200")),
        "{seen:?}"
    );

    let mut connection = Connection::new(stack()?.trust()?);
    let answer = connection.get(&page).await?.ok()?;
    let text = String::from_utf8_lossy(&answer.body);
    for part in ["The challenge http-01 failed", "&lt;b&gt;spam&lt;/b&gt;", &name] {
        assert!(text.contains(part), "{part}: {text}");
    }
    Ok(())
}

/// Runs `cairn admin validate`, off the runtime's thread: the doubles answer from there.
async fn validate(arguments: &[&str]) -> Result<(Option<i32>, String)> {
    let binary = binaries()?.join("cairn");
    let mut command = Command::new(&binary);
    command
        .args(["admin", "validate", "--local"])
        .arg(stack()?.dir().join("ca"))
        .args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    let text = [output.stdout, output.stderr].concat();
    Ok((output.status.code(), String::from_utf8_lossy(&text).into_owned()))
}

#[tokio::test]
async fn operators_try_challenges_and_caa() -> Result<()> {
    let doubles = doubles()?;
    let token: Token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
        .parse()
        .map_err(|_| anyhow::anyhow!("token"))?;
    let thumbprint = Thumbprint([7; 32]);
    doubles.http.set(
        token.as_str(),
        Reply::Text(key_authorization(&token, &thumbprint)),
    );
    let name = names::fresh_resolved("tried");
    let encoded = base64url::encode(thumbprint.0);
    let of_client = [&name, "--token", token.as_str(), "--thumbprint", &encoded];
    let (status, text) = validate(&of_client).await?;
    assert_eq!(status, Some(0), "{text}");
    assert!(
        text.contains("passed") && text.contains("status 200") && text.contains("It would pass"),
        "{text}"
    );

    let (status, text) = validate(&[&name]).await?;
    assert_eq!(status, Some(1), "{text}");
    assert!(
        text.contains("status 404") && text.contains("were made up"),
        "{text}"
    );

    doubles.dns.zone().add(&name, Data::issue("ca.example"));
    let (status, text) = validate(&[&name, "--caa", "--json"]).await?;
    assert_eq!(status, Some(1), "{text}");
    let trial: Value = serde_json::from_str(&text)?;
    assert_eq!(trial["passed"], false);
    let seen = trial["observations"].as_array().context("observations")?;
    assert!(
        !seen.is_empty() && seen.iter().all(|it| it["kind"] == "caa"),
        "{text}"
    );

    let (status, text) = validate(&[&name, "--challenge", "http-01", "--wildcard"]).await?;
    assert_eq!(status, Some(2), "{text}");
    assert!(
        text.contains("the validation authority at") && text.contains("cannot prove"),
        "{text}"
    );
    Ok(())
}
