//! `cairn.sa.v1.Authorizations`.

use cairn_rpc::api::sa::Claim;
use cairn_rpc::convert::Wire;
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::pb::sa::v1 as pb;
use cairn_rpc::pb::sa::v1::authorizations_server::Authorizations;
use tonic::{Request, Response, Status};

use super::{Service, call};

#[tonic::async_trait]
impl Authorizations for Service {
    async fn create_authorization(
        &self,
        request: Request<pb::CreateAuthorizationRequest>,
    ) -> Result<Response<core::Authorization>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            let authorization = Wire::from_wire(message.authorization)?;
            Ok(store
                .create_authorization(&context, authorization)
                .await?
                .into_wire())
        })
        .await
    }

    async fn begin_validation(
        &self,
        request: Request<pb::BeginValidationRequest>,
    ) -> Result<Response<pb::BeginValidationResponse>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            Ok(store
                .begin_validation(&context, Wire::from_wire(message)?)
                .await?
                .into_wire())
        })
        .await
    }

    async fn record_attempt(
        &self,
        request: Request<pb::RecordAttemptRequest>,
    ) -> Result<Response<core::Authorization>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            Ok(store
                .record_attempt(&context, Wire::from_wire(message)?)
                .await?
                .into_wire())
        })
        .await
    }

    async fn renew_lease(
        &self,
        request: Request<pb::RenewValidationLeaseRequest>,
    ) -> Result<Response<pb::RenewValidationLeaseResponse>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            let authorization = Wire::from_wire(message.authorization)?;
            let (lease, deadline) = (
                Wire::from_wire(message.lease)?,
                Wire::from_wire(message.deadline)?,
            );
            store
                .renew_validation_lease(&context, authorization, lease, deadline)
                .await?;
            Ok(pb::RenewValidationLeaseResponse {})
        })
        .await
    }

    async fn finish_validation(
        &self,
        request: Request<pb::FinishValidationRequest>,
    ) -> Result<Response<core::Authorization>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            Ok(store
                .finish_validation(&context, Wire::from_wire(message)?)
                .await?
                .into_wire())
        })
        .await
    }

    async fn deactivate_authorization(
        &self,
        request: Request<pb::DeactivateAuthorizationRequest>,
    ) -> Result<Response<core::Authorization>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            let id = Wire::from_wire(message.id)?;
            Ok(store.deactivate_authorization(&context, id).await?.into_wire())
        })
        .await
    }

    async fn add_receipts(
        &self,
        request: Request<pb::AddReceiptsRequest>,
    ) -> Result<Response<pb::AddReceiptsResponse>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            store.add_receipts(&context, Wire::from_wire(message)?).await?;
            Ok(pb::AddReceiptsResponse {})
        })
        .await
    }

    async fn claim_validations(
        &self,
        request: Request<pb::ClaimValidationsRequest>,
    ) -> Result<Response<pb::ClaimValidationsResponse>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            let pb::ClaimValidationsRequest {
                owner,
                deadline,
                limit,
            } = message;
            let claim = Claim {
                owner,
                deadline: Wire::from_wire(deadline)?,
                limit,
            };
            let claimed = store.claim_validations(&context, claim).await?;
            Ok(pb::ClaimValidationsResponse {
                claimed: claimed.into_wire(),
            })
        })
        .await
    }
}
