//! What is issued to those who are entitled.

use cairn_types::{Clock, KeyType, SpkiHash};
use cairn_x509::{CertificateView, check_chain};
use openssl::sha::sha256;

use crate::stack::{Client, NOW, Stack, Still, dns};

#[tokio::test]
async fn each_kind_of_key_gets_a_certificate_from_its_issuer() {
    let stack = Stack::start().await;
    for (kind, issuer) in [(KeyType::P256, "e1"), (KeyType::Rsa, "r1")] {
        let client = Client::new(kind, &["a.test", "*.b.test"]);
        let certificate = stack.issue(client.finalize(&stack.validator)).await.unwrap();
        assert_eq!(certificate.issuer, issuer);
        assert_eq!(certificate.order, client.order.id);
        let view = CertificateView::from_der(&certificate.der).unwrap();
        assert_eq!(view.identifiers(), client.order.identifiers);
        assert_eq!(view.serial().unwrap(), certificate.serial);
        assert_eq!(certificate.serial.as_bytes()[0], 5);
        let spki = client.certificate_key.public_key_to_der().unwrap();
        assert_eq!(view.spki_hash(), SpkiHash(sha256(&spki)));
        assert_eq!(view.not_after(), certificate.not_after);
        let stored = stack.sa.stored(client.order.id).unwrap();
        assert_eq!(stored.serial, certificate.serial);
        assert!(
            certificate
                .der
                .windows(stored.tbs.len())
                .any(|window| window == stored.tbs)
        );
    }
    let metrics = stack.env.metrics.encode();
    assert!(metrics.contains("cairn_ca_certificates_total{profile=\"classic\",issuer=\"e1\"} 1"));
    assert!(metrics.contains("cairn_ca_sign_seconds_count{issuer=\"r1\"} 1"));
}

#[tokio::test]
async fn the_chain_verifies() {
    let stack = Stack::start().await;
    let client = Client::new(KeyType::P256, &["a.test"]);
    let certificate = stack.issue(client.finalize(&stack.validator)).await.unwrap();
    let leaf = CertificateView::from_der(&certificate.der).unwrap();
    let root = CertificateView::from_der(&stack.roots[0]).unwrap();
    assert_ne!(leaf.issuer(), root.subject());
    assert!(check_chain(&[&certificate.der, &stack.roots[0]]).is_err());
    assert!(leaf.not_before() <= Still.now() && leaf.not_after() > NOW);
}

#[tokio::test]
async fn a_requested_validity_is_honoured_exactly() {
    let stack = Stack::start().await;
    let mut client = Client::new(KeyType::P256, &["a.test"]);
    let (start, end) = (
        NOW + std::time::Duration::from_secs(60),
        NOW + std::time::Duration::from_secs(86_400),
    );
    client.order.not_before = Some(start);
    client.order.not_after = Some(end);
    let certificate = stack.issue(client.finalize(&stack.validator)).await.unwrap();
    let view = CertificateView::from_der(&certificate.der).unwrap();
    assert_eq!((view.not_before(), view.not_after()), (start, end));
}

#[tokio::test]
async fn an_address_is_certified() {
    let stack = Stack::start().await;
    let mut client = Client::new(KeyType::P256, &["a.test"]);
    let address = cairn_types::Identifier::parse("ip", "127.0.0.1").unwrap();
    client.order.identifiers = vec![dns("a.test"), address];
    let certificate = stack.issue(client.finalize(&stack.validator)).await.unwrap();
    assert_eq!(certificate.identifiers, client.order.identifiers);
}
