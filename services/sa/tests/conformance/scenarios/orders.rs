//! Orders: creation, listing, finalization.

use cairn_rpc::api::sa::CreateOrder;
use cairn_types::{AuthorizationStatus, ErrorKind, OrderId, OrderStatus, Serial};

use crate::stage::{HOUR, Stage, dns, problem, refused};

/// An order for a name of which an earlier order's authorization is used again.
fn reusing(
    stage: &Stage,
    account: &cairn_types::Account,
    name: &str,
    earlier: &cairn_types::Order,
) -> CreateOrder {
    let mut request = stage.order(account, &[name]);
    request.order.authorizations.clone_from(&earlier.authorizations);
    request.new_authorizations.clear();
    request
}

#[tokio::test]
async fn an_order_is_stored_with_its_authorizations() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let mut request = stage.order(&account, &["*.example.org", "b.example.org"]);
    request.order.not_before = Some(stage.now());
    request.order.not_after = Some(stage.now() + HOUR);
    let order = stage.sa.create_order(&context, request.clone()).await.unwrap();
    assert_eq!(order, request.order);
    assert_eq!(stage.sa.get_order(&context, order.id).await.unwrap(), order);
    for authorization in request.new_authorizations {
        let stored = stage
            .sa
            .get_authorization(&context, authorization.id)
            .await
            .unwrap();
        assert_eq!(stored, authorization);
    }
    let unknown = stage.order(&account, &["c.example.org"]).order.id;
    refused(stage.sa.get_order(&context, unknown).await, ErrorKind::NotFound);
}

#[tokio::test]
async fn the_same_order_is_stored_once() {
    let stage = Stage::new().await;
    let context = stage.context();
    let (account, other) = (stage.stored_account().await, stage.stored_account().await);
    let request = stage.order(&account, &["a.example"]);
    stage.sa.create_order(&context, request.clone()).await.unwrap();
    stage.validate(&account, request.order.authorizations[0]).await;
    let again = stage.sa.create_order(&context, request.clone()).await.unwrap();
    assert_eq!(again.status, OrderStatus::Ready, "as it is now");
    let mut another = stage.order(&other, &["a.example"]);
    another.order.id = request.order.id;
    refused(
        stage.sa.create_order(&context, another).await,
        ErrorKind::Conflict,
    );
}

#[tokio::test]
async fn an_order_of_valid_authorizations_starts_ready() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let first = stage.ready_order(&account, &["a.example"]).await;
    let second = stage
        .sa
        .create_order(&context, reusing(&stage, &account, "a.example", &first))
        .await
        .unwrap();
    assert_eq!(second.status, OrderStatus::Ready);
    // One valid, one new: ready when the new one is valid too.
    let mut mixed = stage.order(&account, &["a.example", "b.example"]);
    mixed.new_authorizations.remove(0);
    mixed.order.authorizations[0] = first.authorizations[0];
    let third = stage.sa.create_order(&context, mixed).await.unwrap();
    assert_eq!(third.status, OrderStatus::Pending);
    stage.validate(&account, third.authorizations[1]).await;
    assert_eq!(stage.status(third.id).await, OrderStatus::Ready);
}

