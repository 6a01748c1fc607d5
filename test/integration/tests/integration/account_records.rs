//! Challenges whose records name the account: dns-account-01 and dns-persist-01.

use anyhow::{Context, Result};
use cairn_acme::objects::{AuthorizationObject, ChallengeObject};
use cairn_acme::persist::{self, Record};
use cairn_acme::{dns_account01_name, dns01_record};
use cairn_kit::SystemClock;
use cairn_testkit::client::{Account, PATIENCE};
use cairn_testkit::dns::Data;
use cairn_testkit::keys::KeyKind;
use cairn_testkit::names;
use cairn_types::{AuthorizationStatus, ChallengeType, Clock, Duration, OrderStatus, Timestamp};

use crate::support::{account, doubles, leaf_names};

fn find(authorization: &AuthorizationObject, kind: ChallengeType) -> Result<&ChallengeObject> {
    let mut challenges = authorization.challenges.iter();
    challenges.find(|it| it.kind == kind).context("not offered")
}

/// The record by which the account proves control, with the name that it stands at.
fn record(
    account: &Account,
    challenge: &ChallengeObject,
    name: &str,
    until: Option<Timestamp>,
) -> Result<(String, String)> {
    if challenge.kind == ChallengeType::DnsAccount01 {
        let token = challenge.token.parse().map_err(|_| anyhow::anyhow!("token"))?;
        let place = dns_account01_name(account.url(), name);
        return Ok((place, dns01_record(&token, &account.thumbprint())));
    }
    let record = Record {
        issuer: challenge.issuer_domain_names_01[0].clone(),
        account_uri: account.url().to_owned(),
        wildcard: true,
        until,
    };
    Ok((persist::record_name(name), record.to_string()))
}

#[tokio::test]
async fn they_prove_names_and_wildcards() -> Result<()> {
    let zone = doubles()?.dns.zone();
    for kind in [ChallengeType::DnsAccount01, ChallengeType::DnsPersist01] {
        let name = names::fresh_resolved("named");
        let wildcard = format!("*.{name}");
        let mut account = account().await?;
        let order = account.order_names(&[&name, &wildcard]).await?;
        for url in &order.object.authorizations {
            let authorization = account.authorization(url).await?;
            let challenge = find(&authorization, kind)?;
            let (place, text) = record(&account, challenge, &name, None)?;
            zone.add(&place, Data::Txt(vec![text]));
            account.answer_challenge(&challenge.url).await?;
            let settled = account.settled_authorization(url, PATIENCE).await?;
            assert_eq!(
                settled.status,
                AuthorizationStatus::Valid,
                "{:?}",
                settled.challenges
            );
        }
        let ready = account
            .order_until(order, PATIENCE, |status| status != OrderStatus::Pending)
            .await?;
        let issued = account.finish(ready, KeyKind::P256.generate()?).await?;
        assert_eq!(leaf_names(&issued.chain.leaf()?)?, [wildcard, name], "{kind}");
    }
    Ok(())
}

#[tokio::test]
async fn a_record_that_ends_ends_the_authorization() -> Result<()> {
    let zone = doubles()?.dns.zone();
    let hours = |count: u64| (SystemClock.now() + Duration::from_secs(count * 3600)).floor_secs();
    for (until, latest) in [(Some(hours(5)), hours(5)), (None, hours(10 * 24 + 1))] {
        let name = names::fresh_resolved("ends");
        let mut account = account().await?;
        let order = account.order_names(&[&name]).await?;
        let url = &order.object.authorizations[0];
        let authorization = account.authorization(url).await?;
        let challenge = find(&authorization, ChallengeType::DnsPersist01)?;
        let (place, text) = record(&account, challenge, &name, until)?;
        zone.add(&place, Data::Txt(vec![text]));
        account.answer_challenge(&challenge.url).await?;
        let settled = account.settled_authorization(url, PATIENCE).await?;
        assert_eq!(
            settled.status,
            AuthorizationStatus::Valid,
            "{:?}",
            settled.challenges
        );
        let expires = settled.expires.context("no end")?;
        assert!(expires <= latest, "{expires:?}");
    }
    Ok(())
}

#[tokio::test]
async fn another_accounts_record_proves_nothing() -> Result<()> {
    let zone = doubles()?.dns.zone();
    let stranger = account().await?;
    for kind in [ChallengeType::DnsAccount01, ChallengeType::DnsPersist01] {
        let name = names::fresh_resolved("stranger");
        let mut account = account().await?;
        let order = account.order_names(&[&name]).await?;
        let url = &order.object.authorizations[0];
        let authorization = account.authorization(url).await?;
        let challenge = find(&authorization, kind)?;
        let (place, text) = record(&stranger, challenge, &name, None)?;
        zone.add(&place, Data::Txt(vec![text]));
        account.answer_challenge(&challenge.url).await?;
        let settled = account.settled_authorization(url, PATIENCE).await?;
        assert_eq!(settled.status, AuthorizationStatus::Invalid, "{kind}");
        let error = settled.challenges[0].error.as_ref().context("no error")?;
        assert_eq!(error.short_type(), "unauthorized", "{}", error.detail);
        let (place, _) = record(&account, challenge, &name, None)?;
        assert!(error.detail.contains(&place), "what would pass: {}", error.detail);
    }
    Ok(())
}
