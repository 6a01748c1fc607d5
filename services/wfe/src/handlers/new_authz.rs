//! Pre-authorization (RFC 8555 section 7.4.1).

use bytes::Bytes;
use cairn_acme::objects;
use cairn_ratelimit::Bucket;
use cairn_rpc::api::ra::NewAuthorization;
use cairn_types::Error;
use http::StatusCode;

use crate::answer::Answer;
use crate::front::Wfe;
use crate::present;
use crate::refusal::Refusal;
use crate::request::{Authenticated, Call};

/// 201 with an authorization that no order asked for.
pub(super) async fn post(wfe: &Wfe, call: &Call, body: Bytes) -> Result<Answer, Refusal> {
    if !wfe.offers_new_authz {
        return Err(Error::not_found("resource").into());
    }
    let request: Authenticated<objects::NewAuthorization> = wfe.authenticate(call, body).await?.object()?;
    let wanted = NewAuthorization {
        account: request.account_id(),
        identifier: request.payload().identifier.parse()?,
    };
    wfe.spend(Bucket::new_authorizations(wanted.account)).await?;
    let authorization = wfe.ra.new_authorization(&call.context, wanted).await?;
    let object = present::authorization(&authorization, call.now, &wfe.urls, &wfe.persist);
    Ok(Answer::json(&object)?
        .with_status(StatusCode::CREATED)
        .location(&wfe.urls.authorization(authorization.id)))
}
