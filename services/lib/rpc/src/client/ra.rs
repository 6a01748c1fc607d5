//! The registration authority.

use cairn_proto::ra::v1 as pb;
use cairn_proto::ra::v1::registration_client::RegistrationClient;
use cairn_types::{Account, AccountId, Authorization, Certificate, Duration, Order, Result};

use super::{Repeat, call};
use crate::api::ra::{
    AnswerChallenge, ChangeAccountKey, DeactivateAuthorization, Finalize, NewAccount, NewAuthorization,
    NewOrder, Revoke, UpdateContact,
};
use crate::api::sa::CreatedAccount;
use crate::convert::Wire;
use crate::{Channel, Context, Target};

/// Calls the registration authority. What each call does is told in `proto/cairn/ra/v1`.
#[derive(Clone)]
pub struct RaClient {
    registration: RegistrationClient<Channel>,
}

impl RaClient {
    /// Who it is, and what a call may take unless the configuration says otherwise.
    pub const TARGET: Target = Target {
        name: "ra.cairn",
        timeout: Duration::from_secs(25),
    };

    /// A client over a channel to the registration authority.
    pub fn new(channel: Channel) -> Self {
        Self {
            registration: RegistrationClient::new(channel),
        }
    }

    /// Registers an account, or finds the one that the key has already.
    pub async fn new_account(&self, context: &Context, request: NewAccount) -> Result<CreatedAccount> {
        Wire::from_wire(
            call!(
                self.registration,
                new_account,
                context,
                request.into_wire(),
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Replaces an account's contacts.
    pub async fn update_contact(&self, context: &Context, request: UpdateContact) -> Result<Account> {
        Wire::from_wire(
            call!(
                self.registration,
                update_contact,
                context,
                request.into_wire(),
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Agrees to the present terms of service, by the link that the account was given.
    pub async fn agree_to_terms(
        &self,
        context: &Context,
        account: AccountId,
        proof: String,
    ) -> Result<Account> {
        let message = pb::AgreeToTermsRequest {
            account: account.into_wire(),
            proof,
        };
        Wire::from_wire(call!(self.registration, agree_to_terms, context, message, Repeat::Safe).await?)
    }

    /// Ends an account.
    pub async fn deactivate_account(&self, context: &Context, account: AccountId) -> Result<Account> {
        let message = pb::DeactivateAccountRequest {
            account: account.into_wire(),
        };
        Wire::from_wire(
            call!(
                self.registration,
                deactivate_account,
                context,
                message,
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Replaces an account's key.
    pub async fn change_key(&self, context: &Context, request: ChangeAccountKey) -> Result<Account> {
        Wire::from_wire(
            call!(
                self.registration,
                change_key,
                context,
                request.into_wire(),
                Repeat::Never
            )
            .await?,
        )
    }

    /// Places an order, or finds the one that the same request placed a moment ago.
    pub async fn new_order(&self, context: &Context, request: NewOrder) -> Result<Order> {
        Wire::from_wire(
            call!(
                self.registration,
                new_order,
                context,
                request.into_wire(),
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Makes an authorization ahead of any order.
    pub async fn new_authorization(
        &self,
        context: &Context,
        request: NewAuthorization,
    ) -> Result<Authorization> {
        let message = request.into_wire();
        Wire::from_wire(
            call!(
                self.registration,
                new_authorization,
                context,
                message,
                Repeat::Never
            )
            .await?,
        )
    }

    /// Gives up an authorization.
    pub async fn deactivate_authorization(
        &self,
        context: &Context,
        request: DeactivateAuthorization,
    ) -> Result<Authorization> {
        let message = request.into_wire();
        Wire::from_wire(
            call!(
                self.registration,
                deactivate_authorization,
                context,
                message,
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Starts a validation, and waits a little for its end.
    pub async fn answer_challenge(
        &self,
        context: &Context,
        request: AnswerChallenge,
    ) -> Result<Authorization> {
        let message = request.into_wire();
        Wire::from_wire(
            call!(
                self.registration,
                answer_challenge,
                context,
                message,
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Starts an issuance, and waits a little for its end; also for one that the same CSR started before.
    pub async fn finalize(&self, context: &Context, request: Finalize) -> Result<Order> {
        Wire::from_wire(
            call!(
                self.registration,
                finalize,
                context,
                request.into_wire(),
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Revokes a certificate.
    pub async fn revoke(&self, context: &Context, request: Revoke) -> Result<Certificate> {
        Wire::from_wire(
            call!(
                self.registration,
                revoke,
                context,
                request.into_wire(),
                Repeat::Never
            )
            .await?,
        )
    }
}
