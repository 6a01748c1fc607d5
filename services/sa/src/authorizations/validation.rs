//! The transactions of a validation: a lease is taken, attempts are recorded, the lease's holder ends it.

use cairn_rpc::api::sa::{
    BeginValidation, BegunValidation, Claim, ClaimedValidation, FinishValidation, RecordAttempt,
};
use cairn_types::{
    AccountStatus, Authorization, AuthorizationId, AuthorizationStatus, ChallengeId, Error, ErrorKind, Lease,
    LeaseId, Problem, Timestamp,
};
use diesel::dsl::exists;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};

use super::accounts::require_valid;
use super::authorizations::{keep_receipts, stored};
use super::dialect::locked_or_skipped;
use super::{Conn, RunQueryDsl, dependents};
use crate::authorizations::rows::{AuthorizationRow, not_held};
use crate::authorizations::{Claimed, Finished};
use crate::db::column;
use crate::db::errors::{Result, refuse};
use crate::db::prepared::prepared;
use crate::db::schema::{accounts, authorizations};
use crate::orders::rules;

const PENDING: &str = AuthorizationStatus::Pending.as_str();
const VALID: &str = AuthorizationStatus::Valid.as_str();
const INVALID: &str = AuthorizationStatus::Invalid.as_str();

/// The authorization, and whether this call began its validation.
pub(crate) async fn begin_validation(
    conn: &mut Conn,
    request: &BeginValidation,
    now: &Timestamp,
) -> Result<(BegunValidation, bool)> {
    let lease = &request.lease;
    let account = accounts::table
        .find(request.account.as_bytes().as_slice())
        .filter(accounts::status.eq(AccountStatus::Valid.as_str()));
    let begun: Option<AuthorizationRow> = prepared!(
        diesel::update(authorizations::table.find(request.authorization.as_bytes().as_slice()))
            .filter(authorizations::account_id.eq(request.account.as_bytes().as_slice()))
            .filter(authorizations::status.eq(PENDING))
            .filter(authorizations::answered.is_null())
            .filter(authorizations::expires.gt(now.as_millis()))
            .filter(exists(account))
            .set((
                authorizations::answered.eq(request.challenge.as_bytes().as_slice()),
                authorizations::thumbprint.eq(account.select(accounts::thumbprint).single_value()),
                authorizations::lease_id.eq(lease.id.as_bytes().as_slice()),
                authorizations::lease_owner.eq(&lease.owner),
                authorizations::lease_deadline.eq(lease.deadline.as_millis()),
            ))
            .returning(AuthorizationRow::as_returning())
    )
    .get_result(conn)
    .await
    .optional()?;
    if let Some(row) = begun {
        let begun = BegunValidation {
            authorization: row.decode()?,
            leased: true,
            thumbprint: row.thumbprint()?,
        };
        require_challenge(&begun.authorization, &request.challenge)?;
        return Ok((begun, true));
    }
    let account = require_valid(conn, &request.account).await?;
    let row = stored(conn, &request.authorization).await?;
    let authorization = row.decode()?;
    if authorization.account != account.id {
        return refuse(Error::unauthorized(
            "the authorization belongs to another account",
        ));
    }
    require_challenge(&authorization, &request.challenge)?;
    // The lease is there already if the answer to a first call was lost.
    let leased = row.lease_id.as_deref() == Some(lease.id.as_bytes().as_slice())
        && authorization.status == AuthorizationStatus::Pending;
    let begun = BegunValidation {
        authorization,
        leased,
        thumbprint: if leased {
            row.thumbprint()?
        } else {
            account.thumbprint
        },
    };
    Ok((begun, false))
}

fn require_challenge(authorization: &Authorization, id: &ChallengeId) -> Result<()> {
    if authorization
        .challenges
        .iter()
        .any(|challenge| challenge.id == *id)
    {
        Ok(())
    } else {
        refuse(Error::not_found("challenge"))
    }
}

