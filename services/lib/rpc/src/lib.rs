//! gRPC between the services: transport, caller allow lists, deadlines, errors, typed clients.
//!
//! # Serving
//! ```no_run
//! # use cairn_rpc::{Server, ServerConfig, TlsConfig, Transport};
//! # async fn serve<S>(tls: TlsConfig, grpc: ServerConfig, env: cairn_kit::Env, orders: S)
//! # -> Result<(), cairn_kit::BoxError>
//! # where
//! #     S: tower::Service<
//! #         http::Request<tonic::body::Body>,
//! #         Response = http::Response<tonic::body::Body>,
//! #         Error = std::convert::Infallible,
//! #     > + tonic::server::NamedService + Clone + Send + Sync + 'static,
//! #     S::Future: Send,
//! # {
//! let transport = Transport::tls(&tls, &env.metrics)?; // one per process
//! let server = Server::new(grpc).service(orders).bind(&transport).await?;
//! env.health.check("grpc").pass();
//! server.serve(env.shutdown).await; // drains before it returns
//! # Ok(())
//! # }
//! ```
//! - [`ServerConfig`] lists, for every gRPC service, who may call it; [`Server::bind`] refuses a list for a
//!   service that it does not have, and a service without a list.
//! - A handler finds its [`Context`] by [`Context::of`] and its caller by [`Peer::of`], and turns its error into
//!   a [`tonic::Status`] by [`to_status`], which logs the internal text and sends the rest.
//! - A handler runs in a task of its own until the deadline of the call. A caller that goes away does not stop it.
//!
//! # Calling
//! [`Transport::channel`] gives a [`Channel`] to a [`Target`]; the typed clients of [`client`] take one, and a
//! [`Context`] with every call. A channel keeps a connection to each address that its [`ClientConfig`] stands for,
//! sends a call to the one with the fewest calls in flight, and waits for one, up to the deadline, while there is
//! none. A call made with [`Context::request`] is sent once, one made with [`Context::idempotent`] once more if the
//! server was lost before it answered.
//!
//! # Tests
//! `Hub::new().transport("ra.cairn")` is a [`Transport`] within the process, on which allow lists, deadlines, errors and
//! conversions are the real ones. See [`Hub`].

pub mod api;
mod balance;
mod body;
mod channel;
pub mod client;
mod connection;
mod context;
pub mod convert;
mod deadline;
mod health;
mod memory;
mod metrics;
mod peer;
mod server;
mod status;
mod target;
#[cfg(test)]
mod tests;
mod tls;
mod transport;

pub use cairn_proto as pb;
pub use channel::Channel;
pub use context::{Context, InvalidRequestId, RequestId};
pub use memory::Hub;
pub use peer::Peer;
pub use server::{BoundServer, Server, ServerConfig, ServerError};
pub use status::{from_status, to_status};
pub use target::{ChannelError, ClientConfig, Target};
pub use tls::{TlsConfig, TlsError};
pub use transport::Transport;
