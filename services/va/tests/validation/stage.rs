//! A validation authority that serves within the process, and a client of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cairn_evidence::{
    Check, Expectation, Methods, Outcome, Perspective, Policy, Proof, Receipt, Rir, Role, Rules,
    SignedReceipt,
};
use cairn_kit::{Env, FilePath, Health, Secret};
use cairn_rpc::client::VaClient;
use cairn_rpc::{ClientConfig, Context, Hub, ServerConfig, TlsConfig};
use cairn_types::{
    CaaCheck, ChallengeType, Error, ErrorKind, Identifier, Rng, Thumbprint, ValidationOutcome,
    ValidationRequest,
};
use cairn_va::Config;
use cairn_va::config::{AddressClass, Addresses, Caa, Dns, DnssecMode, Limits};
use openssl::pkey::PKey;
use tokio_util::sync::DropGuard;

pub(crate) const TOKEN: &str = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
pub(crate) const KEY_AUTHORIZATION: &str =
    "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
pub(crate) const ACCOUNT: &str = "https://ca.example/acme/account/1";
pub(crate) const THUMBPRINT: Thumbprint = Thumbprint([7; 32]);

/// Different octets at every call, the same in every run.
#[derive(Default)]
struct Counting(AtomicU64);
impl Rng for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            *byte = (count.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
        }
    }
}

pub(crate) struct Stage {
    pub(crate) client: VaClient,
    policy: Policy,
    env: Env,
    _stop: DropGuard,
}

/// The configuration that tests start from: names under `.test` and loopback addresses, no resolver.
pub(crate) fn config() -> Config {
    let key = PKey::generate_ed25519()
        .unwrap()
        .private_key_to_pem_pkcs8()
        .unwrap();
    Config {
        grpc: ServerConfig::loopback([
            ("cairn.va.v1.Validation", &["ra.cairn"][..]),
            ("cairn.va.v1.DryRun", &["operator.cairn"][..]),
        ]),
        tls: TlsConfig {
            certificate: FilePath::from(PathBuf::new()),
            key: Secret::from_bytes("unused"),
            ca: FilePath::from(PathBuf::new()),
        },
        perspective: cairn_va::config::Perspective {
            name: "primary".to_owned(),
            role: cairn_va::config::Role::Primary,
            rir: Rir::Arin,
            receipt_key: Secret::from_bytes(key),
        },
        remotes: Vec::new(),
        quorum: None,
        caa: Caa {
            identities: vec!["ca.example".to_owned()],
        },
        dns: Dns {
            dnssec: DnssecMode::Off,
            loopback_suffixes: vec!["test".to_owned()],
            timeout: Duration::from_secs(2),
            ..Dns::default()
        },
        addresses: Addresses {
            allow: vec![AddressClass::Loopback],
        },
        http_01: cairn_va::config::Http01::default(),
        tls_alpn_01: cairn_va::config::TlsAlpn01::default(),
        dns_persist_01: cairn_acme::persist::Settings::default(),
        limits: Limits::default(),
    }
}

impl Stage {
    /// Starts the service with this configuration.
    pub(crate) fn start(config: Config) -> Self {
        let signer =
            cairn_evidence::ReceiptSigner::from_pem(config.perspective.receipt_key.expose()).unwrap();
        let perspective = Perspective {
            name: config.perspective.name.clone(),
            role: Role::Primary,
            rir: config.perspective.rir,
            public_key_pem: signer.public_key_pem().unwrap(),
        };
        let rules = Rules {
            quorum: 0,
            min_regions: 0,
            max_validation_age: Duration::from_secs(60),
            max_method_ages: BTreeMap::new(),
            max_caa_age: Duration::from_secs(60),
            methods: Methods::same(ChallengeType::ALL),
            special_addresses: vec![AddressClass::Loopback],
            caa_exempt_suffixes: vec!["test".to_owned()],
            require_dnssec_validation: false,
            public: false,
        };
        let mut env = Env::system();
        env.rng = Arc::new(Counting::default());
        let hub = Hub::new();
        let transport = hub.transport("va.cairn");
        let serving = env.clone();
        tokio::spawn(async move { cairn_va::serve_over(&transport, config, serving).await.unwrap() });
        let channel = hub
            .transport("ra.cairn")
            .channel(VaClient::TARGET, &ClientConfig::new(["in memory:0"]))
            .unwrap();
        Self {
            client: VaClient::new(channel),
            policy: Policy::new(&[perspective], rules).unwrap(),
            _stop: env.shutdown.clone().drop_guard(),
            env,
        }
    }

