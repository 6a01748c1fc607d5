//! Nonces (RFC 8555 section 6.5).

use anyhow::{Result, ensure};
use cairn_acme::base64url;

use super::case::{Case, case, run, run_in};
use super::lab::Lab;
use crate::support::assert_problem;

const SECTION: &str = "RFC 8555 section 6.5";
const BAD: (u16, &str) = (400, "badNonce");

fn cases() -> Vec<Case> {
    type Spoil = fn(Vec<u8>) -> Vec<u8>;
    let spoils: [(&str, Spoil); 8] = [
        ("made up", |_| b"one that looks like nothing here".to_vec()),
        ("short", |nonce| nonce[..nonce.len() - 1].to_vec()),
        ("long", |nonce| [nonce, vec![0]].concat()),
        ("one octet", |_| vec![0]),
        ("of zeros", |nonce| vec![0; nonce.len()]),
        ("with another time", |mut nonce| {
            nonce[5] ^= 1;
            nonce
        }),
        ("with another MAC", |mut nonce| {
            *nonce.last_mut().unwrap_or(&mut 0) ^= 1;
            nonce
        }),
        ("enormous", |_| vec![1; 10_000]),
    ];
    spoils
        .into_iter()
        .map(|(what, spoil)| {
            case(format!("a nonce {what}"), SECTION, BAD, move |lab, nonce| {
                let octets = base64url::decode(nonce).unwrap_or_default();
                let spoiled = base64url::encode(spoil(octets));
                lab.request(&lab.pending.url, &spoiled, "")
            })
        })
        .collect()
}

#[tokio::test]
async fn nonces_of_other_making() -> Result<()> {
    run(cases()).await
}

#[tokio::test]
async fn a_replayed_request_is_refused_and_told_a_fresh_nonce() -> Result<()> {
    let lab = Lab::new().await?;
    let mut client = lab.client().await?;
    let first = client.nonce().await?;
    client
        .post_body(&lab.pending.url, lab.request(&lab.pending.url, &first, "").body)
        .await?
        .ok()?;
    let used = first.clone();
    let replayed = case("the same request again", SECTION, BAD, move |lab, _| {
        lab.request(&lab.pending.url, &used, "")
    });
    let used = first.clone();
    let other = case("its nonce with another request", SECTION, BAD, move |lab, _| {
        lab.request(
            &lab.directory.new_order,
            &used,
            r#"{"identifiers":[{"type":"dns","value":"good.test"}]}"#,
        )
    });
    let used = first.clone();
    let others = case("its nonce with another account", SECTION, BAD, move |lab, _| {
        lab.bob.request(&lab.bobs.url, &used, "")
    });
    run_in(&lab, vec![replayed, other, others]).await?;

    let refused = client
        .post_body(&lab.pending.url, lab.request(&lab.pending.url, &first, "").body)
        .await?;
    assert_problem(&refused, 400, "badNonce")?;
    let fresh = refused.nonce().unwrap_or_default();
    let again = client.connection().post(
        &lab.pending.url,
        "application/jose+json",
        lab.request(&lab.pending.url, fresh, "").body.into(),
    );
    ensure!(
        again.await?.status.is_success(),
        "the nonce that comes with badNonce is good"
    );
    Ok(())
}

#[tokio::test]
async fn a_nonce_is_spent_by_a_request_that_fails_later() -> Result<()> {
    let lab = Lab::new().await?;
    let mut client = lab.client().await?;
    let nonce = client.nonce().await?;
    let refused = client
        .post_body(
            &lab.directory.new_order,
            lab.request(&lab.directory.new_order, &nonce, "{}").body,
        )
        .await?;
    assert_problem(&refused, 400, "malformed")?;
    let again = client
        .post_body(&lab.pending.url, lab.request(&lab.pending.url, &nonce, "").body)
        .await?;
    assert_problem(&again, 400, "badNonce")?;
    Ok(())
}
