//! Every change of state leaves a record in the audit log, once.

use std::cell::RefCell;
use std::io;
use std::sync::Once;

use cairn_rpc::api::sa::{AddReceipts, Claim, CreateAccount, RevokeCertificate};
use cairn_types::{ErrorKind, Revocation, RevocationReason};
use serde_json::Value;

use crate::stage::{HOUR, Stage, problem};

thread_local! {
    /// What was logged on this thread, which in these tests is the only one that serves calls.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct ThisThread;

impl io::Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to log, for all tests of this process.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_writer(|| ThisThread)
            .init();
    });
}

/// The audit records since the last call.
pub(crate) fn records() -> Vec<Value> {
    let text = String::from_utf8(LOG.take()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|record| record["target"] == "audit")
        .inspect(|record| assert_eq!(record["request_id"].as_str().map(str::len), Some(32), "{record}"))
        .collect()
}

/// The audit events since the last call, each with the state it led to.
fn events() -> Vec<String> {
    records()
        .iter()
        .map(|record| words(record, &["event", "to"]))
        .collect()
}

/// Some fields of a record, those that it has.
fn words(record: &Value, fields: &[&str]) -> String {
    let values: Vec<_> = fields
        .iter()
        .filter_map(|field| record[*field].as_str())
        .collect();
    values.join(" ")
}

#[tokio::test]
async fn an_issuance_is_recorded_step_by_step() {
    listen();
    let stage = Stage::new().await;
    let account = stage.stored_account().await;
    let order = stage.issued_order(&account, &["a.example"]).await;
    assert_eq!(
        events(),
        [
            "account.created valid",
            "order.created pending",
            "challenge.answered processing",
            "authorization.validated valid",
            "order.ready ready",
            "order.finalizing processing",
            "certificate.prepared",
            "certificate.issued issued",
            "order.finished valid",
        ]
    );
    let context = stage.context();
    stage.sa.get_order(&context, order.id).await.unwrap();
    stage
        .signer
        .store_certificate(&context, order.serial.unwrap(), b"signed".to_vec())
        .await
        .unwrap();
    assert_eq!(
        events(),
        [""; 0],
        "neither reading nor repeating changes anything"
    );
}

#[tokio::test]
async fn what_ends_with_something_else_is_recorded_too() {
    listen();
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let order = stage.stored_order(&account, &["a.example"]).await;
    let begun = stage.begin(&account, order.authorizations[0]).await;
    events();
    let failed = stage.finish(order.authorizations[0], &begun, Some(problem(ErrorKind::Dns)));
    stage.sa.finish_validation(&context, failed).await.unwrap();
    assert_eq!(
        events(),
        ["authorization.validated invalid", "order.ended invalid"]
    );
    stage.stored_order(&account, &["b.example"]).await;
    events();
    stage.sa.deactivate_account(&context, account.id).await.unwrap();
    let ended = [
        "account.deactivated deactivated",
        "order.ended invalid",
        "authorization.ended invalid",
    ];
    assert_eq!(events(), ended);
}

#[tokio::test]
async fn a_certificate_that_came_late_is_recorded() {
    listen();
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (order, lease) = stage.processing_order(&account, &["a.example"]).await;
    let unsigned = stage.unsigned(&order);
    let serial = unsigned.serial;
    stage.signer.store_tbs(&context, unsigned).await.unwrap();
    let failed = stage
        .sa
        .fail_order(&context, order.id, lease.id, problem(ErrorKind::Caa));
    failed.await.unwrap();
    events();
    for _ in 0..2 {
        let late = stage
            .signer
            .store_certificate(&context, serial, b"signed".to_vec());
        late.await.unwrap_err();
    }
    assert_eq!(events(), ["certificate.issued issued", "certificate.came_late"]);
}