    pub(crate) fn health(&self) -> &Health {
        &self.env.health
    }

    pub(crate) fn metrics(&self) -> String {
        self.env.metrics.encode()
    }

    fn context(&self) -> Context {
        Context::new(&*self.env.rng, Duration::from_secs(20))
    }

    /// Validates, and checks that the receipt says what the answer says.
    pub(crate) async fn validate(&self, method: ChallengeType, name: &str) -> Attempt {
        self.try_validate(method, name, false).await.unwrap()
    }

    pub(crate) async fn try_validate(
        &self,
        method: ChallengeType,
        name: &str,
        wildcard: bool,
    ) -> Result<Attempt, Error> {
        let request = ValidationRequest {
            identifier: identifier(name),
            wildcard,
            method,
            token: TOKEN.parse().unwrap(),
            thumbprint: THUMBPRINT,
            account_uri: ACCOUNT.to_owned(),
        };
        let outcome = self.client.validate(&self.context(), request).await?;
        Ok(self.examine(outcome, name, wildcard, true))
    }

    pub(crate) async fn check_caa(&self, name: &str, wildcard: bool) -> Attempt {
        let check = CaaCheck {
            identifier: identifier(name),
            wildcard,
            method: if wildcard {
                ChallengeType::Dns01
            } else {
                ChallengeType::Http01
            },
            thumbprint: THUMBPRINT,
            account_uri: ACCOUNT.to_owned(),
        };
        let outcome = self.client.check_caa(&self.context(), check).await.unwrap();
        self.examine(outcome, name, wildcard, false)
    }

    /// What every answer must be: one receipt with the same outcome, which verifies exactly if it is a success.
    fn examine(&self, outcome: ValidationOutcome, name: &str, wildcard: bool, whole: bool) -> Attempt {
        let receipt = SignedReceipt::decode(&outcome.receipts[0]).unwrap().receipt;
        assert_eq!(outcome.receipts.len(), 1);
        assert_eq!(receipt.identifier, identifier(name));
        assert_eq!(receipt.wildcard, wildcard);
        let expected = match &outcome.problem {
            None => Outcome::Valid,
            Some(problem) => Outcome::Refused(problem.kind),
        };
        assert_eq!(receipt.outcome, expected);
        let expectation = Expectation {
            thumbprints: vec![THUMBPRINT],
            account_uri: ACCOUNT.to_owned(),
            identifier: if wildcard {
                identifier(name).to_wildcard()
            } else {
                identifier(name)
            },
            now: self.env.clock.now(),
        };
        let verified = self.policy.verify(&outcome.receipts, &expectation);
        assert_eq!(
            verified.is_ok(),
            whole && outcome.problem.is_none(),
            "{verified:?}"
        );
        Attempt { outcome, receipt }
    }
}

/// What came of an attempt.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) outcome: ValidationOutcome,
    pub(crate) receipt: Receipt,
}

impl Attempt {
    #[track_caller]
    pub(crate) fn passed(&self) -> &Self {
        assert_eq!(self.outcome.problem, None);
        self
    }

    /// Asserts the kind of the problem, and that its detail has all these parts.
    #[track_caller]
    pub(crate) fn refused(&self, kind: ErrorKind, parts: &[&str]) -> &Self {
        let problem = self.outcome.problem.as_ref().unwrap();
        assert_eq!(problem.kind, kind, "{}", problem.detail);
        for part in parts {
            assert!(problem.detail.contains(part), "{part:?} in {:?}", problem.detail);
        }
        assert!(problem.detail.len() < 3100 && !problem.detail.contains(char::is_control));
        self
    }

    #[track_caller]
    pub(crate) fn transient(&self, transient: bool) -> &Self {
        assert_eq!(self.outcome.transient, transient, "{:?}", self.outcome.problem);
        self
    }

    #[track_caller]
    pub(crate) fn proof(&self) -> &Proof {
        match &self.receipt.check {
            Check::Validation(proof) => proof,
            Check::CaaOnly => panic!("no validation"),
        }
    }
}

pub(crate) fn identifier(name: &str) -> Identifier {
    let kind = if name.parse::<std::net::IpAddr>().is_ok() {
        "ip"
    } else {
        "dns"
    };
    Identifier::parse(kind, name).unwrap()
}
