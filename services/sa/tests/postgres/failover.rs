//! The server ends in the middle of work, and comes back or is replaced.

use cairn_servers::{Database, Options, Postgres, Role};

use crate::stage::Stage;
use crate::writers::Writers;
use crate::{Storage, migrated};

/// How many issue at once.
const WRITERS: usize = 16;

/// How many certificates are issued before and after the end of a server.
const SOME: usize = 100;

/// Keeps what it answered.
fn durable() -> Postgres {
    let options = Options {
        durable: true,
        ..Options::default()
    };
    Postgres::start_with(options).unwrap()
}

/// Issues certificates while `end` puts an end to the service of the database, and afterwards.
async fn issue_through(stage: &Stage, end: impl FnOnce() + Send + 'static) -> Writers {
    let writers = Writers::default();
    let scenario = async {
        writers.more(SOME).await;
        tokio::task::spawn_blocking(end).await.unwrap();
        writers.more(SOME).await;
        writers.end();
    };
    tokio::join!(writers.run(stage, WRITERS, usize::MAX), scenario);
    let unavailable = writers.unavailable();
    println!(
        "{} issued; longest time without: {:?}; {} calls were told to come back, such as {:?}",
        writers.count(),
        writers.outage(),
        unavailable.len(),
        unavailable.first()
    );
    writers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_over_from_a_killed_primary() {
    let primary = durable();
    let database = migrated(&primary);
    let standby = primary.standby().unwrap();
    primary.commit_waits_for(&[&standby]).unwrap();
    let url = database.url_at(&[&primary, &standby], Role::Sa);
    let stage = Stage::on(Storage::at(&database, &url)).await;
    let copy: Database = standby.existing_database(database.name()).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let writers = issue_through(&stage, move || {
        primary.kill_9().unwrap();
        standby.promote().unwrap();
        sender.send((primary, standby)).unwrap();
    })
    .await;
    writers.check(&stage, &copy).await;
    drop(receiver);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_starts_again() {
    let server = durable();
    let database = migrated(&server);
    let stage = Stage::on(Storage::at(&database, &database.url(Role::Sa))).await;
    let (sender, receiver) = std::sync::mpsc::channel();
    let writers = issue_through(&stage, move || {
        for _ in 0..3 {
            server.stop_immediately().unwrap();
            server.start_again().unwrap();
        }
        server.kill_9().unwrap();
        server.start_again().unwrap();
        sender.send(server).unwrap();
    })
    .await;
    writers.check(&stage, &database).await;
    drop(receiver);
}
