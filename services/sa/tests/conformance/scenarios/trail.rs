//! The database itself keeps an entry about every change of state, and they say what the audit log says.

use std::collections::{BTreeMap, BTreeSet};

use cairn_rpc::api::sa::{AddReceipts, ChangeKey, Claim, RecordAttempt, RevokeCertificate};
use cairn_types::{Account, ErrorKind, Revocation, RevocationReason, Serial};
use serde_json::Value;

use super::audit::{listen, records};
use crate::stage::{HOUR, Stage, dns, key, problem};

/// All that can happen.
const EVENTS: [&str; 24] = [
    "account.agreed_to_terms",
    "account.created",
    "account.deactivated",
    "account.key_changed",
    "account.updated",
    "authorization.caa_checked",
    "authorization.created",
    "authorization.deactivated",
    "authorization.ended",
    "authorization.validated",
    "certificate.came_late",
    "certificate.issued",
    "certificate.prepared",
    "certificate.revoked",
    "challenge.answered",
    "challenge.attempt_failed",
    "challenge.claimed",
    "order.claimed",
    "order.created",
    "order.ended",
    "order.failed",
    "order.finalizing",
    "order.finished",
    "order.ready",
];

#[tokio::test]
async fn the_database_and_the_log_tell_the_same() {
    listen();
    records();
    let stage = Stage::new().await;
    let account = a_changing_account(&stage).await;
    certificates_of_every_fate(&stage, &account).await;
    authorizations_of_every_fate(&stage, &account).await;
    work_that_is_taken_over(&stage, &account).await;
    stage.stored_order(&account, &["last.example"]).await;
    stage
        .sa
        .deactivate_account(&stage.context(), account.id)
        .await
        .unwrap();

    let (told, kept) = (records(), stage.entries());
    let events: BTreeSet<_> = told.iter().map(|record| field(record, "event")).collect();
    let missing: Vec<_> = EVENTS.iter().filter(|event| !events.contains(**event)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    same(&told, &kept);
}

/// Every record has its entry and every entry its record, with the same state, actor and request, and those about one
/// thing are in the same sequence.
#[track_caller]
fn same(told: &[Value], kept: &[Value]) {
    // Not every record names a state; those of the same event do so alike.
    let stateless: BTreeSet<_> = told
        .iter()
        .filter(|record| record["to"].is_null())
        .map(|record| field(record, "event"))
        .collect();
    let record_key = |record: &Value| {
        let event = field(record, "event");
        let holder = field(record, "actor").starts_with("account ") && event != "certificate.revoked";
        let actor = if holder { "" } else { field(record, "actor") };
        format!(
            "{} {event} {} {actor}",
            field(record, "request_id"),
            field(record, "to")
        )
    };
    let entry_key = |entry: &Value| {
        let event = field(entry, "event");
        let state = if stateless.contains(event) {
            ""
        } else {
            field(entry, "state")
        };
        format!(
            "{} {event} {state} {}",
            field(entry, "request"),
            field(entry, "actor")
        )
    };
    let mut expected: Vec<_> = told.iter().map(record_key).collect();
    let mut found: Vec<_> = kept.iter().map(entry_key).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    // Challenges and certificates have no entries under ids of their own.
    let own = |event: &str| !event.starts_with("challenge.") && !event.starts_with("certificate.");
    let told = told
        .iter()
        .filter(|record| own(field(record, "event")))
        .map(|record| (field(record, "id").replace('-', ""), field(record, "event")));
    let kept = kept
        .iter()
        .filter(|entry| own(field(entry, "event")))
        .map(|entry| (field(entry, "subject").to_owned(), field(entry, "event")));
    assert_eq!(by_subject(kept), by_subject(told));
}

fn by_subject<'a>(events: impl Iterator<Item = (String, &'a str)>) -> BTreeMap<String, Vec<&'a str>> {
    let mut subjects: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (subject, event) in events {
        subjects.entry(subject).or_default().push(event);
    }
    subjects
}

/// A text, empty if there is none.
fn field<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_default()
}

async fn a_changing_account(stage: &Stage) -> Account {
    let (account, context) = (stage.stored_account().await, stage.context());
    // What is set to what it was is a change that somebody asked for, too.
    for _ in 0..2 {
        let contact = vec!["mailto:b@example.org".to_owned()];
        stage
            .sa
            .update_contact(&context, account.id, contact)
            .await
            .unwrap();
    }
    let terms = "https://ca.example/terms/2".to_owned();
    stage
        .sa
        .agree_to_terms(&context, account.id, terms)
        .await
        .unwrap();
    let (new_jwk, new_thumbprint) = key();
    let change = ChangeKey {
        id: account.id,
        old_thumbprint: account.thumbprint,
        new_jwk,
        new_thumbprint,
        request: b"jws".to_vec(),
    };
    for _ in 0..2 {
        stage.sa.change_key(&context, change.clone()).await.unwrap();
    }
    stage.sa.get_account(&context, account.id).await.unwrap()
}

fn revocation(stage: &Stage, serial: Serial, by: &str) -> RevokeCertificate {
    RevokeCertificate {
        serial,
        revocation: Revocation {
            at: stage.now(),
            reason: RevocationReason::KeyCompromise,
        },
        by: by.to_owned(),
    }
}