#[tokio::test]
async fn what_ended_is_recorded_with_the_state_before() {
    listen();
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let ready = stage.ready_order(&account, &["a.example"]).await;
    let pending = stage.stored_order(&account, &["b.example"]).await;
    records();
    for order in [ready, pending] {
        let given_up = stage
            .sa
            .deactivate_authorization(&context, order.authorizations[0]);
        given_up.await.unwrap();
    }
    let moves: Vec<_> = records()
        .iter()
        .map(|record| words(record, &["event", "from", "to"]))
        .collect();
    assert_eq!(
        moves,
        [
            "authorization.deactivated valid deactivated",
            "order.ended ready invalid",
            "authorization.deactivated pending deactivated",
            "order.ended pending invalid",
        ]
    );
}

#[tokio::test]
async fn what_a_janitor_takes_over_is_not_the_accounts_doing() {
    listen();
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    stage.processing_order(&account, &["a.example"]).await;
    let order = stage.stored_order(&account, &["b.example", "c.example"]).await;
    let claim = |owner: &str| Claim {
        owner: owner.to_owned(),
        deadline: stage.now() + HOUR,
        limit: 10,
    };
    stage.begin(&account, order.authorizations[0]).await;
    stage.pass(2 * HOUR);
    records();
    stage.sa.claim_orders(&context, claim("other")).await.unwrap();
    stage
        .sa
        .claim_validations(&context, claim("other"))
        .await
        .unwrap();
    stage.pass(48 * HOUR);
    stage
        .sa
        .claim_validations(&context, claim("other"))
        .await
        .unwrap();
    let records = records();
    let actors: Vec<_> = records
        .iter()
        .map(|record| words(record, &["event", "actor"]))
        .collect();
    assert_eq!(
        actors,
        [
            "order.claimed service ra",
            "challenge.claimed service ra",
            "authorization.validated service ra",
            "order.ended service ra",
        ]
    );
    let details = records[0]["details"].as_str().unwrap();
    assert!(
        details.contains(&account.id.to_string()) && details.contains("other"),
        "{details}"
    );
}

#[tokio::test]
async fn who_revoked_is_recorded() {
    listen();
    let stage = Stage::new().await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let url = format!("https://ca.example/acme/account/{}", account.id);
    for by in [url.as_str(), "certificate key", "ada"] {
        let order = stage.issued_order(&account, &["a.example"]).await;
        let serial = order.serial.unwrap();
        records();
        let revoke = RevokeCertificate {
            serial,
            revocation: Revocation {
                at: stage.now(),
                reason: RevocationReason::Superseded,
            },
            by: by.to_owned(),
        };
        stage.sa.revoke_certificate(&context, revoke).await.unwrap();
        let actor = match by {
            "certificate key" => format!("key of certificate {serial}"),
            "ada" => "operator ada".to_owned(),
            _ => format!("account {}", account.id),
        };
        assert_eq!(
            words(&records()[0], &["event", "actor", "from", "to"]),
            format!("certificate.revoked {actor} issued revoked")
        );
    }
}

#[tokio::test]
async fn a_later_check_of_caa_is_recorded_and_repeated_calls_are_not() {
    listen();
    let stage = Stage::new().await;
    let context = stage.context();
    let new = CreateAccount {
        account: stage.account(),
        external_account_key_id: None,
    };
    for _ in 0..2 {
        stage.sa.create_account(&context, new.clone()).await.unwrap();
    }
    assert_eq!(events(), ["account.created valid"]);
    let order = stage.ready_order(&new.account, &["a.example"]).await;
    let finalize = stage.finalize(&order);
    events();
    for _ in 0..2 {
        let begun = stage.sa.begin_finalize(&context, finalize.clone()).await.unwrap();
        assert!(begun.leased);
    }
    let add = AddReceipts {
        authorization: order.authorizations[0],
        receipts: vec![b"caa".to_vec()],
        caa_checked: stage.now(),
    };
    stage.sa.add_receipts(&context, add).await.unwrap();
    for _ in 0..2 {
        stage
            .sa
            .fail_order(&context, order.id, finalize.lease.id, problem(ErrorKind::Caa))
            .await
            .unwrap();
    }
    assert_eq!(
        events(),
        [
            "order.finalizing processing",
            "authorization.caa_checked",
            "order.failed invalid",
        ]
    );
}
