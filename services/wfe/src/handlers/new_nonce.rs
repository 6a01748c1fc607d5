//! Fresh nonces (RFC 8555 section 7.2).

use http::{HeaderName, Method, StatusCode};

use crate::answer::Answer;
use crate::front::Wfe;
use crate::request::Call;

/// The header that a nonce is in.
pub(crate) const REPLAY_NONCE: HeaderName = HeaderName::from_static("replay-nonce");

/// 200 to HEAD, 204 to GET and POST-as-GET. The answers to POST get their nonce like all others.
pub(super) fn get(wfe: &Wfe, call: &Call) -> Answer {
    let status = if call.method == Method::HEAD {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    };
    let answer = Answer::empty(status).cache_control("no-store");
    if call.method == Method::POST {
        answer
    } else {
        answer.header(REPLAY_NONCE, wfe.mint_nonce())
    }
}
