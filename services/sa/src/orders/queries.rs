//! The transactions on orders themselves. Those of a finalization are in `finalization.rs`.

use cairn_rpc::api::sa::CreateOrder;
use cairn_types::{
    AccountId, AccountStatus, AuthorizationId, Error, ErrorKind, Identifier, Order, OrderId, OrderStatus,
    Serial, Timestamp,
};
use diesel::dsl::{exists, not};
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, IntoSql, OptionalExtension, QueryDsl, SelectableHelper,
};

use super::accounts::require_still_valid;
use super::dialect::{insert_all, locked, matching_shared, shared};
use super::earlier::{alike, find_same};
use super::{Conn, RunQueryDsl};
use crate::authorizations::rows::NewAuthorizationRow;
use crate::db::column;
use crate::db::errors::{Failure, Result, refusal, refuse};
use crate::db::prepared::prepared;
use crate::db::schema::{accounts, authorizations as authz, orders, replacements};
use crate::orders::rows::{NewOrderRow, OrderRow};
use crate::orders::rules::{self, Span};

const PENDING: &str = OrderStatus::Pending.as_str();
const READY: &str = OrderStatus::Ready.as_str();
const VALID: &str = OrderStatus::Valid.as_str();
const INVALID: &str = OrderStatus::Invalid.as_str();

/// The order, and whether this call stored it. It runs in the turn of those that may ask for the same.
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
    let row = NewOrderRow::encode(&order, awaiting)?;
    let span = request
        .placed_since
        .map_or(Span::NONE, |since| Span::around(&order, since));
    if !insert(conn, &row, &span, *now).await? {
        if let Some(placed) = standing(conn, &order, &span, *now).await? {
            return Ok((placed, false));
        }
        // Other orders for the same identifiers are no obstacle.
        if !insert(conn, &row, &Span::NONE, *now).await? {
            return Err(Failure::Fault("an order was neither stored nor there"));
        }
    }
    require_usable(conn, &order.account, &reused, *now).await?;
    let new_rows = request
        .new_authorizations
        .iter()
        .map(|made| NewAuthorizationRow::encode(made, Some(&order.id)))
        .collect::<Result<Vec<_>>>()?;
    insert_all!(conn, authz::table, new_rows);
    if let Some(replaced) = &order.replaces {
        replace(conn, replaced, &order.id, *now).await?;
    }
    Ok((order, true))
}

/// Stores the row of an order whose account is valid and stays so until it is stored. False if there is no such
/// account, or such an order already, or one in the span that is alike.
async fn insert(conn: &mut Conn, row: &NewOrderRow<'_>, span: &Span, now: Timestamp) -> Result<bool> {
    let alike = alike!(row.account_id, row.identifiers.as_str(), span, now);
    let account = accounts::table
        .find(row.account_id)
        .filter(accounts::status.eq(AccountStatus::Valid.as_str()))
        .filter(not(exists(alike)));
    let inserted: Option<Vec<u8>> = prepared!(
        diesel::insert_into(orders::table)
            .values(shared!(account.select((
                row.id.into_sql::<Binary>(),
                accounts::id,
                row.status.into_sql::<Text>(),
                row.expires.into_sql::<BigInt>(),
                row.identifiers.as_str().into_sql::<Text>(),
                row.profile.into_sql::<Text>(),
                row.not_before.into_sql::<Nullable<BigInt>>(),
                row.not_after.into_sql::<Nullable<BigInt>>(),
                row.replaces.as_deref().into_sql::<Nullable<Binary>>(),
                row.authorizations.as_slice().into_sql::<Binary>(),
                row.awaiting.into_sql::<BigInt>(),
                row.created.into_sql::<BigInt>(),
            ))))
            .into_columns((
                orders::id,
                orders::account_id,
                orders::status,
                orders::expires,
                orders::identifiers,
                orders::profile,
                orders::not_before,
                orders::not_after,
                orders::replaces,
                orders::authorizations,
                orders::awaiting,
                orders::created,
            ))
            .on_conflict_do_nothing()
            .returning(orders::id)
    )
    .get_result(conn)
    .await
    .optional()?;
    Ok(inserted.is_some())
}

/// The order that is there in place of one that could not be stored: itself, if the answer to a first call was lost,
/// or the one that the same request made.
async fn standing(conn: &mut Conn, order: &Order, span: &Span, now: Timestamp) -> Result<Option<Order>> {
    if let Some(row) = find(conn, &order.id).await? {
        let stored = row.decode()?;
        return if stored.account == order.account && stored.authorizations == order.authorizations {
            Ok(Some(stored))
        } else {
            refuse(Error::conflict("another order has this id"))
        };
    }
    require_still_valid(conn, &order.account).await?;
    find_same(conn, order, span, now).await
}

/// Refuses authorizations that are not, or not any more, what an order can be built on.
async fn require_usable(
    conn: &mut Conn,
    account: &AccountId,
    wanted: &[(AuthorizationId, &Identifier)],
    now: Timestamp,
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let usable: Vec<(Vec<u8>, String, String)> = matching_shared!(
        conn,
        authz::id,
        wanted.iter().map(|(id, _)| id.as_bytes().as_slice()),
        authz::table
            .filter(authz::account_id.eq(account.as_bytes().as_slice()))
            .filter(authz::status.eq(VALID))
            .filter(authz::expires.gt(now.as_millis()))
            .select((authz::id, authz::identifier_type, authz::identifier)),
    );
    for (id, identifier) in wanted {
        let fits = usable.iter().any(|(known, kind, value)| {
            known == id.as_bytes() && kind == identifier.kind() && *value == identifier.value()
        });
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
    let (serial, day) = (replaced.as_bytes().as_slice(), replaced.day_number());
    let order = order.as_bytes().as_slice();
    let inserted = diesel::insert_into(replacements::table)
        .values((
            replacements::serial.eq(serial),
            replacements::day.eq(day),
            replacements::order_id.eq(order),
        ))
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
            .filter(replacements::day.eq(day))
            .select((orders::id, orders::status, orders::expires)),
    )
    .first(conn)
    .await?;
    // It keeps the certificate unless it came, or will come, to nothing.
    let open = status == PENDING || status == READY;
    let failed = status == INVALID || (open && expires <= now.as_millis());
    let taken_over: Option<Vec<u8>> = if failed {
        prepared!(
            diesel::update(replacements::table.find((serial, day)))
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
    find(conn, id)
        .await?
        .ok_or_else(|| refusal(Error::not_found("order")))
}

async fn find(conn: &mut Conn, id: &OrderId) -> Result<Option<OrderRow>> {
    let row = orders::table
        .find(id.as_bytes().as_slice())
        .select(OrderRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row)
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
