//! The transactions of a finalization: a lease is taken and renewed, and its holder ends it.
//!
//! The good end is told where certificates are stored.

use cairn_rpc::api::sa::{BeginFinalize, BegunFinalize, Claim, ClaimedOrder};
use cairn_types::{Error, Lease, LeaseId, Order, OrderId, OrderStatus, Problem, Timestamp};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};

use super::authorizations::evidence_for;
use super::dialect::locked_or_skipped;
use super::orders::stored;
use super::{Conn, RunQueryDsl};
use crate::db::column;
use crate::db::errors::{Result, refusal, refuse};
use crate::db::prepared::prepared;
use crate::db::schema::orders;
use crate::orders::rows::{self, OrderRow, not_held};

const READY: &str = OrderStatus::Ready.as_str();
const PROCESSING: &str = OrderStatus::Processing.as_str();
const INVALID: &str = OrderStatus::Invalid.as_str();

/// The order, and whether this call began it.
pub(crate) async fn begin_finalize(
    conn: &mut Conn,
    request: &BeginFinalize,
    now: &Timestamp,
) -> Result<(BegunFinalize, bool)> {
    let lease = &request.lease;
    let begun = prepared!(
        diesel::update(orders::table.find(request.order.as_bytes().as_slice()))
            .filter(orders::status.eq(READY))
            .filter(orders::expires.gt(now.as_millis()))
            .set((
                orders::status.eq(PROCESSING),
                orders::request.eq(&request.request),
                orders::lease_id.eq(lease.id.as_bytes().as_slice()),
                orders::lease_owner.eq(&lease.owner),
                orders::lease_deadline.eq(lease.deadline.as_millis()),
            ))
            .returning(OrderRow::as_returning())
    )
    .get_result(conn)
    .await
    .optional()?;
    if let Some(row) = begun {
        return Ok((leased(conn, row.decode()?).await?, true));
    }
    let row = stored(conn, &request.order).await?;
    // The lease is there already if the answer to a first call was lost.
    let held = row.lease_id.as_deref() == Some(lease.id.as_bytes().as_slice());
    let order = row.decode()?;
    let begun = if held && order.status == OrderStatus::Processing {
        leased(conn, order).await?
    } else {
        BegunFinalize {
            order,
            leased: false,
            evidence: Vec::new(),
        }
    };
    Ok((begun, false))
}

async fn leased(conn: &mut Conn, order: Order) -> Result<BegunFinalize> {
    Ok(BegunFinalize {
        evidence: evidence_for(conn, &order.authorizations).await?,
        order,
        leased: true,
    })
}

/// The order, and whether this call ended it.
pub(crate) async fn fail_order(
    conn: &mut Conn,
    id: &OrderId,
    lease: &LeaseId,
    problem: &Problem,
) -> Result<(Order, bool)> {
    let failed = prepared!(
        diesel::update(orders::table.find(id.as_bytes().as_slice()))
            .filter(orders::status.eq(PROCESSING))
            .filter(orders::lease_id.eq(lease.as_bytes().as_slice()))
            .set((
                orders::status.eq(INVALID),
                orders::error.eq(column::to_json(problem)?),
                orders::lease_owner.eq(None::<String>),
                orders::lease_deadline.eq(None::<i64>),
            ))
            .returning(OrderRow::as_returning())
    )
    .get_result(conn)
    .await
    .optional()?;
    if let Some(row) = failed {
        return Ok((row.decode()?, true));
    }
    let row = stored(conn, id).await?;
    let held = row.lease_id.as_deref() == Some(lease.as_bytes().as_slice());
    let order = row.decode()?;
    if held && order.status == OrderStatus::Invalid {
        // A repeated call, whose first answer was lost.
        Ok((order, false))
    } else {
        refuse(not_held(order.status))
    }
}

/// Moves the deadline of a lease that is still held.
pub(crate) async fn renew_lease(
    conn: &mut Conn,
    id: &OrderId,
    lease: &LeaseId,
    deadline: &Timestamp,
) -> Result<()> {
    let renewed: Option<Vec<u8>> = prepared!(
        diesel::update(orders::table.find(id.as_bytes().as_slice()))
            .filter(orders::status.eq(PROCESSING))
            .filter(orders::lease_id.eq(lease.as_bytes().as_slice()))
            .set(orders::lease_deadline.eq(deadline.as_millis()))
            .returning(orders::id)
    )
    .get_result(conn)
    .await
    .optional()?;
    if renewed.is_some() {
        Ok(())
    } else {
        refuse(not_held(stored(conn, id).await?.decode()?.status))
    }
}

/// The finalize request of an order that has been finalized.
pub(crate) async fn get_finalization(conn: &mut Conn, id: &OrderId) -> Result<Vec<u8>> {
    let request: Option<Vec<u8>> = orders::table
        .find(id.as_bytes().as_slice())
        .select(orders::request)
        .first(conn)
        .await
        .optional()?
        .flatten();
    request.ok_or_else(|| refusal(Error::not_found("finalize request")))
}

pub(crate) async fn claim_orders(
    conn: &mut Conn,
    claim: &Claim,
    leases: &[LeaseId],
    now: &Timestamp,
) -> Result<Vec<ClaimedOrder>> {
    let abandoned: Vec<(Vec<u8>, Option<Vec<u8>>)> = locked_or_skipped!(
        orders::table
            .filter(orders::lease_deadline.le(now.as_millis()))
            .filter(orders::status.eq(PROCESSING))
            .order(orders::lease_deadline)
            .limit(i64::try_from(leases.len()).unwrap_or(i64::MAX))
            .select((orders::id, orders::lease_id)),
    )
    .load(conn)
    .await?;
    let mut claimed = Vec::with_capacity(abandoned.len());
    for ((id, old), new) in abandoned.iter().zip(leases) {
        let (order, request): (OrderRow, Option<Vec<u8>>) = prepared!(
            diesel::update(orders::table.find(id))
                .filter(orders::lease_id.eq(old))
                .set((
                    orders::lease_id.eq(new.as_bytes().as_slice()),
                    orders::lease_owner.eq(&claim.owner),
                    orders::lease_deadline.eq(claim.deadline.as_millis()),
                ))
                .returning((OrderRow::as_returning(), orders::request))
        )
        .get_result(conn)
        .await?;
        claimed.push(ClaimedOrder {
            order: order.decode()?,
            request: rows::request(request)?,
            lease: Lease {
                id: *new,
                owner: claim.owner.clone(),
                deadline: claim.deadline,
            },
        });
    }
    Ok(claimed)
}
