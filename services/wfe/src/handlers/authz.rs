//! Authorizations: reading and deactivation (RFC 8555 sections 7.5 and 7.5.2).

use bytes::Bytes;
use cairn_acme::objects::AuthorizationUpdate;
use cairn_rpc::api::ra::DeactivateAuthorization;
use cairn_types::{AuthorizationId, Error};

use crate::answer::Answer;
use crate::front::Wfe;
use crate::present;
use crate::refusal::Refusal;
use crate::request::{Authenticated, Call};

/// Shows the authorization, after giving it up if that is asked for.
pub(super) async fn post(
    wfe: &Wfe,
    call: &Call,
    id: AuthorizationId,
    body: Bytes,
) -> Result<Answer, Refusal> {
    let request: Authenticated<Option<AuthorizationUpdate>> =
        wfe.authenticate(call, body).await?.object_or_read()?;
    let authorization = match request.payload() {
        None => {
            let authorization = wfe.sa.get_authorization(&call.context, id).await?;
            request.check_owner(authorization.account, "authorization")?;
            authorization
        }
        Some(update) if update.deactivates() => {
            let wanted = DeactivateAuthorization {
                account: request.account_id(),
                authorization: id,
            };
            wfe.ra.deactivate_authorization(&call.context, wanted).await?
        }
        Some(_) => {
            let detail = "the only change of an authorization is {\"status\":\"deactivated\"} (RFC 8555 section 7.5.2)";
            return Err(Error::malformed(detail).into());
        }
    };
    let answer = Answer::json(&present::authorization(
        &authorization,
        call.now,
        &wfe.urls,
        &wfe.persist,
    ))?;
    Ok(if present::is_validating(&authorization, call.now) {
        answer.retry_after(present::VALIDATING)
    } else {
        answer
    })
}
