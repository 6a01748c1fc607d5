//! SQLite: copied online, and started from the copy.

use std::path::Path;

use cairn_sa::{DatabaseConfig, Location};
use cairn_types::RevocationReason;
use serde_json::json;

use crate::logs::{self, Signed};
use crate::program::{cairn_sa, configuration, said};
use crate::service::{Service, new_account};

fn database(directory: &Path) -> DatabaseConfig {
    DatabaseConfig::new(Location::Sqlite(directory.join("cairn.db")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_while_the_service_writes_is_a_whole_database() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = configuration(old.path(), "sqlite:cairn.db", "");
    said(&cairn_sa("migrate", &config, &[]), 0);
    let service = Service::start(database(old.path())).await;
    let before = service.account().await;

    let to = new.path().join("cairn.db");
    let copying = tokio::task::spawn_blocking({
        let (config, to) = (config.clone(), to.clone());
        move || cairn_sa("backup", &config, &["--to".as_ref(), to.as_path()])
    });
    let mut meanwhile = Vec::new();
    while !copying.is_finished() {
        meanwhile.push(service.account().await);
    }
    let told = said(&copying.await.unwrap(), 0);
    assert!(told.contains("MB in") && told.ends_with("checked\n"), "{told}");
    let after = service.account().await;

    // What is there stays, and nothing else is left behind.
    let again = cairn_sa("backup", &config, &["--to".as_ref(), to.as_path()]);
    assert!(said(&again, 1).contains("exists already"));
    assert_eq!(std::fs::read_dir(new.path()).unwrap().count(), 1);
    service.stop().await;

    let restored = Service::start(database(new.path())).await;
    assert!(restored.knows(before).await);
    assert!(!restored.knows(after).await);
    // The copy ends at one moment.
    let mut known = Vec::new();
    for id in meanwhile {
        known.push(restored.knows(id).await);
    }
    assert!(known.is_sorted_by(|earlier, later| earlier >= later), "{known:?}");
    restored.account().await;
    restored.stop().await;
}

#[test]
fn what_cannot_be_copied_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let to = directory.path().join("copy.db");
    let config = configuration(directory.path(), "sqlite:cairn.db", "");
    let copy = || cairn_sa("backup", &config, &["--to".as_ref(), to.as_path()]);
    assert!(said(&copy(), 1).contains("cairn.db: No such file"));
    std::fs::write(directory.path().join("cairn.db"), vec![7; 8192]).unwrap();
    assert!(said(&copy(), 1).contains("not a database"));
    assert!(!to.exists() && !directory.path().join("cairn.db.partial").exists());
    std::fs::write(directory.path().join("copy.db.partial"), "").unwrap();
    assert!(said(&copy(), 1).contains("another backup is running, or one was interrupted"));
}

#[tokio::test]
async fn what_the_logs_tell_is_found_and_stored() {
    let directory = tempfile::tempdir().unwrap();
    let config = configuration(directory.path(), "sqlite:cairn.db", "");
    said(&cairn_sa("migrate", &config, &[]), 0);
    let service = Service::start(database(directory.path())).await;
    let account = service.account().await;
    let known = service
        .sa
        .get_account(&Service::context(), account)
        .await
        .unwrap();
    // One of an account that is known, one of an account that is lost too.
    let (kept, lost) = (Signed::new(known), Signed::new(new_account()));
    let expired = Signed::lasting(new_account(), 0);
    let log = logs::write(
        directory.path(),
        &[
            logs::record(
                "certificate.revoked",
                &lost.serial.to_string(),
                &json!({"reason": 1}),
            ),
            logs::record("account.deactivated", &account.to_string(), &json!({})),
            kept.line(),
            lost.line(),
            expired.line(),
        ],
    );
    let recover = |more: &[&Path]| cairn_sa("recover", &config, &[more, &[log.as_path()]].concat());
    let told = said(&recover(&[]), 1);
    for missing in [
        format!("certificate {} of order {}: missing", kept.serial, kept.order),
        format!("certificate {} of order {}: missing", lost.serial, lost.order),
        format!("revocation of certificate {}: missing", lost.serial),
        format!("deactivation of account {account}: missing"),
        "5 records, 4 missing, 0 of them stored".to_owned(),
    ] {
        assert!(told.contains(&missing), "{missing}: {told}");
    }
    assert!(!service.knows(lost.account.id).await);
    assert!(said(&recover(&["--store".as_ref()]), 0).contains("4 missing, 4 of them stored"));
    assert!(said(&recover(&["--store".as_ref()]), 0).contains("5 records, 0 missing"));

    for (signed, reason) in [(&kept, None), (&lost, Some(RevocationReason::KeyCompromise))] {
        let stored = service
            .sa
            .get_certificate(&Service::context(), signed.serial)
            .await
            .unwrap();
        assert_eq!(stored.der, signed.der);
        assert_eq!((stored.order, stored.account), (signed.order, signed.account.id));
        assert_eq!(stored.identifiers.len(), 1);
        assert_eq!(stored.revocation.map(|it| it.reason), reason);
    }
    service.stop().await;
}

#[test]
fn a_line_that_cannot_be_read_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let config = configuration(directory.path(), "sqlite:cairn.db", "");
    said(&cairn_sa("migrate", &config, &[]), 0);
    let (signed, other) = (Signed::new(new_account()), Signed::new(new_account()));
    let exchanged = signed
        .line()
        .replace(&signed.serial.to_string(), &other.serial.to_string());
    for (line, why) in [
        (
            "INFO audit: event=\"certificate.signed\"",
            "log.format = \"json\"",
        ),
        (&exchanged, "another serial number"),
    ] {
        let log = logs::write(directory.path(), &[line.to_owned()]);
        let told = said(&cairn_sa("recover", &config, &[&log]), 2);
        assert!(told.contains("ca.log: line 3:") && told.contains(why), "{told}");
    }
}
