//! A registration authority among the fakes, an account, and what it has ordered.

use std::time::Duration;

use cairn_acme::{Algorithm, PublicKey, SigningKey};
use cairn_kit::{Env, Metrics, SystemClock, SystemRng};
use cairn_rpc::client::RaClient;
use cairn_rpc::pb::ca::v1::issuance_server::IssuanceServer;
use cairn_rpc::pb::sa::v1::accounts_server::AccountsServer;
use cairn_rpc::pb::sa::v1::authorizations_server::AuthorizationsServer;
use cairn_rpc::pb::sa::v1::certificates_server::CertificatesServer;
use cairn_rpc::pb::sa::v1::orders_server::OrdersServer;
use cairn_rpc::pb::sa::v1::records_server::RecordsServer;
use cairn_rpc::pb::va::v1::validation_server::ValidationServer;
use cairn_rpc::{ClientConfig, Context, Hub, Server, ServerConfig};
use cairn_types::{
    Account, AccountId, AccountStatus, Authorization, AuthorizationId, AuthorizationStatus, Certificate,
    Challenge, ChallengeId, ChallengeStatus, ChallengeType, Clock, Identifier, Order, OrderId, OrderStatus,
    Serial, SpkiHash, Timestamp, Token,
};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::stack::Stack;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509ReqBuilder};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::fakes::{Fakes, World};

/// What account URLs start with, as the tests are configured.
pub(crate) const ACCOUNTS: &str = "https://ca.test/acme/account/";

/// A running registration authority and its neighbours; all end with it.
pub(crate) struct Stage {
    pub(crate) fakes: Fakes,
    pub(crate) ra: RaClient,
    pub(crate) key: SigningKey,
    pub(crate) account: Account,
    /// Of the registration authority.
    pub(crate) metrics: Metrics,
    /// Ends the registration authority alone.
    pub(crate) shutdown: CancellationToken,
    _stop: [DropGuard; 2],
}

impl Stage {
    /// With an account, and the sample configuration after `change`.
    pub(crate) async fn set(change: impl FnOnce(String) -> String) -> Self {
        let hub = Hub::new();
        let fakes = Fakes::default();
        let env = Env::system();
        let neighbours = CancellationToken::new();
        let ra_only: &[&str] = &["ra.cairn"];
        let storage = Server::new(ServerConfig::loopback([
            ("cairn.sa.v1.Records", ra_only),
            ("cairn.sa.v1.Accounts", ra_only),
            ("cairn.sa.v1.Orders", ra_only),
            ("cairn.sa.v1.Authorizations", ra_only),
            ("cairn.sa.v1.Certificates", ra_only),
        ]))
        .service(RecordsServer::new(fakes.clone()))
        .service(AccountsServer::new(fakes.clone()))
        .service(OrdersServer::new(fakes.clone()))
        .service(AuthorizationsServer::new(fakes.clone()))
        .service(CertificatesServer::new(fakes.clone()));
        let validator = Server::new(ServerConfig::loopback([("cairn.va.v1.Validation", ra_only)]))
            .service(ValidationServer::new(fakes.clone()));
        let signer = Server::new(ServerConfig::loopback([("cairn.ca.v1.Issuance", ra_only)]))
            .service(IssuanceServer::new(fakes.clone()));
        for (name, server) in [
            ("sa.cairn", storage),
            ("va.cairn", validator),
            ("ca.cairn", signer),
        ] {
            let bound = server.bind(&hub.transport(name)).await.unwrap();
            tokio::spawn(bound.serve(neighbours.clone()));
        }
        let config = configuration(change);
        tokio::spawn(cairn_ra::serve_on(config, env.clone(), hub.transport("ra.cairn")));
        env.health.ready().await;

        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let account = account(key.public());
        fakes.world(|world| world.accounts.push(account.clone()));
        let channel = hub
            .transport("wfe.cairn")
            .channel(RaClient::TARGET, &ClientConfig::new(["ra.cairn:1"]))
            .unwrap();
        Self {
            fakes,
            ra: RaClient::new(channel),
            key,
            account,
            metrics: env.metrics,
            shutdown: env.shutdown.clone(),
            _stop: [env.shutdown.drop_guard(), neighbours.drop_guard()],
        }
    }

