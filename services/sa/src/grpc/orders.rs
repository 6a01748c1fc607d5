//! `cairn.sa.v1.Orders`.

use cairn_rpc::api::sa::Claim;
use cairn_rpc::convert::Wire;
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::pb::sa::v1 as pb;
use cairn_rpc::pb::sa::v1::orders_server::Orders;
use tonic::{Request, Response, Status};

use super::{Service, call};

#[tonic::async_trait]
impl Orders for Service {
    async fn create_order(
        &self,
        request: Request<pb::CreateOrderRequest>,
    ) -> Result<Response<core::Order>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            Ok(store
                .create_order(&context, Wire::from_wire(message)?)
                .await?
                .into_wire())
        })
        .await
    }

    async fn begin_finalize(
        &self,
        request: Request<pb::BeginFinalizeRequest>,
    ) -> Result<Response<pb::BeginFinalizeResponse>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            Ok(store
                .begin_finalize(&context, Wire::from_wire(message)?)
                .await?
                .into_wire())
        })
        .await
    }

    async fn fail_order(
        &self,
        request: Request<pb::FailOrderRequest>,
    ) -> Result<Response<core::Order>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            let (order, lease) = (Wire::from_wire(message.order)?, Wire::from_wire(message.lease)?);
            let problem = Wire::from_wire(message.problem)?;
            Ok(store
                .fail_order(&context, order, lease, problem)
                .await?
                .into_wire())
        })
        .await
    }

    async fn renew_lease(
        &self,
        request: Request<pb::RenewOrderLeaseRequest>,
    ) -> Result<Response<pb::RenewOrderLeaseResponse>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            let (order, lease) = (Wire::from_wire(message.order)?, Wire::from_wire(message.lease)?);
            let deadline = Wire::from_wire(message.deadline)?;
            store.renew_order_lease(&context, order, lease, deadline).await?;
            Ok(pb::RenewOrderLeaseResponse {})
        })
        .await
    }

    async fn claim_orders(
        &self,
        request: Request<pb::ClaimOrdersRequest>,
    ) -> Result<Response<pb::ClaimOrdersResponse>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            let pb::ClaimOrdersRequest {
                owner,
                deadline,
                limit,
            } = message;
            let claim = Claim {
                owner,
                deadline: Wire::from_wire(deadline)?,
                limit,
            };
            let claimed = store.claim_orders(&context, claim).await?;
            Ok(pb::ClaimOrdersResponse {
                claimed: claimed.into_wire(),
            })
        })
        .await
    }
}
