//! Requests and calls that are made again because their answer was lost.

use cairn_rpc::api::sa::{
    AddReceipts, BeginValidation, CreateAccount, FindForOrder, RecordAttempt, RevokeCertificate,
};
use cairn_types::{Account, ErrorKind, Order, OrderId, OrderStatus, Revocation, RevocationReason, Timestamp};

use crate::stage::{HOUR, Stage, dns, problem};

/// What is asked for again.
fn again(stage: &Stage, order: &Order) -> FindForOrder {
    let mut order = order.clone();
    order.id = OrderId::new(&*stage.clock, &cairn_kit::SystemRng);
    order.authorizations.clear();
    order.created = stage.now();
    FindForOrder {
        order,
        placed_since: Some(stage.now() - HOUR),
        valid_until: stage.now(),
        made_since: Timestamp::from_millis(0),
    }
}

async fn placed(stage: &Stage, wanted: FindForOrder) -> Option<OrderId> {
    let found = stage.sa.find_for_order(&stage.context(), wanted).await.unwrap();
    assert!(found.placed.is_none() || found.authorizations.is_empty());
    found.placed.map(|order| order.id)
}

#[tokio::test]
async fn the_same_order_is_found_for_a_while() {
    let stage = Stage::new().await;
    let account = stage.stored_account().await;
    let mut request = stage.order(&account, &["a.example", "b.example"]);
    request.order.not_after = Some(stage.now() + HOUR);
    let order = stage.sa.create_order(&stage.context(), request).await.unwrap();
    let wanted = again(&stage, &order);
    assert_eq!(placed(&stage, wanted.clone()).await, Some(order.id));
    let unlimited = FindForOrder {
        placed_since: None,
        ..wanted.clone()
    };
    assert_eq!(placed(&stage, unlimited).await, None);
    let serial = stage.issued_order(&account, &["c.example"]).await.serial;
    let other = stage.stored_account().await.id;
    let differences: [&dyn Fn(&mut Order); 6] = [
        &|order| order.account = other,
        &|order| order.identifiers.truncate(1),
        &|order| order.profile = "shortlived".parse().unwrap(),
        &|order| order.not_before = order.not_after,
        &|order| order.not_after = None,
        &|order| order.replaces = serial,
    ];
    for (number, change) in differences.iter().enumerate() {
        let mut wanted = wanted.clone();
        change(&mut wanted.order);
        assert_eq!(placed(&stage, wanted).await, None, "{number}");
    }
    stage.pass(HOUR);
    assert_eq!(placed(&stage, again(&stage, &order)).await, Some(order.id));
    stage.pass(HOUR);
    assert_eq!(placed(&stage, again(&stage, &order)).await, None);
}

#[tokio::test]
async fn the_same_order_is_found_until_something_came_of_it() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let pending = stage.stored_order(&account, &["a.example", "b.example"]).await;
    let begun = stage.begin(&account, pending.authorizations[1]).await;
    assert_eq!(placed(&stage, again(&stage, &pending)).await, None, "answered");
    let finish = stage.finish(pending.authorizations[1], &begun, None);
    stage.sa.finish_validation(&context, finish).await.unwrap();
    assert_eq!(placed(&stage, again(&stage, &pending)).await, None, "half valid");
    stage.validate(&account, pending.authorizations[0]).await;
    assert_eq!(
        placed(&stage, again(&stage, &pending)).await,
        Some(pending.id),
        "ready"
    );
    let request = stage.finalize(&pending);
    stage.sa.begin_finalize(&context, request).await.unwrap();
    assert_eq!(placed(&stage, again(&stage, &pending)).await, None, "processing");
    // What was valid before was not answered for this order.
    let mut half = stage.order(&account, &["a.example", "c.example"]);
    half.new_authorizations.remove(0);
    half.order.authorizations[0] = pending.authorizations[0];
    let half = stage.sa.create_order(&context, half).await.unwrap();
    assert_eq!(placed(&stage, again(&stage, &half)).await, Some(half.id));
    let given_up = stage
        .sa
        .deactivate_authorization(&context, half.authorizations[1]);
    given_up.await.unwrap();
    assert_eq!(placed(&stage, again(&stage, &half)).await, None, "invalid");
}

#[tokio::test]
async fn what_an_order_can_use_is_found_with_it() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let valid = stage.ready_order(&account, &["a.example"]).await;
    let begin = stage.finalize(&valid);
    stage.sa.begin_finalize(&context, begin).await.unwrap();
    let wanted = again(&stage, &stage.order(&account, &["a.example", "b.example"]).order);
    let found = stage.sa.find_for_order(&context, wanted.clone()).await.unwrap();
    let ids: Vec<_> = found.authorizations.iter().map(|known| known.id).collect();
    assert_eq!(ids, valid.authorizations);
    let young = FindForOrder {
        made_since: stage.now() + HOUR,
        ..wanted
    };
    let found = stage.sa.find_for_order(&context, young).await.unwrap();
    assert_eq!(found.authorizations, []);
}

