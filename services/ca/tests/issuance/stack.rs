//! A certificate authority that runs, the parties around it, and a request that it accepts.

use std::fs;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use cairn_acme::{Algorithm, SignAs, SigningKey, base64url, key_authorization, paths};
use cairn_ca::Config;
use cairn_evidence::{Caa, CaaVerdict, Check, Outcome, Proof, Receipt, ReceiptSigner, Rir};
use cairn_kit::{Env, SystemRng};
use cairn_rpc::api::ca::{IdentifierEvidence, Issue};
use cairn_rpc::client::CaClient;
use cairn_rpc::pb::sa::v1::records_server::RecordsServer;
use cairn_rpc::pb::sa::v1::signing_server::SigningServer;
use cairn_rpc::{ClientConfig, Context, Hub, Server, ServerConfig};
use cairn_types::{
    AccountId, Certificate, ChallengeType, Clock, Identifier, KeyType, Order, OrderId, OrderStatus, Result,
    Rng, Serial, Timestamp, Token,
};
use cairn_x509::authority::{Authority, AuthorityName, intermediate, root};
use cairn_x509::{IssuerUrls, PublicKey, Sign, SignError, SoftwareKey, ToBeSigned, Validity, pem};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha256;
use openssl::stack::Stack as OpensslStack;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509Name, X509ReqBuilder};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::fake_sa::FakeSa;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
pub(crate) const BASE: &str = "https://ca.test";
const PATIENCE: Duration = Duration::from_secs(30);

/// Stands still.
pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// Never gives the same twice.
#[derive(Default)]
pub(crate) struct Counting(AtomicU8);

impl Rng for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

/// Counts what is signed, at the key.
struct CountingKey(SoftwareKey, Arc<AtomicUsize>);

impl Sign for CountingKey {
    fn public_key(&self) -> &PublicKey {
        self.0.public_key()
    }

    fn sign(&self, octets: ToBeSigned<'_>) -> std::result::Result<Vec<u8>, SignError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.sign(octets)
    }
}

pub(crate) struct Stack {
    pub(crate) sa: FakeSa,
    pub(crate) env: Env,
    pub(crate) roots: Vec<Vec<u8>>,
    pub(crate) validator: ReceiptSigner,
    /// The remote perspectives of the profile `corroborated`, as in [`REMOTES`].
    pub(crate) remotes: Vec<ReceiptSigner>,
    signatures: Arc<AtomicUsize>,
    client: CaClient,
    _stop: DropGuard,
    _directory: tempfile::TempDir,
}

impl Stack {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let validator_key = PKey::generate_ed25519().unwrap();
        let write = |name: &str, content: &[u8]| fs::write(directory.path().join(name), content).unwrap();
        write("ca.key", b"unused");
        write("va.pub", &validator_key.public_key_to_pem().unwrap());
        let mut remotes = Vec::new();
        for (name, _) in REMOTES {
            let key = PKey::generate_ed25519().unwrap();
            write(&format!("{name}.pub"), &key.public_key_to_pem().unwrap());
            let key = key.private_key_to_pem_pkcs8().unwrap();
            remotes.push(ReceiptSigner::from_pem(&key).unwrap());
        }
        let mut roots = Vec::new();
        for (id, hierarchy) in [("e1", &*EC), ("r1", &*RSA)] {
            write(&format!("{id}.pem"), hierarchy.certificate.as_bytes());
            write(&format!("{id}.key"), &hierarchy.key);
            roots.push(hierarchy.root.clone());
        }
        let path = directory.path().join("ca.toml");
        let config = cairn_kit::config::parse::<Config>(CONFIG, &path).unwrap().service;

