//! `cairn.sa.v1.Signing`.

use cairn_rpc::convert::Wire;
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::pb::sa::v1 as pb;
use cairn_rpc::pb::sa::v1::signing_server::Signing;
use tonic::{Request, Response, Status};

use super::{Service, call};

#[tonic::async_trait]
impl Signing for Service {
    async fn store_tbs(
        &self,
        request: Request<pb::StoreTbsRequest>,
    ) -> Result<Response<pb::StoreTbsResponse>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            let unsigned = Wire::from_wire(message.unsigned)?;
            Ok(store.store_tbs(&context, unsigned).await?.into_wire())
        })
        .await
    }

    async fn store_certificate(
        &self,
        request: Request<pb::StoreCertificateRequest>,
    ) -> Result<Response<core::Certificate>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            let serial = Wire::from_wire(message.serial)?;
            Ok(store
                .store_certificate(&context, serial, message.der)
                .await?
                .into_wire())
        })
        .await
    }
}
