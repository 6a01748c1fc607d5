//! A storage authority that serves, and accounts that are made at it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cairn_kit::{Env, FilePath, Secret, SystemClock, SystemRng};
use cairn_rpc::api::sa::CreateAccount;
use cairn_rpc::client::SaClient;
use cairn_rpc::{ClientConfig, Context, Hub, ServerConfig, TlsConfig};
use cairn_sa::{Config, DatabaseConfig, Maintenance};
use cairn_types::{Account, AccountId, AccountStatus, Clock, Thumbprint};
use tokio::task::JoinHandle;

pub(crate) struct Service {
    pub(crate) sa: SaClient,
    env: Env,
    serving: JoinHandle<()>,
}

impl Service {
    pub(crate) async fn start(database: DatabaseConfig) -> Self {
        let env = Env::system();
        let config = Config {
            database,
            maintenance: Maintenance::default(),
            grpc: ServerConfig::loopback([
                ("cairn.sa.v1.Records", ["ra.cairn"].as_slice()),
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
        let channel = hub
            .transport("ra.cairn")
            .channel(SaClient::TARGET, &ClientConfig::new(["unused:1"]))
            .unwrap();
        Self {
            sa: SaClient::new(channel),
            env,
            serving,
        }
    }

    pub(crate) async fn stop(self) {
        self.env.shutdown.cancel();
        self.serving.await.unwrap();
    }

    pub(crate) fn context() -> Context {
        Context::new(&SystemRng, Duration::from_secs(30))
    }

    /// Makes an account.
    pub(crate) async fn account(&self) -> AccountId {
        let account = new_account();
        let request = CreateAccount {
            account: account.clone(),
            external_account_key_id: None,
        };
        self.sa.create_account(&Self::context(), request).await.unwrap();
        account.id
    }

    pub(crate) async fn knows(&self, id: AccountId) -> bool {
        self.sa.get_account(&Self::context(), id).await.is_ok()
    }
}

/// An account that nobody stores yet, with a key of its own.
pub(crate) fn new_account() -> Account {
    static SERIES: AtomicU32 = AtomicU32::new(1);
    let jwk = format!("{{\"n\":\"{}\"}}", SERIES.fetch_add(1, Ordering::SeqCst));
    Account {
        id: AccountId::new(&SystemClock, &SystemRng),
        thumbprint: Thumbprint(openssl::sha::sha256(jwk.as_bytes())),
        jwk,
        status: AccountStatus::Valid,
        contact: Vec::new(),
        terms_agreed: None,
        external_account_binding: None,
        created: SystemClock.now(),
    }
}
