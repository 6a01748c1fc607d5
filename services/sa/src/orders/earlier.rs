//! The order that the same request made a moment ago.

use cairn_types::{Order, OrderStatus, Timestamp};
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};

use super::dialect::matching;
use super::{Conn, RunQueryDsl};
use crate::db::column;
use crate::db::errors::Result;
use crate::db::prepared::prepared;
use crate::db::schema::{authorizations as authz, orders};
use crate::orders::rows::OrderRow;
use crate::orders::rules::{self, Span};

/// How many open orders for the same identifiers a new one is compared with.
const MOST_COMPARED: i64 = 10;

/// The open orders of an account for the same identifiers, as columns have them, whose ids are in a span:
/// `alike!(account_id, identifiers, span, now)`. A macro, because its type has no name.
macro_rules! alike {
    ($account:expr, $identifiers:expr, $span:expr, $now:expr $(,)?) => {{
        use diesel::dsl::sql;
        use diesel::sql_types::Bool;
        use $crate::db::schema::orders;

        orders::table
            .filter(orders::account_id.eq($account))
            .filter(orders::id.ge($span.first.as_slice()))
            .filter(orders::id.lt($span.end.as_slice()))
            .filter(sql::<Bool>($crate::orders::rules::OPEN))
            .filter(orders::identifiers.eq($identifiers))
            .filter(orders::expires.gt($now.as_millis()))
    }};
}
pub(super) use alike;

/// The last order in the span that the same request could have asked for, if nothing came of it yet.
pub(super) async fn find_same(
    conn: &mut Conn,
    order: &Order,
    span: &Span,
    now: Timestamp,
) -> Result<Option<Order>> {
    let identifiers = column::to_json(&order.identifiers)?;
    let open: Vec<OrderRow> = prepared!(
        alike!(order.account.as_bytes().as_slice(), &identifiers, span, now)
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
