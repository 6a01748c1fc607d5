//! Changes of accounts.

use cairn_proto::sa::v1 as pb;
use cairn_types::{Account, AccountId, Result};

use super::SaClient;
use crate::Context;
use crate::api::sa::{ChangeKey, CreateAccount, CreatedAccount};
use crate::client::{Repeat, call};
use crate::convert::Wire;

/// Changes of accounts.
impl SaClient {
    /// Stores an account, or finds the one that its key has already.
    pub async fn create_account(&self, context: &Context, request: CreateAccount) -> Result<CreatedAccount> {
        let answer = call!(
            self.accounts,
            create_account,
            context,
            request.into_wire(),
            Repeat::Safe
        )
        .await?;
        Wire::from_wire(answer)
    }

    /// Replaces an account's contacts.
    pub async fn update_contact(
        &self,
        context: &Context,
        id: AccountId,
        contact: Vec<String>,
    ) -> Result<Account> {
        let message = pb::UpdateContactRequest {
            id: id.into_wire(),
            contact,
        };
        Wire::from_wire(call!(self.accounts, update_contact, context, message, Repeat::Safe).await?)
    }

    /// Records which terms of service the holder of an account agreed to.
    pub async fn agree_to_terms(&self, context: &Context, id: AccountId, terms: String) -> Result<Account> {
        let message = pb::AgreeToTermsRequest {
            id: id.into_wire(),
            terms,
        };
        Wire::from_wire(call!(self.accounts, agree_to_terms, context, message, Repeat::Safe).await?)
    }

    /// Ends an account.
    pub async fn deactivate_account(&self, context: &Context, id: AccountId) -> Result<Account> {
        let message = pb::DeactivateAccountRequest { id: id.into_wire() };
        Wire::from_wire(call!(self.accounts, deactivate_account, context, message, Repeat::Safe).await?)
    }

    /// Replaces an account's key.
    pub async fn change_key(&self, context: &Context, request: ChangeKey) -> Result<Account> {
        Wire::from_wire(
            call!(
                self.accounts,
                change_key,
                context,
                request.into_wire(),
                Repeat::Safe
            )
            .await?,
        )
    }
}
