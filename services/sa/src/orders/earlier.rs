//! What is there for a new order already.

use cairn_rpc::api::sa::{FindForOrder, FindValidAuthorizations, FoundForOrder};
use cairn_types::{Order, OrderStatus, Timestamp};
use diesel::dsl::sql;
use diesel::sql_types::Bool;
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};

use super::authorizations::find_valid_authorizations;
use super::dialect::matching;
use super::{Conn, RunQueryDsl};
use crate::db::column;
use crate::db::errors::Result;
use crate::db::prepared::prepared;
use crate::db::schema::{authorizations as authz, orders};
use crate::orders::rows::OrderRow;
use crate::orders::rules::{self, OPEN};

/// How many open orders for the same identifiers a new one is compared with.
const MOST_COMPARED: i64 = 10;

pub(crate) async fn find_for_order(
    conn: &mut Conn,
    request: &FindForOrder,
    now: &Timestamp,
) -> Result<FoundForOrder> {
    let order = &request.order;
    if let Some(since) = request.placed_since
        && let Some(placed) = find_same(conn, order, since, *now).await?
    {
        return Ok(FoundForOrder {
            placed: Some(placed),
            authorizations: Vec::new(),
        });
    }
    let wanted = FindValidAuthorizations {
        account: order.account,
        identifiers: order.identifiers.clone(),
        valid_until: request.valid_until,
        made_since: request.made_since,
    };
    Ok(FoundForOrder {
        placed: None,
        authorizations: find_valid_authorizations(conn, &wanted, now).await?,
    })
}

/// The last order placed since a moment that one request could have asked for too, if nothing came of it yet.
async fn find_same(
    conn: &mut Conn,
    order: &Order,
    since: Timestamp,
    now: Timestamp,
) -> Result<Option<Order>> {
    let open: Vec<OrderRow> = prepared!(
        orders::table
            .filter(orders::account_id.eq(order.account.as_bytes().as_slice()))
            .filter(orders::id.ge(column::lowest_id(since).to_vec()))
            .filter(sql::<Bool>(OPEN))
            .filter(orders::identifiers.eq(column::to_json(&order.identifiers)?))
            .filter(orders::expires.gt(now.as_millis()))
            .order(orders::id.desc())
            .limit(MOST_COMPARED)
            .select(OrderRow::as_select())
    )
    .load(conn)
    .await?;
    for row in open {
        let placed = row.decode()?;
        if rules::same(&placed, order) && untouched(conn, &placed).await? {
            return Ok(Some(placed));
        }
    }
    Ok(None)
}

/// Whether the client can be taken for one that does not know of an open order: it is ready, or none of the
/// challenges that were made for it was answered.
async fn untouched(conn: &mut Conn, order: &Order) -> Result<bool> {
    if order.status == OrderStatus::Ready {
        return Ok(true);
    }
    let answered: Vec<Vec<u8>> = matching!(
        conn,
        authz::id,
        order.authorizations.iter().map(|id| id.as_bytes().as_slice()),
        authz::table
            .filter(authz::order_id.eq(order.id.as_bytes().as_slice()))
            .filter(authz::answered.is_not_null())
            .select(authz::id),
    );
    Ok(answered.is_empty())
}
