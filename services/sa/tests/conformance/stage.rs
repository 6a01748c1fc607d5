//! A storage authority on a database of its own, a clock that moves when told to, and things to store.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use cairn_kit::{Env, FilePath, Secret, SystemRng};
use cairn_rpc::api::sa::{
    BeginFinalize, BeginValidation, Claim, ClaimedOrder, ClaimedValidation, CreateAccount, CreateOrder,
    FinishValidation, Unsigned,
};
use cairn_rpc::client::SaClient;
use cairn_rpc::{ClientConfig, Context, Hub, ServerConfig, TlsConfig};
use cairn_sa::{Config, Maintenance};
use cairn_types::{
    Account, AccountId, AccountStatus, Authorization, AuthorizationId, AuthorizationStatus, Challenge,
    ChallengeId, ChallengeStatus, ChallengeType, Clock, Error, ErrorKind, Identifier, Lease, LeaseId, Order,
    OrderId, OrderStatus, Problem, Serial, SpkiHash, Thumbprint, Timestamp, Token,
};
use tokio::task::JoinHandle;

use crate::{ENTRIES, Storage};

/// Far more than any call here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is to be signed, in DER: an OCTET STRING.
pub(crate) const TO_BE_SIGNED: &[u8] = b"\x04\x0cto be signed";

/// When each test begins.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// A clock that stands still until it is moved.
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A storage authority, and those who call it.
pub(crate) struct Stage {
    /// As the registration authority.
    pub(crate) sa: SaClient,
    /// As the certificate authority.
    pub(crate) signer: SaClient,
    /// As the front end.
    pub(crate) front: SaClient,
    /// As an operator.
    pub(crate) operator: SaClient,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) env: Env,
    storage: Storage,
    serving: JoinHandle<()>,
}

/// Makes each key and serial differ from the others.
static SERIES: AtomicU32 = AtomicU32::new(1);

impl Stage {
    /// On an empty database.
    pub(crate) async fn new() -> Self {
        Self::on(Storage::new()).await
    }

