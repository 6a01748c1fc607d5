//! Changes of orders.

use cairn_proto::sa::v1 as pb;
use cairn_types::{LeaseId, Order, OrderId, Problem, Result, Timestamp};

use super::SaClient;
use crate::Context;
use crate::api::sa::{BeginFinalize, BegunFinalize, Claim, ClaimedOrder, CreateOrder};
use crate::client::{Repeat, call};
use crate::convert::Wire;

/// Changes of orders.
impl SaClient {
    /// Stores an order with its new authorizations, or gives the same order that was placed a moment ago.
    pub async fn create_order(&self, context: &Context, request: CreateOrder) -> Result<Order> {
        Wire::from_wire(
            call!(
                self.orders,
                create_order,
                context,
                request.into_wire(),
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Takes the lease to finalize an order that is ready.
    pub async fn begin_finalize(&self, context: &Context, request: BeginFinalize) -> Result<BegunFinalize> {
        Wire::from_wire(
            call!(
                self.orders,
                begin_finalize,
                context,
                request.into_wire(),
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Ends an order as invalid, by the holder of its lease.
    pub async fn fail_order(
        &self,
        context: &Context,
        order: OrderId,
        lease: LeaseId,
        problem: Problem,
    ) -> Result<Order> {
        let message = pb::FailOrderRequest {
            order: order.into_wire(),
            lease: lease.into_wire(),
            problem: problem.into_wire(),
        };
        Wire::from_wire(call!(self.orders, fail_order, context, message, Repeat::Safe).await?)
    }

    /// Moves the deadline of the lease on an order; into the past to give the lease back.
    pub async fn renew_order_lease(
        &self,
        context: &Context,
        order: OrderId,
        lease: LeaseId,
        deadline: Timestamp,
    ) -> Result<()> {
        let message = pb::RenewOrderLeaseRequest {
            order: order.into_wire(),
            lease: lease.into_wire(),
            deadline: deadline.into_wire(),
        };
        call!(self.orders, renew_lease, context, message, Repeat::Safe)
            .await
            .map(drop)
    }

    /// Takes over orders whose lease ran out.
    pub async fn claim_orders(&self, context: &Context, claim: Claim) -> Result<Vec<ClaimedOrder>> {
        let message = pb::ClaimOrdersRequest {
            owner: claim.owner,
            deadline: claim.deadline.into_wire(),
            limit: claim.limit,
        };
        Wire::from_wire(
            call!(self.orders, claim_orders, context, message, Repeat::Never)
                .await?
                .claimed,
        )
    }
}