#[tokio::test]
async fn the_request_of_a_finalization_can_be_read() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let ready = stage.ready_order(&account, &["a.example"]).await;
    let early = stage.sa.get_finalization(&context, ready.id).await;
    assert_eq!(early.unwrap_err().kind(), ErrorKind::NotFound);
    let request = stage.finalize(&ready);
    stage.sa.begin_finalize(&context, request.clone()).await.unwrap();
    let stored = stage.sa.get_finalization(&context, ready.id).await.unwrap();
    assert_eq!(stored, request.request);
}

/// Makes a call twice, with the same arguments, and expects the same answer. It is the answer.
macro_rules! twice {
    ($sa:expr, $call:ident($context:expr $(, $argument:expr)*)) => {{
        let first = $sa.$call($context $(, $argument.clone())*).await.unwrap();
        let second = $sa.$call($context $(, $argument.clone())*).await.unwrap();
        assert_eq!(first, second, stringify!($call));
        first
    }};
}

/// A caller that lost an answer cannot tell whether the call did its work, and makes it again.
#[tokio::test]
async fn every_step_of_an_issuance_may_be_repeated() {
    let stage = Stage::new().await;
    let (context, account) = (&stage.context(), stage.account());
    let create = CreateAccount {
        account: account.clone(),
        external_account_key_id: Some("external".to_owned()),
    };
    twice!(stage.sa, create_account(context, create));
    let request = stage.order(&account, &["a.example"]);
    let order = twice!(stage.sa, create_order(context, request));
    let (id, challenge) = (
        order.authorizations[0],
        request.new_authorizations[0].challenges[0].id,
    );
    let begin = BeginValidation {
        authorization: id,
        challenge,
        lease: stage.lease(),
        account: account.id,
    };
    twice!(stage.sa, begin_validation(context, begin));
    let attempt = RecordAttempt {
        authorization: id,
        challenge,
        lease: begin.lease.id,
        problem: problem(ErrorKind::Connection),
        deadline: stage.now() + HOUR,
    };
    twice!(stage.sa, record_attempt(context, attempt));
    twice!(
        stage.sa,
        renew_validation_lease(context, id, begin.lease.id, attempt.deadline)
    );
    let finish = stage.finish(id, &(challenge, begin.lease), None);
    twice!(stage.sa, finish_validation(context, finish));
    let receipts = AddReceipts {
        authorization: id,
        receipts: vec![b"caa".to_vec()],
        caa_checked: stage.now(),
    };
    twice!(stage.sa, add_receipts(context, receipts));
    let finalize = stage.finalize(&order);
    let begun = twice!(stage.sa, begin_finalize(context, finalize));
    assert!(begun.leased);
    assert_eq!(begun.evidence[0].receipts.len(), 3, "nothing is there twice");
    twice!(
        stage.sa,
        renew_order_lease(context, order.id, finalize.lease.id, finalize.lease.deadline)
    );
    let unsigned = stage.unsigned(&order);
    twice!(stage.signer, store_tbs(context, unsigned));
    let certificate = twice!(
        stage.signer,
        store_certificate(context, unsigned.serial, b"signed".to_vec())
    );
    let revoke = RevokeCertificate {
        serial: certificate.serial,
        revocation: Revocation {
            at: stage.now(),
            reason: RevocationReason::Superseded,
        },
        by: "certificate key".to_owned(),
    };
    twice!(stage.sa, revoke_certificate(context, revoke));
    let order = stage.sa.get_order(context, order.id).await.unwrap();
    assert_eq!(
        (order.status, order.serial),
        (OrderStatus::Valid, Some(unsigned.serial))
    );
    assert_eq!(
        stage.sa.list_orders(context, account.id, None, 10).await.unwrap(),
        [order.id]
    );
}

#[tokio::test]
async fn every_other_change_may_be_repeated() {
    let stage = Stage::new().await;
    let (context, account) = (&stage.context(), stage.stored_account().await);
    let contact = vec!["mailto:b@example.org".to_owned()];
    twice!(stage.sa, update_contact(context, account.id, contact));
    twice!(
        stage.sa,
        agree_to_terms(context, account.id, "https://ca.example/terms/2".to_owned())
    );
    let change = change_of_key(&account);
    twice!(stage.sa, change_key(context, change));
    assert_eq!(
        stage
            .sa
            .list_key_changes(context, account.id)
            .await
            .unwrap()
            .len(),
        1
    );
    let ahead = stage.authorization(&account, &dns("b.example"));
    twice!(stage.sa, create_authorization(context, ahead));
    twice!(stage.sa, deactivate_authorization(context, ahead.id));
    let (processing, lease) = stage.processing_order(&account, &["c.example"]).await;
    twice!(
        stage.sa,
        fail_order(context, processing.id, lease.id, problem(ErrorKind::Caa))
    );
    twice!(stage.sa, deactivate_account(context, account.id));
}

fn change_of_key(account: &Account) -> cairn_rpc::api::sa::ChangeKey {
    let (new_jwk, new_thumbprint) = crate::stage::key();
    cairn_rpc::api::sa::ChangeKey {
        id: account.id,
        old_thumbprint: account.thumbprint,
        new_jwk,
        new_thumbprint,
        request: b"jws".to_vec(),
    }
}
