//! The certificates of issuers and roots, in DER (RFC 5280 section 4.2.2.1).

use bytes::Bytes;
use cairn_types::Error;

use crate::answer::Answer;
use crate::front::Wfe;
use crate::refusal::Refusal;

/// GET.
pub(super) fn get(wfe: &Wfe, id: &str) -> Result<Answer, Refusal> {
    let der = wfe.issuers.der(id).ok_or_else(|| Error::not_found("issuer"))?;
    Ok(
        Answer::bytes("application/pkix-cert", Bytes::copy_from_slice(der))
            .cache_control("public, max-age=86400"),
    )
}
