//! The transactions on authorizations themselves. Those of a validation are in `validation.rs`.

use std::collections::BTreeSet;

use cairn_rpc::api::sa::{AddReceipts, AuthorizationEvidence, FindValidAuthorizations};
use cairn_types::{
    AccountId, Authorization, AuthorizationId, AuthorizationStatus, Error, OrderId, Timestamp,
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl,
    SelectableHelper,
};

use super::accounts::require_still_valid;
use super::dialect::{insert_all, matching};
use super::{Conn, RunQueryDsl, dependents, orders};
use crate::authorizations::Ended;
use crate::authorizations::rows::{AuthorizationRow, NewAuthorizationRow};
use crate::db::column;
use crate::db::errors::{Failure, Result, refusal, refuse};
use crate::db::prepared::prepared;
use crate::db::schema::{authorizations, receipts};
use crate::orders::rules;

const PENDING: &str = AuthorizationStatus::Pending.as_str();
const VALID: &str = AuthorizationStatus::Valid.as_str();
const INVALID: &str = AuthorizationStatus::Invalid.as_str();
const DEACTIVATED: &str = AuthorizationStatus::Deactivated.as_str();

/// The authorization, and whether this call stored it.
pub(crate) async fn create_authorization(
    conn: &mut Conn,
    authorization: &Authorization,
) -> Result<(Authorization, bool)> {
    require_still_valid(conn, &authorization.account).await?;
    let inserted = diesel::insert_into(authorizations::table)
        .values(NewAuthorizationRow::encode(authorization, None)?)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    let stored = get_authorization(conn, &authorization.id).await?;
    // The same account: a repeated call, whose first answer was lost.
    if inserted == 1 || stored.account == authorization.account {
        Ok((stored, inserted == 1))
    } else {
        refuse(Error::conflict("another authorization has this id"))
    }
}

pub(crate) async fn get_authorization(conn: &mut Conn, id: &AuthorizationId) -> Result<Authorization> {
    stored(conn, id).await?.decode()
}

pub(super) async fn stored(conn: &mut Conn, id: &AuthorizationId) -> Result<AuthorizationRow> {
    authorizations::table
        .find(id.as_bytes().as_slice())
        .select(AuthorizationRow::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| refusal(Error::not_found("authorization")))
}

pub(crate) async fn find_valid_authorizations(
    conn: &mut Conn,
    request: &FindValidAuthorizations,
    now: &Timestamp,
) -> Result<Vec<Authorization>> {
    // One statement per identifier, prepared once: one for all of them would differ with their number.
    let wanted: BTreeSet<_> = request.identifiers.iter().collect();
    let oldest = column::lowest_id(request.made_since);
    let mut found = Vec::with_capacity(wanted.len());
    for identifier in wanted {
        let longest_lived: Option<AuthorizationRow> = authorizations::table
            .filter(authorizations::account_id.eq(request.account.as_bytes().as_slice()))
            .filter(authorizations::identifier.eq(identifier.value()))
            .filter(authorizations::status.eq(VALID))
            // The condition of the index.
            .filter(authorizations::validated.is_not_null())
            .filter(authorizations::expires.ge(request.valid_until.as_millis()))
            .filter(authorizations::expires.gt(now.as_millis()))
            .filter(authorizations::id.ge(oldest.as_slice()))
            .order(authorizations::expires.desc())
            .select(AuthorizationRow::as_select())
            .first(conn)
            .await
            .optional()?;
        if let Some(row) = longest_lived {
            found.push(row.decode()?);
        }
    }
    Ok(found)
}

pub(crate) async fn get_order_evidence(
    conn: &mut Conn,
    order: &OrderId,
) -> Result<Vec<AuthorizationEvidence>> {
    let order = orders::get_order(conn, order).await?;
    evidence_for(conn, &order.authorizations).await
}

/// Authorizations with their receipts.
pub(super) async fn evidence_for(
    conn: &mut Conn,
    wanted: &[AuthorizationId],
) -> Result<Vec<AuthorizationEvidence>> {
    let rows: Vec<(AuthorizationRow, Option<Vec<u8>>)> = matching!(
        conn,
        authorizations::id,
        wanted.iter().map(|id| id.as_bytes().as_slice()),
        authorizations::table
            .left_join(receipts::table)
            .order((receipts::authorization_id, receipts::position))
            .select((AuthorizationRow::as_select(), receipts::receipt.nullable())),
    );
    let mut evidence: Vec<AuthorizationEvidence> = Vec::with_capacity(wanted.len());
    for (row, receipt) in rows {
        let authorization = row.decode()?;
        // The receipts of one authorization follow each other.
        if evidence
            .last()
            .is_none_or(|last| last.authorization.id != authorization.id)
        {
            evidence.push(AuthorizationEvidence {
                caa_checked: row.caa_checked(),
                authorization,
                receipts: Vec::new(),
            });
        }
        if let Some(last) = evidence.last_mut() {
            last.receipts.extend(receipt);
        }
    }
    Ok(evidence)
}

