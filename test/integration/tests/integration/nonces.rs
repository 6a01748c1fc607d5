//! Nonces (RFC 8555 sections 6.5 and 7.2). What replayed and forged ones get is among the bad input.

use std::collections::BTreeSet;

use cairn_acme::{SignAs, base64url};
use http::Method;

use crate::support::{account, assert_problem, client, stack};

#[tokio::test]
async fn head_and_get_give_fresh_ones_that_nobody_stores() -> anyhow::Result<()> {
    let mut client = client().await?;
    let directory = client.shared_directory();
    let mut seen = BTreeSet::new();
    for (method, status) in [(Method::HEAD, 200), (Method::GET, 204), (Method::HEAD, 200)] {
        let answer = client.connection().request(method, &directory.new_nonce).await?;
        assert_eq!(answer.status, status);
        assert!(answer.header("cache-control").unwrap().contains("no-store"));
        assert_eq!(answer.links("index"), [stack()?.directory_url()]);
        let nonce = answer.nonce().unwrap();
        assert!(base64url::decode(nonce).unwrap().len() >= 16, "{nonce}");
        assert!(seen.insert(nonce.to_owned()), "twice");
    }
    Ok(())
}

#[tokio::test]
async fn every_answer_to_a_post_brings_one() -> anyhow::Result<()> {
    let mut account = account().await?;
    let url = account.url().to_owned();
    let new_nonce = account.client.directory().new_nonce.clone();
    for (target, payload, status) in [(&url, "", 200), (&url, "[]", 400), (&new_nonce, "", 204)] {
        let answer = account.another().post(target, payload.as_bytes()).await?;
        assert_eq!(answer.status, status, "{target}");
        let nonce = answer.nonce().unwrap();
        let body = account.key().sign(SignAs::Account(&url), nonce, &url, b"")?;
        account.client.post_body(&url, body).await?.ok()?;
    }
    Ok(())
}

#[tokio::test]
async fn one_nonce_serves_one_of_many_racing_requests() -> anyhow::Result<()> {
    let mut account = account().await?;
    let nonce = account.client.nonce().await?;
    let url = account.url().to_owned();
    let body = account.key().sign(SignAs::Account(&url), &nonce, &url, b"")?;
    let attempts = (0..8).map(|_| {
        let (mut client, url, body) = (account.client.another(), url.clone(), body.clone());
        async move { client.post_body(&url, body).await }
    });
    let mut served = 0;
    for answer in futures_util::future::join_all(attempts).await {
        let answer = answer?;
        if answer.status.is_success() {
            served += 1;
        } else {
            assert_problem(&answer, 400, "badNonce")?;
        }
    }
    assert_eq!(served, 1);
    Ok(())
}
