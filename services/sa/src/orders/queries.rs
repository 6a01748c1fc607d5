//! The transactions on orders themselves. Those of a finalization are in `finalization.rs`.

use cairn_rpc::api::sa::{CreateOrder, FindForOrder, FindValidAuthorizations, FoundForOrder};
use cairn_types::{
    AccountId, AccountStatus, AuthorizationId, Error, ErrorKind, Identifier, Order, OrderId, OrderStatus,
    Problem, Serial, Timestamp,
};
use diesel::dsl::{case_when, sql};
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, IntoSql, OptionalExtension, QueryDsl, SelectableHelper,
};

use super::accounts::require_valid;
use super::authorizations::find_valid_authorizations;
use super::dialect::{insert_all, locked, matching, matching_shared, shared};
use super::{Conn, RunQueryDsl};
use crate::authorizations::rows::NewAuthorizationRow;
use crate::db::column;
use crate::db::errors::{Failure, Result, refusal, refuse};
use crate::db::prepared::prepared;
use crate::db::schema::{accounts, authorizations as authz, orders, replacements};
use crate::orders::EndedOrder;
use crate::orders::rows::{NewOrderRow, OrderRow};
use crate::orders::rules;

const PENDING: &str = OrderStatus::Pending.as_str();
const READY: &str = OrderStatus::Ready.as_str();
const VALID: &str = OrderStatus::Valid.as_str();
const INVALID: &str = OrderStatus::Invalid.as_str();

/// What ends with something else. Literally the condition of a partial index.
const OPEN: &str = "status IN ('pending', 'ready')";

/// How many open orders for the same identifiers a new one is compared with.
const MOST_COMPARED: i64 = 10;

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
    if !insert(conn, &NewOrderRow::encode(&order, awaiting)?).await? {
        return Ok((repeated(conn, &order).await?, false));
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
/// account, or such an order already.
async fn insert(conn: &mut Conn, row: &NewOrderRow<'_>) -> Result<bool> {
    let account = accounts::table
        .find(row.account_id)
        .filter(accounts::status.eq(AccountStatus::Valid.as_str()));
    let inserted = diesel::insert_into(orders::table)
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
        .execute(conn)
        .await?;
    Ok(inserted == 1)
}

/// The stored order, if it is the one that is to be stored: the answer to the first call was lost.
async fn repeated(conn: &mut Conn, order: &Order) -> Result<Order> {
    let row = find(conn, &order.id).await?;
    let Some(row) = row else {
        require_valid(conn, &order.account).await?;
        return Err(Failure::Fault("an order was neither stored nor there"));
    };
    let stored = row.decode()?;
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