    /// Waits until something is so.
    pub(crate) async fn until(&self, so: impl Fn(&mut World) -> bool) {
        tokio::time::timeout(Duration::from_secs(20), async {
            while !self.fakes.world(&so) {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    }

    /// With the sample configuration as it is, but for short pauses.
    pub(crate) async fn new() -> Self {
        Self::set(|text| text).await
    }

    /// A ready order of the account for `shop.internal`.
    pub(crate) fn ready_order(&self) -> Order {
        let order = Order {
            id: OrderId::new(&SystemClock, &SystemRng),
            account: self.account.id,
            status: OrderStatus::Ready,
            expires: in_an_hour(),
            identifiers: vec![name("shop.internal")],
            profile: "classic".parse().unwrap(),
            not_before: None,
            not_after: None,
            replaces: None,
            authorizations: vec![AuthorizationId::new(&SystemClock, &SystemRng)],
            error: None,
            serial: None,
            created: SystemClock.now(),
        };
        self.fakes.world(|world| world.orders.push(order.clone()));
        order
    }

    /// An authorization of the account for `shop.internal`.
    pub(crate) fn authorization(&self, status: AuthorizationStatus) -> Authorization {
        let authorization = Authorization {
            id: AuthorizationId::new(&SystemClock, &SystemRng),
            account: self.account.id,
            identifier: name("shop.internal"),
            wildcard: false,
            status,
            expires: in_an_hour(),
            challenges: vec![Challenge {
                id: ChallengeId::new(&SystemClock, &SystemRng),
                kind: ChallengeType::Http01,
                token: Token::new(&SystemRng),
                status: match status {
                    AuthorizationStatus::Valid => ChallengeStatus::Valid,
                    _ => ChallengeStatus::Pending,
                },
                validated: (status == AuthorizationStatus::Valid).then(|| SystemClock.now()),
                error: None,
            }],
            validated_by: Some(self.account.thumbprint),
            created: SystemClock.now(),
        };
        self.fakes
            .world(|world| world.authorizations.push(authorization.clone()));
        authorization
    }

    /// A certificate for `shop.internal` that `account` ordered, and its key.
    pub(crate) fn certificate(&self, account: AccountId) -> (Certificate, PKey<Private>) {
        let key = p256();
        let serial = Serial::new(1, &SystemClock, &SystemRng).unwrap();
        let mut builder = X509::builder().unwrap();
        let number = openssl::bn::BigNum::from_slice(serial.as_bytes())
            .unwrap()
            .to_asn1_integer()
            .unwrap();
        builder.set_version(2).unwrap();
        builder.set_serial_number(&number).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder
            .set_not_before(&openssl::asn1::Asn1Time::days_from_now(0).unwrap())
            .unwrap();
        builder
            .set_not_after(&openssl::asn1::Asn1Time::days_from_now(90).unwrap())
            .unwrap();
        let names = SubjectAlternativeName::new()
            .dns("shop.internal")
            .build(&builder.x509v3_context(None, None))
            .unwrap();
        builder.append_extension(names).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        let certificate = Certificate {
            serial,
            order: OrderId::new(&SystemClock, &SystemRng),
            account,
            profile: "classic".parse().unwrap(),
            issuer: "ecdsa".to_owned(),
            identifiers: vec![name("shop.internal")],
            spki: PublicKey::from_pkey(&key).unwrap().spki_hash().unwrap(),
            not_before: SystemClock.now(),
            not_after: in_an_hour(),
            der: builder.build().to_der().unwrap(),
            prepared: SystemClock.now(),
            revocation: None,
        };
        self.fakes
            .world(|world| world.certificates.push(certificate.clone()));
        (certificate, key)
    }
}

/// The context of one request.
pub(crate) fn context() -> Context {
    Context::new(&SystemRng, Duration::from_secs(20))
}

/// Another account, in the world of nobody.
pub(crate) fn account(key: &PublicKey) -> Account {
    Account {
        id: AccountId::new(&SystemClock, &SystemRng),
        jwk: key.jwk().to_owned(),
        thumbprint: key.thumbprint(),
        status: AccountStatus::Valid,
        contact: Vec::new(),
        terms_agreed: None,
        external_account_binding: None,
        created: SystemClock.now(),
    }
}

pub(crate) fn name(text: &str) -> Identifier {
    Identifier::parse("dns", text).unwrap()
}

pub(crate) fn in_an_hour() -> Timestamp {
    SystemClock.now() + Duration::from_secs(3600)
}

pub(crate) fn p256() -> PKey<Private> {
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(openssl::ec::EcKey::generate(&group).unwrap()).unwrap()
}

/// DER of a request for a name by a key.
pub(crate) fn csr(name: &str, key: &PKey<Private>) -> Vec<u8> {
    let mut builder = X509ReqBuilder::new().unwrap();
    builder.set_pubkey(key).unwrap();
    let names = SubjectAlternativeName::new()
        .dns(name)
        .build(&builder.x509v3_context(None))
        .unwrap();
    let mut extensions = Stack::new().unwrap();
    extensions.push(names).unwrap();
    builder.add_extensions(&extensions).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build().to_der().unwrap()
}

/// A hash of nothing in particular.
pub(crate) const SOME_KEY: SpkiHash = SpkiHash([9; 32]);

fn configuration(change: impl FnOnce(String) -> String) -> cairn_ra::Config {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("tls")).unwrap();
    std::fs::write(directory.path().join("tls/ra.key"), "key").unwrap();
    std::fs::write(
        directory.path().join("external.key"),
        "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
    )
    .unwrap();
    let sample = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/ra.toml");
    let text = std::fs::read_to_string(sample)
        .unwrap()
        .replace("https://ca.example\"", "https://ca.test\"")
        .replace("retries = [\"2s\", \"5s\"]", "retries = [\"1ms\", \"1ms\"]")
        .replace("interval = \"2s\"", "interval = \"10ms\"");
    let path = directory.path().join("ra.toml");
    cairn_kit::config::parse::<cairn_ra::Config>(&change(text), &path)
        .unwrap()
        .service
}
