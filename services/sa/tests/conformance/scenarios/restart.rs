//! What was answered is there after a restart.

use cairn_types::OrderStatus;

use crate::stage::Stage;

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let stage = Stage::new().await;
    let account = stage.stored_account().await;
    let pending = stage.stored_order(&account, &["a.example"]).await;
    let begun = stage.begin(&account, pending.authorizations[0]).await;
    let (processing, lease) = stage.processing_order(&account, &["b.example"]).await;
    let issued = stage.issued_order(&account, &["c.example"]).await;
    let stage = stage.restarted().await;
    let context = stage.context();
    assert_eq!(stage.sa.get_account(&context, account.id).await.unwrap(), account);
    assert_eq!(stage.sa.get_order(&context, issued.id).await.unwrap(), issued);
    let certificate = stage
        .sa
        .get_certificate(&context, issued.serial.unwrap())
        .await
        .unwrap();
    assert_eq!(certificate.der, b"signed");
    // Leases outlive the process that stored them, and their work goes on.
    let id = pending.authorizations[0];
    stage
        .sa
        .finish_validation(&context, stage.finish(id, &begun, None))
        .await
        .unwrap();
    assert_eq!(stage.status(pending.id).await, OrderStatus::Ready);
    let again = stage.finalize(&processing);
    let request = cairn_rpc::api::sa::BeginFinalize { lease, ..again };
    assert!(stage.sa.begin_finalize(&context, request).await.unwrap().leased);
    let stage = stage.restarted().await;
    assert_eq!(stage.issue(processing).await.status, OrderStatus::Valid);
}
