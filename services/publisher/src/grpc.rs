//! The gRPC service `cairn.publisher.v1.Publication`.

use cairn_rpc::convert::Wire;
use cairn_rpc::pb::publisher::v1 as pb;
use cairn_rpc::pb::publisher::v1::publication_server::Publication;
use cairn_rpc::{Context, to_status};
use cairn_types::Error;
use tonic::{Request, Response, Status};

use crate::submit::Publisher;

/// Answers for a [`Publisher`].
pub(crate) struct Grpc(pub(crate) Publisher);

#[tonic::async_trait]
impl Publication for Grpc {
    async fn submit_precertificate(
        &self,
        request: Request<pb::SubmitPrecertificateRequest>,
    ) -> Result<Response<pb::SubmitPrecertificateResponse>, Status> {
        let context = Context::of(&request).map_err(to_status)?;
        let wanted = Wire::from_wire(request.into_inner()).map_err(to_status)?;
        let sct = self.0.submit(&context, &wanted).await.map_err(to_status)?;
        let sct = sct
            .to_bytes()
            .map_err(|error| to_status(Error::internal(error.to_string())))?;
        Ok(Response::new(pb::SubmitPrecertificateResponse { sct }))
    }
}
