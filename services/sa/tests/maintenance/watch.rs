//! What a storage authority says at its start about partitions that are missing.

use std::path::PathBuf;
use std::sync::Arc;

use cairn_kit::{Env, FilePath, Secret};
use cairn_rpc::{Hub, ServerConfig, TlsConfig};
use cairn_sa::{Config, DatabaseConfig, Maintenance};
use cairn_servers::Role;
use cairn_types::{Clock, Timestamp};

use crate::rows::{account, authorization, id};
use crate::{noon, servers};

struct Standing(Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// How many tables it finds overdue.
async fn overdue(database: DatabaseConfig, now: Timestamp) -> String {
    let env = Env {
        clock: Arc::new(Standing(now)),
        ..Env::system()
    };
    let config = Config {
        database,
        maintenance: Maintenance::default(),
        grpc: ServerConfig::loopback([
            ("cairn.sa.v1.Records", ["wfe.cairn"].as_slice()),
            ("cairn.sa.v1.Accounts", &["ra.cairn"]),
            ("cairn.sa.v1.Orders", &["ra.cairn"]),
            ("cairn.sa.v1.Authorizations", &["ra.cairn"]),
            ("cairn.sa.v1.Certificates", &["ra.cairn"]),
            ("cairn.sa.v1.Signing", &["ca.cairn"]),
            ("cairn.sa.v1.Audit", &["operator.cairn"]),
        ]),
        tls: TlsConfig {
            certificate: FilePath::from(PathBuf::from("none")),
            key: Secret::from_bytes(Vec::new()),
            ca: FilePath::from(PathBuf::from("none")),
        },
    };
    let serving = tokio::spawn(cairn_sa::serve_on(
        config,
        env.clone(),
        Hub::new().transport("sa.cairn"),
    ));
    env.health.ready().await;
    let metrics = env.metrics.encode();
    env.shutdown.cancel();
    serving.await.unwrap().unwrap();
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix("cairn_sa_maintenance_overdue "));
    value.unwrap_or_else(|| panic!("{metrics}")).to_owned()
}

#[tokio::test]
async fn missing_partitions_are_counted() {
    let database = servers::migrated(noon("2026-11-23"));
    let service = || servers::config(&database, Role::Sa);
    assert_eq!(overdue(service(), noon("2026-12-31")).await, "0");
    // There is none for February.
    assert_eq!(overdue(service(), noon("2027-01-01")).await, "6");
    let holder = id("2026-11-10", 0);
    let late = authorization(servers::octets, &holder, &id("2027-02-01", 1), noon("2027-02-02"));
    let text = account(servers::octets, "2026-11-10") + &late;
    database.sql(Role::Sa, &text).unwrap();
    // Authorizations, receipts, and the entries of the audit trail are in default partitions.
    assert_eq!(overdue(service(), noon("2026-12-01")).await, "3");
}
