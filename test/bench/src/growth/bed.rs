//! A CA on a filled database, and the clients that use it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use cairn_acme::objects::NewAccount;
use cairn_acme::{Algorithm, SigningKey};
use cairn_servers::{Database, Role};
use cairn_testkit::client::{Account, Client};
use cairn_testkit::dns::DnsServer;
use cairn_testkit::responder::Http01;
use cairn_testkit::stack::{self, Options, Stack};
use tokio::task::JoinSet;

use super::counts::Counts;
use crate::latency::{Latencies, Step};
use crate::load::{Worker, share};

/// What CAs validate against.
pub(super) struct Lab {
    pub(super) responder: Http01,
    dns: DnsServer,
}

impl Lab {
    pub(super) async fn start() -> Result<Self> {
        Ok(Self {
            responder: Http01::start().await?,
            dns: DnsServer::start().await?,
        })
    }

    /// A CA on a database. It runs the migrations that are missing.
    pub(super) async fn ca(&self, database: &Database) -> Result<Stack> {
        // Nothing is validated by tls-alpn-01.
        let port = self.responder.port();
        let mut options = Options::new(port, port, self.dns.address());
        options.database = Some(stack::Database {
            url: database.url(Role::Migrate),
            password_file: Some(PathBuf::from(database.password_file(Role::Migrate))),
        });
        Stack::start(options).await
    }
}

/// A CA that is measured.
pub(super) struct Bed {
    pub(super) stack: Stack,
    /// How long the whole CA took to start.
    pub(super) started: Duration,
    pub(super) latencies: Latencies,
    /// What the issuances cost the database.
    pub(super) counts: Counts,
    pub(super) issuances: u32,
    workers: Vec<Worker>,
}

impl Bed {
    /// Starts a CA and its clients.
    pub(super) async fn start(lab: &Lab, database: &Database, concurrency: u32) -> Result<Self> {
        let began = Instant::now();
        let stack = lab.ca(database).await?;
        let started = began.elapsed();
        let client = stack.client().await?;
        let mut workers = Vec::new();
        for _ in 0..concurrency {
            let account = Account::create(client.another(), Algorithm::Es256).await?;
            workers.push(Worker::new(account, &lab.responder));
        }
        Ok(Self {
            stack,
            started,
            latencies: Latencies::default(),
            counts: Counts::default(),
            issuances: 0,
            workers,
        })
    }

    /// Registers `count` accounts, then issues as many certificates for names in `zone`; both are shared by the
    /// clients. Fails if an issuance does.
    pub(super) async fn round(&mut self, zone: &str, count: u32) -> Result<()> {
        let clients = u32::try_from(self.workers.len())?;
        let mut registering = JoinSet::new();
        for worker in self.workers.drain(..) {
            registering.spawn(register(worker, count.div_ceil(clients)));
        }
        let work = share(crate::load::prepare(zone, count, 1)?);
        let mut ready = Vec::new();
        while let Some(worker) = registering.join_next().await {
            ready.push(worker??);
        }
        let before = Counts::read(&self.stack).await?;
        let mut issuing = JoinSet::new();
        for worker in ready {
            issuing.spawn(worker.work_off(work.clone()));
        }
        while let Some(worker) = issuing.join_next().await {
            let mut worker = worker?;
            if let Some(failure) = worker.failures.first() {
                anyhow::bail!("an issuance failed: {failure}");
            }
            self.latencies.merge(std::mem::take(&mut worker.latencies));
            self.workers.push(worker);
        }
        self.counts.add(&before, &Counts::read(&self.stack).await?);
        self.issuances += count;
        Ok(())
    }

    /// Forgets what was measured.
    pub(super) fn reset(&mut self) {
        self.latencies = Latencies::default();
        self.counts = Counts::default();
        self.issuances = 0;
    }
}

/// Registers accounts one after the other, over the same connection; the worker goes on with the last.
async fn register(mut worker: Worker, count: u32) -> Result<Worker> {
    for _ in 0..count {
        let Worker {
            account,
            responder,
            mut latencies,
            ..
        } = worker;
        let mut client = account.client;
        let key = SigningKey::generate(Algorithm::Es256)?;
        nonce(&mut client, &mut latencies).await?;
        let payload = NewAccount {
            terms_of_service_agreed: true,
            ..NewAccount::default()
        };
        let began = Instant::now();
        let (account, _) = Account::register(client, key, &payload).await?;
        latencies.record(Step::NewAccount, began.elapsed());
        worker = Worker::new(account, &responder);
        worker.latencies = latencies;
    }
    Ok(worker)
}

async fn nonce(client: &mut Client, latencies: &mut Latencies) -> Result<()> {
    let url = client.directory().new_nonce.clone();
    let began = Instant::now();
    let answer = client.connection().head(&url).await?.ok()?;
    latencies.record(Step::NewNonce, began.elapsed());
    answer.nonce().context("an answer without a nonce")?;
    client.keep_nonce(&answer);
    Ok(())
}
