//! The accounts, orders and certificates that bad requests are aimed at.

use std::sync::Arc;

use anyhow::{Context, Result};
use cairn_acme::objects::Directory;
use cairn_acme::{Algorithm, SignAs, SigningKey};
use cairn_testkit::client::{Account, Client, Issued, Order};
use cairn_testkit::names;
use openssl::pkey::{PKey, Private};
use serde_json::{Value, json};

use crate::ari::renewal_url;
use crate::support::{account, client, doubles};

/// An account, apart from its connection.
pub(super) struct Party {
    pub(super) key: SigningKey,
    pub(super) url: String,
}

impl Party {
    fn of(account: &Account) -> Self {
        Self {
            key: account.key().clone(),
            url: account.url().to_owned(),
        }
    }
}

/// What there is to be spoiled. Alice sends the requests unless a case says otherwise.
pub(super) struct Lab {
    pub(super) directory: Arc<Directory>,
    pub(super) alice: Party,
    pub(super) bob: Party,
    /// An account that its holder gave up.
    pub(super) gone: Party,
    /// A key that no account has, and must not get one.
    pub(super) stranger: SigningKey,
    /// An order of Alice's that waits for its authorization.
    pub(super) pending: Order,
    /// An order of Alice's for [`Lab::names`] that waits for its CSR.
    pub(super) ready: Order,
    /// An authorization of Alice's that failed.
    pub(super) failed_authorization: String,
    /// The first challenge of the pending order.
    pub(super) challenge: String,
    /// What Alice was issued.
    pub(super) issued: Issued,
    /// What Alice was issued and revoked.
    pub(super) revoked: Vec<u8>,
    /// Bob's pending order.
    pub(super) bobs: Order,
    pub(super) bobs_challenge: String,
    /// What Bob was issued.
    pub(super) bobs_issued: Issued,
    /// The key of good CSRs.
    pub(super) csr_key: PKey<Private>,
    observer: tokio::sync::Mutex<[Account; 2]>,
}

impl Lab {
    pub(super) async fn new() -> Result<Self> {
        let http = &doubles()?.http;
        let (mut alice, mut bob, mut gone) = (account().await?, account().await?, account().await?);
        let pending = alice.order_names(&[names::fresh("pending")]).await?;
        let challenge = alice
            .authorization(&pending.object.authorizations[0])
            .await?
            .challenges[0]
            .url
            .clone();
        let ready = alice
            .ready_order(&[names::fresh("ready-a"), names::fresh("ready-b")], http)
            .await?;
        let issued = alice.issue(&[names::fresh("issued")], http).await?;
        let revoked = alice.issue(&[names::fresh("revoked")], http).await?.der()?;
        alice.revoke(&revoked, None).await?.ok()?;
        let failed = alice
            .order_names(&[names::fresh("failed")])
            .await?
            .object
            .authorizations[0]
            .clone();
        alice.deactivate_authorization(&failed).await?;
        let bobs = bob.order_names(&[names::fresh("bobs")]).await?;
        let bobs_challenge = bob
            .authorization(&bobs.object.authorizations[0])
            .await?
            .challenges[0]
            .url
            .clone();
        let bobs_issued = bob.issue(&[names::fresh("bobs-issued")], http).await?;
        gone.deactivate().await?;
        Ok(Self {
            directory: alice.client.shared_directory(),
            alice: Party::of(&alice),
            bob: Party::of(&bob),
            gone: Party::of(&gone),
            stranger: SigningKey::generate(Algorithm::Es256)?,
            pending,
            ready,
            failed_authorization: failed,
            challenge,
            issued,
            revoked,
            bobs,
            bobs_challenge,
            bobs_issued,
            csr_key: cairn_testkit::keys::KeyKind::P256.generate()?,
            observer: tokio::sync::Mutex::new([alice, bob]),
        })
    }

    /// The names of the ready order.
    pub(super) fn names(&self) -> Vec<&str> {
        self.ready
            .object
            .identifiers
            .iter()
            .map(|it| it.value.as_str())
            .collect()
    }

    /// Everything that a bad request might have changed, as its owners see it.
    pub(super) async fn snapshot(&self) -> Result<Vec<Value>> {
        let mut observers = self.observer.lock().await;
        let [alice, bob] = &mut *observers;
        let mut seen = Vec::new();
        for url in [
            &self.alice.url,
            &self.pending.url,
            &self.pending.object.authorizations[0],
            &self.failed_authorization,
            &self.ready.url,
            &self.ready.object.authorizations[0],
            &self.issued.order.url,
        ] {
            seen.push(alice.get(url).await?.ok()?.json::<Value>()?);
        }
        for url in [&self.bob.url, &self.bobs.url, &self.bobs.object.authorizations[0]] {
            seen.push(bob.get(url).await?.ok()?.json::<Value>()?);
        }
        for account in [&mut *alice, &mut *bob] {
            seen.push(json!(account.orders().await?));
        }
        for issued in [&self.issued, &self.bobs_issued] {
            let url = renewal_url(&self.directory, &issued.chain.leaf()?)?;
            seen.push(alice.client.connection().get(&url).await?.ok()?.json()?);
        }
        let look_up = br#"{"onlyReturnExisting":true}"#;
        let new_account = &self.directory.new_account;
        let found = alice
            .client
            .post(&self.stranger, SignAs::Jwk, new_account, look_up)
            .await?;
        seen.push(json!(
            found.problem().context("the stranger has an account")?.kind
        ));
        Ok(seen)
    }

    /// That an honest client is served as ever.
    pub(super) async fn still_serves(&self) -> Result<()> {
        let mut account = account().await?;
        account.issue(&[names::fresh("honest")], &doubles()?.http).await?;
        Ok(())
    }

    /// A client with a connection of its own.
    pub(super) async fn client(&self) -> Result<Client> {
        client().await
    }
}
