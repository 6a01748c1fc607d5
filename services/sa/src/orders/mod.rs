//! Orders, from creation to their end.

pub(crate) mod rows;
pub(crate) mod rules;

use std::time::Duration;

use cairn_kit::audit::Actor;
use cairn_rpc::Context;
use cairn_rpc::api::sa::{BeginFinalize, BegunFinalize, Claim, ClaimedOrder, CreateOrder};
use cairn_types::{AccountId, LeaseId, Order, OrderId, OrderStatus, Problem, Result, Timestamp};

use crate::Store;
use crate::audit::{JANITOR, record};
use crate::db::tx::Beginning;
use crate::db::{column, look_aside, look_up, transact};
use crate::trail::Origin;

/// The most ids that one call lists.
const MOST_LISTED: u32 = 1000;

/// An order of this age is on its way no longer, as a rule, and every other that was made before it is stored: no
/// call takes as long.
const SETTLED: Duration = Duration::from_secs(300);

/// An order that ended with something that it needed.
pub(crate) struct EndedOrder {
    pub(crate) id: OrderId,
    /// What it was before.
    pub(crate) was: OrderStatus,
}

/// Records the end of an account's orders.
pub(crate) fn record_ended(context: &Context, account: &AccountId, by: &Actor, orders: &[EndedOrder]) {
    for order in orders {
        record(context, "order.ended", &order.id, account)
            .by(by.clone())
            .moved(order.was.as_str(), OrderStatus::Invalid.as_str())
            .write();
    }
}

/// The calls on orders; `proto/cairn/sa/v1` tells what each does.
impl Store {
    pub(crate) async fn create_order(&self, context: &Context, request: CreateOrder) -> Result<Order> {
        let now = self.now();
        // Of two copies of one request, one makes the order and the other finds it.
        let turn = request.placed_since.map(|_| rules::turn(&request.order));
        let beginning = Beginning::from(context).taking_turns(turn);
        let (order, created) = transact!(self.db(), beginning, orders::create_order(request, now))?;
        if created {
            record(context, "order.created", &order.id, &order.account)
                .created(order.status.as_str())
                .write();
        }
        Ok(order)
    }

    pub(crate) async fn get_order(&self, id: OrderId) -> Result<Order> {
        let is_final = |order: &Order| matches!(order.status, OrderStatus::Valid | OrderStatus::Invalid);
        if self.is_settled(&id)
            && let Some(order) = look_aside!(self.db(), is_final, orders::get_order(id))
        {
            return Ok(order);
        }
        look_up!(self.db(), orders::get_order(id))
    }

    pub(crate) async fn list_orders(
        &self,
        account: AccountId,
        before: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<OrderId>> {
        // No UUIDv7 is as high as the bound that stands for none.
        let below = before.map_or([0xff; 16], |id| *id.as_bytes());
        let limit = limit.min(MOST_LISTED);
        let now = self.now();
        // The first pages may have orders that their caller has just made.
        if before.is_some_and(|id| self.is_settled(&id))
            && let Some(ids) = look_aside!(
                self.db(),
                |_| true,
                orders::list_orders(account, below, limit, now)
            )
        {
            return Ok(ids);
        }
        look_up!(self.db(), orders::list_orders(account, below, limit, now))
    }

    fn is_settled(&self, id: &OrderId) -> bool {
        id.as_bytes().as_slice() < column::lowest_id(self.now() - SETTLED).as_slice()
    }

    pub(crate) async fn begin_finalize(
        &self,
        context: &Context,
        request: BeginFinalize,
    ) -> Result<BegunFinalize> {
        let now = self.now();
        let (begun, new) = transact!(self.db(), context, finalization::begin_finalize(request, now))?;
        if new {
            record(context, "order.finalizing", &begun.order.id, &begun.order.account)
                .moved("ready", "processing")
                .write();
        }
        Ok(begun)
    }

    pub(crate) async fn get_finalization(&self, id: OrderId) -> Result<Vec<u8>> {
        look_up!(self.db(), finalization::get_finalization(id))
    }

    pub(crate) async fn fail_order(
        &self,
        context: &Context,
        id: OrderId,
        lease: LeaseId,
        problem: Problem,
    ) -> Result<Order> {
        let kind = problem.kind;
        let (order, new) = transact!(self.db(), context, finalization::fail_order(id, lease, problem))?;
        if new {
            record(context, "order.failed", &id, &order.account)
                .moved("processing", "invalid")
                .detail("problem", kind.as_str())
                .write();
        }
        Ok(order)
    }

    pub(crate) async fn renew_order_lease(
        &self,
        context: &Context,
        id: OrderId,
        lease: LeaseId,
        deadline: Timestamp,
    ) -> Result<()> {
        transact!(self.db(), context, finalization::renew_lease(id, lease, deadline))
    }

    pub(crate) async fn claim_orders(&self, context: &Context, claim: Claim) -> Result<Vec<ClaimedOrder>> {
        let (leases, now) = (self.lease_ids(claim.limit), self.now());
        let claimed = transact!(
            self.db(),
            Origin::by(context, &JANITOR),
            finalization::claim_orders(claim, leases, now)
        )?;
        for work in &claimed {
            record(context, "order.claimed", &work.order.id, &work.order.account)
                .by(JANITOR)
                .detail("account", work.order.account.to_string())
                .detail("owner", work.lease.owner.as_str())
                .write();
        }
        Ok(claimed)
    }
}
