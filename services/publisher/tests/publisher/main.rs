//! The publisher and logs that sign for real, over the wire.

#![expect(clippy::unwrap_used, reason = "a test fails by it, as it should")]

mod certificates;
mod faults;
mod toy_log;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use cairn_ct::{LogKey, PrecertEntry, Sct};
use cairn_kit::{Env, FilePath, Secret};
use cairn_publisher::{Config, LogConfig, Submission};
use cairn_rpc::api::publisher::SubmitPrecertificate;
use cairn_rpc::client::PublisherClient;
use cairn_rpc::{ClientConfig, Context, Hub, ServerConfig, TlsConfig};
use cairn_types::ErrorKind;
use tokio_util::sync::DropGuard;

use certificates::Pair;
use toy_log::{Behaviour, ToyLog};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running publisher.
struct Stage {
    client: PublisherClient,
    env: Env,
    _stop: DropGuard,
}

fn unused_tls() -> TlsConfig {
    TlsConfig {
        certificate: PathBuf::new().into(),
        key: Secret::from_bytes("unused"),
        ca: PathBuf::new().into(),
    }
}

impl Stage {
    fn new(logs: &[(&str, &ToyLog)], submission: Submission) -> Self {
        let log = |&(name, log): &(&str, &ToyLog)| {
            let config = LogConfig {
                url: log.url.clone(),
                key: openssl::base64::encode_block(&log.spki()),
                operator: "Example".to_owned(),
            };
            (name.to_owned(), config)
        };
        let config = Config {
            grpc: ServerConfig::loopback([("cairn.publisher.v1.Publication", ["ra.cairn"].as_slice())]),
            tls: unused_tls(),
            submission,
            logs: logs.iter().map(log).collect::<BTreeMap<_, _>>(),
        };
        let hub = Hub::new();
        let env = Env::system();
        let stop = env.shutdown.clone().drop_guard();
        let transport = hub.transport("publisher.cairn");
        let its_env = env.clone();
        tokio::spawn(async move {
            cairn_publisher::serve_over(&transport, config, its_env)
                .await
                .unwrap();
        });
        let channel = hub
            .transport("ra.cairn")
            .channel(PublisherClient::TARGET, &ClientConfig::new(["unused:1"]))
            .unwrap();
        Self {
            client: PublisherClient::new(channel),
            env,
            _stop: stop,
        }
    }

    fn context(&self) -> Context {
        Context::new(self.env.rng.as_ref(), PATIENCE)
    }

    async fn submit(&self, log: &str, pair: &Pair) -> cairn_types::Result<Vec<u8>> {
        self.client
            .submit_precertificate(&self.context(), request(log, pair))
            .await
    }
}

fn request(log: &str, pair: &Pair) -> SubmitPrecertificate {
    SubmitPrecertificate {
        log: log.to_owned(),
        precertificate: pair.precertificate.clone(),
        chain: vec![pair.issuer.clone()],
    }
}

fn patient() -> Submission {
    Submission {
        timeout: PATIENCE,
        roots: None,
    }
}

#[tokio::test]
async fn a_log_signs_and_its_sct_comes_back() {
    let pair = Pair::new();
    let (one, two) = (ToyLog::start(&pair).await, ToyLog::start(&pair).await);
    let stage = Stage::new(&[("one", &one), ("two", &two)], patient());
    for (name, log) in [("one", &one), ("two", &two)] {
        let sct = Sct::from_bytes(&stage.submit(name, &pair).await.unwrap()).unwrap();
        let key = LogKey::from_spki(&log.spki()).unwrap();
        assert_eq!(sct.log, key.id());
        let entry = PrecertEntry::new(&pair.precertificate, &pair.issuer).unwrap();
        assert_eq!(key.verify(&sct, &entry, stage.env.clock.now()), Ok(()));
        assert_eq!(log.submissions(), 1);
    }
    let metrics = stage.env.metrics.encode();
    assert!(
        metrics.contains(
            "cairn_publisher_submission_seconds_count{log=\"one\",operator=\"Example\",outcome=\"sct\"} 1"
        ),
        "{metrics}"
    );
}

#[tokio::test]
async fn connections_are_kept_and_replaced() {
    let pair = Pair::new();
    let log = ToyLog::start(&pair).await;
    let stage = Stage::new(&[("one", &log)], patient());
    for _ in 0..3 {
        stage.submit("one", &pair).await.unwrap();
    }
    assert_eq!((log.submissions(), log.connections()), (3, 1));
    log.behave(Behaviour::CloseAfterAnswer);
    stage.submit("one", &pair).await.unwrap();
    stage.submit("one", &pair).await.unwrap();
    assert_eq!(log.connections(), 2);
}

#[tokio::test]
async fn https_logs_are_authenticated() {
    let pair = Pair::new();
    let log = ToyLog::start_https(&pair).await;
    let directory = tempfile::tempdir().unwrap();
    let roots = directory.path().join("roots.pem");
    std::fs::write(&roots, log.root_pem()).unwrap();
    let trusting = Submission {
        roots: Some(FilePath::from(roots)),
        ..patient()
    };
    let stage = Stage::new(&[("one", &log)], trusting);
    stage.submit("one", &pair).await.unwrap();

    let stage = Stage::new(&[("one", &log)], patient());
    let error = stage.submit("one", &pair).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(log.submissions(), 1);
}

#[tokio::test]
async fn what_cannot_be_submitted_is_not() {
    let pair = Pair::new();
    let log = ToyLog::start(&pair).await;
    let stage = Stage::new(&[("one", &log)], patient());
    let mut certificate = request("one", &pair);
    certificate.precertificate.clone_from(&pair.certificate);
    let mut no_chain = request("one", &pair);
    no_chain.chain.clear();
    let mut garbage = request("one", &pair);
    garbage.precertificate = vec![0x30];
    for (request, kind) in [
        (certificate, ErrorKind::ServerInternal),
        (no_chain, ErrorKind::ServerInternal),
        (garbage, ErrorKind::ServerInternal),
        (request("two", &pair), ErrorKind::NotFound),
    ] {
        let error = stage
            .client
            .submit_precertificate(&stage.context(), request)
            .await;
        assert_eq!(error.unwrap_err().kind(), kind);
    }
    assert_eq!(log.submissions(), 0);
}
