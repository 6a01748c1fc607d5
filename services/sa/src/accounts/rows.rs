//! Accounts as rows.

use cairn_rpc::api::sa::CreateAccount;
use cairn_types::{Account, Thumbprint, Timestamp};
use diesel::{Insertable, Queryable, Selectable};

use crate::db::column;
use crate::db::errors::Result;
use crate::db::schema::accounts;

/// An account as stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub(crate) struct AccountRow {
    id: Vec<u8>,
    jwk: String,
    thumbprint: Vec<u8>,
    status: String,
    contact: String,
    terms_agreed: Option<String>,
    external_account_binding: Option<String>,
    created: i64,
}

impl AccountRow {
    pub(crate) fn decode(self) -> Result<Account> {
        Ok(Account {
            id: column::id(&self.id)?,
            jwk: self.jwk,
            thumbprint: Thumbprint::from_slice(&self.thumbprint).map_err(column::damaged("thumbprint"))?,
            status: column::text("account status", &self.status)?,
            contact: column::json("contact", &self.contact)?,
            terms_agreed: self.terms_agreed,
            external_account_binding: self.external_account_binding,
            created: Timestamp::from_millis(self.created),
        })
    }
}

/// An account to store.
#[derive(Insertable)]
#[diesel(table_name = accounts, treat_none_as_default_value = false)]
pub(crate) struct NewAccountRow<'a> {
    id: &'a [u8],
    jwk: &'a str,
    thumbprint: &'a [u8],
    status: &'a str,
    contact: String,
    terms_agreed: Option<String>,
    external_account_binding: Option<String>,
    external_account_key: Option<String>,
    created: i64,
}

impl<'a> NewAccountRow<'a> {
    pub(crate) fn encode(request: &'a CreateAccount) -> Result<Self> {
        let account = &request.account;
        Ok(Self {
            id: account.id.as_bytes(),
            jwk: &account.jwk,
            thumbprint: &account.thumbprint.0,
            status: account.status.as_str(),
            contact: column::to_json(&account.contact)?,
            terms_agreed: account.terms_agreed.clone(),
            external_account_binding: account.external_account_binding.clone(),
            external_account_key: request.external_account_key_id.clone(),
            created: account.created.as_millis(),
        })
    }
}
