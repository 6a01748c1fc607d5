//! What is issued and how it is downloaded (RFC 8555 section 7.4.2, RFC 5280, CA/B BR 7.1.2.7).

use anyhow::{Context, Result};
use cairn_testkit::client::dns_order;
use cairn_testkit::keys::KeyKind;
use cairn_testkit::names;
use openssl::asn1::Asn1Time;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509PurposeId, X509StoreContext};

use crate::support::{account, assert_problem, doubles, stack};

/// That OpenSSL accepts the chain below the roots that the CA tells of, for a server.
fn verify(chain: &[X509]) -> Result<()> {
    let mut roots = X509StoreBuilder::new()?;
    for root in X509::stack_from_pem(&stack()?.issuer_roots()?)? {
        roots.add_cert(root)?;
    }
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_purpose(X509PurposeId::SSL_SERVER)?;
    roots.set_param(&parameters)?;
    let mut between = Stack::new()?;
    for certificate in &chain[1..] {
        between.push(certificate.clone())?;
    }
    let mut context = X509StoreContext::new()?;
    let verified = context.init(&roots.build(), &chain[0], &between, |context| {
        context.verify_cert().map(|good| (good, context.error()))
    })?;
    anyhow::ensure!(verified.0, "{}", verified.1);
    Ok(())
}

#[tokio::test]
async fn chains_verify_and_leaves_are_as_promised() -> Result<()> {
    let mut account = account().await?;
    let name = names::fresh("leaf");
    for kind in [KeyKind::P256, KeyKind::Rsa(2048)] {
        let issued = account
            .issue_order(&dns_order(&[&name]), kind, &doubles()?.http)
            .await?;
        let chain = issued.chain.certificates()?;
        verify(&chain)?;
        for pair in chain.windows(2) {
            assert!(
                pair[0].verify(pair[1].public_key()?.as_ref())?,
                "each certifies the one before"
            );
        }
        let leaf = &chain[0];
        let validity = leaf.not_before().diff(leaf.not_after())?;
        assert_eq!(
            (validity.days, validity.secs),
            (89, 86_399),
            "90 days, the last second included"
        );
        let age = leaf.not_before().diff(Asn1Time::days_from_now(0)?.as_ref())?;
        assert!(
            age.days == 0 && (60..7200).contains(&age.secs),
            "slightly backdated: {age:?}"
        );
        let serial = leaf.serial_number().to_bn()?;
        assert_eq!(serial.num_bytes(), 16);
        let text = String::from_utf8(leaf.to_text()?)?;
        for line in ["Digital Signature", "TLS Web Server Authentication", "CA:FALSE"] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_form_is_the_clients_choice() -> Result<()> {
    let mut account = account().await?;
    let issued = account.issue(&[names::fresh("accept")], &doubles()?.http).await?;
    let url = issued.url().to_owned();
    for wanted in [
        "*/*",
        "application/pem-certificate-chain",
        "text/html, application/*;q=0.5",
    ] {
        let answer = account.certificate_as(&url, wanted).await?.ok()?;
        assert_eq!(
            answer.content_type(),
            Some("application/pem-certificate-chain"),
            "{wanted}"
        );
        assert_eq!(answer.body, issued.chain.pem);
    }
    let alone = account
        .certificate_as(&url, "application/pkix-cert")
        .await?
        .ok()?;
    assert_eq!(alone.content_type(), Some("application/pkix-cert"));
    assert_eq!(X509::from_der(&alone.body)?, issued.chain.leaf()?);
    let up = alone.links("up").pop().context("no link to the issuer")?;
    let above = account.client.connection().get(&up).await?.ok()?;
    assert_eq!(X509::from_der(&above.body)?, issued.chain.certificates()?[1]);
    assert_problem(
        &account.certificate_as(&url, "text/html").await?,
        406,
        "malformed",
    )?;
    Ok(())
}

#[tokio::test]
async fn pem_is_strict_and_nothing_surrounds_it() -> Result<()> {
    let mut account = account().await?;
    let issued = account.issue(&[names::fresh("pem")], &doubles()?.http).await?;
    let text = String::from_utf8(issued.chain.pem.to_vec())?;
    assert!(text.ends_with("-----END CERTIFICATE-----\n"));
    for line in text.lines() {
        let is_boundary = ["-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"].contains(&line);
        assert!(
            is_boundary || (!line.is_empty() && line.len() <= 64 && !line.contains(' ')),
            "{line:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn alternate_chains_are_linked_and_certify_the_same_leaf() -> Result<()> {
    let mut account = account().await?;
    let issued = account
        .issue(&[names::fresh("alternate")], &doubles()?.http)
        .await?;
    for url in &issued.chain.alternates {
        let other = account.certificate(url).await?;
        assert_eq!(other.leaf()?, issued.chain.leaf()?);
        assert_ne!(other.pem, issued.chain.pem);
        verify(&other.certificates()?)?;
    }
    let beyond = format!("{}/{}", issued.url(), issued.chain.alternates.len() + 1);
    assert_problem(&account.get(&beyond).await?, 404, "malformed")?;
    Ok(())
}

#[tokio::test]
async fn a_certificate_is_shown_to_its_account() -> Result<()> {
    let mut account = account().await?;
    let issued = account.issue(&[names::fresh("mine")], &doubles()?.http).await?;
    let mut other = self::account().await?;
    assert_problem(&other.get(issued.url()).await?, 403, "unauthorized")?;
    Ok(())
}
