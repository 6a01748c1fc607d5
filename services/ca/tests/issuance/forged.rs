//! Every party and every field forged in turn, by someone who holds all keys but those that count. Nothing is
//! prepared, and nothing is signed.

use std::time::Duration;

use cairn_acme::{Algorithm, SignAs, SigningKey, paths};
use cairn_evidence::{Caa, CaaVerdict, Check, Outcome, Receipt, ReceiptSigner};
use cairn_rpc::api::ca::Issue;
use cairn_types::{AccountId, ChallengeType, ErrorKind, KeyType, OrderId};
use openssl::pkey::PKey;
use openssl::rsa::Rsa;

use crate::stack::{BASE, Client, NOW, Stack, Still, certificate_key, csr, dns};

/// A forgery.
type Spoil<T> = fn(&mut T);

/// Refused with that kind, and nothing was stored or signed.
async fn refused(stack: &Stack, what: &str, request: Issue, kind: ErrorKind) {
    let order = request.order.id;
    let error = stack
        .issue(request)
        .await
        .expect_err(&format!("{what} got a certificate"));
    assert_eq!(error.kind(), kind, "{what}: {}", error.problem.detail);
    assert_eq!(stack.sa.stored(order), None, "{what}");
    assert_eq!(stack.signatures(), 0, "{what}");
}

fn client() -> Client {
    Client::new(KeyType::P256, &["a.test", "b.test"])
}

fn validator() -> ReceiptSigner {
    let key = PKey::generate_ed25519().unwrap();
    ReceiptSigner::from_pem(&key.private_key_to_pem_pkcs8().unwrap()).unwrap()
}

#[tokio::test]
async fn forged_receipts() {
    let stack = Stack::start().await;
    let honest = client();
    let cases: [(&str, Spoil<Receipt>); 12] = [
        ("a refusal", |receipt| {
            receipt.outcome = Outcome::Refused(ErrorKind::IncorrectResponse);
        }),
        ("another name", |receipt| receipt.identifier = dns("c.test")),
        ("a wildcard", |receipt| receipt.wildcard = true),
        ("another account", |receipt| receipt.account_uri.push('1')),
        ("another account key", |receipt| receipt.thumbprint.0[0] ^= 1),
        ("another perspective", |receipt| receipt.perspective.push('1')),
        ("another region", |receipt| {
            receipt.rir = cairn_evidence::Rir::Arin;
        }),
        ("a validation in the future", |receipt| {
            receipt.finished = NOW + Duration::from_secs(3600);
        }),
        ("a CAA check alone", |receipt| receipt.check = Check::CaaOnly),
        ("an old CAA answer", |receipt| {
            let caa = receipt.caa.as_mut().unwrap();
            caa.checked = NOW - Duration::from_secs(8 * 3600 + 1);
            receipt.started = caa.checked;
        }),
        ("a local name that is not exempt", |receipt| {
            receipt.caa.as_mut().unwrap().verdict = CaaVerdict::LocalName;
        }),
        ("CAA that does not apply to a name", |receipt| {
            receipt.caa.as_mut().unwrap().verdict = CaaVerdict::NotApplicable;
        }),
    ];
    for (what, spoil) in cases {
        let mut request = honest.finalize(&stack.validator);
        let mut receipt = honest.receipt(&dns("a.test"));
        spoil(&mut receipt);
        let signed = stack.validator.sign(&receipt);
        request.evidence[0].receipts = vec![signed.unwrap_or_else(|error| panic!("{what}: {error}"))];
        refused(&stack, what, request, ErrorKind::Unauthorized).await;
    }
}

#[tokio::test]
async fn an_old_validation_is_not_renewed_by_a_fresh_caa_check() {
    let stack = Stack::start().await;
    let honest = client();
    let aged = |days: u64| {
        let mut receipt = honest.receipt(&dns("a.test"));
        receipt.started = NOW - Duration::from_secs(days * 86_400);
        receipt.finished = receipt.started;
        receipt.caa.as_mut().unwrap().checked = receipt.started;
        stack.validator.sign(&receipt).unwrap()
    };
    let mut check = honest.receipt(&dns("a.test"));
    check.check = Check::CaaOnly;
    let check = stack.validator.sign(&check).unwrap();

    let mut request = honest.finalize(&stack.validator);
    request.evidence[0].receipts = vec![aged(31), check.clone()];
    refused(
        &stack,
        "an old validation",
        request.clone(),
        ErrorKind::Unauthorized,
    )
    .await;
    request.evidence[0].receipts = vec![aged(29)];
    refused(
        &stack,
        "an old CAA answer",
        request.clone(),
        ErrorKind::Unauthorized,
    )
    .await;
    request.evidence[0].receipts = vec![aged(29), check];
    stack.issue(request).await.unwrap();
}

