//! What becomes of orders by what they depend on: the transactions of authorizations and accounts go on here.

use cairn_types::{AccountId, AuthorizationId, OrderId, OrderStatus, Problem};
use diesel::dsl::{case_when, sql};
use diesel::sql_types::{Bool, Text};
use diesel::{ExpressionMethods, IntoSql, OptionalExtension, QueryDsl};

use super::dialect::locked;
use super::{Conn, RunQueryDsl};
use crate::db::column;
use crate::db::errors::Result;
use crate::db::prepared::prepared;
use crate::db::schema::orders;
use crate::orders::rules::OPEN;
use crate::orders::{EndedOrder, rules};

const PENDING: &str = OrderStatus::Pending.as_str();
const READY: &str = OrderStatus::Ready.as_str();
const INVALID: &str = OrderStatus::Invalid.as_str();

/// Counts an authorization that became valid in the order that waits for it. True if that made the order ready.
pub(crate) async fn count_down(conn: &mut Conn, order: &OrderId) -> Result<bool> {
    let status =
        case_when(orders::awaiting.eq(1), READY.into_sql::<Text>()).otherwise(PENDING.into_sql::<Text>());
    let awaiting: Option<i64> = prepared!(
        diesel::update(orders::table.find(order.as_bytes().as_slice()))
            .filter(orders::status.eq(PENDING))
            .set((
                orders::awaiting.eq(orders::awaiting - 1),
                orders::status.eq(status),
            ))
            .returning(orders::awaiting)
    )
    .get_result(conn)
    .await
    .optional()?;
    Ok(awaiting == Some(0))
}

/// Ends the order that waits for an authorization which will not be valid.
pub(crate) async fn end_waiting(conn: &mut Conn, order: &OrderId, why: &Problem) -> Result<Vec<EndedOrder>> {
    let open: Vec<(Vec<u8>, String)> = prepared!(locked!(
        orders::table
            .find(order.as_bytes().as_slice())
            .filter(sql::<Bool>(OPEN))
            .select((orders::id, orders::status)),
    ))
    .load(conn)
    .await?;
    end(conn, &open, why).await
}

/// Ends the open orders that use an authorization which was valid and is not any more. Which ones do is nowhere
/// but in their rows: those of its account are looked through, since this is rare.
pub(crate) async fn end_dependents(
    conn: &mut Conn,
    account: &AccountId,
    authorization: &AuthorizationId,
    why: &Problem,
) -> Result<Vec<EndedOrder>> {
    // Locked in the order of their ids by everyone who locks more than one.
    let mut open: Vec<(Vec<u8>, String, Vec<u8>)> = prepared!(locked!(
        orders::table
            .filter(orders::account_id.eq(account.as_bytes().as_slice()))
            .filter(sql::<Bool>(OPEN))
            .order(orders::id)
            .select((orders::id, orders::status, orders::authorizations)),
    ))
    .load(conn)
    .await?;
    open.retain(|(_, _, needed)| needed.chunks(16).any(|id| id == authorization.as_bytes()));
    let dependents: Vec<_> = open.into_iter().map(|(id, status, _)| (id, status)).collect();
    end(conn, &dependents, why).await
}

/// Ends the open orders of an account, which is not valid any more and gets no new ones.
pub(crate) async fn end_account(conn: &mut Conn, account: &AccountId) -> Result<Vec<EndedOrder>> {
    let open: Vec<(Vec<u8>, String)> = prepared!(locked!(
        orders::table
            .filter(orders::account_id.eq(account.as_bytes().as_slice()))
            .filter(sql::<Bool>(OPEN))
            .order(orders::id)
            .select((orders::id, orders::status)),
    ))
    .load(conn)
    .await?;
    end(conn, &open, &rules::account_ended()).await
}

/// Ends open orders, each given with its status, whose rows this transaction holds.
async fn end(conn: &mut Conn, open: &[(Vec<u8>, String)], why: &Problem) -> Result<Vec<EndedOrder>> {
    let why = column::to_json(why)?;
    let mut ended = Vec::with_capacity(open.len());
    for (id, was) in open {
        let moved: Option<Vec<u8>> = prepared!(
            diesel::update(orders::table.find(id))
                .filter(orders::status.eq(was))
                .set((orders::status.eq(INVALID), orders::error.eq(&why)))
                .returning(orders::id)
        )
        .get_result(conn)
        .await
        .optional()?;
        if moved.is_some() {
            ended.push(EndedOrder {
                id: column::id(id)?,
                was: column::text("order status", was)?,
            });
        }
    }
    Ok(ended)
}
