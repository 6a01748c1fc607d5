//! Revocation (RFC 8555 section 7.6).

use anyhow::Result;
use cairn_acme::objects::RenewalInfo;
use cairn_acme::{Algorithm, SigningKey};
use cairn_testkit::client::{Account, Issued};
use cairn_testkit::names;
use cairn_types::Duration;
use openssl::asn1::Asn1Time;

use crate::ari::renewal_url;
use crate::support::{account, assert_problem, doubles};

async fn issued(account: &mut Account, names: &[String]) -> Result<Issued> {
    Ok(account.issue(names, &doubles()?.http).await?)
}

/// A revoked certificate is to be replaced at once.
async fn is_revoked(account: &mut Account, issued: &Issued) -> Result<bool> {
    let leaf = issued.chain.leaf()?;
    let url = renewal_url(account.client.directory(), &leaf)?;
    let info: RenewalInfo = account.client.connection().get(&url).await?.ok()?.json()?;
    let much_later = info.suggested_window.end + Duration::from_secs(40 * 86_400);
    Ok(*leaf.not_after() > *Asn1Time::from_unix(much_later.as_secs())?)
}

#[tokio::test]
async fn by_the_account_that_ordered_it_for_every_reason_a_client_may_give() -> Result<()> {
    let mut account = account().await?;
    let name = [names::fresh("own")];
    for reason in [None, Some(0), Some(1), Some(3), Some(4), Some(5)] {
        let issued = issued(&mut account, &name).await?;
        assert!(!is_revoked(&mut account, &issued).await?);
        let answer = account.revoke(&issued.der()?, reason).await?.ok()?;
        assert!(answer.body.is_empty(), "{reason:?}");
        assert!(is_revoked(&mut account, &issued).await?, "{reason:?}");
        assert_problem(
            &account.revoke(&issued.der()?, reason).await?,
            400,
            "alreadyRevoked",
        )?;
    }
    Ok(())
}

#[tokio::test]
async fn by_the_key_of_the_certificate() -> Result<()> {
    let mut account = account().await?;
    let issued = issued(&mut account, &[names::fresh("key")]).await?;
    let key = SigningKey::new(issued.key.clone())?;
    let mut stranger = account.client.another();
    let other = SigningKey::generate(Algorithm::Es256)?;
    let refused = Account::revoke_by_key(&mut stranger, &other, &issued.der()?, None).await?;
    assert_problem(&refused, 403, "unauthorized")?;
    assert!(!is_revoked(&mut account, &issued).await?);
    Account::revoke_by_key(&mut stranger, &key, &issued.der()?, Some(1))
        .await?
        .ok()?;
    assert!(is_revoked(&mut account, &issued).await?);
    Ok(())
}

#[tokio::test]
async fn by_another_account_that_holds_all_the_names() -> Result<()> {
    let mut owner = account().await?;
    let names = [names::fresh("a"), names::fresh("b")];
    let issued = issued(&mut owner, &names).await?;
    let mut other = account().await?;
    assert_problem(&other.revoke(&issued.der()?, None).await?, 403, "unauthorized")?;
    other.ready_order(&names[..1], &doubles()?.http).await?;
    assert_problem(&other.revoke(&issued.der()?, None).await?, 403, "unauthorized")?;
    other.ready_order(&names[1..], &doubles()?.http).await?;
    other.revoke(&issued.der()?, None).await?.ok()?;
    assert!(is_revoked(&mut owner, &issued).await?);
    Ok(())
}

#[tokio::test]
async fn racing_revocations_revoke_once() -> Result<()> {
    let mut account = account().await?;
    let issued = issued(&mut account, &[names::fresh("race")]).await?;
    let der = issued.der()?;
    let mut racing = Vec::new();
    for _ in 0..6 {
        let (mut account, der) = (account.another(), der.clone());
        racing.push(async move { account.revoke(&der, Some(4)).await });
    }
    let mut revoked = 0;
    for answer in futures_util::future::join_all(racing).await {
        let answer = answer?;
        if answer.status.is_success() {
            revoked += 1;
        } else {
            assert_problem(&answer, 400, "alreadyRevoked")?;
        }
    }
    // Those of the same millisecond ask for the same revocation, and have the same answer.
    assert!(revoked >= 1);
    assert_problem(&account.revoke(&der, Some(4)).await?, 400, "alreadyRevoked")?;
    Ok(())
}
