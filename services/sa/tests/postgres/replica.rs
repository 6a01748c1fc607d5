//! A hot standby that answers what cannot be outdated.

use std::time::{Duration, Instant};

use cairn_rpc::api::sa::RevokeCertificate;
use cairn_servers::{Database, Options, Postgres, Role};
use cairn_types::{Order, OrderStatus, Revocation, RevocationReason, Serial};

use crate::stage::{HOUR, Stage};
use crate::{Storage, migrated};

const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// More than any pause of the standby here lasts.
const LONG: Duration = Duration::from_secs(600);

/// Too short for the pauses here, and enough to measure.
const SHORT: Duration = Duration::from_millis(500);

struct Servers {
    primary: Postgres,
    standby: Postgres,
    database: Database,
}

impl Servers {
    fn new() -> Self {
        let primary = Postgres::start_with(Options::default()).unwrap();
        let database = migrated(&primary);
        let standby = primary.standby().unwrap();
        Self {
            primary,
            standby,
            database,
        }
    }

    async fn stage(&self, max_lag: Duration) -> Stage {
        let copy = self.standby.existing_database(self.database.name()).unwrap();
        let storage = Storage::at(&self.database, &self.database.url(Role::Sa)).with(|postgres| {
            postgres.replica_url = Some(copy.url(Role::Sa).parse().unwrap());
            postgres.replica_max_lag = max_lag;
        });
        Stage::on(storage).await
    }
}

/// How many reads were answered by a server for a reason.
fn reads(stage: &Stage, server: &str, reason: &str) -> u64 {
    let label = format!("cairn_sa_replica_reads_total{{server=\"{server}\",reason=\"{reason}\"}} ");
    let text = stage.env.metrics.encode();
    text.lines()
        .find_map(|line| line.strip_prefix(&label))
        .map_or(0, |value| value.parse().unwrap())
}

fn answered(stage: &Stage) -> u64 {
    reads(stage, "replica", "answered")
}

fn behind(stage: &Stage) -> u64 {
    reads(stage, "primary", "replica behind")
}

async fn certificate(stage: &Stage, serial: Serial) -> bool {
    let found = stage.front.get_certificate(&stage.context(), serial).await;
    found.unwrap().revocation.is_some()
}

/// Reads a certificate until `question` is answered with yes.
async fn read_until(stage: &Stage, serial: Serial, question: impl Fn(&Stage) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !question(stage) {
        assert!(
            Instant::now() < deadline,
            "the replica: {} answered, {} behind",
            answered(stage),
            behind(stage)
        );
        certificate(stage, serial).await;
        tokio::time::sleep(PAUSE).await;
    }
}

