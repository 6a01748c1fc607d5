//! Nothing is lost in an orderly restart.

use anyhow::Result;
use cairn_acme::{Algorithm, SignAs};
use cairn_testkit::client::{Account, Client};
use cairn_testkit::names;
use cairn_types::OrderStatus;

use crate::support::{assert_problem, doubles, own_stack};

#[tokio::test]
async fn accounts_orders_certificates_and_nonces_survive() -> Result<()> {
    let stack = own_stack().await?;
    let url = stack.directory_url();
    let mut account = Account::create(stack.client().await?, Algorithm::Es256).await?;
    let issued = account.issue(&[names::fresh("kept")], &doubles()?.http).await?;
    let ready = account
        .ready_order(&[names::fresh("ready")], &doubles()?.http)
        .await?;
    let roots = stack.issuer_roots()?;
    let (nonce, used) = (account.client.nonce().await?, account.client.nonce().await?);
    let replay = account
        .key()
        .sign(SignAs::Account(account.url()), &used, account.url(), b"")?;
    let account_url = account.url().to_owned();
    account
        .client
        .post_body(&account_url, replay.clone())
        .await?
        .ok()?;

    let stack = stack.restart().await?;
    assert_eq!(stack.directory_url(), url);
    assert_eq!(stack.issuer_roots()?, roots);
    let client = Client::new(&url, &stack.trust()?).await?;
    let mut account = Account::existing(client, account.key().clone(), account.url().to_owned());
    let body = account
        .key()
        .sign(SignAs::Account(account.url()), &nonce, account.url(), b"")?;
    account.client.post_body(&account_url, body).await?.ok()?;
    let replayed = account.client.post_body(&account_url, replay).await?;
    assert_problem(&replayed, 400, "badNonce")?;
    assert_eq!(account.certificate(issued.url()).await?.pem, issued.chain.pem);
    let ready = account.order(&ready.url).await?;
    assert_eq!(ready.object.status, OrderStatus::Ready);
    account
        .finish(ready, cairn_testkit::keys::KeyKind::P256.generate()?)
        .await?;
    Ok(())
}