pub(crate) async fn record_attempt(conn: &mut Conn, request: &RecordAttempt) -> Result<Authorization> {
    let recorded: Option<AuthorizationRow> = prepared!(
        diesel::update(authorizations::table.find(request.authorization.as_bytes().as_slice()))
            .filter(authorizations::status.eq(PENDING))
            .filter(authorizations::answered.eq(request.challenge.as_bytes().as_slice()))
            .filter(authorizations::lease_id.eq(request.lease.as_bytes().as_slice()))
            .set((
                authorizations::error.eq(column::to_json(&request.problem)?),
                authorizations::lease_deadline.eq(request.deadline.as_millis()),
            ))
            .returning(AuthorizationRow::as_returning())
    )
    .get_result(conn)
    .await
    .optional()?;
    match recorded {
        Some(row) => row.decode(),
        None => refuse(not_held(
            stored(conn, &request.authorization).await?.decode()?.status,
        )),
    }
}

/// Moves the deadline of a lease that is still held.
pub(crate) async fn renew_lease(
    conn: &mut Conn,
    id: &AuthorizationId,
    lease: &LeaseId,
    deadline: &Timestamp,
) -> Result<()> {
    let renewed: Option<Vec<u8>> = prepared!(
        diesel::update(authorizations::table.find(id.as_bytes().as_slice()))
            .filter(authorizations::status.eq(PENDING))
            .filter(authorizations::lease_id.eq(lease.as_bytes().as_slice()))
            .set(authorizations::lease_deadline.eq(deadline.as_millis()))
            .returning(authorizations::id)
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

pub(crate) async fn finish_validation(
    conn: &mut Conn,
    request: &FinishValidation,
    now: &Timestamp,
) -> Result<Finished> {
    let (id, lease) = (&request.authorization, &request.lease);
    let settled = match &request.problem {
        None => succeed(conn, request, *now).await?,
        Some(problem) => fail(conn, request, problem).await?,
    };
    if let Some(row) = settled {
        keep_receipts(conn, id, 0, &request.receipts, *now).await?;
        return spread(conn, &row, request.problem.as_ref()).await;
    }
    let row = stored(conn, id).await?;
    let authorization = row.decode()?;
    let held = row.lease_id.as_deref() == Some(lease.as_bytes().as_slice())
        && row.answered().ok() == Some(request.challenge);
    let wanted = if request.problem.is_none() {
        AuthorizationStatus::Valid
    } else {
        AuthorizationStatus::Invalid
    };
    if held && authorization.status == wanted {
        // A repeated call, whose first answer was lost.
        return Ok(Finished {
            authorization,
            changed: false,
            ready: None,
            ended: Vec::new(),
        });
    }
    if held && authorization.status == AuthorizationStatus::Pending {
        // It succeeded, but too late: clients have been told already that the authorization is invalid.
        let problem = expired();
        if let Some(row) = fail(conn, request, &problem).await? {
            keep_receipts(conn, id, 0, &request.receipts, *now).await?;
            return spread(conn, &row, Some(&problem)).await;
        }
    }
    refuse(not_held(authorization.status))
}

fn expired() -> Problem {
    Problem {
        kind: ErrorKind::Unauthorized,
        detail: "the authorization expired before control was proved".to_owned(),
        subproblems: Vec::new(),
        observations: Vec::new(),
    }
}

/// Makes the authorization valid, if the lease is still held and time is left.
async fn succeed(
    conn: &mut Conn,
    request: &FinishValidation,
    now: Timestamp,
) -> Result<Option<AuthorizationRow>> {
    let row = prepared!(
        diesel::update(authorizations::table.find(request.authorization.as_bytes().as_slice()))
            .filter(authorizations::status.eq(PENDING))
            .filter(authorizations::answered.eq(request.challenge.as_bytes().as_slice()))
            .filter(authorizations::lease_id.eq(request.lease.as_bytes().as_slice()))
            .filter(authorizations::expires.gt(now.as_millis()))
            .set((
                authorizations::status.eq(VALID),
                authorizations::expires.eq(request.expires.as_millis()),
                authorizations::validated.eq(now.as_millis()),
                authorizations::caa_checked.eq(now.as_millis()),
                authorizations::error.eq(None::<String>),
                authorizations::lease_owner.eq(None::<String>),
                authorizations::lease_deadline.eq(None::<i64>),
            ))
            .returning(AuthorizationRow::as_returning())
    )
    .get_result(conn)
    .await
    .optional()?;
    Ok(row)
}

/// Makes the authorization invalid, if the lease is still held.
async fn fail(
    conn: &mut Conn,
    request: &FinishValidation,
    problem: &Problem,
) -> Result<Option<AuthorizationRow>> {
    let row = prepared!(
        diesel::update(authorizations::table.find(request.authorization.as_bytes().as_slice()))
            .filter(authorizations::status.eq(PENDING))
            .filter(authorizations::answered.eq(request.challenge.as_bytes().as_slice()))
            .filter(authorizations::lease_id.eq(request.lease.as_bytes().as_slice()))
            .set((
                authorizations::status.eq(INVALID),
                authorizations::error.eq(column::to_json(problem)?),
                authorizations::lease_owner.eq(None::<String>),
                authorizations::lease_deadline.eq(None::<i64>),
            ))
            .returning(AuthorizationRow::as_returning())
    )
    .get_result(conn)
    .await
    .optional()?;
    Ok(row)
}

/// Lets the order that waits for it know what became of an authorization. There is one at the most: others use
/// it once it is valid.
async fn spread(conn: &mut Conn, row: &AuthorizationRow, problem: Option<&Problem>) -> Result<Finished> {
    let mut finished = Finished {
        authorization: row.decode()?,
        changed: true,
        ready: None,
        ended: Vec::new(),
    };
    if let Some(order) = row.order()? {
        if problem.is_some() {
            let identifier = finished.authorization.ordered_identifier();
            let why = rules::authorization_ended(&identifier, problem);
            finished.ended = dependents::end_waiting(conn, &order, &why).await?;
        } else if dependents::count_down(conn, &order).await? {
            finished.ready = Some(order);
        }
    }
    Ok(finished)
}

/// Takes over what has time left; what has none is ended, since nobody else would.
pub(crate) async fn claim_validations(
    conn: &mut Conn,
    claim: &Claim,
    leases: &[LeaseId],
    now: &Timestamp,
) -> Result<Claimed> {
    let abandoned: Vec<AuthorizationRow> = locked_or_skipped!(
        authorizations::table
            .filter(authorizations::lease_deadline.le(now.as_millis()))
            .filter(authorizations::status.eq(PENDING))
            .order(authorizations::lease_deadline)
            .limit(i64::try_from(leases.len()).unwrap_or(i64::MAX))
            .select(AuthorizationRow::as_select()),
    )
    .load(conn)
    .await?;
    let mut claimed = Claimed::default();
    for (row, lease) in abandoned.iter().zip(leases) {
        let authorization = row.decode()?;
        let old = LeaseId::from_slice(row.lease_id.as_deref().unwrap_or_default())
            .map_err(column::damaged("lease"))?;
        if authorization.expires <= *now {
            claimed.ended.push(end_expired(conn, row, old).await?);
            continue;
        }
        let lease = Lease {
            id: *lease,
            owner: claim.owner.clone(),
            deadline: claim.deadline,
        };
        let moved: Option<Vec<u8>> = prepared!(
            diesel::update(authorizations::table.find(authorization.id.as_bytes().as_slice()))
                .filter(authorizations::lease_id.eq(old.as_bytes().as_slice()))
                .set((
                    authorizations::lease_id.eq(lease.id.as_bytes().as_slice()),
                    authorizations::lease_owner.eq(&lease.owner),
                    authorizations::lease_deadline.eq(lease.deadline.as_millis()),
                ))
                .returning(authorizations::id)
        )
        .get_result(conn)
        .await
        .optional()?;
        if moved.is_some() {
            let (challenge, thumbprint) = (row.answered()?, row.thumbprint()?);
            claimed.work.push(ClaimedValidation {
                authorization,
                challenge,
                thumbprint,
                lease,
            });
        }
    }
    Ok(claimed)
}

async fn end_expired(conn: &mut Conn, row: &AuthorizationRow, lease: LeaseId) -> Result<Finished> {
    let authorization = row.decode()?;
    let problem = expired();
    let request = FinishValidation {
        authorization: authorization.id,
        challenge: row.answered()?,
        lease,
        problem: None,
        expires: authorization.expires,
        receipts: Vec::new(),
    };
    match fail(conn, &request, &problem).await? {
        Some(row) => spread(conn, &row, Some(&problem)).await,
        None => refuse(not_held(authorization.status)),
    }
}
