//! What is about to be signed, what was signed, and what was revoked.

use cairn_rpc::api::sa::RevokeCertificate;
use cairn_types::{Certificate, ErrorKind, OrderStatus, Revocation, RevocationReason};

use crate::stage::{HOUR, Stage, certificate, problem, refused};

#[tokio::test]
async fn an_order_has_one_serial() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (order, _) = stage.processing_order(&account, &["a.example"]).await;
    let first = stage.unsigned(&order);
    for unsigned in [first.clone(), first.clone(), stage.unsigned(&order)] {
        let stored = stage.signer.store_tbs(&context, unsigned).await.unwrap();
        assert_eq!((&stored.unsigned, stored.certificate), (&first, None));
    }
    refused(
        stage.sa.get_certificate(&context, first.serial).await,
        ErrorKind::NotFound,
    );
    stage
        .signer
        .store_certificate(&context, first.serial, b"signed".to_vec())
        .await
        .unwrap();
    let late = stage
        .signer
        .store_tbs(&context, stage.unsigned(&order))
        .await
        .unwrap();
    assert_eq!(
        (late.unsigned, late.certificate),
        (first, Some(b"signed".to_vec()))
    );
}

/// The octets that are to be signed, each row's as a number of them.
const KEPT: &str = "SELECT CAST(length(tbs) AS TEXT) FROM certificates";

#[tokio::test]
async fn what_was_to_be_signed_is_kept_until_it_is_in_a_certificate() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (order, _) = stage.processing_order(&account, &["a.example"]).await;
    let unsigned = stage.unsigned(&order);
    stage.signer.store_tbs(&context, unsigned.clone()).await.unwrap();
    assert_eq!(stage.rows(KEPT), ["14"]);
    let der = certificate(&unsigned.tbs);
    for _ in 0..2 {
        let stored = stage
            .signer
            .store_certificate(&context, unsigned.serial, der.clone())
            .await
            .unwrap();
        assert_eq!(stored.der, der);
        assert_eq!(stage.rows(KEPT), ["0"]);
    }
    // Whoever prepares again finds all of it.
    for prepared in [unsigned.clone(), stage.unsigned(&order)] {
        let stored = stage.signer.store_tbs(&context, prepared).await.unwrap();
        assert_eq!(
            (&stored.unsigned, stored.certificate.as_ref()),
            (&unsigned, Some(&der))
        );
    }
}

/// A signature cannot be taken back, whatever was signed; the audit of the database tells.
#[tokio::test]
async fn what_was_to_be_signed_is_kept_if_something_else_was() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    for der in [certificate(b"\x04\x01x"), b"signed".to_vec()] {
        let (order, _) = stage.processing_order(&account, &["a.example"]).await;
        let unsigned = stage.unsigned(&order);
        stage.signer.store_tbs(&context, unsigned.clone()).await.unwrap();
        let stored = stage
            .signer
            .store_certificate(&context, unsigned.serial, der.clone());
        assert_eq!(stored.await.unwrap().der, der);
    }
    assert_eq!(stage.rows(KEPT), ["14", "14"]);
}

#[tokio::test]
async fn a_serial_has_one_order() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (first, _) = stage.processing_order(&account, &["a.example"]).await;
    let (second, _) = stage.processing_order(&account, &["b.example"]).await;
    let unsigned = stage.unsigned(&first);
    stage.signer.store_tbs(&context, unsigned.clone()).await.unwrap();
    let mut taken = stage.unsigned(&second);
    taken.serial = unsigned.serial;
    refused(stage.signer.store_tbs(&context, taken).await, ErrorKind::Conflict);
    let fresh = stage.unsigned(&second);
    assert_eq!(
        stage
            .signer
            .store_tbs(&context, fresh.clone())
            .await
            .unwrap()
            .unsigned,
        fresh
    );
}

#[tokio::test]
async fn only_orders_being_processed_get_a_serial() {
    let stage = Stage::new().await;
    let context = stage.context();
    let (account, other) = (stage.stored_account().await, stage.stored_account().await);
    let ready = stage.ready_order(&account, &["a.example"]).await;
    refused(
        stage.signer.store_tbs(&context, stage.unsigned(&ready)).await,
        ErrorKind::Conflict,
    );
    let unknown = stage.order(&account, &["b.example"]).order;
    refused(
        stage.signer.store_tbs(&context, stage.unsigned(&unknown)).await,
        ErrorKind::NotFound,
    );
    let (processing, lease) = stage.processing_order(&account, &["c.example"]).await;
    let mut foreign = stage.unsigned(&processing);
    foreign.account = other.id;
    refused(
        stage.signer.store_tbs(&context, foreign).await,
        ErrorKind::Conflict,
    );
    // Once it failed, not even what it has may be signed.
    let unsigned = stage.unsigned(&processing);
    stage.signer.store_tbs(&context, unsigned.clone()).await.unwrap();
    stage
        .sa
        .fail_order(&context, processing.id, lease.id, problem(ErrorKind::Caa))
        .await
        .unwrap();
    refused(
        stage.signer.store_tbs(&context, unsigned.clone()).await,
        ErrorKind::Conflict,
    );
    refused(
        stage.sa.get_certificate(&context, unsigned.serial).await,
        ErrorKind::NotFound,
    );
}

