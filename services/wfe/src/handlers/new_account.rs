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
    if payload.only_return_existing {
        let found = wfe
            .sa
            .find_account_by_key(&call.context, key.thumbprint())
            .await?;
        let account = found
            .ok_or_else(|| Error::new(ErrorKind::AccountDoesNotExist, "no account exists for this key"))?;
        return show(wfe, account, StatusCode::OK);
    }
    // Counted only if an account comes of it: to find one's account again is free.
    let bucket = Bucket::new_accounts(call.client);
    wfe.check_limit(&bucket).await?;
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
    if !created.created {
        return show(wfe, created.account, StatusCode::OK);
    }
    // Another request may have taken the last one meanwhile; the account exists all the same.
    let _ = wfe.spend(bucket).await;
    show(wfe, created.account, StatusCode::CREATED)
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
