//! Who writes entries, and that they are what the chain asks for.

use cairn_rpc::RequestId;
use diesel::connection::SimpleConnection;
use diesel::{Connection, QueryDsl, RunQueryDsl, SelectableHelper};

use super::super::{everything, settle};
use super::*;
use crate::db::last_step::Migrations;
use crate::db::schema::audit_entries;
use crate::trail::chain::Chain;

fn migrated(path: &str) -> Conn {
    let mut conn = Conn::establish(path).unwrap();
    register(&mut conn).unwrap();
    let (before, last) = Migrations("sqlite").steps();
    for text in before.iter().chain([&last]) {
        conn.batch_execute(text).unwrap();
    }
    conn
}

/// All entries, whose chains are whole.
fn entries(conn: &mut Conn) -> Vec<Entry> {
    let entries: Vec<Entry> = audit_entries::table
        .order((audit_entries::subject, audit_entries::position))
        .select(Entry::as_select())
        .load(conn)
        .unwrap();
    let mut chain = Chain::default();
    for entry in &entries {
        chain
            .follow(entry)
            .unwrap_or_else(|broken| panic!("{broken}: {entry:?}"));
    }
    entries
}

const ACCOUNT: &str = "INSERT INTO accounts (id, jwk, thumbprint, status, contact, created) \
                       VALUES (randomblob(16), '{}', randomblob(32), 'valid', '[]', 0)";

#[test]
fn an_origin_is_that_of_its_transaction_alone() {
    let mut conn = migrated(":memory:");
    let origin = Origin {
        request: RequestId::NONE,
        actor: Some("operator ada".to_owned()),
    };
    under(&origin, || {
        settle(async {
            everything::run_everything(&mut conn).await;
            Ok(())
        })
    })
    .unwrap();
    let written = entries(&mut conn);
    assert!(written.len() > 20, "{}", written.len());
    for entry in &written {
        assert_eq!(
            (entry.actor.as_deref(), entry.request.as_deref()),
            (Some("operator ada"), Some([0; 16].as_slice()))
        );
    }
    // What the version before writes, which names none.
    conn.batch_execute("UPDATE accounts SET contact = '[]'").unwrap();
    let mut later = entries(&mut conn);
    later.retain(|entry| !written.contains(entry));
    assert_eq!(later.len(), 1);
    assert_eq!((&later[0].actor, &later[0].request), (&None, &None));
}

#[test]
fn no_other_program_changes_what_the_trail_is_about() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sa.db");
    let path = path.to_str().unwrap();
    migrated(path).batch_execute(ACCOUNT).unwrap();
    let mut other = Conn::establish(path).unwrap();
    for change in [ACCOUNT, "UPDATE accounts SET status = 'deactivated'"] {
        let refused = other.batch_execute(change).unwrap_err().to_string();
        assert!(refused.contains("no such function: audit_"), "{refused}");
    }
    assert_eq!(entries(&mut other).len(), 1);
}
