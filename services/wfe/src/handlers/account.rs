//! Accounts: reading, new contacts, deactivation (RFC 8555 sections 7.3.2 and 7.3.6).

use bytes::Bytes;
use cairn_acme::objects::AccountUpdate;
use cairn_rpc::api::ra::UpdateContact;
use cairn_types::AccountId;

use crate::answer::Answer;
use crate::front::Wfe;
use crate::present;
use crate::refusal::Refusal;
use crate::request::{Authenticated, Call};

/// Shows the account after what was to be changed is changed.
pub(super) async fn post(wfe: &Wfe, call: &Call, id: AccountId, body: Bytes) -> Result<Answer, Refusal> {
    let request: Authenticated<Option<AccountUpdate>> =
        wfe.authenticate(call, body).await?.object_or_read()?;
    request.check_owner(id, "account URL")?;
    let known = request.account().clone();
    let update = request.into_payload().unwrap_or_default();
    let changed = if update.deactivates() {
        Some(wfe.ra.deactivate_account(&call.context, id).await?)
    } else if let Some(contact) = update.contact {
        let change = UpdateContact { account: id, contact };
        Some(wfe.ra.update_contact(&call.context, change).await?)
    } else {
        None
    };
    let account = match changed {
        Some(account) => wfe.accounts.put(account)?,
        None => known,
    };
    Ok(Answer::json(&present::account(&account.account, &wfe.urls)?)?.location(&wfe.urls.account(id)))
}
