//! Accounts.

use cairn_acme::objects::AccountObject;
use cairn_types::{Account, Error};
use serde_json::value::RawValue;

use crate::urls::Urls;

/// The account object (RFC 8555 section 7.1.2).
pub(crate) fn account(account: &Account, urls: &Urls) -> Result<AccountObject, Error> {
    let binding = account
        .external_account_binding
        .clone()
        .map(RawValue::from_string)
        .transpose();
    Ok(AccountObject {
        status: account.status,
        contact: account.contact.clone(),
        terms_of_service_agreed: account.terms_agreed.is_some(),
        external_account_binding: binding
            .map_err(|error| Error::internal(format!("the stored binding of {:?}: {error}", account.id)))?,
        orders: urls.orders(account.id),
    })
}
