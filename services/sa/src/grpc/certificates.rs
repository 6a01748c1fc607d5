//! `cairn.sa.v1.Certificates`.

use cairn_rpc::convert::Wire;
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::pb::sa::v1 as pb;
use cairn_rpc::pb::sa::v1::certificates_server::Certificates;
use tonic::{Request, Response, Status};

use super::{Service, call};

#[tonic::async_trait]
impl Certificates for Service {
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

    async fn get_certificate(
        &self,
        request: Request<pb::GetCertificateRequest>,
    ) -> Result<Response<core::Certificate>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            Ok(store
                .get_certificate(Wire::from_wire(message.serial)?)
                .await?
                .into_wire())
        })
        .await
    }

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

    async fn is_replaced(
        &self,
        request: Request<pb::IsReplacedRequest>,
    ) -> Result<Response<pb::IsReplacedResponse>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            let replaced = store.is_replaced(Wire::from_wire(message.serial)?).await?;
            Ok(pb::IsReplacedResponse { replaced })
        })
        .await
    }
}