#[tokio::test]
async fn what_cannot_be_used_again_is_refused_and_nothing_stored() {
    let stage = Stage::new().await;
    let context = stage.context();
    let (account, other) = (stage.stored_account().await, stage.stored_account().await);
    let valid = stage.ready_order(&account, &["a.example"]).await;
    let pending = stage.stored_order(&account, &["p.example"]).await;
    let deactivated = stage.ready_order(&account, &["d.example"]).await;
    stage
        .sa
        .deactivate_authorization(&context, deactivated.authorizations[0])
        .await
        .unwrap();
    let mut requests = vec![
        reusing(&stage, &account, "p.example", &pending),
        reusing(&stage, &account, "d.example", &deactivated),
        reusing(&stage, &account, "b.example", &valid),
        reusing(&stage, &account, "*.a.example", &valid),
        reusing(&stage, &other, "a.example", &valid),
    ];
    stage.pass(30 * 24 * HOUR);
    requests.push(reusing(&stage, &account, "a.example", &valid));
    for request in requests {
        let id = request.order.id;
        refused(
            stage.sa.create_order(&context, request).await,
            ErrorKind::Conflict,
        );
        refused(stage.sa.get_order(&context, id).await, ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn an_order_that_contradicts_itself_is_refused() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let sound = stage.order(&account, &["a.example", "b.example"]);
    let mut broken = vec![sound.clone(); 4];
    broken[0].order.identifiers.pop();
    broken[1].order.authorizations.swap(0, 1);
    broken[2]
        .new_authorizations
        .push(stage.authorization(&account, &dns("c.example")));
    (broken[3].order.identifiers, broken[3].order.authorizations) = (Vec::new(), Vec::new());
    for request in broken {
        refused(
            stage.sa.create_order(&context, request).await,
            ErrorKind::ServerInternal,
        );
    }
    refused(
        stage.sa.get_order(&context, sound.order.id).await,
        ErrorKind::NotFound,
    );
    let nobody = stage.account();
    let request = stage.order(&nobody, &["a.example"]);
    refused(
        stage.sa.create_order(&context, request).await,
        ErrorKind::NotFound,
    );
}

#[tokio::test]
async fn an_account_that_ended_gets_nothing_new() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let valid = stage.ready_order(&account, &["a.example"]).await;
    let earlier = stage.order(&account, &["e.example"]);
    stage.sa.create_order(&context, earlier.clone()).await.unwrap();
    stage.sa.deactivate_account(&context, account.id).await.unwrap();
    for request in [
        stage.order(&account, &["b.example"]),
        reusing(&stage, &account, "a.example", &valid),
    ] {
        let id = request.order.id;
        refused(
            stage.sa.create_order(&context, request).await,
            ErrorKind::Unauthorized,
        );
        refused(stage.sa.get_order(&context, id).await, ErrorKind::NotFound);
    }
    let made = stage.authorization(&account, &dns("c.example"));
    refused(
        stage.sa.create_authorization(&context, made).await,
        ErrorKind::Unauthorized,
    );
    let again = stage.sa.create_order(&context, earlier).await.unwrap();
    assert_eq!(
        again.status,
        OrderStatus::Invalid,
        "a repetition finds what became of it"
    );
}

#[tokio::test]
async fn orders_are_listed_newest_first_in_pages() {
    let stage = Stage::new().await;
    let context = stage.context();
    let (account, other) = (stage.stored_account().await, stage.stored_account().await);
    let mut ids: Vec<OrderId> = Vec::new();
    for number in 0..5 {
        ids.push(
            stage
                .stored_order(&account, &[&format!("{number}.example")])
                .await
                .id,
        );
        stage.pass(HOUR);
    }
    stage.stored_order(&other, &["theirs.example"]).await;
    let failed = stage.stored_order(&account, &["failed.example"]).await;
    stage
        .sa
        .deactivate_authorization(&context, failed.authorizations[0])
        .await
        .unwrap();
    ids.reverse();
    let list = async |before, limit| {
        stage
            .sa
            .list_orders(&context, account.id, before, limit)
            .await
            .unwrap()
    };
    assert_eq!(list(None, 10).await, ids);
    assert_eq!(list(None, 2).await, ids[..2]);
    assert_eq!(list(Some(ids[1]), 2).await, ids[2..4]);
    assert_eq!(list(Some(ids[4]), 2).await, []);
    // The oldest three have run out by then.
    stage.pass(21 * HOUR);
    assert_eq!(list(None, 10).await, ids[..2]);
}

#[tokio::test]
async fn a_ready_order_is_finalized_once() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let pending = stage.stored_order(&account, &["p.example"]).await;
    let begun = stage
        .sa
        .begin_finalize(&context, stage.finalize(&pending))
        .await
        .unwrap();
    assert_eq!((begun.leased, begun.order.status), (false, OrderStatus::Pending));
    let order = stage.ready_order(&account, &["a.example"]).await;
    let request = stage.finalize(&order);
    let evidence = stage.sa.get_order_evidence(&context, order.id).await.unwrap();
    for _ in 0..2 {
        let begun = stage.sa.begin_finalize(&context, request.clone()).await.unwrap();
        assert_eq!(begun.evidence, evidence);
        assert_eq!(
            (begun.leased, begun.order.status),
            (true, OrderStatus::Processing)
        );
    }
    let second = stage
        .sa
        .begin_finalize(&context, stage.finalize(&order))
        .await
        .unwrap();
    assert_eq!(
        (second.leased, second.order.status, second.evidence),
        (false, OrderStatus::Processing, Vec::new())
    );
    let unknown = stage.order(&account, &["c.example"]).order;
    refused(
        stage.sa.begin_finalize(&context, stage.finalize(&unknown)).await,
        ErrorKind::NotFound,
    );
}