async fn issued(stage: &Stage, name: &str) -> (Order, Serial) {
    let account = stage.stored_account().await;
    let order = stage.issued_order(&account, &[name]).await;
    let serial = order.serial.unwrap();
    (order, serial)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_the_replica_cannot_answer_goes_to_the_primary() {
    let servers = Servers::new();
    let stage = servers.stage(LONG).await;
    let account = stage.stored_account().await;
    let old = stage.issued_order(&account, &["old.example"]).await;
    stage.pass(SHORT);
    let pending = stage.stored_order(&account, &["pending.example"]).await;
    servers.standby.wait_for(&servers.primary).unwrap();
    read_until(&stage, old.serial.unwrap(), |stage| answered(stage) > 0).await;
    servers.standby.pause_replay().unwrap();

    // What is new is found, as soon as it is there.
    let before = answered(&stage);
    let (order, fresh) = issued(&stage, "fresh.example").await;
    assert!(!certificate(&stage, fresh).await);
    assert_eq!(reads(&stage, "primary", "not on replica"), 1);
    // A young order is looked for at the primary alone.
    let found = stage.front.get_order(&stage.context(), order.id).await.unwrap();
    assert_eq!(found.status, OrderStatus::Valid);
    stage.pass(HOUR);
    for (wanted, status, source) in [
        (old.id, OrderStatus::Valid, "replica"),
        (pending.id, OrderStatus::Pending, "primary"),
        (order.id, OrderStatus::Valid, "primary"),
    ] {
        let count = answered(&stage);
        let found = stage.front.get_order(&stage.context(), wanted).await.unwrap();
        assert_eq!(found.status, status);
        assert_eq!(
            answered(&stage) - count,
            u64::from(source == "replica"),
            "{wanted}"
        );
    }

    // The first page has what was just made; older ones are the replica's.
    let newest = stage.stored_order(&account, &["newest.example"]).await;
    let context = stage.context();
    let list = async |before| {
        stage
            .front
            .list_orders(&context, account.id, before, 10)
            .await
            .unwrap()
    };
    assert_eq!(list(None).await, [newest.id, pending.id, old.id]);
    let count = answered(&stage);
    assert_eq!(list(Some(newest.id)).await, [pending.id, old.id]);
    assert_eq!(answered(&stage), count, "the page may have young orders");
    assert_eq!(list(Some(pending.id)).await, [old.id]);
    assert_eq!(answered(&stage), count + 1);
    assert!(count > before);

    // One's own revocation is seen.
    let revoke = RevokeCertificate {
        serial: old.serial.unwrap(),
        revocation: Revocation {
            at: stage.now(),
            reason: RevocationReason::Superseded,
        },
        by: "certificate key".to_owned(),
    };
    stage
        .sa
        .revoke_certificate(&stage.context(), revoke)
        .await
        .unwrap();
    assert!(certificate(&stage, old.serial.unwrap()).await);
    assert_eq!(behind(&stage), 1);
    servers.standby.resume_replay().unwrap();
    let count = answered(&stage);
    read_until(&stage, old.serial.unwrap(), |stage| answered(stage) > count).await;
    assert!(certificate(&stage, old.serial.unwrap()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_too_far_behind_is_not_asked() {
    let servers = Servers::new();
    let stage = servers.stage(SHORT).await;
    let (_, serial) = issued(&stage, "a.example").await;
    read_until(&stage, serial, |stage| answered(stage) > 0).await;
    servers.standby.pause_replay().unwrap();
    // Something has to be written to be behind.
    issued(&stage, "b.example").await;
    let before = behind(&stage);
    read_until(&stage, serial, |stage| behind(stage) > before).await;
    let count = answered(&stage);
    for _ in 0..20 {
        certificate(&stage, serial).await;
    }
    assert_eq!(answered(&stage), count);
    assert!(stage.counted("cairn_sa_replica_lag_milliseconds") >= 500);
    servers.standby.resume_replay().unwrap();
    read_until(&stage, serial, |stage| answered(stage) > count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn service_goes_on_without_the_replica() {
    let servers = Servers::new();
    // Down from the start.
    servers.standby.stop().unwrap();
    let stage = servers.stage(SHORT).await;
    let (_, serial) = issued(&stage, "a.example").await;
    assert!(!certificate(&stage, serial).await);
    servers.standby.start_again().unwrap();
    read_until(&stage, serial, |stage| answered(stage) > 0).await;
    // Killed while it is asked.
    servers.standby.kill_9().unwrap();
    let slowest = longest_read(&stage, serial).await;
    println!("the longest read around the end of the replica: {slowest:?}");
    servers.standby.start_again().unwrap();
    let count = answered(&stage);
    read_until(&stage, serial, |stage| answered(stage) > count).await;
    // A server that takes writes follows no other: it may know nothing of what is stored now.
    servers.standby.promote().unwrap();
    let before = behind(&stage);
    read_until(&stage, serial, |stage| behind(stage) > before).await;
    let (_, serial) = issued(&stage, "b.example").await;
    assert!(!certificate(&stage, serial).await);
}

/// Reads until the replica is not asked any more.
async fn longest_read(stage: &Stage, serial: Serial) -> Duration {
    let mut longest = Duration::ZERO;
    let before = behind(stage);
    while behind(stage) == before {
        let since = Instant::now();
        certificate(stage, serial).await;
        longest = longest.max(since.elapsed());
    }
    longest
}
