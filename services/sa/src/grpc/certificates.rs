//! `cairn.sa.v1.Certificates`.

use cairn_rpc::convert::Wire;
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::pb::sa::v1 as pb;
use cairn_rpc::pb::sa::v1::certificates_server::Certificates;
use tonic::{Request, Response, Status};

use super::{Service, call};

#[tonic::async_trait]
impl Certificates for Service {
    async fn revoke_certificate(
        &self,
        request: Request<pb::RevokeCertificateRequest>,
    ) -> Result<Response<core::Certificate>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            Ok(store
                .revoke_certificate(&context, Wire::from_wire(message)?)
                .await?
                .into_wire())
        })
        .await
    }
}
