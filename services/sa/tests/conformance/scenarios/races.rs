//! Many at once: one wins, and the others see what it did.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use cairn_rpc::api::sa::{ChangeKey, CreateAccount};
use cairn_types::{AuthorizationStatus, ErrorKind, OrderId, OrderStatus, Serial};
use tokio::task::JoinSet;

use crate::stage::{HOUR, Stage, key, problem};

const MANY: usize = 16;

/// Runs the same thing many times at once; returns all results.
async fn race<T, Fut>(stage: &Arc<Stage>, contender: impl Fn(Arc<Stage>) -> Fut) -> Vec<T>
where
    T: Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
{
    (0..MANY)
        .map(|_| contender(stage.clone()))
        .collect::<JoinSet<_>>()
        .join_all()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_finalization_begins() {
    let stage = Arc::new(Stage::new().await);
    let account = stage.stored_account().await;
    let order = stage.ready_order(&account, &["a.example"]).await;
    let results = race(&stage, |stage| {
        let order = order.clone();
        async move {
            stage
                .sa
                .begin_finalize(&stage.context(), stage.finalize(&order))
                .await
                .unwrap()
        }
    })
    .await;
    assert_eq!(results.iter().filter(|begun| begun.leased).count(), 1);
    assert!(
        results
            .iter()
            .all(|begun| begun.order.status == OrderStatus::Processing)
    );
}

/// The orders that an account has after asking, at once, for one for each of these names.
async fn place(stage: &Arc<Stage>, names: [&'static str; MANY], replaces: Option<Serial>) -> Vec<OrderId> {
    let account = stage.stored_account().await;
    let asked = names.into_iter().map(|name| {
        let mut request = stage.order(&account, &[name]);
        request.order.replaces = replaces;
        request.placed_since = Some(stage.now() - HOUR);
        let stage = stage.clone();
        async move { stage.sa.create_order(&stage.context(), request).await.unwrap().id }
    });
    let answers = asked.collect::<JoinSet<_>>().join_all().await;
    let placed: HashSet<_> = answers.iter().copied().collect();
    let stored = stage
        .sa
        .list_orders(&stage.context(), account.id, None, 100)
        .await
        .unwrap();
    assert_eq!(
        stored.iter().copied().collect::<HashSet<_>>(),
        placed,
        "those that were answered"
    );
    stored
}

#[tokio::test(flavor = "multi_thread")]
async fn one_order_is_placed() {
    let stage = Arc::new(Stage::new().await);
    assert_eq!(place(&stage, ["a.example"; MANY], None).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_order_is_placed_that_replaces_a_certificate() {
    let stage = Arc::new(Stage::new().await);
    let account = stage.stored_account().await;
    let serial = stage.issued_order(&account, &["a.example"]).await.serial;
    assert_eq!(place(&stage, ["a.example"; MANY], serial).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn different_orders_are_all_placed() {
    let stage = Arc::new(Stage::new().await);
    let names =
        std::array::from_fn(|number| ["a.example", "b.example", "c.example", "d.example"][number % 4]);
    assert_eq!(place(&stage, names, None).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_serial_is_stored() {
    let stage = Arc::new(Stage::new().await);
    let account = stage.stored_account().await;
    let (order, _) = stage.processing_order(&account, &["a.example"]).await;
    let results = race(&stage, |stage| {
        let unsigned = stage.unsigned(&order);
        async move {
            stage
                .signer
                .store_tbs(&stage.context(), unsigned)
                .await
                .unwrap()
                .unsigned
                .serial
        }
    })
    .await;
    assert_eq!(results.into_iter().collect::<HashSet<_>>().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_certificate_is_stored() {
    let stage = Arc::new(Stage::new().await);
    let account = stage.stored_account().await;
    let (order, _) = stage.processing_order(&account, &["a.example"]).await;
    let serial = stage.unsigned(&order).serial;
    let mut unsigned = stage.unsigned(&order);
    unsigned.serial = serial;
    stage.signer.store_tbs(&stage.context(), unsigned).await.unwrap();
    let number = Arc::new(std::sync::atomic::AtomicU8::new(0));
    let results = race(&stage, |stage| {
        let der = vec![number.fetch_add(1, std::sync::atomic::Ordering::SeqCst)];
        async move {
            stage
                .signer
                .store_certificate(&stage.context(), serial, der)
                .await
        }
    })
    .await;
    let (stored, others): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(stored.len(), 1);
    assert!(
        others
            .iter()
            .all(|other| other.as_ref().unwrap_err().kind() == ErrorKind::Conflict)
    );
    let kept = stage.sa.get_certificate(&stage.context(), serial).await.unwrap();
    assert_eq!(kept, stored.into_iter().next().unwrap().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_is_created_for_a_key() {
    let stage = Arc::new(Stage::new().await);
    let (jwk, thumbprint) = key();
    let results = race(&stage, |stage| {
        let mut account = stage.account();
        (account.jwk, account.thumbprint) = (jwk.clone(), thumbprint);
        async move {
            let request = CreateAccount {
                account,
                external_account_key_id: None,
            };
            stage.sa.create_account(&stage.context(), request).await.unwrap()
        }
    })
    .await;
    assert_eq!(results.iter().filter(|answer| answer.created).count(), 1);
    assert_eq!(
        results
            .iter()
            .map(|answer| answer.account.id)
            .collect::<HashSet<_>>()
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_gets_a_key() {
    let stage = Arc::new(Stage::new().await);
    let (jwk, thumbprint) = key();
    let mut accounts = Vec::new();
    for _ in 0..MANY {
        accounts.push(stage.stored_account().await);
    }
    let accounts = Arc::new(std::sync::Mutex::new(accounts));
    let results = race(&stage, |stage| {
        let account = accounts.lock().unwrap().pop().unwrap();
        let request = ChangeKey {
            id: account.id,
            old_thumbprint: account.thumbprint,
            new_jwk: jwk.clone(),
            new_thumbprint: thumbprint,
            request: b"jws".to_vec(),
        };
        async move { stage.sa.change_key(&stage.context(), request).await }
    })
    .await;
    let winner = results
        .iter()
        .find_map(|result| result.as_ref().ok())
        .unwrap()
        .id
        .to_string();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(
            (error.kind(), error.location.as_deref()),
            (ErrorKind::Conflict, Some(winner.as_str()))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_of_many_validations_makes_the_order_ready() {
    let stage = Arc::new(Stage::new().await);
    let account = stage.stored_account().await;
    let names: Vec<String> = (0..MANY).map(|number| format!("{number}.example")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let order = stage.stored_order(&account, &names).await;
    let waiting = Arc::new(std::sync::Mutex::new(order.authorizations.clone()));
    race(&stage, |stage| {
        let (account, id) = (account.clone(), waiting.lock().unwrap().pop().unwrap());
        async move { stage.validate(&account, id).await }
    })
    .await;
    let order = stage.sa.get_order(&stage.context(), order.id).await.unwrap();
    assert_eq!(order.status, OrderStatus::Ready);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validation_ends_one_way() {
    let stage = Arc::new(Stage::new().await);
    let account = stage.stored_account().await;
    let order = stage.stored_order(&account, &["a.example"]).await;
    let id = order.authorizations[0];
    let begun = stage.begin(&account, id).await;
    let coin = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let results = race(&stage, |stage| {
        let failed = coin.fetch_add(1, std::sync::atomic::Ordering::SeqCst) % 2 == 1;
        let finish = stage.finish(id, &begun, failed.then(|| problem(ErrorKind::Dns)));
        async move { stage.sa.finish_validation(&stage.context(), finish).await }
    })
    .await;
    let ends: HashSet<_> = results
        .into_iter()
        .flatten()
        .map(|end| end.status.as_str())
        .collect();
    assert_eq!(ends.len(), 1);
    let order = stage.sa.get_order(&stage.context(), order.id).await.unwrap();
    let expected = if ends.contains(AuthorizationStatus::Valid.as_str()) {
        OrderStatus::Ready
    } else {
        OrderStatus::Invalid
    };
    assert_eq!(order.status, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_is_claimed_by_one() {
    let stage = Arc::new(Stage::new().await);
    let account = stage.stored_account().await;
    for number in 0..4 {
        stage
            .processing_order(&account, &[&format!("{number}.example")])
            .await;
    }
    stage.pass(HOUR);
    let results = race(&stage, |stage| async move { stage.claim_orders(2).await }).await;
    let claimed: Vec<_> = results.iter().flatten().map(|work| work.order.id).collect();
    assert_eq!(claimed.len(), 4);
    assert_eq!(claimed.into_iter().collect::<HashSet<_>>().len(), 4);
}
