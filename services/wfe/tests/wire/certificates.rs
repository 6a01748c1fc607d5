//! Certificates, their revocation, renewal information, issuers.

use cairn_acme::objects::RenewalInfo;
use cairn_acme::{CertificateId, base64url};
use cairn_testkit::client::Account;
use cairn_types::{
    AccountId, Certificate, Error, ErrorKind, Revocation, RevocationReason, SpkiHash, Timestamp,
};
use cairn_x509::{CertificateView, pem};

use crate::accounts::refused;
use crate::pki::SERIAL;
use crate::world::{World, key};

/// A certificate of the account, stored.
fn store(world: &World, account: &Account) -> String {
    let owner: AccountId = account.url().rsplit('/').next().unwrap().parse().unwrap();
    let certificate = Certificate {
        serial: SERIAL.parse().unwrap(),
        order: "0198c2f4-0000-7000-8000-000000000000".parse().unwrap(),
        account: owner,
        profile: "classic".parse().unwrap(),
        issuer: "e1".to_owned(),
        identifiers: Vec::new(),
        spki: SpkiHash([0; 32]),
        not_before: Timestamp::from_secs(1_700_000_000),
        not_after: Timestamp::from_secs(1_700_000_000 + 90 * 86_400),
        der: world.pki.leaf.clone(),
        prepared: Timestamp::from_secs(1_700_000_000),
        revocation: None,
    };
    world.known.with(|state| state.certificates.push(certificate));
    world.url(&format!("/acme/cert/{SERIAL}"))
}

#[tokio::test]
async fn chains_and_the_certificate_alone() {
    let world = World::new().await;
    let mut account = world.account().await;
    let url = store(&world, &account);
    let [leaf, issuer, cross] =
        [&world.pki.leaf, &world.pki.issuer, &world.pki.cross].map(|der| pem::encode(der));

    let chain = account.certificate(&url).await.unwrap();
    assert_eq!(chain.pem, format!("{leaf}{issuer}"));
    assert_eq!(chain.alternates, [format!("{url}/1")]);
    let other = account.certificate(&format!("{url}/1")).await.unwrap();
    assert!(other.pem.starts_with(format!("{leaf}{cross}").as_bytes()));
    assert_eq!(other.alternates, [url.as_str()]);
    refused(&account.get(&format!("{url}/2")).await.unwrap(), "malformed", 404);

    let alone = account
        .certificate_as(&url, "application/pkix-cert")
        .await
        .unwrap();
    assert_eq!(alone.content_type(), Some("application/pkix-cert"));
    assert_eq!(alone.body, world.pki.leaf);
    let above = alone.links("up").pop().unwrap();
    assert_eq!(
        account.client.connection().get(&above).await.unwrap().body,
        world.pki.issuer
    );
    refused(
        &account.certificate_as(&url, "text/html").await.unwrap(),
        "malformed",
        406,
    );

    let mut other = world.account().await;
    refused(&other.get(&url).await.unwrap(), "unauthorized", 403);
}

#[tokio::test]
async fn revocation_by_account_and_by_key() {
    let world = World::new().await;
    let mut account = world.account().await;
    store(&world, &account);
    let der = world.pki.leaf.clone();
    let answer = account.revoke(&der, Some(1)).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    let mut client = world.client().await;
    assert_eq!(
        Account::revoke_by_key(&mut client, &key(), &der, None)
            .await
            .unwrap()
            .status,
        200
    );
    for (kind, name, status) in [
        (ErrorKind::AlreadyRevoked, "alreadyRevoked", 400),
        (ErrorKind::BadRevocationReason, "badRevocationReason", 400),
        (ErrorKind::Unauthorized, "unauthorized", 403),
        (ErrorKind::NotFound, "malformed", 404),
    ] {
        world.known.refuse(Error::new(kind, "no"));
        refused(&account.revoke(&der, None).await.unwrap(), name, status);
    }
    let url = world.url("/acme/revoke-cert");
    refused(
        &account.post(&url, br#"{"certificate":"AA=="}"#).await.unwrap(),
        "malformed",
        400,
    );
}

#[tokio::test]
async fn renewal_information_is_public() {
    let world = World::new().await;
    let account = world.account().await;
    store(&world, &account);
    let view = CertificateView::from_der(&world.pki.leaf).unwrap();
    let id = CertificateId {
        key_identifier: view.authority_key_id().unwrap(),
        serial: view.serial_octets().to_vec(),
    };
    let mut client = world.client().await;
    let url = world.url(&format!("/acme/renewal-info/{id}"));
    let answer = client.connection().get(&url).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.retry_after()),
        (200, Some(21_600))
    );
    let window = answer.json::<RenewalInfo>().unwrap().suggested_window;
    assert_eq!(window.start, Timestamp::from_secs(1_700_000_000 + 60 * 86_400));

    let at = Timestamp::from_secs(1_700_000_001);
    let reason = RevocationReason::Superseded;
    world
        .known
        .with(|state| state.certificates[0].revocation = Some(Revocation { at, reason }));
    let answer = client.connection().get(&url).await.unwrap();
    let window = answer.json::<RenewalInfo>().unwrap().suggested_window;
    assert!(window.start < window.end && window.end <= at);

    let foreign = format!("{}.{}", base64url::encode([1; 20]), base64url::encode(&id.serial));
    for (id, status) in [(foreign.as_str(), 404), ("nonsense", 400), ("AAAA.AAAA", 404)] {
        let url = world.url(&format!("/acme/renewal-info/{id}"));
        refused(&client.connection().get(&url).await.unwrap(), "malformed", status);
    }
}

#[tokio::test]
async fn an_order_that_replaces_shows_it() {
    let world = World::new().await;
    let mut account = world.account().await;
    store(&world, &account);
    let view = CertificateView::from_der(&world.pki.leaf).unwrap();
    let id = format!(
        "{}.{}",
        base64url::encode(view.authority_key_id().unwrap()),
        base64url::encode(view.serial_octets())
    );
    let payload = serde_json::json!({"identifiers": [{"type": "dns", "value": "a.example"}], "replaces": id});
    let answer = account
        .post_json(&world.url("/acme/new-order"), &payload)
        .await
        .unwrap();
    let order: cairn_acme::objects::OrderObject = answer.json().unwrap();
    assert_eq!(order.replaces, Some(id));
    assert!(
        !world.known.calls().contains(&"sa.get_certificate"),
        "the client had just named it"
    );
}

#[tokio::test]
async fn roots_can_be_had_and_checked() {
    let world = World::new().await;
    let mut client = world.client().await;
    let root = client
        .connection()
        .get(&world.url("/issuer/root-e"))
        .await
        .unwrap();
    assert_eq!(
        (root.content_type(), &root.body[..]),
        (Some("application/pkix-cert"), &world.pki.root[..])
    );
    let page = client.connection().get(&world.url("/")).await.unwrap();
    let text = String::from_utf8(page.body.to_vec()).unwrap();
    let fingerprint = openssl::sha::sha256(&world.pki.root)
        .map(|octet| format!("{octet:02x}"))
        .concat();
    assert!(text.contains(&fingerprint) && text.contains(&world.url("/directory")));
    refused(
        &client.connection().get(&world.url("/issuer/none")).await.unwrap(),
        "malformed",
        404,
    );
}
