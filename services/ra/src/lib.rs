//! The registration authority: the rules, and every order driven to an end.
//!
//! - `accounts`: who may have an account, and what happens to its key.
//! - `orders`: what an order is made of; finalizing.
//! - `validation`, `issuance`: work in flight, under leases, in tasks that outlive the request.
//! - `revocation`: who may revoke.
//! - `persistence`: how long to go on while a service fails.
//! - `lease`, `janitor`: work is done by one process at a time, and resumed when that one died or was paused.
//!
//! It has no database and no signing key, and believes nothing that the signer could not see for itself.

mod accounts;
mod config;
mod grpc;
mod issuance;
mod janitor;
mod lease;
mod limits;
mod measure;
mod orders;
mod persistence;
mod revocation;
mod settings;
mod validation;

use std::sync::Arc;

use cairn_acme::paths;
use cairn_kit::{BoxError, Env};
use cairn_ratelimit::Limiter;
use cairn_rpc::client::{CaClient, SaClient, VaClient};
use cairn_rpc::{Context, Transport};
use cairn_types::{
    Account, AccountId, AccountStatus, Clock, Duration, Error, ErrorKind, Lease, LeaseId, Result, Rng,
};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use config::Config;
use measure::Measures;
use settings::Settings;

/// The registration authority. Clones share everything.
#[derive(Clone)]
pub(crate) struct Ra {
    sa: SaClient,
    va: VaClient,
    ca: CaClient,
    settings: Arc<Settings>,
    /// None if nothing is limited.
    limiter: Option<Limiter>,
    measures: Measures,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    /// Validations and issuances in flight; the process ends when they have.
    tasks: TaskTracker,
    /// Cancelled when the process is to end.
    shutdown: CancellationToken,
    /// The name under which this process takes leases.
    owner: Arc<str>,
}

impl Ra {
    /// The account, if it may act.
    async fn valid_account(&self, context: &Context, id: AccountId) -> Result<Account> {
        let account = self
            .sa
            .get_account(context, id)
            .await
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => Error::new(ErrorKind::AccountDoesNotExist, "there is no such account"),
                _ => error,
            })?;
        match account.status {
            AccountStatus::Valid => Ok(account),
            status => Err(Error::unauthorized(format!("the account is {status}"))),
        }
    }

    /// The URL of an account, by which CAA records and receipts name it.
    fn account_uri(&self, id: AccountId) -> String {
        format!("{}{}", self.settings.base_url, paths::account(id))
    }

    fn lease(&self, id: LeaseId, lasts: Duration) -> Lease {
        Lease {
            id,
            owner: self.owner.to_string(),
            deadline: self.clock.now() + lasts,
        }
    }
}

/// Serves the registration authority until the shutdown of `env`, then finishes what is in flight.
pub async fn serve(config: Config, env: Env) -> std::result::Result<(), BoxError> {
    let transport = Transport::tls(&config.tls, &env.metrics)?;
    serve_on(config, env, transport).await
}

/// The same over a transport of the caller's choice; tests use one in memory.
pub async fn serve_on(config: Config, env: Env, transport: Transport) -> std::result::Result<(), BoxError> {
    let ra = Ra {
        sa: SaClient::new(transport.channel(SaClient::TARGET, &config.sa)?),
        va: VaClient::new(transport.channel(VaClient::TARGET, &config.va)?),
        ca: CaClient::new(transport.channel(CaClient::TARGET, &config.ca)?),
        settings: Arc::new(config.settings()?),
        limiter: limits::limiter(&config.limits, &env),
        measures: Measures::new(&env.metrics),
        clock: env.clock.clone(),
        rng: env.rng.clone(),
        tasks: TaskTracker::new(),
        shutdown: env.shutdown.clone(),
        owner: owner(&*env.rng),
    };
    let janitor = tokio::spawn(janitor::run(ra.clone(), env.shutdown.clone()));
    let tasks = ra.tasks.clone();
    grpc::serve(ra, config.grpc, env, &transport).await?;
    tasks.close();
    tasks.wait().await;
    janitor.await?;
    Ok(())
}

/// Names this process among all of them; in containers, many have the same process id.
fn owner(rng: &dyn Rng) -> Arc<str> {
    let mut random = [0; 4];
    rng.fill(&mut random);
    let random = u32::from_be_bytes(random);
    format!("cairn-ra/{}/{random:08x}", std::process::id()).into()
}
