//! Who may do what: the front end reads, and only the certificate authority stores what it signs.

use cairn_rpc::api::sa::{Claim, CreateAccount, RevokeCertificate};
use cairn_rpc::client::SaClient;
use cairn_types::{ErrorKind, OrderStatus, Revocation, RevocationReason};

use crate::stage::{HOUR, Stage, refused};

/// One change of each kind that only the registration authority makes is refused, and nothing has changed.
async fn changes_nothing(stage: &Stage, caller: &SaClient) {
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.issued_order(&account, &["a.example"]).await;
    let denied = ErrorKind::PermissionDenied;
    let new = CreateAccount {
        account: stage.account(),
        external_account_key_id: None,
    };
    refused(caller.create_account(&context, new.clone()).await, denied);
    refused(caller.deactivate_account(&context, account.id).await, denied);
    let second = stage.order(&account, &["b.example"]);
    refused(caller.create_order(&context, second.clone()).await, denied);
    let authorization = order.authorizations[0];
    refused(
        caller.deactivate_authorization(&context, authorization).await,
        denied,
    );
    let claim = Claim {
        owner: "test".to_owned(),
        deadline: stage.now() + HOUR,
        limit: 1,
    };
    refused(caller.claim_orders(&context, claim).await, denied);
    let revoke = RevokeCertificate {
        serial: order.serial.unwrap(),
        revocation: Revocation {
            at: stage.now(),
            reason: RevocationReason::Superseded,
        },
        by: "certificate key".to_owned(),
    };
    refused(caller.revoke_certificate(&context, revoke).await, denied);

    // Reading, which they may, shows that all is as it was.
    assert_eq!(caller.get_account(&context, account.id).await.unwrap(), account);
    let unknown = caller.find_account_by_key(&context, new.account.thumbprint).await;
    assert_eq!(unknown.unwrap(), None);
    assert_eq!(caller.get_order(&context, order.id).await.unwrap(), order);
    refused(
        caller.get_order(&context, second.order.id).await,
        ErrorKind::NotFound,
    );
    let certificate = caller.get_certificate(&context, order.serial.unwrap()).await;
    assert_eq!(certificate.unwrap().revocation, None);
}

#[tokio::test]
async fn the_front_end_cannot_change_anything() {
    let stage = Stage::new().await;
    changes_nothing(&stage, &stage.front).await;
}

#[tokio::test]
async fn the_certificate_authority_changes_nothing_but_what_it_signs() {
    let stage = Stage::new().await;
    changes_nothing(&stage, &stage.signer).await;
}

#[tokio::test]
async fn only_the_certificate_authority_stores_what_it_signs() {
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (order, _) = stage.processing_order(&account, &["a.example"]).await;
    let unsigned = stage.unsigned(&order);
    for caller in [&stage.sa, &stage.front] {
        refused(
            caller.store_tbs(&context, unsigned.clone()).await,
            ErrorKind::PermissionDenied,
        );
    }
    stage.signer.store_tbs(&context, unsigned.clone()).await.unwrap();
    for caller in [&stage.sa, &stage.front] {
        let stored = caller.store_certificate(&context, unsigned.serial, b"forged".to_vec());
        refused(stored.await, ErrorKind::PermissionDenied);
    }
    let order = stage.sa.get_order(&context, order.id).await.unwrap();
    assert_eq!(order.status, OrderStatus::Processing);
}
