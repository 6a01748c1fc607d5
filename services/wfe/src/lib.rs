//! The web front end: ACME (RFC 8555) over HTTPS.
//!
//! It authenticates requests and shows what other services say; the rules are the registration authority's.
//! It has no database and no signing key, and makes no connections but to the services that the configuration
//! names.
//!
//! A request passes, in this order:
//!
//! - `server`: TLS, connections, their limits and timeouts.
//! - `service`: span, metrics, the headers that every answer has.
//! - `routes`: which resource, which methods.
//! - `request`: the body, the JWS, the account, the nonce, the URL; ends in an `Authenticated` payload.
//! - `handlers`, one file per resource; they call the registration authority, or read from storage.
//! - `present`: objects as clients see them. `refusal`: errors as clients see them.

mod accept;
mod answer;
mod config;
mod front;
mod handlers;
mod issuers;
mod limits;
mod metrics;
mod page;
mod present;
mod refusal;
mod request;
mod routes;
mod server;
mod service;
mod urls;

use cairn_kit::{BoxError, Env};
use cairn_rpc::Transport;

pub use config::{
    AccountConfig, Config, DirectoryConfig, HttpConfig, Https, IssuerConfig, NonceConfig, RootConfig,
};
pub use server::Bound;

/// Serves the front end until the shutdown of `env`, then finishes what is in flight.
pub async fn serve(config: Config, env: Env) -> Result<(), BoxError> {
    let transport = Transport::tls(&config.tls, &env.metrics)?;
    serve_on(config, env, transport).await
}

/// The same over a transport of the caller's choice to the other services; tests use one in memory.
pub async fn serve_on(config: Config, env: Env, transport: Transport) -> Result<(), BoxError> {
    bind(&config, env, &transport).await?.serve().await;
    Ok(())
}

/// Listens without answering yet, so that a caller who let the system choose the port learns it.
pub async fn bind(config: &Config, env: Env, transport: &Transport) -> Result<Bound, BoxError> {
    let wfe = front::Wfe::new(config, &env, transport)?;
    Bound::bind(config, wfe, env).await
}