    /// On a database.
    pub(crate) async fn on(storage: Storage) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(START.as_millis())));
        Self::start(storage, clock).await
    }

    /// The same database after a restart.
    pub(crate) async fn restarted(self) -> Self {
        self.env.shutdown.cancel();
        self.serving.await.unwrap();
        Self::start(self.storage, self.clock).await
    }

    async fn start(storage: Storage, clock: Arc<TestClock>) -> Self {
        let env = Env {
            clock: clock.clone(),
            ..Env::system()
        };
        let config = Config {
            database: storage.config(),
            maintenance: Maintenance::default(),
            // As in deploy/config/sa.toml.
            grpc: ServerConfig::loopback([
                (
                    "cairn.sa.v1.Records",
                    ["wfe.cairn", "ra.cairn", "ca.cairn"].as_slice(),
                ),
                ("cairn.sa.v1.Accounts", &["ra.cairn"]),
                ("cairn.sa.v1.Orders", &["ra.cairn"]),
                ("cairn.sa.v1.Authorizations", &["ra.cairn"]),
                ("cairn.sa.v1.Certificates", &["ra.cairn"]),
                ("cairn.sa.v1.Signing", &["ca.cairn"]),
                ("cairn.sa.v1.Audit", &["operator.cairn"]),
            ]),
            // Not used within the process.
            tls: TlsConfig {
                certificate: FilePath::from(PathBuf::from("none")),
                key: Secret::from_bytes(Vec::new()),
                ca: FilePath::from(PathBuf::from("none")),
            },
        };
        let hub = Hub::new();
        let serving = cairn_sa::serve_on(config, env.clone(), hub.transport("sa.cairn"));
        let mut serving = tokio::spawn(async move { serving.await.unwrap() });
        tokio::select! {
            () = env.health.ready() => {}
            ended = &mut serving => panic!("it does not serve: {ended:?}"),
        }
        let client = |name| {
            let channel = hub
                .transport(name)
                .channel(SaClient::TARGET, &ClientConfig::new(["unused:1"]));
            SaClient::new(channel.unwrap())
        };
        Self {
            sa: client("ra.cairn"),
            signer: client("ca.cairn"),
            front: client("wfe.cairn"),
            operator: client("operator.cairn"),
            clock,
            env,
            storage,
            serving,
        }
    }

    pub(crate) fn context(&self) -> Context {
        Context::new(&*self.env.rng, PATIENCE)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock.
    pub(crate) fn pass(&self, time: Duration) {
        self.clock
            .0
            .fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn lease(&self) -> Lease {
        Lease {
            id: LeaseId::new(&*self.clock, &SystemRng),
            owner: "test".to_owned(),
            deadline: self.now() + HOUR,
        }
    }

    /// An account that is not stored yet.
    pub(crate) fn account(&self) -> Account {
        let (jwk, thumbprint) = key();
        Account {
            id: AccountId::new(&*self.clock, &SystemRng),
            jwk,
            thumbprint,
            status: AccountStatus::Valid,
            contact: vec!["mailto:a@example.org".to_owned()],
            terms_agreed: Some("https://ca.example/terms".to_owned()),
            external_account_binding: None,
            created: self.now(),
        }
    }

    /// A stored account.
    pub(crate) async fn stored_account(&self) -> Account {
        let request = CreateAccount {
            account: self.account(),
            external_account_key_id: None,
        };
        self.sa
            .create_account(&self.context(), request)
            .await
            .unwrap()
            .account
    }

    /// A pending authorization for an identifier as ordered; not stored yet.
    pub(crate) fn authorization(&self, account: &Account, identifier: &Identifier) -> Authorization {
        let challenge = |kind| Challenge {
            id: ChallengeId::new(&*self.clock, &SystemRng),
            kind,
            token: Token::new(&SystemRng),
            status: ChallengeStatus::Pending,
            validated: None,
            error: None,
        };
        Authorization {
            id: AuthorizationId::new(&*self.clock, &SystemRng),
            account: account.id,
            identifier: identifier.base(),
            wildcard: identifier.is_wildcard(),
            status: AuthorizationStatus::Pending,
            expires: self.now() + 24 * HOUR,
            challenges: vec![challenge(ChallengeType::Http01), challenge(ChallengeType::Dns01)],
            validated_by: None,
            created: self.now(),
        }
    }

    /// An order for names, each with a new authorization; not stored yet.
    pub(crate) fn order(&self, account: &Account, names: &[&str]) -> CreateOrder {
        let identifiers: Vec<_> = names.iter().map(|name| dns(name)).collect();
        let new_authorizations: Vec<_> = identifiers
            .iter()
            .map(|identifier| self.authorization(account, identifier))
            .collect();
        let order = Order {
            id: OrderId::new(&*self.clock, &SystemRng),
            account: account.id,
            status: OrderStatus::Pending,
            expires: self.now() + 24 * HOUR,
            identifiers,
            profile: "classic".parse().unwrap(),
            not_before: None,
            not_after: None,
            replaces: None,
            authorizations: new_authorizations
                .iter()
                .map(|authorization| authorization.id)
                .collect(),
            error: None,
            serial: None,
            created: self.now(),
        };
        CreateOrder {
            order,
            new_authorizations,
            placed_since: None,
        }
    }

    /// A stored order for names, pending.
    pub(crate) async fn stored_order(&self, account: &Account, names: &[&str]) -> Order {
        self.sa
            .create_order(&self.context(), self.order(account, names))
            .await
            .unwrap()
    }

    /// Begins the validation of an authorization by its first challenge.
    pub(crate) async fn begin(&self, account: &Account, id: AuthorizationId) -> (ChallengeId, Lease) {
        let context = self.context();
        let challenge = self.sa.get_authorization(&context, id).await.unwrap().challenges[0].id;
        let lease = self.lease();
        let request = BeginValidation {
            authorization: id,
            challenge,
            lease: lease.clone(),
            account: account.id,
        };
        assert!(self.sa.begin_validation(&context, request).await.unwrap().leased);
        (challenge, lease)
    }

    /// The end of a validation, successful or not.
    pub(crate) fn finish(
        &self,
        authorization: AuthorizationId,
        (challenge, lease): &(ChallengeId, Lease),
        problem: Option<Problem>,
    ) -> FinishValidation {
        FinishValidation {
            authorization,
            challenge: *challenge,
            lease: lease.id,
            problem,
            expires: self.now() + 30 * 24 * HOUR,
            receipts: vec![b"primary".to_vec(), b"remote".to_vec()],
        }
    }

    /// Makes an authorization valid.
    pub(crate) async fn validate(&self, account: &Account, id: AuthorizationId) -> Authorization {
        let begun = self.begin(account, id).await;
        self.sa
            .finish_validation(&self.context(), self.finish(id, &begun, None))
            .await
            .unwrap()
    }

    /// A stored order for names, ready.
    pub(crate) async fn ready_order(&self, account: &Account, names: &[&str]) -> Order {
        let order = self.stored_order(account, names).await;
        for id in &order.authorizations {
            self.validate(account, *id).await;
        }
        let order = self.sa.get_order(&self.context(), order.id).await.unwrap();
        assert_eq!(order.status, OrderStatus::Ready);
        order
    }

    pub(crate) fn finalize(&self, order: &Order) -> BeginFinalize {
        BeginFinalize {
            order: order.id,
            request: b"jws".to_vec(),
            lease: self.lease(),
        }
    }

    /// A stored order for names, processing, and its lease.
    pub(crate) async fn processing_order(&self, account: &Account, names: &[&str]) -> (Order, Lease) {
        let order = self.ready_order(account, names).await;
        let request = self.finalize(&order);
        let lease = request.lease.clone();
        let begun = self.sa.begin_finalize(&self.context(), request).await.unwrap();
        assert!(begun.leased);
        (begun.order, lease)
    }

    /// What is about to be signed for an order.
    pub(crate) fn unsigned(&self, order: &Order) -> Unsigned {
        Unsigned {
            serial: Serial::new(1, &*self.clock, &SystemRng).unwrap(),
            order: order.id,
            account: order.account,
            profile: order.profile.clone(),
            issuer: "e1".to_owned(),
            identifiers: order.identifiers.clone(),
            spki: SpkiHash([7; 32]),
            not_before: self.now(),
            not_after: self.now() + 90 * 24 * HOUR,
            tbs: TO_BE_SIGNED.to_vec(),
        }
    }

    /// A stored order for names, valid.
    pub(crate) async fn issued_order(&self, account: &Account, names: &[&str]) -> Order {
        self.issue(self.processing_order(account, names).await.0).await
    }

    /// Gives a processing order its certificate.
    pub(crate) async fn issue(&self, order: Order) -> Order {
        let context = self.context();
        let serial = self
            .signer
            .store_tbs(&context, self.unsigned(&order))
            .await
            .unwrap()
            .unsigned
            .serial;
        self.signer
            .store_certificate(&context, serial, b"signed".to_vec())
            .await
            .unwrap();
        self.sa.get_order(&context, order.id).await.unwrap()
    }

    /// What has become of a stored order.
    pub(crate) async fn status(&self, id: OrderId) -> OrderStatus {
        self.sa.get_order(&self.context(), id).await.unwrap().status
    }

    /// Takes over validations whose lease ran out.
    pub(crate) async fn claim_validations(&self, limit: u32) -> Vec<ClaimedValidation> {
        let claim = self.claim(limit);
        self.sa.claim_validations(&self.context(), claim).await.unwrap()
    }

    /// Takes over orders whose lease ran out.
    pub(crate) async fn claim_orders(&self, limit: u32) -> Vec<ClaimedOrder> {
        self.sa
            .claim_orders(&self.context(), self.claim(limit))
            .await
            .unwrap()
    }

    fn claim(&self, limit: u32) -> Claim {
        Claim {
            owner: "janitor".to_owned(),
            deadline: self.now() + HOUR,
            limit,
        }
    }

    /// The entries of the audit trail, as JSON objects, by subject and position.
    pub(crate) fn entries(&self) -> Vec<serde_json::Value> {
        self.storage
            .rows(ENTRIES)
            .iter()
            .map(|row| serde_json::from_str(row).unwrap())
            .collect()
    }

    /// What a query of one column gives.
    pub(crate) fn rows(&self, query: &str) -> Vec<String> {
        self.storage.rows(query)
    }

    /// Changes what is stored by statements of SQL, past every rule that the database itself enforces.
    pub(crate) fn plant(&self, statements: &str) {
        self.storage.plant(statements);
    }

    /// What the metrics say about a counter.
    pub(crate) fn counted(&self, name: &str) -> u64 {
        let text = self.env.metrics.encode();
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value
            .unwrap_or_else(|| panic!("{name} in\n{text}"))
            .parse()
            .unwrap()
    }
}

/// What is a certificate as far as storage can tell: around what was to be signed.
pub(crate) fn certificate(tbs: &[u8]) -> Vec<u8> {
    let body = [tbs, b"\x05\x00\x03\x02\x00\x2a"].concat();
    [&[0x30, u8::try_from(body.len()).unwrap()], body.as_slice()].concat()
}

pub(crate) fn dns(name: &str) -> Identifier {
    Identifier::parse("dns", name).unwrap()
}

/// A key that nobody has, as far as storage can tell.
pub(crate) fn key() -> (String, Thumbprint) {
    let number = SERIES.fetch_add(1, Ordering::SeqCst);
    let mut thumbprint = [0; 32];
    thumbprint[..4].copy_from_slice(&number.to_be_bytes());
    (format!("{{\"n\":\"{number}\"}}"), Thumbprint(thumbprint))
}

pub(crate) fn problem(kind: ErrorKind) -> Problem {
    Problem {
        kind,
        detail: "it was not there".to_owned(),
        subproblems: Vec::new(),
        observations: Vec::new(),
    }
}

/// The error of a call that must fail with this kind.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, Error>, kind: ErrorKind) -> Error {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
    error
}