        let hub = Hub::new();
        let stop = CancellationToken::new();
        let sa = FakeSa::default();
        let callers: &[&str] = &["ca.cairn"];
        let allow =
            ServerConfig::loopback([("cairn.sa.v1.Records", callers), ("cairn.sa.v1.Signing", callers)]);
        let server = Server::new(allow)
            .service(RecordsServer::new(sa.clone()))
            .service(SigningServer::new(sa.clone()))
            .bind(&hub.transport("sa.cairn"))
            .await
            .unwrap();
        tokio::spawn(server.serve(stop.clone()));
        let env = Env {
            clock: Arc::new(Still),
            rng: Arc::new(Counting::default()),
            shutdown: stop.clone(),
            ..Env::system()
        };
        let (ca_env, transport) = (env.clone(), hub.transport("ca.cairn"));
        let signatures = Arc::new(AtomicUsize::new(0));
        let counter = signatures.clone();
        tokio::spawn(async move {
            let guard = move |key| -> Box<dyn Sign> { Box::new(CountingKey(key, counter.clone())) };
            cairn_ca::serve_on(config, ca_env, transport, &guard)
                .await
                .unwrap();
        });
        let channel = hub
            .transport("ra.cairn")
            .channel(CaClient::TARGET, &ClientConfig::new(["memory:1"]))
            .unwrap();
        Self {
            sa,
            env,
            roots,
            validator: ReceiptSigner::from_pem(&validator_key.private_key_to_pem_pkcs8().unwrap()).unwrap(),
            remotes,
            signatures,
            client: CaClient::new(channel),
            _stop: stop.drop_guard(),
            _directory: directory,
        }
    }

    /// How often an issuer's key was used.
    pub(crate) fn signatures(&self) -> usize {
        self.signatures.load(Ordering::SeqCst)
    }

    /// The receipt as each perspective signs it about itself, the primary first, each changed by `change`.
    pub(crate) fn signed_by_all(
        &self,
        receipt: &Receipt,
        change: impl Fn(usize, &mut Receipt),
    ) -> Vec<Vec<u8>> {
        let remotes = REMOTES.iter().zip(&self.remotes);
        let all = [(&("local", Rir::Ripe), &self.validator)]
            .into_iter()
            .chain(remotes);
        all.enumerate()
            .map(|(index, ((name, rir), signer))| {
                let mut receipt = Receipt {
                    perspective: (*name).to_owned(),
                    rir: *rir,
                    ..receipt.clone()
                };
                change(index, &mut receipt);
                signer.sign(&receipt).unwrap()
            })
            .collect()
    }

    pub(crate) async fn issue(&self, request: Issue) -> Result<Certificate> {
        self.client
            .issue(&Context::new(&SystemRng, PATIENCE), request)
            .await
    }
}

pub(crate) const REMOTES: [(&str, Rir); 3] =
    [("east", Rir::Apnic), ("west", Rir::Arin), ("north", Rir::Arin)];

const CONFIG: &str = r#"
    base_url = "https://ca.test"
    serial_prefix = 5
    tls = { certificate = "ca.pem", key = "ca.key", ca = "ca.pem" }
    sa = { addresses = ["memory:1"] }
    names = { domains = "any", addresses = ["127.0.0.0/8"], blocked = ["blocked.test"] }
    [grpc]
    listen = "127.0.0.1:0"
    allow = { "cairn.ca.v1.Issuance" = ["ra.cairn"] }
    [[issuers]]
    id = "e1"
    certificate = "e1.pem"
    key = "e1.key"
    issues_for = ["p256"]
    [[issuers]]
    id = "r1"
    certificate = "r1.pem"
    key = "r1.key"
    issues_for = ["rsa"]
    [evidence]
    perspectives = [{ name = "local", role = "primary", region = "ripe", public_key = "va.pub" }]
    [profiles.classic]
    validity = "90d"
    max_validation_age = "30d"
    [profiles.dns-only]
    validity = "90d"
    max_validation_age = "1d"
    methods = ["dns-01"]
    [profiles.corroborated]
    validity = "90d"
    max_validation_age = "30d"
    [profiles.corroborated.evidence]
    quorum = 2
    min_regions = 2
    perspectives = [
        { name = "local", role = "primary", region = "ripe", public_key = "va.pub" },
        { name = "east", region = "apnic", public_key = "east.pub" },
        { name = "west", region = "arin", public_key = "west.pub" },
        { name = "north", region = "arin", public_key = "north.pub" },
    ]
"#;

/// What is on disk of an issuer, and the root above it.
struct Hierarchy {
    root: Vec<u8>,
    certificate: String,
    key: Vec<u8>,
}

/// Made once for all tests: RSA keys take a while.
static EC: LazyLock<Hierarchy> = LazyLock::new(|| hierarchy(KeyType::P256));
static RSA: LazyLock<Hierarchy> = LazyLock::new(|| hierarchy(KeyType::Rsa));

fn hierarchy(kind: KeyType) -> Hierarchy {
    let name = |common_name: &str| AuthorityName {
        country: None,
        organization: "Test".to_owned(),
        common_name: common_name.to_owned(),
    };
    let validity = Validity {
        not_before: NOW,
        not_after: NOW + Duration::from_secs(3650 * 86_400),
    };
    let serial = || Serial::new(1, &Still, &Counting::default()).unwrap();
    let root_key = SoftwareKey::generate(kind).unwrap();
    let root = root(&name("Root"), &root_key, serial(), validity).unwrap();
    let key = SoftwareKey::generate(kind).unwrap();
    let parent = Authority {
        certificate: &root,
        key: &root_key,
    };
    let urls = IssuerUrls::default();
    let certificate = intermediate(
        &name("Issuer"),
        key.public_key(),
        parent,
        serial(),
        validity,
        &urls,
    )
    .unwrap();
    Hierarchy {
        root,
        certificate: pem::encode(&certificate),
        key: key.to_pem().unwrap(),
    }
}

pub(crate) fn dns(name: &str) -> Identifier {
    Identifier::parse("dns", name).unwrap()
}

