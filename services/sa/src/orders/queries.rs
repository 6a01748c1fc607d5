//! The transactions on orders themselves. Those of a finalization are in `finalization.rs`.

use cairn_rpc::api::sa::CreateOrder;
use cairn_types::{
    AccountId, AuthorizationId, Error, ErrorKind, Identifier, Order, OrderId, OrderStatus, Problem, Serial,
    Timestamp,
};
use diesel::dsl::{case_when, sql};
use diesel::sql_types::{Bool, Text};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, IntoSql, OptionalExtension, QueryDsl, SelectableHelper,
};

use super::dialect::{insert_all, locked};
use super::{Conn, RunQueryDsl};
use crate::authorizations::rows::NewAuthorizationRow;
use crate::db::column;
use crate::db::errors::{Failure, Result, refusal, refuse};
use crate::db::prepared::prepared;
use crate::db::schema::{authorizations as authz, order_authorizations, orders, replacements};
use crate::orders::EndedOrder;
use crate::orders::rows::{NewOrderRow, OrderRow};
use crate::orders::rules;

const PENDING: &str = OrderStatus::Pending.as_str();
const READY: &str = OrderStatus::Ready.as_str();
const VALID: &str = OrderStatus::Valid.as_str();
const INVALID: &str = OrderStatus::Invalid.as_str();

/// What ends with something else, one state after the other: an UPDATE does not tell what it replaced.
const OPEN: [OrderStatus; 2] = [OrderStatus::Pending, OrderStatus::Ready];

/// The order, and whether this call stored it.
pub(crate) async fn create_order(
    conn: &mut Conn,
    request: &CreateOrder,
    now: &Timestamp,
) -> Result<(Order, bool)> {
    let reused = rules::reused(request).map_err(refusal)?;
    let awaiting = request.new_authorizations.len();
    let mut order = request.order.clone();
    order.status = if awaiting == 0 {
        OrderStatus::Ready
    } else {
        OrderStatus::Pending
    };
    let inserted = diesel::insert_into(orders::table)
        .values(NewOrderRow::encode(&order, awaiting)?)
        .on_conflict_do_nothing()
        .execute(conn)
        .await
        .map_err(|error| Failure::from(error).unless_account())?;
    if inserted == 0 {
        return Ok((repeated(conn, &order).await?, false));
    }
    if !reused.is_empty() {
        require_usable(conn, &order.account, &reused, *now).await?;
    }
    let new_rows = request
        .new_authorizations
        .iter()
        .map(NewAuthorizationRow::encode)
        .collect::<Result<Vec<_>>>()?;
    insert_all!(conn, authz::table, new_rows);
    let links: Vec<_> = order
        .authorizations
        .iter()
        .map(|id| {
            (
                order_authorizations::order_id.eq(order.id.as_bytes().as_slice()),
                order_authorizations::authorization_id.eq(id.as_bytes().as_slice()),
            )
        })
        .collect();
    insert_all!(conn, order_authorizations::table, links);
    if let Some(replaced) = &order.replaces {
        replace(conn, replaced, &order.id, *now).await?;
    }
    Ok((order, true))
}

/// The stored order, if it is the one that is to be stored: the answer to the first call was lost.
async fn repeated(conn: &mut Conn, order: &Order) -> Result<Order> {
    let stored = get_order(conn, &order.id).await?;
    if stored.account == order.account && stored.authorizations == order.authorizations {
        Ok(stored)
    } else {
        refuse(Error::conflict("another order has this id"))
    }
}

/// Refuses authorizations that are not, or not any more, what an order can be built on.
async fn require_usable(
    conn: &mut Conn,
    account: &AccountId,
    wanted: &[(AuthorizationId, &Identifier)],
    now: Timestamp,
) -> Result<()> {
    // One statement per authorization, prepared once: one for all of them would differ with their number.
    for (id, identifier) in wanted {
        let usable: Option<(String, String)> = locked!(
            authz::table
                .find(id.as_bytes().as_slice())
                .filter(authz::account_id.eq(account.as_bytes().as_slice()))
                .filter(authz::status.eq(VALID))
                .filter(authz::expires.gt(now.as_millis()))
                .select((authz::identifier_type, authz::identifier)),
        )
        .first(conn)
        .await
        .optional()?;
        let fits =
            usable.is_some_and(|(kind, value)| kind == identifier.kind() && value == identifier.value());
        if !fits {
            return refuse(Error::conflict(format!(
                "the authorization {id} cannot be used again for {identifier}"
            )));
        }
    }
    Ok(())
}