#[tokio::test]
async fn missing_and_tampered_evidence() {
    let stack = Stack::start().await;
    let honest = client();
    let cases: [(&str, Spoil<Issue>); 5] = [
        ("no evidence at all", |request| request.evidence.clear()),
        ("none for one name", |request| {
            request.evidence.remove(1);
        }),
        ("no receipts for one name", |request| {
            request.evidence[1].receipts.clear();
        }),
        ("the receipts of another name", |request| {
            request.evidence[1].receipts = request.evidence[0].receipts.clone();
        }),
        ("a bit of a receipt", |request| {
            let receipt = &mut request.evidence[0].receipts[0];
            let last = receipt.len() - 1;
            receipt[last] ^= 1;
        }),
    ];
    for (what, spoil) in cases {
        let mut request = honest.finalize(&stack.validator);
        spoil(&mut request);
        refused(&stack, what, request, ErrorKind::Unauthorized).await;
    }
    let by_another_validator = honest.finalize(&validator());
    refused(
        &stack,
        "another validator",
        by_another_validator,
        ErrorKind::Unauthorized,
    )
    .await;

    let mut strict = client();
    strict.order.profile = "dns-only".parse().unwrap();
    let request = strict.finalize(&stack.validator);
    refused(
        &stack,
        "a method that the profile refuses",
        request,
        ErrorKind::Unauthorized,
    )
    .await;
}

#[tokio::test]
async fn a_wildcard_needs_dns_01() {
    let stack = Stack::start().await;
    let honest = Client::new(KeyType::P256, &["*.a.test"]);
    let mut receipt = honest.receipt(&dns("*.a.test"));
    receipt.method = ChallengeType::Http01;
    let mut request = honest.finalize(&stack.validator);
    request.evidence[0].receipts = vec![stack.validator.sign(&receipt).unwrap()];
    refused(&stack, "http-01 for a wildcard", request, ErrorKind::Unauthorized).await;
}

#[tokio::test]
async fn a_newer_refusal_by_caa_counts() {
    let stack = Stack::start().await;
    let honest = client();
    let mut check = honest.receipt(&dns("a.test"));
    check.check = Check::CaaOnly;
    check.outcome = Outcome::Refused(ErrorKind::Caa);
    check.caa = Some(Caa {
        checked: NOW,
        verdict: CaaVerdict::Forbidden,
        found_at: Some("test".to_owned()),
        records: vec!["0 issue \";\"".to_owned()],
        dnssec: None,
    });
    let mut request = honest.finalize(&stack.validator);
    request.evidence[0]
        .receipts
        .push(stack.validator.sign(&check).unwrap());
    refused(
        &stack,
        "a name whose CAA forbids it",
        request,
        ErrorKind::Unauthorized,
    )
    .await;
}

