//! Work whose lease ran out is taken over.

use cairn_types::{AuthorizationStatus, ErrorKind, OrderStatus};

use crate::stage::{HOUR, Stage, problem, refused};

#[tokio::test]
async fn validations_are_claimed_when_their_lease_ran_out() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.stored_order(&account, &["a.example", "b.example"]).await;
    let mut begun = Vec::new();
    for id in &order.authorizations {
        begun.push(stage.begin(&account, *id).await);
        stage.pass(HOUR / 2);
    }
    // The first ran out at this very moment.
    let claimed = stage.claim_validations(10).await;
    assert_eq!(claimed.len(), 1);
    let work = &claimed[0];
    assert_eq!(
        (work.authorization.id, work.challenge),
        (order.authorizations[0], begun[0].0)
    );
    assert_eq!(
        (work.thumbprint, work.lease.owner.as_str()),
        (account.thumbprint, "janitor")
    );
    let stale = stage.finish(order.authorizations[0], &begun[0], None);
    refused(
        stage.sa.finish_validation(&context, stale).await,
        ErrorKind::Conflict,
    );
    let finish = stage.finish(work.authorization.id, &(work.challenge, work.lease.clone()), None);
    let valid = stage.sa.finish_validation(&context, finish).await.unwrap();
    assert_eq!(valid.status, AuthorizationStatus::Valid);
    stage.pass(HOUR);
    assert_eq!(stage.claim_validations(0).await, []);
    let claimed = stage.claim_validations(10).await;
    assert_eq!(claimed.len(), 1, "what is finished is not claimed");
    assert_eq!(claimed[0].authorization.id, order.authorizations[1]);
    assert_eq!(stage.claim_validations(10).await, []);
}

#[tokio::test]
async fn validations_without_time_left_end_instead() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.stored_order(&account, &["a.example"]).await;
    stage.begin(&account, order.authorizations[0]).await;
    stage.pass(24 * HOUR);
    assert_eq!(stage.claim_validations(10).await, []);
    let authorization = stage
        .sa
        .get_authorization(&context, order.authorizations[0])
        .await
        .unwrap();
    assert_eq!(authorization.status, AuthorizationStatus::Invalid);
    assert!(authorization.challenges[0].error.is_some());
    assert_eq!(stage.status(order.id).await, OrderStatus::Invalid);
}

#[tokio::test]
async fn orders_are_claimed_when_their_lease_ran_out() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (first, old) = stage.processing_order(&account, &["a.example"]).await;
    let (failed, lease) = stage.processing_order(&account, &["b.example"]).await;
    stage
        .sa
        .fail_order(&context, failed.id, lease.id, problem(ErrorKind::Caa))
        .await
        .unwrap();
    stage.issued_order(&account, &["c.example"]).await;
    assert_eq!(stage.claim_orders(10).await, []);
    stage.pass(HOUR);
    let (second, _) = stage.processing_order(&account, &["d.example"]).await;
    let claimed = stage.claim_orders(10).await;
    assert_eq!(claimed.len(), 1);
    assert_eq!(
        (&claimed[0].order, claimed[0].request.as_slice()),
        (&first, b"jws".as_slice())
    );
    let stale = stage
        .sa
        .fail_order(&context, first.id, old.id, problem(ErrorKind::Caa))
        .await;
    refused(stale, ErrorKind::Conflict);
    let held = stage
        .sa
        .fail_order(&context, first.id, claimed[0].lease.id, problem(ErrorKind::Caa))
        .await;
    assert_eq!(held.unwrap().status, OrderStatus::Invalid);
    stage.pass(HOUR);
    let claimed = stage.claim_orders(1).await;
    assert_eq!(claimed[0].order.id, second.id);
    assert_eq!(stage.claim_orders(10).await, []);
}

#[tokio::test]
async fn a_renewed_lease_is_not_claimed() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (order, order_lease) = stage.processing_order(&account, &["a.example"]).await;
    let pending = stage.stored_order(&account, &["b.example"]).await;
    let (_, lease) = stage.begin(&account, pending.authorizations[0]).await;
    for _ in 0..3 {
        stage.pass(HOUR / 2);
        let deadline = stage.now() + HOUR;
        stage
            .sa
            .renew_order_lease(&context, order.id, order_lease.id, deadline)
            .await
            .unwrap();
        stage
            .sa
            .renew_validation_lease(&context, pending.authorizations[0], lease.id, deadline)
            .await
            .unwrap();
    }
    assert_eq!(stage.claim_orders(10).await, []);
    assert_eq!(stage.claim_validations(10).await, []);
}

#[tokio::test]
async fn a_lease_that_is_given_back_is_claimed_at_once() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (order, order_lease) = stage.processing_order(&account, &["a.example"]).await;
    let pending = stage.stored_order(&account, &["b.example"]).await;
    let authorization = pending.authorizations[0];
    let (_, lease) = stage.begin(&account, authorization).await;
    let renew_order = |deadline| {
        stage
            .sa
            .renew_order_lease(&context, order.id, order_lease.id, deadline)
    };
    let renew_validation = |deadline| {
        stage
            .sa
            .renew_validation_lease(&context, authorization, lease.id, deadline)
    };
    renew_order(stage.now()).await.unwrap();
    renew_validation(stage.now()).await.unwrap();
    let claimed = stage.claim_orders(10).await;
    assert_eq!(claimed[0].order.id, order.id);
    let claimed = stage.claim_validations(10).await;
    assert_eq!(claimed[0].authorization.id, authorization);
    // It is another's now.
    let later = stage.now() + HOUR;
    refused(renew_order(later).await, ErrorKind::Conflict);
    refused(renew_validation(later).await, ErrorKind::Conflict);
}

#[tokio::test]
async fn what_has_ended_has_no_lease_to_renew() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (order, order_lease) = stage.processing_order(&account, &["a.example"]).await;
    let order = stage.issue(order).await;
    let later = stage.now() + HOUR;
    let renewed = stage
        .sa
        .renew_order_lease(&context, order.id, order_lease.id, later);
    refused(renewed.await, ErrorKind::Conflict);
    let pending = stage.stored_order(&account, &["b.example"]).await;
    let begun = stage.begin(&account, pending.authorizations[0]).await;
    let finish = stage.finish(pending.authorizations[0], &begun, None);
    stage.sa.finish_validation(&context, finish).await.unwrap();
    let renewed = stage
        .sa
        .renew_validation_lease(&context, pending.authorizations[0], begun.1.id, later);
    refused(renewed.await, ErrorKind::Conflict);
    let unknown = stage.order(&account, &["c.example"]);
    let renewed = stage
        .sa
        .renew_order_lease(&context, unknown.order.id, order_lease.id, later);
    refused(renewed.await, ErrorKind::NotFound);
    let id = unknown.new_authorizations[0].id;
    let renewed = stage
        .sa
        .renew_validation_lease(&context, id, order_lease.id, later);
    refused(renewed.await, ErrorKind::NotFound);
}
