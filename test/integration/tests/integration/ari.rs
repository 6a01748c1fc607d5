//! Renewal information (RFC 9773).

use anyhow::{Context, Result};
use cairn_acme::CertificateId;
use cairn_acme::objects::{Directory, RenewalInfo};
use cairn_testkit::client::dns_order;
use cairn_testkit::keys::KeyKind;
use cairn_testkit::names;
use openssl::x509::X509;

use crate::support::{account, assert_problem, assert_refused, doubles};

/// The id of a certificate, made as a client makes it: from the certificate alone.
fn certificate_id(certificate: &X509) -> Result<CertificateId> {
    let mut serial = certificate.serial_number().to_bn()?.to_vec();
    if serial.first().is_some_and(|octet| *octet >= 0x80) {
        serial.insert(0, 0);
    }
    Ok(CertificateId {
        key_identifier: certificate
            .authority_key_id()
            .context("no AKI")?
            .as_slice()
            .to_vec(),
        serial,
    })
}

/// Where the renewal information of a certificate is.
pub(crate) fn renewal_url(directory: &Directory, certificate: &X509) -> Result<String> {
    let base = directory.renewal_info.as_deref().context("no renewalInfo")?;
    Ok(format!("{base}/{}", certificate_id(certificate)?))
}

#[tokio::test]
async fn a_window_before_the_end_of_validity() -> Result<()> {
    let mut account = account().await?;
    let issued = account.issue(&[names::fresh("ari")], &doubles()?.http).await?;
    let leaf = issued.chain.leaf()?;
    let url = renewal_url(account.client.directory(), &leaf)?;
    let answer = account.client.connection().get(&url).await?.ok()?;
    assert!(answer.retry_after().context("no Retry-After")? > 0);
    let window = answer.json::<RenewalInfo>()?.suggested_window;
    let at = |time: cairn_types::Timestamp| openssl::asn1::Asn1Time::from_unix(time.as_secs());
    assert!(window.start < window.end);
    assert!(leaf.not_before() < &*at(window.start)? && &*at(window.end)? < leaf.not_after());
    Ok(())
}

#[tokio::test]
async fn other_ids_are_refused() -> Result<()> {
    let mut account = account().await?;
    let issued = account.issue(&[names::fresh("ari")], &doubles()?.http).await?;
    let known = certificate_id(&issued.chain.leaf()?)?;
    let mut unknown = known.clone();
    unknown.serial[15] ^= 1;
    let mut foreign = known;
    foreign.key_identifier[0] ^= 1;
    let base = account
        .client
        .directory()
        .renewal_info
        .clone()
        .context("no renewalInfo")?;
    for (id, status) in [
        (unknown.to_string(), 404),
        (foreign.to_string(), 404),
        ("AA".to_owned(), 400),
        ("AA.AA=".to_owned(), 400),
        ("A.B.C".to_owned(), 400),
        (".".to_owned(), 400),
    ] {
        let answer = account.client.connection().get(&format!("{base}/{id}")).await?;
        assert_problem(&answer, status, "malformed").with_context(|| id.clone())?;
    }
    Ok(())
}

#[tokio::test]
async fn a_certificate_is_replaced_once_by_its_account() -> Result<()> {
    let mut account = account().await?;
    let name = names::fresh("replaced");
    let issued = account.issue(&[&name], &doubles()?.http).await?;
    let id = certificate_id(&issued.chain.leaf()?)?.to_string();
    let order = |name: &str| {
        let mut order = dns_order(&[name]);
        order.replaces = Some(id.clone());
        order
    };
    let mut other = self::account().await?;
    assert_refused(other.new_order(&order(&name)).await, 403, "unauthorized")?;
    let unrelated = names::fresh("unrelated");
    assert_refused(account.new_order(&order(&unrelated)).await, 400, "malformed")?;

    let renewed = account
        .issue_order(&order(&name), KeyKind::P256, &doubles()?.http)
        .await?;
    assert_eq!(
        renewed.order.object.replaces.as_ref(),
        Some(&id),
        "the order says what it replaces"
    );
    assert_refused(account.new_order(&order(&name)).await, 409, "alreadyReplaced")?;
    Ok(())
}