/// Makes the order the one that replaces a certificate, unless another does.
async fn replace(conn: &mut Conn, replaced: &Serial, order: &OrderId, now: Timestamp) -> Result<()> {
    let (serial, order) = (replaced.as_bytes().as_slice(), order.as_bytes().as_slice());
    let inserted = diesel::insert_into(replacements::table)
        .values((replacements::serial.eq(serial), replacements::order_id.eq(order)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if inserted == 1 {
        return Ok(());
    }
    let (earlier, status, expires): (Vec<u8>, String, i64) = locked!(
        replacements::table
            .inner_join(orders::table)
            .filter(replacements::serial.eq(serial))
            .select((orders::id, orders::status, orders::expires)),
    )
    .first(conn)
    .await?;
    // It keeps the certificate unless it came, or will come, to nothing.
    let open = status == PENDING || status == READY;
    let failed = status == INVALID || (open && expires <= now.as_millis());
    let taken_over: Option<Vec<u8>> = if failed {
        prepared!(
            diesel::update(replacements::table.find(serial))
                .filter(replacements::order_id.eq(&earlier))
                .set(replacements::order_id.eq(order))
                .returning(replacements::order_id)
        )
        .get_result(conn)
        .await
        .optional()?
    } else {
        None
    };
    if taken_over.is_some() {
        Ok(())
    } else {
        refuse(Error::new(
            ErrorKind::AlreadyReplaced,
            format!("the certificate {replaced} has been replaced by another order"),
        ))
    }
}

pub(crate) async fn get_order(conn: &mut Conn, id: &OrderId) -> Result<Order> {
    stored(conn, id).await?.decode()
}

pub(super) async fn stored(conn: &mut Conn, id: &OrderId) -> Result<OrderRow> {
    orders::table
        .find(id.as_bytes().as_slice())
        .select(OrderRow::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| refusal(Error::not_found("order")))
}

pub(crate) async fn list_orders(
    conn: &mut Conn,
    account: &AccountId,
    below: &[u8; 16],
    limit: &u32,
    now: &Timestamp,
) -> Result<Vec<OrderId>> {
    let ids: Vec<Vec<u8>> = orders::table
        .filter(orders::account_id.eq(account.as_bytes().as_slice()))
        .filter(orders::id.lt(below.as_slice()))
        .filter(orders::status.ne(INVALID))
        .filter(
            orders::expires
                .gt(now.as_millis())
                .or(orders::status.ne(PENDING).and(orders::status.ne(READY))),
        )
        .order(orders::id.desc())
        .limit(i64::from(*limit))
        .select(orders::id)
        .load(conn)
        .await?;
    ids.iter().map(|id| column::id(id)).collect()
}

/// Counts an authorization that became valid in the orders that wait for it. Returns those it made ready.
pub(crate) async fn count_down(conn: &mut Conn, authorization: &AuthorizationId) -> Result<Vec<OrderId>> {
    let waiting = order_authorizations::table
        .filter(order_authorizations::authorization_id.eq(authorization.as_bytes().as_slice()))
        .select(order_authorizations::order_id);
    let status =
        case_when(orders::awaiting.eq(1), READY.into_sql::<Text>()).otherwise(PENDING.into_sql::<Text>());
    let counted: Vec<(Vec<u8>, i64)> = prepared!(
        diesel::update(orders::table)
            .filter(orders::id.eq_any(waiting))
            .filter(orders::status.eq(PENDING))
            .set((
                orders::awaiting.eq(orders::awaiting - 1),
                orders::status.eq(status),
            ))
            .returning((orders::id, orders::awaiting))
    )
    .load(conn)
    .await?;
    counted
        .iter()
        .filter(|(_, awaiting)| *awaiting == 0)
        .map(|(id, _)| column::id(id))
        .collect()
}

/// Ends the open orders that need an authorization which is not, or will not be, valid.
pub(crate) async fn end_dependents(
    conn: &mut Conn,
    authorization: &AuthorizationId,
    why: &Problem,
) -> Result<Vec<EndedOrder>> {
    let mut ended = Vec::new();
    for was in OPEN {
        let dependent = order_authorizations::table
            .filter(order_authorizations::authorization_id.eq(authorization.as_bytes().as_slice()))
            .select(order_authorizations::order_id);
        let ids: Vec<Vec<u8>> = prepared!(
            diesel::update(orders::table)
                .filter(orders::id.eq_any(dependent))
                .filter(orders::status.eq(was.as_str()))
                .set((
                    orders::status.eq(INVALID),
                    orders::error.eq(column::to_json(why)?),
                ))
                .returning(orders::id)
        )
        .load(conn)
        .await?;
        note_ended(&mut ended, &ids, was)?;
    }
    Ok(ended)
}

/// Ends the open orders of an account.
pub(crate) async fn end_account(conn: &mut Conn, account: &AccountId) -> Result<Vec<EndedOrder>> {
    let mut ended = Vec::new();
    for was in OPEN {
        let ids: Vec<Vec<u8>> = prepared!(
            diesel::update(orders::table)
                .filter(orders::account_id.eq(account.as_bytes().as_slice()))
                // Literally the condition of a partial index.
                .filter(sql::<Bool>("status IN ('pending', 'ready')"))
                .filter(orders::status.eq(was.as_str()))
                .set((
                    orders::status.eq(INVALID),
                    orders::error.eq(column::to_json(&rules::account_ended())?),
                ))
                .returning(orders::id)
        )
        .load(conn)
        .await?;
        note_ended(&mut ended, &ids, was)?;
    }
    Ok(ended)
}

fn note_ended(ended: &mut Vec<EndedOrder>, ids: &[Vec<u8>], was: OrderStatus) -> Result<()> {
    for id in ids {
        let id = column::id(id)?;
        ended.push(EndedOrder { id, was });
    }
    Ok(())
}
