//! The page on which the holder of an account agrees to new terms of service (RFC 8555 section 7.3.3).
//!
//! The registration authority made the link, and checks it. Looking at the page changes nothing.

use cairn_types::AccountId;

use crate::answer::Answer;
use crate::front::Wfe;
use crate::page::{self, escape};
use crate::refusal::Refusal;
use crate::request::Call;

/// GET: the question.
pub(super) fn get(wfe: &Wfe) -> Answer {
    let terms = wfe.urls.terms_of_service().map_or_else(String::new, escape);
    let question = format!(
        "<h1>New terms of service</h1><p>The terms of service of this certificate authority have changed. Read \
         <a href=\"{terms}\">the present terms</a>. Your account can order certificates again once you have agreed to \
         them.</p><form method=\"post\"><button>I agree to these terms</button></form>"
    );
    page::answer(page::html("New terms of service", &question))
}

/// POST: the answer.
pub(super) async fn post(wfe: &Wfe, call: &Call, account: AccountId, proof: &str) -> Result<Answer, Refusal> {
    wfe.ra
        .agree_to_terms(&call.context, account, proof.to_owned())
        .await?;
    let thanks =
        "<h1>Thank you</h1><p>Your account can order certificates again. You may close this page.</p>";
    Ok(page::answer(page::html("Terms of service agreed to", thanks)))
}
