//! A client says that it is ready (RFC 8555 section 7.5.1), or gives an authorization up (section 7.5.2).

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
        let account = self.valid_account(context, request.account).await?;
        let authorization = self.sa.get_authorization(context, request.authorization).await?;
        if authorization.account != account.id {
            return Err(Error::unauthorized(
                "the authorization belongs to another account",
            ));
        }
        let challenge = authorization
            .challenges
            .iter()
            .find(|challenge| challenge.id == request.challenge)
            .ok_or_else(|| Error::not_found("challenge"))?;
        if let (Some(limiter), ChallengeStatus::Pending) = (&self.limiter, challenge.status) {
            self.may_attempt(limiter, &authorization).await?;
        }
        let lease = self.lease(
            LeaseId::new(&*self.clock, &*self.rng),
            self.settings.validation_lease,
        );
        let begun = self
            .sa
            .begin_validation(
                context,
                BeginValidation {
                    authorization: authorization.id,
                    challenge: request.challenge,
                    lease: lease.clone(),
                    account: account.id,
                },
            )
            .await?;
        if !begun.leased {
            return Ok(begun.authorization);
        }
        let validating = Validating::new(begun.authorization, request.challenge, &account, lease);
        self.validate_in_background(context, validating).await
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
