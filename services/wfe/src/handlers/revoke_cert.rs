//! Revocation (RFC 8555 section 7.6).

use bytes::Bytes;
use cairn_acme::objects::RevocationPayload;
use cairn_acme::{base64url, json};
use cairn_rpc::api::ra::{RevocationSigner, Revoke};
use cairn_types::Error;
use http::StatusCode;

use crate::answer::Answer;
use crate::front::Wfe;
use crate::refusal::Refusal;
use crate::request::{Call, Signer};

/// 200 without a body. Whether the signer may revoke is for the registration authority to say.
pub(super) async fn post(wfe: &Wfe, call: &Call, body: Bytes) -> Result<Answer, Refusal> {
    let (signer, verified) = wfe.authenticate_either(call, &body).await?;
    let payload: RevocationPayload = json::from_slice(verified.payload())?;
    let certificate = base64url::decode(&payload.certificate).map_err(|_| {
        Error::malformed("the \"certificate\" to revoke is not base64url without padding (DER, not PEM)")
    })?;
    let wanted = Revoke {
        certificate,
        reason: payload.reason,
        signer: match signer {
            Signer::Account(id) => RevocationSigner::Account(id),
            Signer::Key(key) => RevocationSigner::Key(key.jwk().to_owned()),
        },
    };
    wfe.ra.revoke(&call.context, wanted).await?;
    Ok(Answer::empty(StatusCode::OK))
}