#[tokio::test]
async fn an_order_that_ran_out_is_not_finalized() {
    let stage = Stage::new().await;
    let account = stage.stored_account().await;
    let order = stage.ready_order(&account, &["a.example"]).await;
    stage.pass(24 * HOUR);
    let begun = stage
        .sa
        .begin_finalize(&stage.context(), stage.finalize(&order))
        .await
        .unwrap();
    assert!(!begun.leased);
    assert_eq!(begun.order.status_at(stage.now()), OrderStatus::Invalid);
}

#[tokio::test]
async fn the_holder_of_the_lease_fails_the_order() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (order, lease) = stage.processing_order(&account, &["a.example"]).await;
    let caa = problem(ErrorKind::Caa);
    let stale = stage
        .sa
        .fail_order(&context, order.id, stage.lease().id, caa.clone())
        .await;
    refused(stale, ErrorKind::Conflict);
    for _ in 0..2 {
        let failed = stage
            .sa
            .fail_order(&context, order.id, lease.id, caa.clone())
            .await
            .unwrap();
        assert_eq!(
            (failed.status, failed.error),
            (OrderStatus::Invalid, Some(caa.clone()))
        );
    }
    let late = stage
        .sa
        .fail_order(&context, order.id, stage.lease().id, caa.clone())
        .await;
    refused(late, ErrorKind::Conflict);
    let issued = stage.issued_order(&account, &["b.example"]).await;
    refused(
        stage
            .sa
            .fail_order(&context, issued.id, lease.id, caa.clone())
            .await,
        ErrorKind::Conflict,
    );
    let unknown = stage.order(&account, &["c.example"]).order.id;
    refused(
        stage.sa.fail_order(&context, unknown, lease.id, caa).await,
        ErrorKind::NotFound,
    );
}

#[tokio::test]
async fn an_order_ends_with_any_of_its_authorizations() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let first = stage.ready_order(&account, &["a.example"]).await;
    let second = stage
        .sa
        .create_order(&context, reusing(&stage, &account, "a.example", &first))
        .await
        .unwrap();
    let processing = stage
        .sa
        .create_order(&context, reusing(&stage, &account, "a.example", &first))
        .await
        .unwrap();
    stage
        .sa
        .begin_finalize(&context, stage.finalize(&processing))
        .await
        .unwrap();
    let unrelated = stage.ready_order(&account, &["b.example"]).await;
    let mut waiting = stage.order(&account, &["a.example", "w.example"]);
    waiting.new_authorizations.remove(0);
    waiting.order.authorizations[0] = first.authorizations[0];
    let waiting = stage.sa.create_order(&context, waiting).await.unwrap();
    assert_eq!(waiting.status, OrderStatus::Pending);
    for _ in 0..2 {
        let ended = stage
            .sa
            .deactivate_authorization(&context, first.authorizations[0])
            .await
            .unwrap();
        assert_eq!(ended.status, AuthorizationStatus::Deactivated);
    }
    for order in [first, second, waiting] {
        let order = stage.sa.get_order(&context, order.id).await.unwrap();
        assert_eq!(order.status, OrderStatus::Invalid);
        let error = order.error.unwrap();
        assert_eq!(error.kind, ErrorKind::Unauthorized);
        assert_eq!(error.subproblems[0].identifier, Some(dns("a.example")));
    }
    // What is being signed is not stopped: a signature may exist already.
    for (order, status) in [
        (processing, OrderStatus::Processing),
        (unrelated, OrderStatus::Ready),
    ] {
        assert_eq!(stage.status(order.id).await, status);
    }
}

#[tokio::test]
async fn a_serial_shows_once_the_order_is_valid() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (order, _) = stage.processing_order(&account, &["a.example"]).await;
    let unsigned = stage.unsigned(&order);
    let serial: Serial = unsigned.serial;
    stage.signer.store_tbs(&context, unsigned).await.unwrap();
    assert_eq!(stage.sa.get_order(&context, order.id).await.unwrap().serial, None);
    stage
        .signer
        .store_certificate(&context, serial, b"signed".to_vec())
        .await
        .unwrap();
    let order = stage.sa.get_order(&context, order.id).await.unwrap();
    assert_eq!((order.status, order.serial), (OrderStatus::Valid, Some(serial)));
}
