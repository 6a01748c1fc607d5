//! Account key change (RFC 8555 section 7.3.5). What bad ones get is among the bad input.

use anyhow::Result;
use cairn_acme::{Algorithm, SigningKey};
use cairn_testkit::client::Account;
use cairn_testkit::names;
use cairn_types::OrderStatus;

use crate::support::{account, assert_problem, client, doubles};

#[tokio::test]
async fn the_new_key_takes_over_and_the_old_one_is_nobodys() -> Result<()> {
    let mut account = account().await?;
    let old = account.key().clone();
    for algorithm in Algorithm::ALL {
        account.change_key(SigningKey::generate(algorithm)?).await?.ok()?;
        assert_eq!(account.object().await?.status.as_str(), "valid", "{algorithm}");
    }
    let mut stale = Account::existing(client().await?, old.clone(), account.url().to_owned());
    let url = account.url().to_owned();
    assert!(!stale.get(&url).await?.status.is_success());
    // RFC 8555 section 7.3.5 frees the old key: it may make an account of its own.
    let (again, answer) =
        Account::register(client().await?, old, &cairn_acme::objects::NewAccount::default()).await?;
    assert_eq!(answer.status, 201);
    assert_ne!(again.url(), url);
    Ok(())
}

#[tokio::test]
async fn what_was_proved_under_the_old_keys_still_counts() -> Result<()> {
    let mut account = account().await?;
    let (before, between) = (names::fresh("before"), names::fresh("between"));
    let ready = account.ready_order(&[&before], &doubles()?.http).await?;
    account
        .change_key(SigningKey::generate(Algorithm::Es384)?)
        .await?
        .ok()?;
    account.ready_order(&[&between], &doubles()?.http).await?;
    account
        .change_key(SigningKey::generate(Algorithm::EdDsa)?)
        .await?
        .ok()?;

    // An order that was ready before the changes, and one that reuses what was proved by either key.
    account
        .finish(ready, cairn_testkit::keys::KeyKind::P256.generate()?)
        .await?;
    let after = names::fresh("after");
    let order = account.order_names(&[&before, &between]).await?;
    assert_eq!(order.object.status, OrderStatus::Ready);
    account
        .issue(&[&before, &between, &after], &doubles()?.http)
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_key_that_has_an_account_is_not_taken_from_it() -> Result<()> {
    let mut account = account().await?;
    let other = self::account().await?;
    let answer = account.change_key(other.key().clone()).await?;
    assert_problem(&answer, 409, "malformed")?;
    assert_eq!(answer.location()?, other.url());
    assert_eq!(account.object().await?.status.as_str(), "valid");
    Ok(())
}
