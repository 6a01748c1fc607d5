//! The calls of `proto/cairn/ca/v1`.

use cairn_kit::{BoxError, Env};
use cairn_rpc::api::ca::Issue;
use cairn_rpc::convert::handle;
use cairn_rpc::pb::ca::v1 as pb;
use cairn_rpc::pb::ca::v1::issuance_server::{Issuance, IssuanceServer};
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::{Server, ServerConfig, Transport};
use tonic::{Request, Response, Status};

use crate::Ca;

/// Serves until the shutdown, then drains.
pub(crate) async fn serve(
    ca: Ca,
    config: ServerConfig,
    env: Env,
    transport: &Transport,
) -> Result<(), BoxError> {
    let listening = env.health.check("grpc");
    let server = Server::new(config)
        .service(IssuanceServer::new(ca))
        .bind(transport)
        .await?;
    listening.pass();
    server.serve(env.shutdown).await;
    Ok(())
}

#[tonic::async_trait]
impl Issuance for Ca {
    async fn issue(&self, request: Request<pb::IssueRequest>) -> Result<Response<core::Certificate>, Status> {
        handle(request, |context, wanted: Issue| async move {
            #[cfg(feature = "planted-bug")]
            return self.issue_unstored(&context, wanted).await;
            #[cfg(not(feature = "planted-bug"))]
            self.issue(&context, wanted).await
        })
        .await
    }
}
