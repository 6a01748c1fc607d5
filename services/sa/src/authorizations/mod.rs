//! Authorizations, their challenges, and what validators signed about them.

pub(crate) mod rows;

use cairn_kit::audit::Actor;
use cairn_rpc::Context;
use cairn_rpc::api::sa::{
    AddReceipts, AuthorizationEvidence, BeginValidation, BegunValidation, Claim, ClaimedValidation,
    FindValidAuthorizations, FinishValidation, RecordAttempt,
};
use cairn_types::{Authorization, AuthorizationId, AuthorizationStatus, LeaseId, OrderId, Result, Timestamp};

use crate::Store;
use crate::audit::{JANITOR, holder, record};
use crate::db::{look_up, transact};
use crate::orders::{EndedOrder, record_ended};
use crate::trail::Origin;

/// An authorization that was given up, and what ended with it.
pub(crate) struct Ended {
    pub(crate) authorization: Authorization,
    /// False if it was given up before.
    pub(crate) changed: bool,
    /// The orders that needed it.
    pub(crate) orders: Vec<EndedOrder>,
}

/// An authorization whose validation ended.
pub(crate) struct Finished {
    pub(crate) authorization: Authorization,
    /// False if it ended before, by the same lease.
    pub(crate) changed: bool,
    /// The order that became ready.
    pub(crate) ready: Option<OrderId>,
    /// The orders that became invalid.
    pub(crate) ended: Vec<EndedOrder>,
}

/// Validations whose lease ran out.
#[derive(Default)]
pub(crate) struct Claimed {
    /// Taken over.
    pub(crate) work: Vec<ClaimedValidation>,
    /// Too late for that.
    pub(crate) ended: Vec<Finished>,
}

/// The calls on authorizations; `proto/cairn/sa/v1` tells what each does.
impl Store {
    pub(crate) async fn create_authorization(
        &self,
        context: &Context,
        authorization: Authorization,
    ) -> Result<Authorization> {
        let (stored, created) = transact!(
            self.db(),
            context,
            authorizations::create_authorization(authorization)
        )?;
        if created {
            record(context, "authorization.created", &stored.id, &stored.account)
                .created(stored.status.as_str())
                .write();
        }
        Ok(stored)
    }

    pub(crate) async fn get_authorization(&self, id: AuthorizationId) -> Result<Authorization> {
        look_up!(self.db(), authorizations::get_authorization(id))
    }

    pub(crate) async fn find_valid_authorizations(
        &self,
        request: FindValidAuthorizations,
    ) -> Result<Vec<Authorization>> {
        let now = self.now();
        look_up!(self.db(), authorizations::find_valid_authorizations(request, now))
    }

    pub(crate) async fn get_order_evidence(&self, order: OrderId) -> Result<Vec<AuthorizationEvidence>> {
        look_up!(self.db(), authorizations::get_order_evidence(order))
    }

    pub(crate) async fn begin_validation(
        &self,
        context: &Context,
        request: BeginValidation,
    ) -> Result<BegunValidation> {
        let (now, challenge) = (self.now(), request.challenge);
        let (begun, new) = transact!(self.db(), context, validation::begin_validation(request, now))?;
        if new {
            record(
                context,
                "challenge.answered",
                &challenge,
                &begun.authorization.account,
            )
            .moved("pending", "processing")
            .detail("authorization", begun.authorization.id.to_string())
            .write();
        }
        Ok(begun)
    }

    pub(crate) async fn record_attempt(
        &self,
        context: &Context,
        request: RecordAttempt,
    ) -> Result<Authorization> {
        let (challenge, kind) = (request.challenge, request.problem.kind);
        let authorization = transact!(self.db(), context, validation::record_attempt(request))?;
        record(
            context,
            "challenge.attempt_failed",
            &challenge,
            &authorization.account,
        )
        .detail("problem", kind.as_str())
        .write();
        Ok(authorization)
    }

    pub(crate) async fn renew_validation_lease(
        &self,
        context: &Context,
        id: AuthorizationId,
        lease: LeaseId,
        deadline: Timestamp,
    ) -> Result<()> {
        transact!(self.db(), context, validation::renew_lease(id, lease, deadline))
    }

    pub(crate) async fn finish_validation(
        &self,
        context: &Context,
        request: FinishValidation,
    ) -> Result<Authorization> {
        let now = self.now();
        let finished = transact!(self.db(), context, validation::finish_validation(request, now))?;
        finished.write_audit(context, &holder(&finished.authorization.account));
        Ok(finished.authorization)
    }

    pub(crate) async fn deactivate_authorization(
        &self,
        context: &Context,
        id: AuthorizationId,
    ) -> Result<Authorization> {
        let ended = transact!(self.db(), context, authorizations::deactivate_authorization(id))?;
        let account = &ended.authorization.account;
        if ended.changed {
            let was = match ended.authorization.validated_by {
                Some(_) => AuthorizationStatus::Valid,
                None => AuthorizationStatus::Pending,
            };
            record(context, "authorization.deactivated", &id, account)
                .moved(was.as_str(), ended.authorization.status.as_str())
                .write();
        }
        record_ended(context, account, &holder(account), &ended.orders);
        Ok(ended.authorization)
    }

    pub(crate) async fn add_receipts(&self, context: &Context, request: AddReceipts) -> Result<()> {
        let (now, id, count) = (self.now(), request.authorization, request.receipts.len());
        let account = transact!(self.db(), context, authorizations::add_receipts(request, now))?;
        record(context, "authorization.caa_checked", &id, &account)
            .detail("receipts", count)
            .write();
        Ok(())
    }

    pub(crate) async fn claim_validations(
        &self,
        context: &Context,
        claim: Claim,
    ) -> Result<Vec<ClaimedValidation>> {
        let (leases, now) = (self.lease_ids(claim.limit), self.now());
        let claimed = transact!(
            self.db(),
            Origin::by(context, &JANITOR),
            validation::claim_validations(claim, leases, now)
        )?;
        for finished in &claimed.ended {
            finished.write_audit(context, &JANITOR);
        }
        for work in &claimed.work {
            record(
                context,
                "challenge.claimed",
                &work.challenge,
                &work.authorization.account,
            )
            .by(JANITOR)
            .detail("account", work.authorization.account.to_string())
            .detail("owner", work.lease.owner.as_str())
            .write();
        }
        Ok(claimed.work)
    }
}

impl Finished {
    fn write_audit(&self, context: &Context, by: &Actor) {
        let Authorization {
            id, account, status, ..
        } = &self.authorization;
        if self.changed {
            record(context, "authorization.validated", id, account)
                .by(by.clone())
                .moved("pending", status.as_str())
                .write();
        }
        if let Some(order) = &self.ready {
            record(context, "order.ready", order, account)
                .by(by.clone())
                .moved("pending", "ready")
                .write();
        }
        record_ended(context, account, by, &self.ended);
    }
}
