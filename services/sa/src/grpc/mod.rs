//! The gRPC services of `proto/cairn/sa/v1`: decode, call the store, encode.

mod accounts;
mod audit;
mod authorizations;
mod certificates;
mod orders;
mod records;
mod signing;

use std::future::Future;
use std::time::Duration;

use cairn_kit::health::Check;
use cairn_kit::{BoxError, Env};
use cairn_rpc::pb::sa::v1::accounts_server::AccountsServer;
use cairn_rpc::pb::sa::v1::audit_server::AuditServer;
use cairn_rpc::pb::sa::v1::authorizations_server::AuthorizationsServer;
use cairn_rpc::pb::sa::v1::certificates_server::CertificatesServer;
use cairn_rpc::pb::sa::v1::orders_server::OrdersServer;
use cairn_rpc::pb::sa::v1::records_server::RecordsServer;
use cairn_rpc::pb::sa::v1::signing_server::SigningServer;
use cairn_rpc::{Context, Server, ServerConfig, Transport, to_status};
use cairn_types::{Error, Result};
use tonic::{Request, Response, Status};
use tracing::Instrument as _;

use crate::Store;

/// How often the database is tried, to know whether this process is ready.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// The store as gRPC shows it.
#[derive(Clone)]
struct Service {
    store: Store,
}

/// Serves until the shutdown, then drains.
pub(crate) async fn serve(
    store: Store,
    config: ServerConfig,
    env: Env,
    transport: &Transport,
) -> std::result::Result<(), BoxError> {
    let (listening, database) = (env.health.check("grpc"), env.health.check("database"));
    let service = Service { store: store.clone() };
    let server = Server::new(config)
        .service(RecordsServer::new(service.clone()))
        .service(AccountsServer::new(service.clone()))
        .service(OrdersServer::new(service.clone()))
        .service(AuthorizationsServer::new(service.clone()))
        .service(CertificatesServer::new(service.clone()))
        .service(SigningServer::new(service.clone()))
        .service(AuditServer::new(service))
        .bind(transport)
        .await?;
    listening.pass();
    let checking = tokio::spawn(watch(store, database));
    server.serve(env.shutdown).await;
    checking.abort();
    // It holds the database open.
    let _ = checking.await;
    Ok(())
}

/// Tries the database again and again.
async fn watch(store: Store, check: Check) {
    loop {
        match store.check().await {
            Ok(()) => check.pass(),
            Err(error) => check.fail(error.internal.unwrap_or(error.problem.detail)),
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}

/// Does the work of a call in a task of its own: what was begun is committed and written to the audit log
/// even if the deadline of the call passes in between.
async fn call<P, Q, F, Fut>(request: Request<P>, work: F) -> std::result::Result<Response<Q>, Status>
where
    Q: Send + 'static,
    F: FnOnce(Context, P) -> Fut,
    Fut: Future<Output = Result<Q>> + Send + 'static,
{
    let context = Context::of(&request).map_err(to_status)?;
    let work = work(context, request.into_inner());
    let answer = tokio::spawn(work.in_current_span()).await;
    answer
        .unwrap_or_else(|error| Err(Error::internal(format!("the work of a call ended: {error}"))))
        .map(Response::new)
        .map_err(to_status)
}
