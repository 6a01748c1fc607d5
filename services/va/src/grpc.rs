//! The gRPC service `cairn.va.v1.Validation`.

use std::sync::Arc;

use cairn_rpc::convert::Wire;
use cairn_rpc::pb::va::v1 as pb;
use cairn_rpc::pb::va::v1::validation_server::Validation;
use cairn_rpc::{Context, to_status};
use tonic::{Request, Response, Status};

use crate::authority::Authority;

/// Answers for an [`Authority`].
pub(crate) struct Grpc(pub(crate) Arc<Authority>);

#[tonic::async_trait]
impl Validation for Grpc {
    async fn validate(
        &self,
        request: Request<pb::ValidateRequest>,
    ) -> Result<Response<pb::ValidationResponse>, Status> {
        let deadline = Context::of(&request).map_err(to_status)?.deadline();
        let wanted = Wire::from_wire(request.into_inner()).map_err(to_status)?;
        let outcome = self.0.validate(&wanted, deadline).await.map_err(to_status)?;
        Ok(Response::new(outcome.into_wire()))
    }

    async fn check_caa(
        &self,
        request: Request<pb::CheckCaaRequest>,
    ) -> Result<Response<pb::ValidationResponse>, Status> {
        let deadline = Context::of(&request).map_err(to_status)?.deadline();
        let wanted = Wire::from_wire(request.into_inner()).map_err(to_status)?;
        let outcome = self.0.check_caa(&wanted, deadline).await.map_err(to_status)?;
        Ok(Response::new(outcome.into_wire()))
    }
}
