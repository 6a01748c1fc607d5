//! Changes of authorizations.

use cairn_proto::sa::v1 as pb;
use cairn_types::{Authorization, AuthorizationId, LeaseId, Result, Timestamp};

use super::SaClient;
use crate::Context;
use crate::api::sa::{
    AddReceipts, BeginValidation, BegunValidation, Claim, ClaimedValidation, FinishValidation, RecordAttempt,
};
use crate::client::{Repeat, call};
use crate::convert::Wire;

/// Changes of authorizations.
impl SaClient {
    /// Stores an authorization that no order asked for.
    pub async fn create_authorization(
        &self,
        context: &Context,
        authorization: Authorization,
    ) -> Result<Authorization> {
        let message = pb::CreateAuthorizationRequest {
            authorization: authorization.into_wire(),
        };
        Wire::from_wire(
            call!(
                self.authorizations,
                create_authorization,
                context,
                message,
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Takes the lease to validate a challenge.
    pub async fn begin_validation(
        &self,
        context: &Context,
        request: BeginValidation,
    ) -> Result<BegunValidation> {
        let message = request.into_wire();
        Wire::from_wire(
            call!(
                self.authorizations,
                begin_validation,
                context,
                message,
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Records a failed attempt that will be repeated.
    pub async fn record_attempt(&self, context: &Context, request: RecordAttempt) -> Result<Authorization> {
        let message = request.into_wire();
        Wire::from_wire(
            call!(
                self.authorizations,
                record_attempt,
                context,
                message,
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Moves the deadline of the lease on a validation; into the past to give the lease back.
    pub async fn renew_validation_lease(
        &self,
        context: &Context,
        authorization: AuthorizationId,
        lease: LeaseId,
        deadline: Timestamp,
    ) -> Result<()> {
        let message = pb::RenewValidationLeaseRequest {
            authorization: authorization.into_wire(),
            lease: lease.into_wire(),
            deadline: deadline.into_wire(),
        };
        call!(self.authorizations, renew_lease, context, message, Repeat::Safe)
            .await
            .map(drop)
    }

    /// Ends a validation, by the holder of its lease.
    pub async fn finish_validation(
        &self,
        context: &Context,
        request: FinishValidation,
    ) -> Result<Authorization> {
        let message = request.into_wire();
        Wire::from_wire(
            call!(
                self.authorizations,
                finish_validation,
                context,
                message,
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Gives up an authorization.
    pub async fn deactivate_authorization(
        &self,
        context: &Context,
        id: AuthorizationId,
    ) -> Result<Authorization> {
        let message = pb::DeactivateAuthorizationRequest { id: id.into_wire() };
        Wire::from_wire(
            call!(
                self.authorizations,
                deactivate_authorization,
                context,
                message,
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Adds the receipts of a later check of CAA, in place of those of the check before.
    pub async fn add_receipts(&self, context: &Context, request: AddReceipts) -> Result<()> {
        let message = request.into_wire();
        call!(self.authorizations, add_receipts, context, message, Repeat::Safe)
            .await
            .map(drop)
    }

    /// Takes over validations whose lease ran out.
    pub async fn claim_validations(&self, context: &Context, claim: Claim) -> Result<Vec<ClaimedValidation>> {
        let message = pb::ClaimValidationsRequest {
            owner: claim.owner,
            deadline: claim.deadline.into_wire(),
            limit: claim.limit,
        };
        let answer = call!(
            self.authorizations,
            claim_validations,
            context,
            message,
            Repeat::Never
        )
        .await?;
        Wire::from_wire(answer.claimed)
    }
}
