//! Certificates that replace others (RFC 9773 section 5).

use cairn_rpc::api::sa::CreateOrder;
use cairn_types::{Account, ErrorKind, OrderStatus, Serial};

use crate::stage::{HOUR, Stage, refused};

fn replacing(stage: &Stage, account: &Account, serial: Serial) -> CreateOrder {
    let mut request = stage.order(account, &["a.example"]);
    request.order.replaces = Some(serial);
    request
}

#[tokio::test]
async fn a_certificate_is_replaced_once() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let serial = stage.issued_order(&account, &["a.example"]).await.serial.unwrap();
    let request = replacing(&stage, &account, serial);
    for _ in 0..2 {
        let order = stage.sa.create_order(&context, request.clone()).await.unwrap();
        assert_eq!(order.replaces, Some(serial));
    }
    let second = replacing(&stage, &account, serial);
    refused(
        stage.sa.create_order(&context, second.clone()).await,
        ErrorKind::AlreadyReplaced,
    );
    refused(
        stage.sa.get_order(&context, second.order.id).await,
        ErrorKind::NotFound,
    );
    assert!(
        !stage.sa.is_replaced(&context, serial).await.unwrap(),
        "not before it is issued"
    );
    stage.validate(&account, request.order.authorizations[0]).await;
    let ready = stage.sa.get_order(&context, request.order.id).await.unwrap();
    let begun = stage
        .sa
        .begin_finalize(&context, stage.finalize(&ready))
        .await
        .unwrap();
    stage.issue(begun.order).await;
    assert!(stage.sa.is_replaced(&context, serial).await.unwrap());
    stage.pass(48 * HOUR);
    refused(
        stage.sa.create_order(&context, second).await,
        ErrorKind::AlreadyReplaced,
    );
}

#[tokio::test]
async fn an_order_that_came_to_nothing_replaces_nothing() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let serial = stage.issued_order(&account, &["a.example"]).await.serial.unwrap();
    let failed = stage
        .sa
        .create_order(&context, replacing(&stage, &account, serial))
        .await
        .unwrap();
    stage
        .sa
        .deactivate_authorization(&context, failed.authorizations[0])
        .await
        .unwrap();
    stage
        .sa
        .create_order(&context, replacing(&stage, &account, serial))
        .await
        .unwrap();
    refused(
        stage
            .sa
            .create_order(&context, replacing(&stage, &account, serial))
            .await,
        ErrorKind::AlreadyReplaced,
    );
    // That one is never finalized.
    stage.pass(24 * HOUR);
    let third = stage
        .sa
        .create_order(&context, replacing(&stage, &account, serial))
        .await
        .unwrap();
    assert_eq!(third.status, OrderStatus::Pending);
}
