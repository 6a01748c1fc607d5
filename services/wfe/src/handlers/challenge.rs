//! Challenges: reading, and the client's word that it is ready (RFC 8555 section 7.5.1).

use bytes::Bytes;
use cairn_rpc::api::ra::AnswerChallenge;
use cairn_types::{AuthorizationId, ChallengeId, ChallengeStatus, Error};
use serde::Deserialize;

use crate::answer::Answer;
use crate::front::Wfe;
use crate::present;
use crate::refusal::Refusal;
use crate::request::{Authenticated, Call};

/// The challenge types that are served need nothing from the client but an object.
#[derive(Deserialize)]
struct Response {}

/// Shows the challenge, after starting its validation if the client is ready.
pub(super) async fn post(
    wfe: &Wfe,
    call: &Call,
    authz: AuthorizationId,
    id: ChallengeId,
    body: Bytes,
) -> Result<Answer, Refusal> {
    let request: Authenticated<Option<Response>> = wfe.authenticate(call, body).await?.object_or_read()?;
    let authorization = match request.payload() {
        None => {
            let authorization = wfe.sa.get_authorization(&call.context, authz).await?;
            request.check_owner(authorization.account, "challenge")?;
            authorization
        }
        Some(Response {}) => {
            let wanted = AnswerChallenge {
                account: request.account_id(),
                authorization: authz,
                challenge: id,
            };
            wfe.ra.answer_challenge(&call.context, wanted).await?
        }
    };
    let challenge = authorization
        .challenges
        .iter()
        .find(|challenge| challenge.id == id);
    let challenge = challenge.ok_or_else(|| Error::not_found("challenge"))?;
    let answer = Answer::json(&present::challenge(authz, challenge, &wfe.urls, &wfe.persist))?
        .link(&wfe.urls.authorization(authz), "up");
    Ok(if challenge.status == ChallengeStatus::Processing {
        answer.retry_after(present::VALIDATING)
    } else {
        answer
    })
}