/// Keeps the receipts of a check of CAA in place of those of the check before; what proved control stays.
/// Returns whose authorization it is.
pub(crate) async fn add_receipts(
    conn: &mut Conn,
    request: &AddReceipts,
    now: &Timestamp,
) -> Result<AccountId> {
    let id = request.authorization.as_bytes().as_slice();
    let updated: Option<(Vec<u8>, Option<i64>)> = prepared!(
        diesel::update(authorizations::table.find(id))
            .filter(authorizations::status.eq(VALID))
            .set(authorizations::caa_checked.eq(request.caa_checked.as_millis()))
            .returning((authorizations::account_id, authorizations::validated))
    )
    .get_result(conn)
    .await
    .optional()?;
    let Some((account, validated)) = updated else {
        let authorization = get_authorization(conn, &request.authorization).await?;
        return refuse(Error::conflict(format!(
            "the authorization is {}",
            authorization.status
        )));
    };
    let validated = validated.ok_or(Failure::Fault("a valid authorization was never validated"))?;
    diesel::delete(receipts::table)
        .filter(receipts::authorization_id.eq(id))
        .filter(receipts::created.gt(validated))
        .execute(conn)
        .await?;
    // The row of the authorization is held by this transaction, so the next positions are nobody else's.
    let position: i64 = receipts::table
        .filter(receipts::authorization_id.eq(id))
        .count()
        .get_result(conn)
        .await?;
    // Later than the validation by any clock, since that is what tells them apart.
    let created = (*now).max(Timestamp::from_millis(validated.saturating_add(1)));
    keep_receipts(conn, &request.authorization, position, &request.receipts, created).await?;
    column::id(&account)
}

/// Stores receipts from `position` on.
pub(super) async fn keep_receipts(
    conn: &mut Conn,
    authorization: &AuthorizationId,
    position: i64,
    signed: &[Vec<u8>],
    now: Timestamp,
) -> Result<()> {
    let rows: Vec<_> = (position..)
        .zip(signed)
        .map(|(position, receipt)| {
            (
                receipts::authorization_id.eq(authorization.as_bytes().as_slice()),
                receipts::position.eq(position),
                receipts::created.eq(now.as_millis()),
                receipts::receipt.eq(receipt),
            )
        })
        .collect();
    insert_all!(conn, receipts::table, rows);
    Ok(())
}

pub(crate) async fn deactivate_authorization(conn: &mut Conn, id: &AuthorizationId) -> Result<Ended> {
    let deactivated = prepared!(
        diesel::update(authorizations::table.find(id.as_bytes().as_slice()))
            .filter(
                authorizations::status
                    .eq(PENDING)
                    .or(authorizations::status.eq(VALID)),
            )
            .set((
                authorizations::status.eq(DEACTIVATED),
                authorizations::lease_id.eq(None::<Vec<u8>>),
                authorizations::lease_owner.eq(None::<String>),
                authorizations::lease_deadline.eq(None::<i64>),
            ))
            .returning(AuthorizationRow::as_returning())
    )
    .get_result(conn)
    .await
    .optional()?;
    if let Some(row) = deactivated {
        let authorization = row.decode()?;
        let why = rules::authorization_ended(&authorization.ordered_identifier(), None);
        let orders = if row.was_valid() {
            dependents::end_dependents(conn, &authorization.account, id, &why).await?
        } else if let Some(order) = row.order()? {
            dependents::end_waiting(conn, &order, &why).await?
        } else {
            Vec::new()
        };
        return Ok(Ended {
            authorization,
            changed: true,
            orders,
        });
    }
    let authorization = get_authorization(conn, id).await?;
    if authorization.status == AuthorizationStatus::Deactivated {
        Ok(Ended {
            authorization,
            changed: false,
            orders: Vec::new(),
        })
    } else {
        refuse(Error::conflict(format!(
            "the authorization is {}",
            authorization.status
        )))
    }
}

/// Ends the pending authorizations of an account.
pub(crate) async fn end_account(conn: &mut Conn, account: &AccountId) -> Result<Vec<AuthorizationId>> {
    let ended: Vec<Vec<u8>> = prepared!(
        diesel::update(authorizations::table)
            .filter(authorizations::account_id.eq(account.as_bytes().as_slice()))
            .filter(authorizations::status.eq(PENDING))
            // The condition of the index.
            .filter(authorizations::validated.is_null())
            .set((
                authorizations::status.eq(INVALID),
                authorizations::lease_id.eq(None::<Vec<u8>>),
                authorizations::lease_owner.eq(None::<String>),
                authorizations::lease_deadline.eq(None::<i64>),
            ))
            .returning(authorizations::id)
    )
    .load(conn)
    .await?;
    ended.iter().map(|id| column::id(id)).collect()
}