/// It was signed already when the order failed: to lose sight of it would be worse.
#[tokio::test]
async fn a_certificate_is_kept_though_its_order_has_ended() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (order, lease) = stage.processing_order(&account, &["a.example"]).await;
    let unsigned = stage.unsigned(&order);
    let serial = unsigned.serial;
    stage.signer.store_tbs(&context, unsigned).await.unwrap();
    stage
        .sa
        .fail_order(&context, order.id, lease.id, problem(ErrorKind::Caa))
        .await
        .unwrap();
    // Also when it is sent again, and when another process has signed too: no caller takes the order for valid.
    for der in [b"signed", b"signed", b"other!"] {
        let late = stage.signer.store_certificate(&context, serial, der.to_vec());
        refused(late.await, ErrorKind::OrderNotReady);
    }
    let kept = stage.sa.get_certificate(&context, serial).await.unwrap();
    assert_eq!((kept.der.as_slice(), kept.order), (&b"signed"[..], order.id));
    let failed = stage.sa.get_order(&context, order.id).await.unwrap();
    assert_eq!((failed.status, failed.serial), (OrderStatus::Invalid, None));
    let revoke = RevokeCertificate {
        serial,
        revocation: Revocation {
            at: stage.now(),
            reason: RevocationReason::Superseded,
        },
        by: "certificate key".to_owned(),
    };
    stage.sa.revoke_certificate(&context, revoke).await.unwrap();
}

#[tokio::test]
async fn a_certificate_is_stored_and_its_order_is_valid() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (order, _) = stage
        .processing_order(&account, &["a.example", "b.example"])
        .await;
    let unsigned = stage.unsigned(&order);
    let serial = unsigned.serial;
    let early = stage
        .signer
        .store_certificate(&context, serial, b"signed".to_vec())
        .await;
    refused(early, ErrorKind::NotFound);
    stage.signer.store_tbs(&context, unsigned.clone()).await.unwrap();
    let stored = stage
        .signer
        .store_certificate(&context, serial, b"signed".to_vec())
        .await
        .unwrap();
    let expected = Certificate {
        serial,
        order: order.id,
        account: account.id,
        profile: unsigned.profile,
        issuer: unsigned.issuer,
        identifiers: unsigned.identifiers,
        spki: unsigned.spki,
        not_before: unsigned.not_before,
        not_after: unsigned.not_after,
        der: b"signed".to_vec(),
        prepared: stored.prepared,
        revocation: None,
    };
    for _ in 0..2 {
        let stored = stage
            .signer
            .store_certificate(&context, serial, b"signed".to_vec())
            .await
            .unwrap();
        assert_eq!(stored, expected);
    }
    assert_eq!(
        stage.sa.get_certificate(&context, serial).await.unwrap(),
        expected
    );
    assert_eq!(stage.status(order.id).await, OrderStatus::Valid);
    let other = stage
        .signer
        .store_certificate(&context, serial, b"other".to_vec())
        .await;
    refused(other, ErrorKind::Conflict);
    assert_eq!(
        stage.sa.get_certificate(&context, serial).await.unwrap().der,
        b"signed"
    );
}

#[tokio::test]
async fn a_certificate_is_revoked_once() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (order, _) = stage.processing_order(&account, &["a.example"]).await;
    let unsigned = stage.unsigned(&order);
    stage.signer.store_tbs(&context, unsigned.clone()).await.unwrap();
    let revocation = Revocation {
        at: stage.now(),
        reason: RevocationReason::Superseded,
    };
    let request = RevokeCertificate {
        serial: unsigned.serial,
        revocation,
        by: "certificate key".to_owned(),
    };
    let unsigned_yet = stage.sa.revoke_certificate(&context, request.clone()).await;
    refused(unsigned_yet, ErrorKind::NotFound);
    stage
        .signer
        .store_certificate(&context, unsigned.serial, b"signed".to_vec())
        .await
        .unwrap();
    for _ in 0..2 {
        let revoked = stage.sa.revoke_certificate(&context, request.clone()).await;
        assert_eq!(revoked.unwrap().revocation, Some(revocation));
    }
    let again = |at, reason, by: &str| RevokeCertificate {
        revocation: Revocation { at, reason },
        by: by.to_owned(),
        ..request.clone()
    };
    let Revocation { at, reason } = revocation;
    for another in [
        again(at, RevocationReason::KeyCompromise, &request.by),
        again(at + HOUR, reason, &request.by),
        again(at, reason, "operator"),
    ] {
        refused(
            stage.sa.revoke_certificate(&context, another).await,
            ErrorKind::AlreadyRevoked,
        );
    }
    let stored = stage.sa.get_certificate(&context, unsigned.serial).await.unwrap();
    assert_eq!(stored.revocation, Some(revocation));
}
