//! Accounts and their keys.

use cairn_rpc::api::sa::{ChangeKey, CreateAccount};
use cairn_types::{
    Account, AccountId, AccountStatus, AuthorizationStatus, ErrorKind, OrderStatus, Thumbprint,
};

use crate::stage::{Stage, key, refused};

fn create(account: &Account, external_account_key: Option<&str>) -> CreateAccount {
    CreateAccount {
        account: account.clone(),
        external_account_key_id: external_account_key.map(ToOwned::to_owned),
    }
}

#[tokio::test]
async fn an_account_is_found_by_id_and_by_key() {
    let stage = Stage::new().await;
    let context = stage.context();
    let mut account = stage.account();
    account.external_account_binding = Some("{\"protected\":\"…\"}".to_owned());
    let created = stage
        .sa
        .create_account(&context, create(&account, Some("eab-1")))
        .await
        .unwrap();
    assert!(created.created);
    assert_eq!(created.account, account);
    assert_eq!(stage.sa.get_account(&context, account.id).await.unwrap(), account);
    let found = stage
        .sa
        .find_account_by_key(&context, account.thumbprint)
        .await
        .unwrap();
    assert_eq!(found, Some(account));
    assert_eq!(
        stage
            .sa
            .find_account_by_key(&context, Thumbprint([9; 32]))
            .await
            .unwrap(),
        None
    );
    let unknown = stage.account().id;
    refused(stage.sa.get_account(&context, unknown).await, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_key_has_one_account() {
    let stage = Stage::new().await;
    let context = stage.context();
    let first = stage.stored_account().await;
    let mut second = stage.account();
    second.thumbprint = first.thumbprint;
    let answer = stage
        .sa
        .create_account(&context, create(&second, None))
        .await
        .unwrap();
    assert!(!answer.created);
    assert_eq!(answer.account, first);
    refused(
        stage.sa.get_account(&context, second.id).await,
        ErrorKind::NotFound,
    );
    let repeated = stage
        .sa
        .create_account(&context, create(&first, None))
        .await
        .unwrap();
    assert!(repeated.created, "the repetition of the call that created it");
}

#[tokio::test]
async fn an_external_account_key_binds_one_account() {
    let stage = Stage::new().await;
    let context = stage.context();
    let (first, second) = (stage.account(), stage.account());
    stage
        .sa
        .create_account(&context, create(&first, Some("eab")))
        .await
        .unwrap();
    refused(
        stage
            .sa
            .create_account(&context, create(&second, Some("eab")))
            .await,
        ErrorKind::Conflict,
    );
    refused(
        stage.sa.get_account(&context, second.id).await,
        ErrorKind::NotFound,
    );
    let again = stage
        .sa
        .create_account(&context, create(&first, Some("eab")))
        .await
        .unwrap();
    assert_eq!(again.account, first);
}

#[tokio::test]
async fn contacts_are_replaced_while_the_account_is_valid() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let contact = vec![
        "mailto:b@example.org".to_owned(),
        "mailto:\"c\"@example.org".to_owned(),
    ];
    let updated = stage
        .sa
        .update_contact(&context, account.id, contact.clone())
        .await
        .unwrap();
    assert_eq!(
        updated,
        Account {
            contact,
            ..account.clone()
        }
    );
    let unknown = stage.account().id;
    refused(
        stage.sa.update_contact(&context, unknown, Vec::new()).await,
        ErrorKind::NotFound,
    );
    stage.sa.deactivate_account(&context, account.id).await.unwrap();
    refused(
        stage.sa.update_contact(&context, account.id, Vec::new()).await,
        ErrorKind::Unauthorized,
    );
    assert_eq!(
        stage.sa.get_account(&context, account.id).await.unwrap().contact,
        updated.contact
    );
}

#[tokio::test]
async fn what_is_open_ends_with_the_account() {
    let stage = Stage::new().await;
    let context = stage.context();
    let (account, other) = (stage.stored_account().await, stage.stored_account().await);
    let pending = stage.stored_order(&account, &["pending.example"]).await;
    let ready = stage.ready_order(&account, &["ready.example"]).await;
    let (processing, _) = stage.processing_order(&account, &["processing.example"]).await;
    let issued = stage.issued_order(&account, &["issued.example"]).await;
    let theirs = stage.stored_order(&other, &["pending.example"]).await;
    for _ in 0..2 {
        let ended = stage.sa.deactivate_account(&context, account.id).await.unwrap();
        assert_eq!(ended.status, AccountStatus::Deactivated);
    }
    for (order, status) in [
        (&pending, OrderStatus::Invalid),
        (&ready, OrderStatus::Invalid),
        (&processing, OrderStatus::Processing),
        (&issued, OrderStatus::Valid),
        (&theirs, OrderStatus::Pending),
    ] {
        let now = stage.sa.get_order(&context, order.id).await.unwrap();
        assert_eq!(now.status, status, "{:?}", order.identifiers);
        let unauthorized = now
            .error
            .is_some_and(|error| error.kind == ErrorKind::Unauthorized);
        assert_eq!(unauthorized, status == OrderStatus::Invalid);
    }
    for (order, status) in [
        (&pending, AuthorizationStatus::Invalid),
        (&ready, AuthorizationStatus::Valid),
        (&theirs, AuthorizationStatus::Pending),
    ] {
        let authorization = stage
            .sa
            .get_authorization(&context, order.authorizations[0])
            .await
            .unwrap();
        assert_eq!(authorization.status, status);
    }
    let unknown = stage.account().id;
    refused(
        stage.sa.deactivate_account(&context, unknown).await,
        ErrorKind::NotFound,
    );
}

fn change(id: AccountId, old: Thumbprint, (jwk, new): &(String, Thumbprint), request: &str) -> ChangeKey {
    ChangeKey {
        id,
        old_thumbprint: old,
        new_jwk: jwk.clone(),
        new_thumbprint: *new,
        request: request.into(),
    }
}

#[tokio::test]
async fn a_key_is_changed_and_the_link_is_kept() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (second, third) = (key(), key());
    let to_second = change(account.id, account.thumbprint, &second, "one");
    for _ in 0..2 {
        let changed = stage.sa.change_key(&context, to_second.clone()).await.unwrap();
        assert_eq!((&changed.jwk, changed.thumbprint), (&second.0, second.1));
    }
    stage
        .sa
        .change_key(&context, change(account.id, second.1, &third, "two"))
        .await
        .unwrap();
    let requests = stage.sa.list_key_changes(&context, account.id).await.unwrap();
    assert_eq!(requests, [b"one".to_vec(), b"two".to_vec()]);
    assert_eq!(
        stage
            .sa
            .find_account_by_key(&context, account.thumbprint)
            .await
            .unwrap(),
        None
    );
    let found = stage
        .sa
        .find_account_by_key(&context, third.1)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.id, account.id);
}

#[tokio::test]
async fn a_key_is_not_changed_against_the_rules() {
    let stage = Stage::new().await;
    let context = stage.context();
    let (account, other) = (stage.stored_account().await, stage.stored_account().await);
    let theirs = (other.jwk.clone(), other.thumbprint);
    let taken = stage
        .sa
        .change_key(&context, change(account.id, account.thumbprint, &theirs, "x"))
        .await;
    assert_eq!(
        refused(taken, ErrorKind::Conflict).location,
        Some(other.id.to_string())
    );
    let stale = stage
        .sa
        .change_key(&context, change(account.id, Thumbprint([3; 32]), &key(), "x"))
        .await;
    refused(stale, ErrorKind::Conflict);
    let unknown = change(stage.account().id, account.thumbprint, &key(), "x");
    refused(stage.sa.change_key(&context, unknown).await, ErrorKind::NotFound);
    stage.sa.deactivate_account(&context, account.id).await.unwrap();
    let ended = stage
        .sa
        .change_key(&context, change(account.id, account.thumbprint, &key(), "x"))
        .await;
    refused(ended, ErrorKind::Unauthorized);
    assert!(
        stage
            .sa
            .list_key_changes(&context, account.id)
            .await
            .unwrap()
            .is_empty()
    );
}
