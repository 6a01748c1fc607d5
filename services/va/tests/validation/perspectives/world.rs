//! Perspectives that see what a test has them see.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use cairn_evidence::{
    Expectation, Methods, Outcome, Perspective, Policy, Receipt, ReceiptSigner, Rir, Rules, SignedReceipt,
};
use cairn_kit::{Env, FilePath};
use cairn_rpc::client::VaClient;
use cairn_rpc::{ClientConfig, Context, Hub, ServerConfig};
use cairn_types::{CaaCheck, ChallengeType, Observation, ValidationOutcome, ValidationRequest};
use cairn_va::config::{AddressClass, Config, Quorum, Remote, Role};
use tempfile::TempDir;
use tokio_util::sync::DropGuard;

use crate::dns_server::Zone;
use crate::http_server::{Answer, HttpServer, good, ok};
use crate::stage::{ACCOUNT, THUMBPRINT, TOKEN, config, identifier};

/// The name that is validated.
pub(super) const NAME: &str = "www.victim.example";

/// Where the remotes stand, in turn.
pub(super) const REGIONS: [Rir; 4] = [Rir::Arin, Rir::Apnic, Rir::Arin, Rir::Lacnic];

/// What a perspective sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sees {
    /// What the account holder put there.
    Control,
    /// What somebody else put there.
    Attacker,
    /// The same as the others, at another address.
    Elsewhere,
    /// Records that name another CA.
    Forbidden,
    /// A server that accepts connections and is silent.
    Silence,
    /// Nothing: the perspective itself does not run.
    Down,
    /// Nothing: the test serves it.
    Faked,
}

/// A primary, the first of `sees`, and its remotes.
pub(super) struct World {
    pub(super) hub: Hub,
    pub(super) env: Env,
    pub(super) zones: Vec<Zone>,
    pub(super) client: VaClient,
    policy: Policy,
    /// The configurations, of which those of perspectives that are down or faked are not served.
    pub(super) configs: Vec<Config>,
    _files: TempDir,
    _stop: DropGuard,
}

impl World {
    /// Starts them all.
    pub(super) async fn start(sees: &[Sees]) -> Self {
        Self::start_with(sees, |_| {}).await
    }

    /// Starts them all with another configuration of the primary.
    pub(super) async fn start_with(sees: &[Sees], change: impl Fn(&mut Config)) -> Self {
        let files = tempfile::tempdir().unwrap();
        let (hub, env) = (Hub::new(), Env::system());
        let (mut configs, mut zones) = (Vec::new(), Vec::new());
        for (index, sees) in sees.iter().enumerate() {
            let zone = Zone::default();
            configs.push(seeing(*sees, index, &zone).await);
            zones.push(zone);
        }
        let members: Vec<Perspective> = configs.iter().map(member).collect();
        for (index, member) in members.iter().enumerate().skip(1) {
            let path = files.path().join(index.to_string());
            std::fs::write(&path, &member.public_key_pem).unwrap();
            configs[0].remotes.push(remote(index, path));
        }
        configs[0].quorum = Some(Quorum {
            patience: Duration::from_secs(10),
            ..Quorum::default()
        })
        .filter(|_| sees.len() > 1);
        change(&mut configs[0]);
        for (index, config) in configs.iter().enumerate() {
            if !matches!(sees[index], Sees::Down | Sees::Faked) {
                let (transport, env) = (
                    hub.transport(server_name(index)),
                    Env {
                        metrics: env_metrics(index, &env),
                        ..env.clone()
                    },
                );
                let config = config.clone();
                tokio::spawn(async move { cairn_va::serve_over(&transport, config, env).await.unwrap() });
            }
        }
        Self {
            client: client(&hub, "ra.cairn"),
            policy: Policy::new(&members, rules(&configs[0])).unwrap(),
            configs,
            zones,
            hub,
            _stop: env.shutdown.clone().drop_guard(),
            env,
            _files: files,
        }
    }

    pub(super) fn context(&self, timeout: Duration) -> Context {
        Context::new(&*self.env.rng, timeout)
    }

    /// Validates by http-01.
    pub(super) async fn validate(&self) -> Seen {
        self.validate_within(Duration::from_secs(30)).await
    }

    pub(super) async fn validate_within(&self, timeout: Duration) -> Seen {
        let outcome = self.client.validate(&self.context(timeout), request()).await;
        self.examine(outcome.unwrap())
    }

    pub(super) async fn check_caa(&self) -> Seen {
        let check = CaaCheck {
            identifier: identifier(NAME),
            wildcard: false,
            method: ChallengeType::Http01,
            thumbprint: THUMBPRINT,
            account_uri: ACCOUNT.to_owned(),
        };
        let context = self.context(Duration::from_secs(30));
        Seen::new(self.client.check_caa(&context, check).await.unwrap())
    }

    /// A success is one for the signer too, and nothing else is.
    fn examine(&self, outcome: ValidationOutcome) -> Seen {
        let expectation = Expectation {
            thumbprints: vec![THUMBPRINT],
            account_uri: ACCOUNT.to_owned(),
            identifier: identifier(NAME),
            now: self.env.clock.now(),
        };
        let verified = self.policy.verify(&outcome.receipts, &expectation);
        assert_eq!(
            verified.is_ok(),
            outcome.problem.is_none(),
            "{verified:?} {outcome:?}"
        );
        Seen::new(outcome)
    }

    /// The value of one of the primary's counters; zero if it is not there.
    pub(super) fn count(&self, counter: &str) -> u64 {
        let metrics = self.env.metrics.encode();
        let line = metrics.lines().find_map(|line| line.strip_prefix(counter));
        line.map_or(0, |value| value.trim().parse().unwrap())
    }
}

