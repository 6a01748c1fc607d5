//! At start: a resolver that is of no use for DNSSEC keeps the service from being ready.

use std::time::Duration;

use cairn_va::config::Resolver;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::caa_suite::{dns, real_config};
use crate::dns_server::Zone;
use crate::stage::{Stage, config};

const PATIENCE: Duration = Duration::from_secs(10);

/// A stage with these resolvers.
fn stage(resolvers: Vec<Resolver>) -> Stage {
    let mut config = real_config();
    config.dns.resolvers = resolvers;
    config.dns.timeout = Duration::from_millis(500);
    Stage::start(config)
}

/// Waits until the report on readiness says so.
async fn reported(stage: &Stage, part: &str) {
    let said = async {
        while !stage.health().report().contains(part) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, said)
        .await
        .unwrap_or_else(|_| panic!("{}", stage.health().report()));
}

async fn ready(stage: &Stage) {
    timeout(PATIENCE, stage.health().ready())
        .await
        .unwrap_or_else(|_| panic!("{}", stage.health().report()));
}

#[tokio::test]
async fn good_ones_pass() {
    ready(&stage(vec![dns().resolver().into()])).await;
    // Nothing is asked of the resolvers of a CA that does not validate, nor where there are none.
    ready(&Stage::start(config())).await;
}

#[tokio::test]
async fn one_that_strips_signatures_is_refused() {
    let stripping = Zone::default().serve().await;
    let stage = stage(vec![dns().resolver().into(), stripping.clone()]);
    let why = format!("resolvers: resolver {stripping} strips DNSSEC signatures");
    reported(&stage, &why).await;
    assert!(!stage.health().is_ready());
}

#[tokio::test]
async fn one_with_another_root_is_refused() {
    let mut config = real_config();
    config.dns.trust_anchor = None;
    let stage = Stage::start(config);
    reported(&stage, "its root zone is not that of the trust anchor").await;
}

#[tokio::test]
async fn one_that_is_silent_is_asked_on() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let stage = stage(vec![address.into()]);
    reported(&stage, "did not answer in time").await;
    assert!(!stage.health().is_ready());
    // Now it passes queries on, one after another.
    tokio::spawn(async move {
        let ahead = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        ahead.connect(dns().resolver()).await.unwrap();
        let mut buffer = [0; 4096];
        while let Ok((length, asker)) = silent.recv_from(&mut buffer).await {
            ahead.send(&buffer[..length]).await.unwrap();
            let length = ahead.recv(&mut buffer).await.unwrap();
            silent.send_to(&buffer[..length], asker).await.unwrap();
        }
    });
    ready(&stage).await;
}
