//! Drives a validation to its end.
//!
//! As with orders, every path either ends the validation or gives its lease up, upon which a janitor resumes it;
//! performing a challenge twice is harmless.

use cairn_rpc::Context;
use cairn_rpc::api::sa::{FinishValidation, RecordAttempt};
use cairn_types::{
    Authorization, ChallengeType, Duration, Error, ErrorKind, Problem, Result, Timestamp, ValidationOutcome,
    ValidationRequest,
};

use super::Validating;
use crate::Ra;
use crate::lease::Work;
use crate::persistence::{LATER, pauses};

/// What one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(60);

impl Ra {
    /// Starts the validation in a task of its own, which outlives the request, and waits a little for its end.
    pub(crate) async fn validate_in_background(
        &self,
        context: &Context,
        validating: Validating,
    ) -> Result<Authorization> {
        let processing = validating.authorization.clone();
        let (ra, background) = (self.clone(), context.clone());
        let task = self
            .tasks
            .spawn(async move { ra.drive_validation(&background, validating).await });
        match tokio::time::timeout(self.settings.validation_wait, task).await {
            Ok(Ok(authorization)) => authorization,
            Ok(Err(failed)) => Err(Error::internal(format!("the validation task ended: {failed}"))),
            Err(_still_running) => Ok(processing),
        }
    }

    /// Validates, while the lease is kept.
    pub(crate) async fn drive_validation(
        &self,
        context: &Context,
        validating: Validating,
    ) -> Result<Authorization> {
        let id = validating.authorization.id;
        let (on, lasts) = (Work::Validation(id), self.settings.validation_lease);
        let work = self.validate(context, &validating);
        match self
            .under_lease(context, on, validating.lease.id, lasts, work)
            .await
        {
            // Somebody else ended it, or the client gave the authorization up: what is stored counts.
            Some(Err(error)) if error.kind() == ErrorKind::Conflict => {
                self.sa.get_authorization(&context.detached(ATTEMPT), id).await
            }
            Some(ended) => ended,
            None => Ok(validating.authorization),
        }
    }

    /// Validates, and again after a pause where a repetition may end differently (RFC 8555 section 8.2).
    async fn validate(&self, context: &Context, validating: &Validating) -> Result<Authorization> {
        let authorization = &validating.authorization;
        let mut retries = self.settings.validation_retries.iter();
        let mut outage = pauses();
        loop {
            let attempt = context.detached(ATTEMPT);
            let outcome = match self.va.validate(&attempt, self.request(validating)?).await {
                Ok(outcome) => outcome,
                Err(error)
                    if error.kind() == ErrorKind::Unavailable && self.clock.now() < authorization.expires =>
                {
                    // Not the client's fault: the challenge is processing until one does.
                    tracing::warn!(authorization = %authorization.id, why = error.internal,
                        "no validation authority answered; another attempt follows");
                    tokio::time::sleep(outage.next().unwrap_or(LATER)).await;
                    continue;
                }
                Err(error) => {
                    tracing::error!(authorization = %authorization.id, kind = error.kind().as_str(),
                        why = error.internal, "the validation authority refused");
                    refused(error.problem)
                }
            };
            match (&outcome.problem, retries.next()) {
                (Some(problem), Some(pause)) if outcome.transient => {
                    self.record_attempt(context, validating, problem.clone()).await?;
                    tokio::time::sleep(*pause).await;
                }
                _ => return self.finish(context, validating, outcome).await,
            }
        }
    }

    fn request(&self, validating: &Validating) -> Result<ValidationRequest> {
        let authorization = &validating.authorization;
        let challenge = validating.answered().ok_or_else(|| {
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
        match self.sa.record_attempt(&context.detached(ATTEMPT), attempt).await {
            Err(error) if error.kind() == ErrorKind::Unavailable => {
                tracing::warn!(authorization = %validating.authorization.id, why = error.internal,
                    "a failed attempt is not recorded");
                Ok(())
            }
            recorded => recorded.map(drop),
        }
    }

    async fn finish(
        &self,
        context: &Context,
        validating: &Validating,
        outcome: ValidationOutcome,
    ) -> Result<Authorization> {
        let method = validating.answered().map(|challenge| challenge.kind);
        let expires = self.valid_until(method, outcome.valid_until);
        let problem = outcome.problem;
        let end = FinishValidation {
            authorization: validating.authorization.id,
            challenge: validating.challenge,
            lease: validating.lease.id,
            problem: problem.clone(),
            expires,
            receipts: outcome.receipts,
        };
        let finished = self
            .insist(context, ATTEMPT, async |context| {
                self.sa.finish_validation(&context, end.clone()).await
            })
            .await?;
        self.measures.validation_ended(method, problem.as_ref());
        if let Some(problem) = &problem {
            self.count_failure(&validating.authorization, problem).await;
        }
        Ok(finished)
    }

    /// Until when an authorization may be used that is proved now: no longer than configured, than the method allows,
    /// or than what was seen says itself.
    fn valid_until(&self, method: Option<ChallengeType>, seen: Option<Timestamp>) -> Timestamp {
        let now = self.clock.now();
        let configured = self.settings.authorization_lifetime;
        let reuse = method.and_then(ChallengeType::max_reuse).unwrap_or(configured);
        let until = now + configured.min(reuse);
        seen.map_or(until, |seen| seen.min(until)).floor_secs()
    }
}

fn refused(problem: Problem) -> ValidationOutcome {
    ValidationOutcome {
        problem: Some(problem),
        transient: false,
        receipts: Vec::new(),
        observations: Vec::new(),
        valid_until: None,
    }
}
