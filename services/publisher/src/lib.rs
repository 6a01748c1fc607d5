//! The publisher: submits to Certificate Transparency logs.
//!
//! The only process that speaks to them. It is asked for one log at a time; which logs are enough is for
//! the registration authority to decide. An SCT leaves it only after its signature was verified, and the
//! service keeps nothing.
//!
//! | Module | Gives |
//! |---|---|
//! | `grpc` | the service `cairn.publisher.v1.Publication` |
//! | `submit` | one submission: what is sent, what is believed of the answer |
//! | `log` | a log as configured |
//! | `http` | one HTTP exchange with a log, over connections that are kept |

mod config;
mod grpc;
mod http;
mod log;
mod submit;

use cairn_kit::{BoxError, Env};
use cairn_rpc::pb::publisher::v1::publication_server::PublicationServer;
use cairn_rpc::{Server, Transport};

pub use config::{Config, LogConfig, Submission};

use crate::grpc::Grpc;
use crate::submit::Publisher;

/// Serves until told to stop.
pub async fn serve(config: Config, env: Env) -> Result<(), BoxError> {
    let transport = Transport::tls(&config.tls, &env.metrics)?;
    serve_over(&transport, config, env).await
}

/// As [`serve`], over a given transport; the `tls` section of the configuration is not used.
pub async fn serve_over(transport: &Transport, config: Config, env: Env) -> Result<(), BoxError> {
    let publisher = Publisher::new(&config, &env)?;
    let server = Server::new(config.grpc)
        .service(PublicationServer::new(Grpc(publisher)))
        .bind(transport)
        .await?;
    env.health.check("grpc").pass();
    server.serve(env.shutdown).await;
    Ok(())
}
