//! Who writes entries, and that they are what the chain asks for.

use cairn_rpc::RequestId;
use cairn_servers::{Database, Role};
use diesel::{QueryDsl, SelectableHelper};

use super::super::connection::{Conn, RunQueryDsl};
use super::super::{everything, stage};
use super::*;
use crate::db::schema::audit_entries;
use crate::trail::chain::{Chain, Entry};

fn origin(actor: Option<&str>) -> Origin {
    Origin {
        request: RequestId::NONE,
        actor: actor.map(str::to_owned),
    }
}

#[test]
fn an_actor_cannot_leave_its_literal() {
    let request = "SET LOCAL cairn.request = '00000000000000000000000000000000'";
    assert_eq!(settings(&origin(None)), request);
    for (actor, written) in [
        ("service ra", "E'service ra'"),
        ("operator O'Hara", "E'operator O''Hara'"),
        (
            "a\\'; DROP TABLE orders; --\0",
            "E'a\\\\''; DROP TABLE orders; --'",
        ),
    ] {
        assert_eq!(
            settings(&origin(Some(actor))),
            format!("{request}; SET LOCAL cairn.actor = {written}")
        );
    }
}

/// All entries, whose chains are whole.
async fn entries(conn: &mut Conn) -> Vec<Entry> {
    let entries = audit_entries::table
        .order((audit_entries::subject, audit_entries::position))
        .select(Entry::as_select())
        .load(conn)
        .await
        .unwrap();
    let mut chain = Chain::default();
    for entry in &entries {
        chain
            .follow(entry)
            .unwrap_or_else(|broken| panic!("{broken}: {entry:?}"));
    }
    entries
}

#[tokio::test]
async fn the_server_hashes_as_this_program_does() {
    // It stays as long as somebody holds it.
    let database = stage::migrated();
    let mut conn = stage::connect(&database).await;
    everything::run_everything(&mut conn).await;
    // Here every statement is a transaction, and none named an origin.
    let written = entries(&mut conn).await;
    assert!(written.len() > 20, "{}", written.len());
    assert!(written.iter().all(|entry| entry.request.is_none()));
    let with_detail = written.iter().filter(|entry| entry.detail.is_some()).count();
    assert!(with_detail > 3, "{with_detail}");
}

#[tokio::test]
async fn an_origin_is_that_of_its_transaction_alone() {
    // It stays as long as somebody holds it.
    let database = stage::migrated();
    let mut conn = stage::connect(&database).await;
    let actor = "operator Zoë O'Hara \\ \u{1f9ed}";
    for named in [Some(origin(Some(actor))), Some(origin(None)), None] {
        let begin = named.map_or("BEGIN".to_owned(), |origin| {
            format!("BEGIN; {}", settings(&origin))
        });
        conn.batch(&begin).await.unwrap();
        conn.batch(
            "INSERT INTO accounts (id, jwk, thumbprint, status, contact, created) \
             SELECT substring(key FOR 16), '{}', key, 'valid', '[]', 0 \
             FROM (SELECT sha256(clock_timestamp()::TEXT::BYTEA) AS key) AS random",
        )
        .await
        .unwrap();
        conn.batch("COMMIT").await.unwrap();
    }
    let mut written = entries(&mut conn).await;
    written.sort_by_key(|entry| entry.at);
    let origins: Vec<_> = written
        .into_iter()
        .map(|entry| (entry.actor, entry.request))
        .collect();
    let request = Some(vec![0; 16]);
    assert_eq!(
        origins,
        [
            (Some(actor.to_owned()), request.clone()),
            (None, request),
            (None, None)
        ]
    );
}

/// What the version before writes is in the trail too: it names no origin.
#[tokio::test]
async fn whoever_revokes_without_an_origin_is_known_from_the_row() {
    let database = stage::migrated();
    let mut conn = stage::connect(&database).await;
    everything::run_everything(&mut conn).await;
    let mut written = entries(&mut conn).await;
    written.retain(|entry| entry.event == "certificate.revoked");
    assert_eq!(written[0].actor.as_deref(), Some("test"));
}

/// An account to change things of.
fn an_account(database: &Database) {
    let account = "INSERT INTO accounts (id, jwk, thumbprint, status, contact, created) \
                   VALUES (decode(repeat('01', 16), 'hex'), '{}', sha256('1'), 'valid', '[]', 0)";
    database.sql(Role::Sa, account).unwrap();
}

#[test]
fn nobody_writes_entries_but_the_triggers() {
    let database = stage::migrated();
    an_account(&database);
    let forged = "(subject, position, at, event, state, hash) \
                  VALUES (decode(repeat('01', 16), 'hex'), 1, 0, 'account.revoked', 'revoked', sha256('1'))";
    let mut attempts = vec![
        "SELECT audit_append(decode(repeat('01', 16), 'hex'), 'account.revoked', 'revoked', NULL)".to_owned(),
        "ALTER TABLE accounts DISABLE TRIGGER ALL".to_owned(),
        "DROP TRIGGER audit_account_status ON accounts".to_owned(),
        "SET session_replication_role = replica".to_owned(),
        "CREATE TEMPORARY TABLE mine (id BYTEA, status TEXT)".to_owned(),
        "CREATE TABLE mine (id BYTEA, status TEXT)".to_owned(),
        "CREATE FUNCTION sha256(BYTEA) RETURNS BYTEA LANGUAGE SQL AS 'SELECT $1'".to_owned(),
        "SET ROLE cairn_migrate".to_owned(),
        "DELETE FROM accounts".to_owned(),
        "DELETE FROM orders".to_owned(),
        "DELETE FROM orders_default".to_owned(),
        "UPDATE certificates_default SET der = NULL".to_owned(),
    ];
    for table in ["audit_entries", "audit_entries_default"] {
        attempts.extend([
            format!("INSERT INTO {table} {forged}"),
            format!("UPDATE {table} SET event = 'account.revoked'"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
        ]);
    }
    for attempt in attempts {
        let refused = database.sql(Role::Sa, &attempt).unwrap_err().to_string();
        assert!(
            refused.contains("permission denied") || refused.contains("must be owner"),
            "{attempt}: {refused}"
        );
    }
    let deactivate = "UPDATE accounts SET status = 'deactivated'";
    database.sql(Role::Sa, deactivate).unwrap();
    let told = database.sql(
        Role::Audit,
        "SELECT position, event, state FROM audit_entries ORDER BY position",
    );
    assert_eq!(
        told.unwrap().trim(),
        "0|account.created|valid\n1|account.deactivated|deactivated"
    );
}
