//! What stands between a storage authority and its start.

use std::time::{Duration, Instant};

use cairn_kit::Secret;
use cairn_sa::DatabaseConfig;
use cairn_servers::{Postgres, Role};
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::X509;

use crate::stage::{START, Stage};
use crate::{Storage, config, migrated};

/// Why a server cannot be used, which is told at once.
async fn refusal(config: DatabaseConfig) -> String {
    let since = Instant::now();
    let migrated = tokio::task::spawn_blocking(move || cairn_sa::migrate(&config, 2, START)).await;
    let error = migrated.unwrap().unwrap_err().to_string();
    // Nothing waits for what will not change; a server that is down is waited for much longer.
    assert!(since.elapsed() < Duration::from_secs(20), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

#[tokio::test]
async fn over_tls() {
    let database = migrated(Postgres::shared().unwrap());
    let stage = Stage::on(Storage::at(&database, &database.url(Role::Sa))).await;
    stage.stored_account().await;
    let tls = database
        .sql(
            Role::Sa,
            "SELECT DISTINCT version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
             WHERE application_name = 'cairn-sa' AND datname = current_database()",
        )
        .unwrap();
    assert_eq!(tls, "TLSv1.3");
}

#[tokio::test]
async fn another_server_is_refused() {
    let database = migrated(Postgres::shared().unwrap());
    let url = database.url(Role::Migrate);
    // From another authority.
    let directory = tempfile::tempdir().unwrap();
    let roots = directory.path().join("other.pem");
    std::fs::write(&roots, another_root().to_pem().unwrap()).unwrap();
    let (start, _) = url.split_once("sslrootcert=").unwrap();
    let elsewhere = format!("{start}sslrootcert={}", roots.display());
    let said = refusal(config(&database, Role::Migrate, &elsewhere)).await;
    assert!(said.contains("certificate verify failed"), "{said}");

    // For another host: it names 127.0.0.1 and localhost.
    let elsewhere = url
        .replace("127.0.0.1", "db.example")
        .replace('?', "?hostaddr=127.0.0.1&");
    let said = refusal(config(&database, Role::Migrate, &elsewhere)).await;
    assert!(
        said.contains("certificate verify failed") && said.contains("mismatch"),
        "{said}"
    );
}

/// The certificate of an authority that nothing comes from.
fn another_root() -> X509 {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut root = X509::builder().unwrap();
    root.set_version(2).unwrap();
    root.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    root.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    root.set_pubkey(&key).unwrap();
    root.sign(&key, MessageDigest::sha256()).unwrap();
    root.build()
}

#[tokio::test]
async fn a_wrong_password_is_refused_at_once() {
    let database = migrated(Postgres::shared().unwrap());
    for url in [database.url(Role::Migrate), database.socket_url(Role::Migrate)] {
        let wrong = DatabaseConfig {
            password_file: Some(Secret::from_bytes("wrong")),
            ..config(&database, Role::Migrate, &url)
        };
        let said = refusal(wrong).await;
        assert!(said.contains("password authentication failed for user"), "{said}");
    }
    let missing = database.url(Role::Migrate).replace(database.name(), "nowhere");
    let said = refusal(config(&database, Role::Migrate, &missing)).await;
    assert!(said.contains("database \"nowhere\" does not exist"), "{said}");
}

#[tokio::test]
async fn a_server_that_is_down_is_waited_for() {
    let server = Postgres::start().unwrap();
    let database = migrated(&server);
    server.stop().unwrap();
    let starting = Stage::on(Storage::at(&database, &database.url(Role::Sa)));
    let again = tokio::task::spawn_blocking(move || server.start_again().map(|()| server));
    let (stage, server) = tokio::join!(starting, again);
    stage.stored_account().await;
    drop(server);
}