/// What came of an attempt.
pub(super) struct Seen {
    pub(super) outcome: ValidationOutcome,
    pub(super) receipts: Vec<Receipt>,
}

impl Seen {
    /// What every answer must be: all receipts of one attempt, with the outcomes of the observations.
    pub(super) fn new(outcome: ValidationOutcome) -> Self {
        let decode = |bytes: &Vec<u8>| SignedReceipt::decode(bytes).unwrap().receipt;
        let receipts: Vec<Receipt> = outcome.receipts.iter().map(decode).collect();
        for receipt in &receipts {
            assert_eq!(receipt.attempt, receipts[0].attempt);
            let observation = (outcome.observations.iter())
                .find(|seen| seen.perspective == receipt.perspective)
                .unwrap();
            let expected = observation.kind.map_or(Outcome::Valid, Outcome::Refused);
            assert_eq!(receipt.outcome, expected, "{}", receipt.perspective);
            assert_eq!(receipt.rir.as_str(), observation.rir);
        }
        assert_eq!(outcome.observations[0].perspective, "primary");
        if let Some(problem) = &outcome.problem {
            assert_eq!(problem.observations, outcome.observations);
        }
        Self { outcome, receipts }
    }

    /// The text of the problem; empty if there is none.
    pub(super) fn detail(&self) -> &str {
        let problem = self.outcome.problem.as_ref();
        problem.map_or("", |problem| problem.detail.as_str())
    }

    pub(super) fn observation(&self, perspective: &str) -> &Observation {
        let mut observations = self.outcome.observations.iter();
        observations.find(|seen| seen.perspective == perspective).unwrap()
    }
}

pub(super) fn request() -> ValidationRequest {
    ValidationRequest {
        identifier: identifier(NAME),
        wildcard: false,
        method: ChallengeType::Http01,
        token: TOKEN.parse().unwrap(),
        thumbprint: THUMBPRINT,
        account_uri: ACCOUNT.to_owned(),
    }
}

/// A client of the primary, by that name.
pub(super) fn client(hub: &Hub, name: &str) -> VaClient {
    let transport = hub.transport(name);
    VaClient::new(
        transport
            .channel(VaClient::TARGET, &ClientConfig::new(["in memory:0"]))
            .unwrap(),
    )
}

pub(super) fn server_name(index: usize) -> String {
    match index {
        0 => "va.cairn".to_owned(),
        _ => format!("va-remote-{index}.cairn"),
    }
}

/// Only the primary's metrics are looked at.
fn env_metrics(index: usize, env: &Env) -> cairn_kit::Metrics {
    match index {
        0 => env.metrics.clone(),
        _ => cairn_kit::Metrics::new(),
    }
}

/// The configuration of a perspective to which the world looks like that.
async fn seeing(sees: Sees, index: usize, zone: &Zone) -> Config {
    let address = match sees {
        Sees::Elsewhere => Ipv4Addr::new(127, 0, 0, 2),
        _ => Ipv4Addr::LOCALHOST,
    };
    zone.a(NAME, &address.to_string());
    if sees == Sees::Forbidden {
        zone.caa("victim.example", 0, "issue", "other.example");
    }
    let server = HttpServer::at(&format!("{address}:0"), move |_| match sees {
        Sees::Attacker => ok("the attacker's"),
        Sees::Silence => Answer::Hang(Vec::new()),
        _ => good(),
    })
    .await;
    let mut config = config();
    config.http_01.port = server.port;
    config.dns.resolvers = vec![zone.serve().await];
    if index > 0 {
        config.perspective.name = format!("remote-{index}");
        config.perspective.role = Role::Remote;
        config.perspective.rir = REGIONS[(index - 1) % REGIONS.len()];
        config.grpc = ServerConfig::loopback([("cairn.va.v1.Perspective", &["va.cairn"][..])]);
        // Silence is not waited for as long as patience lasts.
        config.limits.attempt = Duration::from_secs(2);
    }
    config
}

fn member(config: &Config) -> Perspective {
    let signer = ReceiptSigner::from_pem(config.perspective.receipt_key.expose()).unwrap();
    Perspective {
        name: config.perspective.name.clone(),
        role: match config.perspective.role {
            Role::Primary => cairn_evidence::Role::Primary,
            Role::Remote => cairn_evidence::Role::Remote,
        },
        rir: config.perspective.rir,
        public_key_pem: signer.public_key_pem().unwrap(),
    }
}

fn remote(index: usize, public_key: PathBuf) -> Remote {
    Remote {
        name: format!("remote-{index}"),
        rir: REGIONS[(index - 1) % REGIONS.len()],
        public_key: FilePath::from(public_key),
        addresses: vec!["in memory:0".to_owned()],
        server_name: server_name(index),
    }
}

/// The signer's rules: the primary, and all remotes but those that may fail.
fn rules(primary: &Config) -> Rules {
    let remotes = primary.remotes.len();
    let quorum = remotes - cairn_evidence::allowed_failures(remotes);
    let regions = primary.quorum.as_ref().and_then(|quorum| quorum.min_regions);
    Rules {
        quorum,
        min_regions: regions.unwrap_or(quorum.min(2)),
        max_validation_age: Duration::from_secs(60),
        max_method_ages: BTreeMap::new(),
        max_caa_age: Duration::from_secs(60),
        methods: Methods::same(ChallengeType::ALL),
        special_addresses: vec![AddressClass::Loopback],
        caa_exempt_suffixes: Vec::new(),
        require_dnssec_validation: false,
        public: false,
    }
}

/// Waits until something is so, and panics if that takes unreasonably long.
pub(super) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let so = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(30), so).await;
    assert!(in_time.is_ok(), "{what}");
}
