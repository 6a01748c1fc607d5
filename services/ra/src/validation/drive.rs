//! Drives a validation to its end.
//!
//! As with orders, every path either ends the validation or leaves its lease to run out, upon which a janitor
//! resumes it; performing a challenge twice is harmless.

use cairn_rpc::Context;
use cairn_rpc::api::sa::{FinishValidation, RecordAttempt};
use cairn_types::{Authorization, Error, ErrorKind, Problem, Result, ValidationOutcome, ValidationRequest};

use super::Validating;
use crate::Ra;

impl Ra {
    /// Starts the validation in a task of its own, which outlives the request, and waits a little for its end.
    pub(crate) async fn validate_in_background(
        &self,
        context: &Context,
        validating: Validating,
    ) -> Result<Authorization> {
        let processing = validating.authorization.clone();
        let ra = self.clone();
        let background = context.detached(self.settings.validation_lease);
        let task = self
            .tasks
            .spawn(async move { ra.drive_validation(&background, validating).await });
        match tokio::time::timeout(self.settings.validation_wait, task).await {
            Ok(Ok(authorization)) => authorization,
            Ok(Err(failed)) => Err(Error::internal(format!("the validation task ended: {failed}"))),
            Err(_still_running) => Ok(processing),
        }
    }

    /// Validates, and again after a pause where a repetition may end differently (RFC 8555 section 8.2).
    pub(crate) async fn drive_validation(
        &self,
        context: &Context,
        validating: Validating,
    ) -> Result<Authorization> {
        let mut pauses = self.settings.validation_retries.iter();
        loop {
            let outcome = match self.va.validate(context, self.request(&validating)?).await {
                Ok(outcome) => outcome,
                Err(error) if self.clock.now() >= validating.authorization.expires => refused(error.problem),
                Err(error) => {
                    // The janitor resumes when the lease has run out; meanwhile the challenge is processing.
                    tracing::warn!(authorization = %validating.authorization.id, why = error.internal,
                        "no validation authority answered");
                    return Ok(validating.authorization);
                }
            };
            match (&outcome.problem, pauses.next()) {
                (Some(problem), Some(pause)) if outcome.transient => {
                    self.record_attempt(context, &validating, problem.clone()).await?;
                    tokio::time::sleep(*pause).await;
                }
                _ => return self.finish(context, &validating, outcome).await,
            }
        }
    }

    fn request(&self, validating: &Validating) -> Result<ValidationRequest> {
        let authorization = &validating.authorization;
        let challenge = authorization
            .challenges
            .iter()
            .find(|challenge| challenge.id == validating.challenge)
            .ok_or_else(|| {
                Error::internal("the authorization does not have the challenge under validation")
            })?;
        Ok(ValidationRequest {
            identifier: authorization.identifier.clone(),
            wildcard: authorization.wildcard,
            method: challenge.kind,
            token: challenge.token.clone(),
            thumbprint: validating.thumbprint,
            account_uri: self.account_uri(authorization.account),
        })
    }

    async fn record_attempt(
        &self,
        context: &Context,
        validating: &Validating,
        problem: Problem,
    ) -> Result<()> {
        let attempt = RecordAttempt {
            authorization: validating.authorization.id,
            challenge: validating.challenge,
            lease: validating.lease.id,
            problem,
            deadline: self.clock.now() + self.settings.validation_lease,
        };
        self.sa.record_attempt(context, attempt).await.map(drop)
    }

    async fn finish(
        &self,
        context: &Context,
        validating: &Validating,
        outcome: ValidationOutcome,
    ) -> Result<Authorization> {
        let expires = (self.clock.now() + self.settings.authorization_lifetime).floor_secs();
        let end = FinishValidation {
            authorization: validating.authorization.id,
            challenge: validating.challenge,
            lease: validating.lease.id,
            problem: outcome.problem,
            expires,
            receipts: outcome.receipts,
        };
        match self.sa.finish_validation(context, end).await {
            // Somebody else ended it, or the client gave the authorization up: what is stored counts.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                self.sa
                    .get_authorization(context, validating.authorization.id)
                    .await
            }
            finished => finished,
        }
    }
}

fn refused(problem: Problem) -> ValidationOutcome {
    ValidationOutcome {
        problem: Some(problem),
        transient: false,
        receipts: Vec::new(),
    }
}
