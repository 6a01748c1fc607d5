//! A front end under test, and who talks to it.

use std::net::TcpListener;
use std::sync::Arc;

use cairn_acme::{Algorithm, SigningKey};
use cairn_kit::Env;
use cairn_rpc::Hub;
use cairn_testkit::client::{Account, Client, Trust};
use cairn_wfe::Config;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::fakes::{Fakes, Known};
use crate::pki::Pki;

/// A running front end with its surroundings.
pub(crate) struct World {
    pub(crate) base: String,
    pub(crate) pki: Pki,
    pub(crate) known: Arc<Known>,
    pub(crate) trust: Trust,
    pub(crate) env: Env,
    pub(crate) running: JoinHandle<()>,
    _directory: TempDir,
    _drop: tokio_util::sync::DropGuard,
}

impl World {
    /// A front end with the usual configuration.
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    /// A front end whose configuration has one text in place of another.
    pub(crate) async fn replacing(find: &str, replace: &str) -> Self {
        Self::edited(|text| {
            assert!(text.contains(find), "{find}");
            text.replace(find, replace)
        })
        .await
    }

    /// A front end with further lines of configuration.
    pub(crate) async fn with(more: &str) -> Self {
        Self::edited(|text| text + more).await
    }

    async fn edited(edit: impl FnOnce(String) -> String) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let pki = Pki::make(directory.path());
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let base = format!("https://127.0.0.1:{port}");
        let text = edit(configuration(port));
        let config = cairn_kit::config::parse::<Config>(&text, &directory.path().join("wfe.toml"));
        let config = config.unwrap().service;

        let hub = Hub::new();
        let mut env = Env::system();
        env.shutdown = CancellationToken::new();
        let known = Fakes::serve(&hub, &env).await;
        let bound = cairn_wfe::bind(&config, env.clone(), &hub.transport("wfe.cairn"))
            .await
            .unwrap();
        let running = tokio::spawn(bound.serve());
        Self {
            trust: Trust::roots(cairn_x509::pem::encode(&pki.root).as_bytes()).unwrap(),
            base,
            pki,
            known,
            running,
            _drop: env.shutdown.clone().drop_guard(),
            env,
            _directory: directory,
        }
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A client without an account.
    pub(crate) async fn client(&self) -> Client {
        Client::new(&self.url("/directory"), &self.trust).await.unwrap()
    }

    /// A client with a new account.
    pub(crate) async fn account(&self) -> Account {
        Account::create(self.client().await, Algorithm::Es256)
            .await
            .unwrap()
    }
}

/// A new key.
pub(crate) fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap()
}

fn configuration(port: u16) -> String {
    format!(
        r#"
listen = ["127.0.0.1:{port}"]
base_url = "https://127.0.0.1:{port}"
https = {{ certificate = "https.pem", key = "https.key" }}
tls = {{ certificate = "https.pem", key = "https.key", ca = "root.pem" }}
ra = {{ addresses = ["ra:1"] }}
sa = {{ addresses = ["sa:1"] }}
nonces = {{ key = "nonce.key" }}
directory = {{ terms_of_service = "https://ca.example/terms", profiles = {{ classic = "90 days" }} }}
issuers = [{{ id = "e1", chain = "issuer.pem", alternates = ["cross.pem"] }}]
roots = [{{ id = "root-e", certificate = "root.pem" }}]
"#
    )
}
