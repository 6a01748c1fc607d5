//! Account creation and look-up (RFC 8555 sections 7.3, 7.3.1 and 7.3.4).

use bytes::Bytes;
use cairn_acme::objects;
use cairn_ratelimit::Bucket;
use cairn_rpc::api::ra::NewAccount;
use cairn_types::{Account, AccountStatus, Error, ErrorKind};
use http::StatusCode;

use crate::answer::Answer;
use crate::front::Wfe;
use crate::present;
use crate::refusal::Refusal;
use crate::request::{Call, SignedByKey};

/// 201 with a new account, or 200 with the one that the key has.
pub(super) async fn post(wfe: &Wfe, call: &Call, body: Bytes) -> Result<Answer, Refusal> {
    let request: SignedByKey<objects::NewAccount> = wfe.authenticate_key(call, &body).await?.object()?;
    let key = request.key().clone();
    let payload = request.into_payload();
    let found = wfe
        .sa
        .find_account_by_key(&call.context, key.thumbprint())
        .await?;
    if let Some(account) = found {
        return show(wfe, account, StatusCode::OK);
    }
    if payload.only_return_existing {
        return Err(Error::new(ErrorKind::AccountDoesNotExist, "no account exists for this key").into());
    }
    // To find one's account again was free. What is new counts before it is tried: counted afterwards,
    // requests at the same time would all pass.
    wfe.spend(Bucket::new_accounts(call.client)).await?;
    let created = wfe
        .ra
        .new_account(
            &call.context,
            NewAccount {
                jwk: key.jwk().to_owned(),
                contact: payload.contact.unwrap_or_default(),
                terms_agreed: payload.terms_of_service_agreed,
                external_account_binding: payload
                    .external_account_binding
                    .map(|binding| binding.get().to_owned()),
                url: wfe.urls.absolute(&call.target),
            },
        )
        .await?;
    let status = if created.created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    show(wfe, created.account, status)
}

fn show(wfe: &Wfe, account: Account, status: StatusCode) -> Result<Answer, Refusal> {
    if account.status != AccountStatus::Valid {
        return Err(Refusal::inactive(account.status));
    }
    let known = wfe.accounts.put(account)?;
    let object = present::account(&known.account, &wfe.urls)?;
    Ok(Answer::json(&object)?
        .with_status(status)
        .location(&wfe.urls.account(known.account.id)))
}
