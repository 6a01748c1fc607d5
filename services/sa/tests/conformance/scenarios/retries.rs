//! Requests and calls that are made again because their answer was lost.

use cairn_rpc::api::sa::{
    AddReceipts, BeginValidation, CreateAccount, CreateOrder, RecordAttempt, RevokeCertificate,
};
use cairn_types::{Account, ErrorKind, Identifier, Order, OrderStatus, Revocation, RevocationReason};

use crate::stage::{HOUR, Stage, dns, problem};

/// The same request again, which another one is taken for that was made less than an hour ago.
fn again(stage: &Stage, account: &Account, order: &Order) -> CreateOrder {
    let names: Vec<_> = order.identifiers.iter().map(Identifier::value).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let mut request = stage.order(account, &names);
    request.order.not_before = order.not_before;
    request.order.not_after = order.not_after;
    request.order.replaces = order.replaces;
    request.placed_since = Some(stage.now() - HOUR);
    request
}

/// Whether an order is found by the same request; none is left behind by another.
async fn is_found(stage: &Stage, order: &Order, again: CreateOrder) -> bool {
    let context = stage.context();
    let made = stage.sa.create_order(&context, again.clone()).await.unwrap();
    if made.id == order.id {
        assert_eq!(made, stage.sa.get_order(&context, order.id).await.unwrap());
        let stored = stage.sa.get_order(&context, again.order.id).await;
        assert_eq!(stored.unwrap_err().kind(), ErrorKind::NotFound);
        return true;
    }
    assert_eq!(made.id, again.order.id);
    // It would be found by the next.
    for id in &made.authorizations {
        stage.sa.deactivate_authorization(&context, *id).await.unwrap();
    }
    false
}

#[tokio::test]
async fn the_same_order_is_found_for_a_while() {
    let stage = Stage::new().await;
    let (account, other) = (stage.stored_account().await, stage.stored_account().await);
    let mut request = stage.order(&account, &["a.example", "b.example"]);
    request.order.not_after = Some(stage.now() + HOUR);
    let order = stage.sa.create_order(&stage.context(), request).await.unwrap();
    assert!(is_found(&stage, &order, again(&stage, &account, &order)).await);
    let unlimited = CreateOrder {
        placed_since: None,
        ..again(&stage, &account, &order)
    };
    assert!(!is_found(&stage, &order, unlimited).await);
    let serial = stage.issued_order(&account, &["c.example"]).await.serial;
    let mut fewer = order.clone();
    fewer.identifiers.truncate(1);
    let changed = |change: &dyn Fn(&mut Order)| {
        let mut request = again(&stage, &account, &order);
        change(&mut request.order);
        request
    };
    let different = [
        again(&stage, &other, &order),
        again(&stage, &account, &fewer),
        changed(&|order| order.profile = "shortlived".parse().unwrap()),
        changed(&|order| order.not_before = order.not_after),
        changed(&|order| order.not_after = None),
        changed(&|order| order.replaces = serial),
    ];
    for (number, request) in different.into_iter().enumerate() {
        assert!(!is_found(&stage, &order, request).await, "{number}");
    }
    stage.pass(HOUR);
    assert!(is_found(&stage, &order, again(&stage, &account, &order)).await);
    stage.pass(HOUR);
    assert!(!is_found(&stage, &order, again(&stage, &account, &order)).await);
}

#[tokio::test]
async fn the_same_order_is_found_until_something_came_of_it() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let found = async |order: &Order| is_found(&stage, order, again(&stage, &account, order)).await;
    let pending = stage.stored_order(&account, &["a.example", "b.example"]).await;
    let begun = stage.begin(&account, pending.authorizations[1]).await;
    assert!(!found(&pending).await, "answered");
    let finish = stage.finish(pending.authorizations[1], &begun, None);
    stage.sa.finish_validation(&context, finish).await.unwrap();
    assert!(!found(&pending).await, "half valid");
    stage.validate(&account, pending.authorizations[0]).await;
    assert!(found(&pending).await, "ready");
    let request = stage.finalize(&pending);
    stage.sa.begin_finalize(&context, request).await.unwrap();
    assert!(!found(&pending).await, "processing");
    // What was valid before was not answered for this order.
    let mut half = stage.order(&account, &["a.example", "c.example"]);
    half.new_authorizations.remove(0);
    half.order.authorizations[0] = pending.authorizations[0];
    let half = stage.sa.create_order(&context, half).await.unwrap();
    assert!(found(&half).await);
    let given_up = stage
        .sa
        .deactivate_authorization(&context, half.authorizations[1]);
    given_up.await.unwrap();
    assert!(!found(&half).await, "invalid");
}

/// The order that is in the way of no other is itself found by the next request of its kind.
#[tokio::test]
async fn an_order_beside_one_that_is_answered_is_found() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let answered = stage.stored_order(&account, &["a.example"]).await;
    stage.begin(&account, answered.authorizations[0]).await;
    let request = again(&stage, &account, &answered);
    let second = stage.sa.create_order(&context, request).await.unwrap();
    assert_ne!(second.id, answered.id);
    assert!(is_found(&stage, &second, again(&stage, &account, &second)).await);
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
