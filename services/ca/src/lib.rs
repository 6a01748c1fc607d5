//! The certificate authority: verifies evidence, lints and signs.
//!
//! It holds the only keys that certificates are signed with, and believes nobody. A certificate comes to be in
//! four steps, each of which takes what only the one before it can give:
//!
//! 1. `Entitlement`: the validators' receipts, the account holder's own signed request and the
//!    certificate request in it agree on names, account and key, and the policies here allow them;
//! 2. `Prepared`: a serial, and to-be-signed octets that passed the lint;
//! 3. stored: the storage authority has these octets, or gave back the ones it already had for the order;
//! 4. signed, verified, stored; only then does anybody see it.
//!
//! The files: `entitlement` (1), `issue` (2 to 4), `account_keys` (key changes), `config` and `settings`.

mod account_keys;
mod config;
mod entitlement;
mod grpc;
mod issue;
mod measure;
mod refusal;
mod settings;

use std::sync::Arc;

use cairn_kit::{BoxError, Env};
use cairn_rpc::Transport;
use cairn_rpc::client::SaClient;
use cairn_types::{Clock, Rng};
use cairn_x509::{Sign, SoftwareKey};

pub use config::Config;
use measure::Measures;
use settings::Settings;

/// The certificate authority. Clones share everything.
#[derive(Clone)]
pub(crate) struct Ca {
    sa: SaClient,
    settings: Arc<Settings>,
    measures: Measures,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

/// Serves the certificate authority until the shutdown of `env`, then finishes what is in flight.
pub async fn serve(config: Config, env: Env) -> Result<(), BoxError> {
    let transport = Transport::tls(&config.tls, &env.metrics)?;
    serve_on(config, env, transport, &|key| Box::new(key)).await
}

/// The same over a transport and with keys of the caller's choice: `guard` is given each issuer's key, and what it
/// returns signs. Tests use a transport in memory, and count there.
pub async fn serve_on(
    config: Config,
    env: Env,
    transport: Transport,
    guard: &(dyn Fn(SoftwareKey) -> Box<dyn Sign> + Sync),
) -> Result<(), BoxError> {
    let ca = Ca {
        sa: SaClient::new(transport.channel(SaClient::TARGET, &config.sa)?),
        settings: Arc::new(config.settings(guard)?),
        measures: Measures::new(&env.metrics),
        clock: env.clock.clone(),
        rng: env.rng.clone(),
    };
    grpc::serve(ca, config.grpc, env, &transport).await
}