/// A client with an account, and what it needs for one order.
pub(crate) struct Client {
    pub(crate) account: AccountId,
    pub(crate) key: SigningKey,
    pub(crate) certificate_key: PKey<Private>,
    pub(crate) order: Order,
}

impl Client {
    pub(crate) fn new(kind: KeyType, names: &[&str]) -> Self {
        let account = AccountId::new(&Still, &SystemRng);
        let mut identifiers: Vec<_> = names.iter().map(|name| dns(name)).collect();
        identifiers.sort();
        let order = Order {
            id: OrderId::new(&Still, &SystemRng),
            account,
            status: OrderStatus::Processing,
            expires: NOW + Duration::from_secs(86_400),
            identifiers,
            profile: "classic".parse().unwrap(),
            not_before: None,
            not_after: None,
            replaces: None,
            authorizations: vec![],
            error: None,
            serial: None,
            created: NOW,
        };
        Self {
            account,
            key: SigningKey::generate(Algorithm::Es256).unwrap(),
            certificate_key: certificate_key(kind),
            order,
        }
    }

    pub(crate) fn uri(&self) -> String {
        format!("{BASE}{}", paths::account(self.account))
    }

    /// The finalize request for an order, with a CSR.
    pub(crate) fn request(&self, order: OrderId, csr: &[u8]) -> Vec<u8> {
        let url = format!("{BASE}{}", paths::finalize(order));
        let payload = format!(r#"{{"csr":"{}"}}"#, base64url::encode(csr));
        self.key
            .sign(SignAs::Account(&self.uri()), "bm9uY2U", &url, payload.as_bytes())
            .unwrap()
            .into_bytes()
    }

    /// What an honest validator says about one of the identifiers.
    pub(crate) fn receipt(&self, identifier: &Identifier) -> Receipt {
        let token = Token::new(&Counting::default());
        let thumbprint = self.key.public().thumbprint();
        Receipt {
            attempt: [1; 16],
            perspective: "local".to_owned(),
            rir: Rir::Ripe,
            software: "test".to_owned(),
            thumbprint,
            account_uri: self.uri(),
            identifier: identifier.base(),
            wildcard: identifier.is_wildcard(),
            method: if identifier.is_wildcard() {
                ChallengeType::Dns01
            } else {
                ChallengeType::Http01
            },
            check: Check::Validation(Proof {
                token_sha256: sha256(token.as_str().as_bytes()),
                key_authorization_sha256: sha256(key_authorization(&token, &thumbprint).as_bytes()),
                ..Proof::default()
            }),
            caa: Some(Caa {
                checked: NOW,
                verdict: match identifier {
                    Identifier::Dns(_) => CaaVerdict::Allowed,
                    Identifier::Ip(_) => CaaVerdict::NotApplicable,
                },
                found_at: None,
                records: vec![],
                dnssec: None,
            }),
            outcome: Outcome::Valid,
            resolver: "127.0.0.1:53".to_owned(),
            started: NOW,
            finished: NOW,
        }
    }

    pub(crate) fn evidence(&self, validator: &ReceiptSigner) -> Vec<IdentifierEvidence> {
        let proved = |identifier: &Identifier| IdentifierEvidence {
            identifier: identifier.clone(),
            receipts: vec![validator.sign(&self.receipt(identifier)).unwrap()],
        };
        self.order.identifiers.iter().map(proved).collect()
    }

    /// All of it together, as an honest registration authority sends it.
    pub(crate) fn finalize(&self, validator: &ReceiptSigner) -> Issue {
        let csr = csr(&self.certificate_key, &self.order.identifiers);
        Issue {
            order: self.order.clone(),
            jwk: self.key.public().jwk().to_owned(),
            account_uri: self.uri(),
            request: self.request(self.order.id, &csr),
            csr,
            evidence: self.evidence(validator),
            key_changes: vec![],
        }
    }
}

pub(crate) fn certificate_key(kind: KeyType) -> PKey<Private> {
    let pem = SoftwareKey::generate(kind).unwrap().to_pem().unwrap();
    PKey::private_key_from_pem(&pem).unwrap()
}

/// A certificate request.
pub(crate) fn csr(key: &PKey<Private>, names: &[Identifier]) -> Vec<u8> {
    let mut builder = X509ReqBuilder::new().unwrap();
    builder
        .set_subject_name(&X509Name::builder().unwrap().build())
        .unwrap();
    builder.set_pubkey(key).unwrap();
    let mut alternative = SubjectAlternativeName::new();
    for name in names {
        match name {
            Identifier::Dns(name) => alternative.dns(name.as_str()),
            Identifier::Ip(address) => alternative.ip(&address.to_string()),
        };
    }
    let extension = alternative.build(&builder.x509v3_context(None)).unwrap();
    let mut list = OpensslStack::new().unwrap();
    list.push(extension).unwrap();
    builder.add_extensions(&list).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build().to_der().unwrap()
}
