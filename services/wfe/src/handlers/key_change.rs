//! Account key change (RFC 8555 section 7.3.5).

use bytes::Bytes;
use cairn_acme::KeyChange;
use cairn_rpc::api::ra::ChangeAccountKey;

use crate::answer::Answer;
use crate::front::Wfe;
use crate::present;
use crate::refusal::Refusal;
use crate::request::Call;

/// 200 with the account. The request is kept as it came: it links what was proved under the old key to the
/// new one.
pub(super) async fn post(wfe: &Wfe, call: &Call, body: Bytes) -> Result<Answer, Refusal> {
    let request = wfe.authenticate(call, body).await?;
    KeyChange::verify_inner(request.payload(), &request.account().key)?;
    let wanted = ChangeAccountKey {
        account: request.account_id(),
        request: request.request().to_vec(),
    };
    let account = wfe.ra.change_key(&call.context, wanted).await?;
    let known = wfe.accounts.put(account)?;
    let object = present::account(&known.account, &wfe.urls)?;
    Ok(Answer::json(&object)?.location(&wfe.urls.account(known.account.id)))
}
