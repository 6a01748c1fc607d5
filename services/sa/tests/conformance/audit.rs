//! Every change of state leaves a record in the audit log, once.

use std::cell::RefCell;
use std::io;
use std::sync::Once;

use cairn_types::ErrorKind;

use crate::stage::{Stage, problem};

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
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_writer(|| ThisThread)
            .init();
    });
}

/// The audit events since the last call, each with the state it led to.
fn events() -> Vec<String> {
    let text = String::from_utf8(LOG.take()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|record| record["target"] == "audit")
        .map(|record| {
            assert_eq!(record["request_id"].as_str().map(str::len), Some(32), "{record}");
            let event = record["event"].as_str().unwrap();
            record["to"]
                .as_str()
                .map_or_else(|| event.to_owned(), |to| format!("{event} {to}"))
        })
        .collect()
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