async fn certificates_of_every_fate(stage: &Stage, account: &Account) {
    let url = format!("https://ca.example/acme/account/{}", account.id);
    for by in [url.as_str(), "certificate key", "ada"] {
        let order = stage.issued_order(account, &["a.example", "b.example"]).await;
        let revoke = revocation(stage, order.serial.unwrap(), by);
        for _ in 0..2 {
            drop(
                stage
                    .sa
                    .revoke_certificate(&stage.context(), revoke.clone())
                    .await,
            );
        }
    }
    let context = stage.context();
    let (late, lease) = stage.processing_order(account, &["c.example"]).await;
    let unsigned = stage.unsigned(&late);
    let serial = unsigned.serial;
    stage.signer.store_tbs(&context, unsigned).await.unwrap();
    let failed = stage
        .sa
        .fail_order(&context, late.id, lease.id, problem(ErrorKind::Caa));
    failed.await.unwrap();
    let stored = stage
        .signer
        .store_certificate(&context, serial, b"signed".to_vec());
    stored.await.unwrap_err();
}

async fn authorizations_of_every_fate(stage: &Stage, account: &Account) {
    let context = stage.context();
    let alone = stage.authorization(account, &dns("d.example"));
    for _ in 0..2 {
        stage
            .sa
            .create_authorization(&context, alone.clone())
            .await
            .unwrap();
    }
    stage
        .sa
        .deactivate_authorization(&context, alone.id)
        .await
        .unwrap();
    let ready = stage.ready_order(account, &["e.example"]).await;
    let add = AddReceipts {
        authorization: ready.authorizations[0],
        receipts: vec![b"caa".to_vec()],
        caa_checked: stage.now(),
    };
    stage.sa.add_receipts(&context, add).await.unwrap();
    let given_up = stage
        .sa
        .deactivate_authorization(&context, ready.authorizations[0]);
    given_up.await.unwrap();
    let failing = stage.stored_order(account, &["f.example"]).await;
    let begun = stage.begin(account, failing.authorizations[0]).await;
    let attempt = RecordAttempt {
        authorization: failing.authorizations[0],
        challenge: begun.0,
        lease: begun.1.id,
        problem: problem(ErrorKind::Connection),
        deadline: stage.now() + HOUR,
    };
    for _ in 0..2 {
        stage.sa.record_attempt(&context, attempt.clone()).await.unwrap();
    }
    let failed = stage.finish(failing.authorizations[0], &begun, Some(problem(ErrorKind::Dns)));
    stage.sa.finish_validation(&context, failed).await.unwrap();
}

async fn work_that_is_taken_over(stage: &Stage, account: &Account) {
    let context = stage.context();
    let (order, lease) = stage.processing_order(account, &["g.example"]).await;
    let pending = stage.stored_order(account, &["h.example"]).await;
    let (_, validation) = stage.begin(account, pending.authorizations[0]).await;
    let later = stage.now() + HOUR;
    // Nothing happens to what goes on.
    stage
        .sa
        .renew_order_lease(&context, order.id, lease.id, later)
        .await
        .unwrap();
    stage
        .sa
        .renew_validation_lease(&context, pending.authorizations[0], validation.id, later)
        .await
        .unwrap();
    let claim = |stage: &Stage| Claim {
        owner: "janitor".to_owned(),
        deadline: stage.now() + HOUR,
        limit: 10,
    };
    stage.pass(2 * HOUR);
    let claimed = stage.sa.claim_orders(&context, claim(stage)).await.unwrap();
    assert_eq!(claimed.len(), 1);
    let failed = stage
        .sa
        .fail_order(&context, order.id, claimed[0].lease.id, problem(ErrorKind::Caa));
    failed.await.unwrap();
    let claimed = stage.sa.claim_validations(&context, claim(stage)).await.unwrap();
    assert_eq!(claimed.len(), 1);
    stage.pass(48 * HOUR);
    let claimed = stage.sa.claim_validations(&context, claim(stage)).await.unwrap();
    assert_eq!(claimed.len(), 0, "it ended instead");
}

/// An order that fails while its certificate arrives: whichever comes first, the trail tells it first.
#[tokio::test(flavor = "multi_thread")]
async fn what_happens_at_once_is_told_in_one_sequence() {
    let stage = Stage::new().await;
    let (account, context) = (stage.stored_account().await, stage.context());
    let mut contests = Vec::new();
    for _ in 0..12 {
        let (order, lease) = stage.processing_order(&account, &["a.example"]).await;
        let unsigned = stage.unsigned(&order);
        let serial = unsigned.serial;
        stage.signer.store_tbs(&context, unsigned).await.unwrap();
        contests.push((order.id, lease.id, serial));
    }
    let contests = contests.into_iter().map(|(order, lease, serial)| {
        let (stage, context) = (&stage, &context);
        async move {
            let failed = stage
                .sa
                .fail_order(context, order, lease, problem(ErrorKind::Caa));
            let stored = stage
                .signer
                .store_certificate(context, serial, b"signed".to_vec());
            let contact = stage.sa.update_contact(context, account.id, Vec::new());
            let (failed, stored, changed) = tokio::join!(failed, stored, contact);
            changed.unwrap();
            assert_ne!(failed.is_ok(), stored.is_ok());
        }
    });
    futures_util::future::join_all(contests).await;

    let entries = stage.entries();
    let mut counted: BTreeMap<&str, i64> = BTreeMap::new();
    for entry in &entries {
        let next = counted.entry(field(entry, "subject")).or_default();
        assert_eq!(entry["position"].as_i64(), Some(*next), "{entry}");
        *next += 1;
    }
    let told = entries
        .iter()
        .map(|entry| (field(entry, "subject").to_owned(), field(entry, "event")));
    let mut orders = by_subject(told);
    orders.retain(|_, events| events[0] == "order.created");
    assert_eq!(orders.len(), 12);
    for events in orders.values() {
        assert!(
            events.ends_with(&["certificate.prepared", "certificate.issued", "order.finished"])
                || events.ends_with(&["order.failed", "certificate.issued", "certificate.came_late"]),
            "{events:?}"
        );
    }
}
