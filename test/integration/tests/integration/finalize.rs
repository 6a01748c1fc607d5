//! Finalizing (RFC 8555 section 7.4): one order, one certificate, for every kind of key.

use std::collections::BTreeSet;

use anyhow::Result;
use cairn_acme::objects::OrderObject;
use cairn_testkit::client::{PATIENCE, dns_order};
use cairn_testkit::csr::CsrBuilder;
use cairn_testkit::keys::KeyKind;
use cairn_testkit::names;
use cairn_types::OrderStatus;
use openssl::pkey::Id;

use crate::support::{account, assert_problem, doubles, leaf_names};

#[tokio::test]
async fn every_key_kind_gets_a_certificate_from_a_fitting_issuer() -> Result<()> {
    let mut account = account().await?;
    let name = names::fresh("kinds");
    for (kind, issuer) in [
        (KeyKind::P256, Id::EC),
        (KeyKind::P384, Id::EC),
        (KeyKind::Rsa(2048), Id::RSA),
        (KeyKind::Rsa(3072), Id::RSA),
    ] {
        let issued = account
            .issue_order(&dns_order(&[&name]), kind, &doubles()?.http)
            .await?;
        let chain = issued.chain.certificates()?;
        assert!(chain[0].public_key()?.public_eq(&issued.key), "{kind:?}");
        assert_eq!(chain[1].public_key()?.id(), issuer, "{kind:?}");
    }
    Ok(())
}

#[tokio::test]
async fn racing_requests_yield_one_certificate() -> Result<()> {
    let mut account = account().await?;
    let name = names::fresh("race");
    let order = account.ready_order(&[&name], &doubles()?.http).await?;
    let mut racing = Vec::new();
    for _ in 0..16 {
        let csr = CsrBuilder::for_names(&[&name]).build(&KeyKind::P256.generate()?)?;
        let (mut account, order) = (account.another(), order.clone());
        racing.push(async move { account.try_finalize(&order, &csr).await });
    }
    let mut serving = 0;
    for answer in futures_util::future::join_all(racing).await {
        let answer = answer?;
        if answer.status.is_success() {
            serving += 1;
            let status = answer.json::<OrderObject>()?.status;
            assert!(
                matches!(status, OrderStatus::Processing | OrderStatus::Valid),
                "{status}"
            );
        } else {
            assert_problem(&answer, 403, "orderNotReady")?;
        }
    }
    assert!(serving > 0);
    let order = account.settled_order(order, PATIENCE).await?;
    assert_eq!(order.object.status, OrderStatus::Valid);
    let url = order.object.certificate.clone().unwrap_or_default();
    let first = account.certificate(&url).await?;
    let again = account.order(&order.url).await?;
    assert_eq!(again.object.certificate.as_ref(), Some(&url));
    assert_eq!(account.certificate(&url).await?.pem, first.pem);
    Ok(())
}

#[tokio::test]
async fn a_request_whose_answer_was_lost_is_answered_again() -> Result<()> {
    let mut account = account().await?;
    let name = names::fresh("lost");
    let order = account.ready_order(&[&name], &doubles()?.http).await?;
    let csr = CsrBuilder::for_names(&[&name]).build(&KeyKind::P256.generate()?)?;
    let first = account.finalize(&order, &csr).await?;
    let first = account.settled_order(first, PATIENCE).await?;
    for _ in 0..2 {
        let again = account.finalize(&order, &csr).await?;
        assert_eq!(again.object.status, OrderStatus::Valid);
        assert_eq!(again.object.certificate, first.object.certificate);
    }
    Ok(())
}

#[tokio::test]
async fn a_valid_order_is_not_finalized_again() -> Result<()> {
    let mut account = account().await?;
    let name = names::fresh("again");
    let issued = account.issue(&[&name], &doubles()?.http).await?;
    let csr = CsrBuilder::for_names(&[&name]).build(&KeyKind::P256.generate()?)?;
    assert_problem(
        &account.try_finalize(&issued.order, &csr).await?,
        403,
        "orderNotReady",
    )?;
    let order = account.order(&issued.order.url).await?;
    assert_eq!(order.object.certificate, issued.order.object.certificate);
    Ok(())
}

#[tokio::test]
async fn a_refused_csr_leaves_the_order_ready() -> Result<()> {
    let mut account = account().await?;
    let name = names::fresh("retry");
    let order = account.ready_order(&[&name], &doubles()?.http).await?;
    let key = KeyKind::P256.generate()?;
    let wrong = CsrBuilder::for_names(&["other.test"]).build(&key)?;
    assert_problem(&account.try_finalize(&order, &wrong).await?, 400, "badCSR")?;
    let order = account.order(&order.url).await?;
    assert_eq!(order.object.status, OrderStatus::Ready);
    account.finish(order, key).await?;
    Ok(())
}

#[tokio::test]
async fn names_may_stand_in_the_common_name_as_well() -> Result<()> {
    let mut account = account().await?;
    let (a, b) = (names::fresh("a"), names::fresh("b"));
    let key = KeyKind::P256.generate()?;
    let csrs = [
        CsrBuilder::for_names(&[&a, &b]).common_name(&a),
        CsrBuilder::for_names(&[&b]).common_name(&a),
        CsrBuilder::for_names(&[a.to_uppercase(), b.clone()]),
        CsrBuilder::for_names(&[&b, &a]).subject(cairn_testkit::der::oid::ORGANIZATION, "Example"),
    ];
    for csr in csrs {
        let order = account.ready_order(&[&a, &b], &doubles()?.http).await?;
        let order = account.finalize(&order, &csr.build(&key)?).await?;
        let order = account.settled_order(order, PATIENCE).await?;
        let chain = account
            .certificate(order.object.certificate.as_deref().unwrap_or_default())
            .await?;
        let leaf = chain.leaf()?;
        assert_eq!(leaf_names(&leaf)?, [a.clone(), b.clone()]);
        assert_eq!(
            leaf.subject_name()
                .entries_by_nid(openssl::nid::Nid::ORGANIZATIONNAME)
                .count(),
            0,
            "nothing unproved is certified"
        );
    }
    Ok(())
}

#[tokio::test]
async fn profiles_of_the_directory_can_be_chosen() -> Result<()> {
    let mut account = account().await?;
    let profiles: BTreeSet<String> = account.client.directory().meta.profiles.keys().cloned().collect();
    let mut lifetimes = BTreeSet::new();
    for profile in &profiles {
        let mut order = dns_order(&[names::fresh("profile")]);
        order.profile = Some(profile.clone());
        let issued = account
            .issue_order(&order, KeyKind::P256, &doubles()?.http)
            .await?;
        assert_eq!(
            issued
                .order
                .object
                .profile
                .as_ref()
                .map(cairn_types::ProfileName::as_str),
            Some(profile.as_str())
        );
        let leaf = issued.chain.leaf()?;
        lifetimes.insert(leaf.not_before().diff(leaf.not_after())?.days);
    }
    assert_eq!(
        lifetimes.len(),
        profiles.len(),
        "profiles differ in their lifetime: {lifetimes:?}"
    );
    Ok(())
}
