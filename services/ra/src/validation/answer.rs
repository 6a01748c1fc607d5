//! A client says that it is ready (RFC 8555 section 7.5.1), or gives an authorization up (section 7.5.2).

use cairn_ratelimit::Limiter;
use cairn_rpc::Context;
use cairn_rpc::api::ra::{AnswerChallenge, DeactivateAuthorization};
use cairn_rpc::api::sa::BeginValidation;
use cairn_types::{Authorization, ChallengeStatus, Error, LeaseId, Result};

use super::Validating;
use crate::Ra;

impl Ra {
    /// Starts the validation and waits a little for its end. A challenge that is processing or final stays as it is.
    pub(crate) async fn answer_challenge(
        &self,
        context: &Context,
        request: AnswerChallenge,
    ) -> Result<Authorization> {
        if let Some(limiter) = &self.limiter {
            self.check_limit(context, limiter, &request).await?;
        }
        let lease = self.lease(
            LeaseId::new(&*self.clock, &*self.rng),
            self.settings.validation_lease,
        );
        let wanted = BeginValidation {
            authorization: request.authorization,
            challenge: request.challenge,
            lease: lease.clone(),
            account: request.account,
        };
        let begun = self.sa.begin_validation(context, wanted).await?;
        if !begun.leased {
            return Ok(begun.authorization);
        }
        let validating = Validating {
            authorization: begun.authorization,
            challenge: request.challenge,
            thumbprint: begun.thumbprint,
            lease,
        };
        self.validate_in_background(context, validating).await
    }

    /// Refuses to begin what failed too often. Whose the authorization is, and whether there is something to begin,
    /// is looked at when it begins.
    async fn check_limit(
        &self,
        context: &Context,
        limiter: &Limiter,
        request: &AnswerChallenge,
    ) -> Result<()> {
        let authorization = self.sa.get_authorization(context, request.authorization).await?;
        let begins = authorization.account == request.account
            && authorization.challenges.iter().any(|challenge| {
                challenge.id == request.challenge && challenge.status == ChallengeStatus::Pending
            });
        if begins {
            self.may_attempt(limiter, &authorization).await
        } else {
            Ok(())
        }
    }

    /// Gives an authorization up.
    pub(crate) async fn deactivate_authorization(
        &self,
        context: &Context,
        request: DeactivateAuthorization,
    ) -> Result<Authorization> {
        let authorization = self.sa.get_authorization(context, request.authorization).await?;
        if authorization.account != request.account {
            return Err(Error::unauthorized(
                "the authorization belongs to another account",
            ));
        }
        self.sa.deactivate_authorization(context, authorization.id).await
    }
}
