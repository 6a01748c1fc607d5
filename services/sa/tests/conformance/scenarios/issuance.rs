//! What an issuance costs the database.

use cairn_rpc::api::sa::BeginValidation;
use cairn_types::OrderStatus;

use crate::stage::{HOUR, Stage};

/// The statements of one issuance that write, and their commits. More of either is a regression.
#[tokio::test]
async fn an_issuance_takes_six_commits_and_twelve_statements() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let mut request = stage.order(&account, &["a.example"]);
    request.placed_since = Some(stage.now() - HOUR);
    let (id, challenge) = (
        request.order.authorizations[0],
        request.new_authorizations[0].challenges[0].id,
    );
    let before = (
        stage.counted("cairn_sa_commits_total"),
        stage.counted("cairn_sa_statements_total"),
    );

    let order = stage.sa.create_order(&context, request).await.unwrap();
    let lease = stage.lease();
    let begin = BeginValidation {
        authorization: id,
        challenge,
        lease: lease.clone(),
        account: account.id,
    };
    stage.sa.begin_validation(&context, begin).await.unwrap();
    let mut finish = stage.finish(id, &(challenge, lease), None);
    finish.receipts.truncate(1);
    stage.sa.finish_validation(&context, finish).await.unwrap();
    let begun = stage
        .sa
        .begin_finalize(&context, stage.finalize(&order))
        .await
        .unwrap();
    assert!(begun.leased);
    let unsigned = stage.unsigned(&order);
    let serial = unsigned.serial;
    stage.signer.store_tbs(&context, unsigned).await.unwrap();
    stage
        .signer
        .store_certificate(&context, serial, b"signed".to_vec())
        .await
        .unwrap();

    let commits = stage.counted("cairn_sa_commits_total") - before.0;
    let statements = stage.counted("cairn_sa_statements_total") - before.1;
    assert_eq!((commits, statements), (6, 12));
    assert_eq!(stage.status(order.id).await, OrderStatus::Valid);
}
