//! The validation authority: performs challenges and signs what it saw.
//!
//! | Module | Gives |
//! |---|---|
//! | `authority` | one attempt of one perspective: challenge, then CAA, then the signed receipt |
//! | `perspectives` | the primary: its own attempt, then the remotes', the quorum, what differs |
//! | `challenge` | a file for each challenge type |
//! | `caa` | climbing the tree, and what the records found mean |
//! | `dns` | look-ups at the configured resolvers, and the local rule |
//! | `net`, `http` | dialing checked addresses only; TLS; one HTTP exchange; redirects |
//! | `refusal`, `trace` | why an attempt was refused, and what it did |
//! | `hints` | what wrong answers look like |
//! | `explain` | what each perspective saw, and the problem document that tells it |
//! | `grpc` | the services `cairn.va.v1`: `Validation` and `DryRun` of a primary, `Perspective` of a remote |
//!
//! One binary plays both parts: `perspective.role` in its configuration says which.
//!
//! # Adding a challenge
//! A variant of `cairn_types::ChallengeType` with its row in the table there, a file in `challenge/` with a `perform`,
//! and an arm in `Challenges::perform`; the compiler names the rest.

mod authority;
mod caa;
mod challenge;
pub mod config;
mod dns;
mod explain;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod grpc;
mod hints;
mod http;
mod measure;
mod net;
mod perspectives;
mod refusal;
mod text;
mod trace;

use std::sync::Arc;

use cairn_evidence::ReceiptSigner;
use cairn_kit::{BoxError, Env};
use cairn_rpc::pb::va::v1::dry_run_server::DryRunServer;
use cairn_rpc::pb::va::v1::perspective_server::PerspectiveServer;
use cairn_rpc::pb::va::v1::validation_server::ValidationServer;
use cairn_rpc::{Server, Transport};
use tokio::sync::Semaphore;

pub use config::Config;

use crate::authority::Authority;
use crate::caa::CaaChecker;
use crate::challenge::{Challenges, HttpSettings, PersistSettings};
use crate::config::Role;
use crate::dns::{Dns, Upstream, Validator};
use crate::grpc::{OfPrimary, OfRemote};
use crate::http::Ports;
use crate::measure::Measure;
use crate::net::{AddressPolicy, Dialer, TlsContexts};
use crate::perspectives::Primary;

/// How requests name their sender.
const USER_AGENT: &str = concat!(
    "cairn-va/",
    env!("CARGO_PKG_VERSION"),
    " (ACME http-01 validation)"
);

/// Serves until told to stop.
pub async fn serve(config: Config, env: Env) -> Result<(), BoxError> {
    let transport = Transport::tls(&config.tls, &env.metrics)?;
    serve_over(&transport, config, env).await
}

/// As [`serve`], over a given transport; the `tls` section of the configuration is not used.
pub async fn serve_over(transport: &Transport, config: Config, env: Env) -> Result<(), BoxError> {
    let own = Arc::new(authority(&config, &env)?);
    prove_resolvers(Arc::clone(&own), &env);
    let server = match config.perspective.role {
        Role::Remote => Server::new(config.grpc).service(PerspectiveServer::new(OfRemote(own))),
        Role::Primary => {
            let primary = Arc::new(Primary::new(own, &config, transport, Arc::clone(&env.rng))?);
            Server::new(config.grpc)
                .service(ValidationServer::new(OfPrimary(Arc::clone(&primary))))
                .service(DryRunServer::new(OfPrimary(primary)))
        }
    };
    let server = server.bind(transport).await?;
    env.health.check("grpc").pass();
    server.serve(env.shutdown).await;
    Ok(())
}

/// Asks the resolvers, beside all else, whether they are fit for DNSSEC.
fn prove_resolvers(authority: Arc<Authority>, env: &Env) {
    let check = env.health.check("resolvers");
    let shutdown = env.shutdown.clone();
    tokio::spawn(async move {
        let dns = authority.challenges.dialer.dns();
        shutdown.run_until_cancelled(dns.prove_resolvers(&check)).await;
    });
}

fn authority(config: &Config, env: &Env) -> Result<Authority, BoxError> {
    let upstream = Upstream::new(&config.dns, Arc::clone(&env.rng))?;
    let validator = config.dns.anchor()?;
    let validator = validator.map(|anchor| Validator::new(anchor, Arc::clone(&env.clock)));
    let dns = Dns::new(upstream, validator, config.dns.loopback_suffixes.clone());
    let policy = AddressPolicy::new(config.addresses.allow.clone());
    Ok(Authority {
        name: config.perspective.name.clone(),
        rir: config.perspective.rir,
        signer: ReceiptSigner::from_pem(config.perspective.receipt_key.expose())?,
        challenges: Challenges {
            dialer: Dialer::new(dns, policy, config.limits.connect),
            tls: TlsContexts::new()?,
            http: HttpSettings {
                ports: Ports {
                    http: config.http_01.port,
                    https: config.tls_alpn_01.port,
                },
                user_agent: ::http::HeaderValue::from_static(USER_AGENT),
            },
            tls_alpn_port: config.tls_alpn_01.port,
            persist: PersistSettings {
                draft: config.dns_persist_01.draft,
                issuers: config.dns_persist_01.issuers(&config.caa.identities).to_vec(),
                account_hash_prefix: config
                    .dns_persist_01
                    .account_hash_prefix
                    .clone()
                    .unwrap_or_default(),
                clock: Arc::clone(&env.clock),
            },
        },
        caa: CaaChecker::new(config.caa.identities.clone()),
        clock: Arc::clone(&env.clock),
        permits: Semaphore::new(config.limits.concurrent.min(Semaphore::MAX_PERMITS)),
        limit: config.limits.attempt,
        measure: Arc::new(Measure::register(&env.metrics)),
    })
}
