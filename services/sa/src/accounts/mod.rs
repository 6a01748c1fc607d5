//! Accounts and their keys.

pub(crate) mod rows;

use cairn_rpc::Context;
use cairn_rpc::api::sa::{ChangeKey, CreateAccount, CreatedAccount};
use cairn_types::{Account, AccountId, AuthorizationId, AuthorizationStatus, Result, Thumbprint};

use crate::Store;
use crate::audit::{holder, record};
use crate::db::{look_up, transact};
use crate::orders::{EndedOrder, record_ended};

/// An account that was deactivated, and what ended with it.
pub(crate) struct Deactivated {
    pub(crate) account: Account,
    /// False if it was deactivated before.
    pub(crate) changed: bool,
    /// Its orders that were open.
    pub(crate) orders: Vec<EndedOrder>,
    /// Its authorizations that were pending.
    pub(crate) authorizations: Vec<AuthorizationId>,
}

/// The calls on accounts; `proto/cairn/sa/v1` tells what each does.
impl Store {
    pub(crate) async fn create_account(
        &self,
        context: &Context,
        request: CreateAccount,
    ) -> Result<CreatedAccount> {
        let (created, new) = transact!(self.db(), context, accounts::create_account(request))?;
        if new {
            record(
                context,
                "account.created",
                &created.account.id,
                &created.account.id,
            )
            .created(created.account.status.as_str())
            .write();
        }
        Ok(created)
    }

    pub(crate) async fn get_account(&self, id: AccountId) -> Result<Account> {
        look_up!(self.db(), accounts::get_account(id))
    }

    pub(crate) async fn find_account_by_key(&self, key: Thumbprint) -> Result<Option<Account>> {
        look_up!(self.db(), accounts::find_account_by_key(key))
    }

    pub(crate) async fn update_contact(
        &self,
        context: &Context,
        id: AccountId,
        contact: Vec<String>,
    ) -> Result<Account> {
        let account = transact!(self.db(), context, accounts::update_contact(id, contact))?;
        record(context, "account.updated", &id, &id).write();
        Ok(account)
    }

    pub(crate) async fn agree_to_terms(
        &self,
        context: &Context,
        id: AccountId,
        terms: String,
    ) -> Result<Account> {
        let account = transact!(self.db(), context, accounts::agree_to_terms(id, terms))?;
        record(context, "account.agreed_to_terms", &id, &id).write();
        Ok(account)
    }

    pub(crate) async fn deactivate_account(&self, context: &Context, id: AccountId) -> Result<Account> {
        let ended = transact!(self.db(), context, accounts::deactivate_account(id))?;
        if ended.changed {
            record(context, "account.deactivated", &id, &id)
                .moved("valid", "deactivated")
                .write();
        }
        record_ended(context, &id, &holder(&id), &ended.orders);
        for authorization in &ended.authorizations {
            record(context, "authorization.ended", authorization, &id)
                .moved("pending", AuthorizationStatus::Invalid.as_str())
                .write();
        }
        Ok(ended.account)
    }

    pub(crate) async fn change_key(&self, context: &Context, request: ChangeKey) -> Result<Account> {
        let now = self.now();
        let id = request.id;
        let (account, new) = transact!(self.db(), context, accounts::change_key(request, now))?;
        if new {
            record(context, "account.key_changed", &id, &id).write();
        }
        Ok(account)
    }

    pub(crate) async fn list_key_changes(&self, account: AccountId) -> Result<Vec<Vec<u8>>> {
        look_up!(self.db(), accounts::list_key_changes(account))
    }
}
