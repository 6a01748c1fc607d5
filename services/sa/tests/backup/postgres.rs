//! PostgreSQL: a base backup and archived WAL, up to a point.

use std::path::{Path, PathBuf};

use cairn_kit::Secret;
use cairn_sa::DatabaseConfig;
use cairn_servers::{Database, Options, Postgres, Role, Target};

use crate::logs::{self, Signed};
use crate::program::{cairn_sa, configuration, said};
use crate::service::Service;

fn database(database: &Database) -> DatabaseConfig {
    DatabaseConfig {
        password_file: Some(Secret::from_bytes(database.password(Role::Sa))),
        ..DatabaseConfig::new(database.url(Role::Sa).parse().unwrap())
    }
}

fn file(directory: &Path, database: &Database, role: Role) -> PathBuf {
    let password = database.password_file(role).display();
    configuration(
        directory,
        &database.url(role),
        &format!("password_file = \"{password}\""),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_restored_to_a_point_serves_and_is_told_the_rest() {
    let server = Postgres::start_with(Options {
        archive: true,
        ..Options::default()
    })
    .unwrap();
    let original = server.database().unwrap();
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    said(
        &cairn_sa("migrate", &file(first.path(), &original, Role::Migrate), &[]),
        0,
    );
    let config = file(first.path(), &original, Role::Sa);
    let told = said(
        &cairn_sa("backup", &config, &["--to".as_ref(), "copy".as_ref()]),
        1,
    );
    assert!(told.contains("pg_basebackup"), "{told}");

    let service = Service::start(database(&original)).await;
    let before = service.account().await;
    let backup = server.base_backup().unwrap();
    let after = service.account().await;
    server.restore_point("before the mistake").unwrap();
    let lost = service.account().await;
    let account = service.sa.get_account(&Service::context(), after).await.unwrap();
    let signed = Signed::new(account);
    let log = logs::write(first.path(), &[signed.line()]);
    said(
        &cairn_sa("recover", &config, &["--store".as_ref(), log.as_path()]),
        0,
    );
    server.archive_wal().unwrap();
    service.stop().await;
    server.stop_immediately().unwrap();

    let point = Target::Point("before the mistake".to_owned());
    let restored = backup
        .restore(Options::default(), &server.archive(), point)
        .unwrap();
    let copy = restored.existing_database(original.name()).unwrap();
    let service = Service::start(database(&copy)).await;
    assert!(service.knows(before).await && service.knows(after).await);
    assert!(!service.knows(lost).await);

    let config = file(second.path(), &copy, Role::Sa);
    let told = said(&cairn_sa("recover", &config, &[&log]), 1);
    assert!(told.contains(&format!("certificate {}", signed.serial)), "{told}");
    said(
        &cairn_sa("recover", &config, &["--store".as_ref(), log.as_path()]),
        0,
    );
    let stored = service
        .sa
        .get_certificate(&Service::context(), signed.serial)
        .await
        .unwrap();
    assert_eq!((stored.der, stored.account), (signed.der, after));
    service.account().await;
    service.stop().await;
}
