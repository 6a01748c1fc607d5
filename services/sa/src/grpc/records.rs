//! `cairn.sa.v1.Records`.

use cairn_rpc::convert::Wire;
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::pb::sa::v1 as pb;
use cairn_rpc::pb::sa::v1::records_server::Records;
use tonic::{Request, Response, Status};

use super::{Service, call};

#[tonic::async_trait]
impl Records for Service {
    async fn get_account(
        &self,
        request: Request<pb::GetAccountRequest>,
    ) -> Result<Response<core::Account>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            Ok(store.get_account(Wire::from_wire(message.id)?).await?.into_wire())
        })
        .await
    }

    async fn find_account_by_key(
        &self,
        request: Request<pb::FindAccountByKeyRequest>,
    ) -> Result<Response<pb::FindAccountByKeyResponse>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            let account = store
                .find_account_by_key(Wire::from_wire(message.thumbprint)?)
                .await?;
            Ok(pb::FindAccountByKeyResponse {
                account: account.into_wire(),
            })
        })
        .await
    }

    async fn list_key_changes(
        &self,
        request: Request<pb::ListKeyChangesRequest>,
    ) -> Result<Response<pb::ListKeyChangesResponse>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            let requests = store.list_key_changes(Wire::from_wire(message.account)?).await?;
            Ok(pb::ListKeyChangesResponse { requests })
        })
        .await
    }

    async fn get_order(
        &self,
        request: Request<pb::GetOrderRequest>,
    ) -> Result<Response<core::Order>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            Ok(store.get_order(Wire::from_wire(message.id)?).await?.into_wire())
        })
        .await
    }

    async fn get_finalization(
        &self,
        request: Request<pb::GetFinalizationRequest>,
    ) -> Result<Response<pb::GetFinalizationResponse>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            let request = store.get_finalization(Wire::from_wire(message.order)?).await?;
            Ok(pb::GetFinalizationResponse { request })
        })
        .await
    }

    async fn list_orders(
        &self,
        request: Request<pb::ListOrdersRequest>,
    ) -> Result<Response<pb::ListOrdersResponse>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            let account = Wire::from_wire(message.account)?;
            let before = Wire::from_wire(message.before)?;
            let ids = store.list_orders(account, before, message.limit).await?;
            Ok(pb::ListOrdersResponse { ids: ids.into_wire() })
        })
        .await
    }

    async fn get_authorization(
        &self,
        request: Request<pb::GetAuthorizationRequest>,
    ) -> Result<Response<core::Authorization>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            Ok(store
                .get_authorization(Wire::from_wire(message.id)?)
                .await?
                .into_wire())
        })
        .await
    }

    async fn find_valid_authorizations(
        &self,
        request: Request<pb::FindValidAuthorizationsRequest>,
    ) -> Result<Response<pb::AuthorizationList>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            let found = store.find_valid_authorizations(Wire::from_wire(message)?).await?;
            Ok(pb::AuthorizationList {
                authorizations: found.into_wire(),
            })
        })
        .await
    }

    async fn get_order_evidence(
        &self,
        request: Request<pb::GetOrderEvidenceRequest>,
    ) -> Result<Response<pb::GetOrderEvidenceResponse>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            let evidence = store.get_order_evidence(Wire::from_wire(message.order)?).await?;
            Ok(pb::GetOrderEvidenceResponse {
                evidence: evidence.into_wire(),
            })
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