#[tokio::test]
async fn forged_requests_of_the_account() {
    let stack = Stack::start().await;
    let honest = client();
    let good = honest.finalize(&stack.validator);
    let thief = SigningKey::generate(Algorithm::Es256).unwrap();
    let stolen_csr = csr(&certificate_key(KeyType::P256), &honest.order.identifiers);
    let payload = format!(r#"{{"csr":"{}"}}"#, cairn_acme::base64url::encode(&stolen_csr));
    let url = format!("{BASE}{}", paths::finalize(honest.order.id));
    let sign = |key: &SigningKey, kid: &str, url: &str| {
        let signed = key.sign(SignAs::Account(kid), "bm9uY2U", url, payload.as_bytes());
        signed.unwrap().into_bytes()
    };
    let other_order = OrderId::new(&Still, &cairn_kit::SystemRng);
    let other_url = format!("{BASE}{}", paths::finalize(other_order));
    let another_base = url.replace("https://ca.test", "https://evil.test");
    let by_jwk = honest.key.sign(SignAs::Jwk, "bm9uY2U", &url, payload.as_bytes());
    let cases = [
        ("a CSR that the account did not sign", good.request.clone()),
        ("a request by another key", sign(&thief, &honest.uri(), &url)),
        (
            "a request for another order",
            sign(&honest.key, &honest.uri(), &other_url),
        ),
        (
            "a request to another CA",
            sign(&honest.key, &honest.uri(), &another_base),
        ),
        (
            "a request of another account",
            sign(&honest.key, "https://ca.test/acme/account/2", &url),
        ),
        ("a request with jwk", by_jwk.unwrap().into_bytes()),
        ("no request", Vec::new()),
    ];
    for (what, request) in cases {
        let forged = Issue {
            request,
            csr: stolen_csr.clone(),
            ..good.clone()
        };
        refused(&stack, what, forged, ErrorKind::Unauthorized).await;
    }
    // The registration authority names the thief's key as the account's: then the receipts are not for it.
    let swapped = Issue {
        jwk: thief.public().jwk().to_owned(),
        request: sign(&thief, &honest.uri(), &url),
        csr: stolen_csr,
        ..good
    };
    refused(&stack, "another account key", swapped, ErrorKind::Unauthorized).await;
}

#[tokio::test]
async fn forged_orders() {
    let stack = Stack::start().await;
    let honest = client();
    let cases: [(&str, Spoil<Issue>, ErrorKind); 10] = [
        (
            "another order's id",
            |request| request.order.id = OrderId::new(&Still, &cairn_kit::SystemRng),
            ErrorKind::Unauthorized,
        ),
        (
            "another account",
            |request| request.order.account = AccountId::new(&Still, &cairn_kit::SystemRng),
            ErrorKind::Unauthorized,
        ),
        (
            "another account URL",
            |request| request.account_uri = "https://ca.test/acme/account/1".to_owned(),
            ErrorKind::Unauthorized,
        ),
        (
            "a name more",
            |request| request.order.identifiers.push(dns("c.test")),
            ErrorKind::BadCsr,
        ),
        (
            "a name less",
            |request| {
                request.order.identifiers.pop();
            },
            ErrorKind::BadCsr,
        ),
        (
            "an unknown profile",
            |request| request.order.profile = "gold".parse().unwrap(),
            ErrorKind::InvalidProfile,
        ),
        (
            "a validity beyond the profile's",
            |request| request.order.not_after = Some(NOW + Duration::from_secs(91 * 86_400)),
            ErrorKind::Malformed,
        ),
        (
            "a start in the distant past",
            |request| request.order.not_before = Some(NOW - Duration::from_secs(3 * 86_400)),
            ErrorKind::Malformed,
        ),
        (
            "no key",
            |request| request.jwk = "{}".to_owned(),
            ErrorKind::Unauthorized,
        ),
        (
            "key changes from nowhere",
            |request| request.key_changes = vec![b"{}".to_vec()],
            ErrorKind::Unauthorized,
        ),
    ];
    for (what, spoil, kind) in cases {
        let mut request = honest.finalize(&stack.validator);
        spoil(&mut request);
        refused(&stack, what, request, kind).await;
    }
    let metrics = stack.env.metrics.encode();
    assert!(
        metrics.contains("cairn_ca_refusals_total{reason=\"validity\"} 2"),
        "{metrics}"
    );
}

#[tokio::test]
async fn unacceptable_keys_and_names() {
    let stack = Stack::start().await;
    let mut same_key = client();
    same_key.certificate_key = same_key.key.private_key().clone();
    let mut small = client();
    small.certificate_key = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
    let mut no_issuer = client();
    no_issuer.certificate_key = certificate_key(KeyType::P384);
    for (what, client) in [
        ("the account's key", same_key),
        ("a small key", small),
        ("a kind of key without issuer", no_issuer),
    ] {
        refused(&stack, what, client.finalize(&stack.validator), ErrorKind::BadCsr).await;
    }
    let blocked = Client::new(KeyType::P256, &["blocked.test"]).finalize(&stack.validator);
    refused(&stack, "a blocked name", blocked, ErrorKind::RejectedIdentifier).await;
}

/// The request by which the client replaces its key.
fn change_key(client: &mut Client, new_key: SigningKey) -> Vec<u8> {
    let (url, uri) = (format!("{BASE}{}", paths::KEY_CHANGE), client.uri());
    let payload = format!(r#"{{"account":"{uri}","oldKey":{}}}"#, client.key.public().jwk());
    let inner = new_key.sign_inner(&url, payload.as_bytes()).unwrap();
    let outer = client
        .key
        .sign(SignAs::Account(&uri), "bm9uY2U", &url, inner.as_bytes())
        .unwrap();
    client.key = new_key;
    outer.into_bytes()
}

#[tokio::test]
async fn what_an_earlier_key_signed_needs_the_key_change() {
    let stack = Stack::start().await;
    let mut changed = client();
    let before = changed.finalize(&stack.validator);
    let key_changes = vec![change_key(
        &mut changed,
        SigningKey::generate(Algorithm::Es384).unwrap(),
    )];
    let after = changed.finalize(&stack.validator);
    let receipts_before = Issue {
        evidence: before.evidence.clone(),
        ..after.clone()
    };
    let request_before = Issue {
        jwk: after.jwk.clone(),
        ..before
    };
    for (what, request) in [
        ("receipts without the history", receipts_before.clone()),
        ("a request without the history", request_before.clone()),
    ] {
        refused(&stack, what, request, ErrorKind::Unauthorized).await;
    }
    for mut request in [receipts_before, request_before] {
        request.key_changes.clone_from(&key_changes);
        stack.issue(request).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_may_come_back() {
    let stack = Stack::start().await;
    let mut client = client();
    let (first, evidence) = (client.key.clone(), client.evidence(&stack.validator));
    let there = change_key(&mut client, SigningKey::generate(Algorithm::Es256).unwrap());
    let request = client.finalize(&stack.validator);
    let back = change_key(&mut client, first);
    let issue = Issue {
        jwk: client.key.public().jwk().to_owned(),
        key_changes: vec![there, back],
        evidence,
        ..request
    };
    stack.issue(issue).await.unwrap();
}
