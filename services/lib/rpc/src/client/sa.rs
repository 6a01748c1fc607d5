//! The storage authority.

use cairn_proto::sa::v1 as pb;
use cairn_proto::sa::v1::accounts_client::AccountsClient;
use cairn_proto::sa::v1::authorizations_client::AuthorizationsClient;
use cairn_proto::sa::v1::certificates_client::CertificatesClient;
use cairn_proto::sa::v1::orders_client::OrdersClient;
use cairn_types::{
    Account, AccountId, Authorization, AuthorizationId, Certificate, Duration, LeaseId, Order, OrderId,
    Problem, Result, Serial, Thumbprint,
};

use super::{Repeat, call};
use crate::api::sa::{
    AddReceipts, AuthorizationEvidence, BeginFinalize, BeginValidation, BegunFinalize, BegunValidation,
    ChangeKey, Claim, ClaimedOrder, ClaimedValidation, CreateAccount, CreateOrder, CreatedAccount,
    FindValidAuthorizations, FinishValidation, RecordAttempt, RevokeCertificate, StoredTbs, Unsigned,
};
use crate::convert::Wire;
use crate::{Channel, Context, Target};

/// Calls the storage authority. What each call does is told in `proto/cairn/sa/v1`.
#[derive(Clone)]
pub struct SaClient {
    accounts: AccountsClient<Channel>,
    orders: OrdersClient<Channel>,
    authorizations: AuthorizationsClient<Channel>,
    certificates: CertificatesClient<Channel>,
}

impl SaClient {
    /// Who it is, and what a call may take unless the configuration says otherwise.
    pub const TARGET: Target = Target {
        name: "sa.cairn",
        timeout: Duration::from_secs(10),
    };

    /// A client over a channel to the storage authority.
    pub fn new(channel: Channel) -> Self {
        Self {
            accounts: AccountsClient::new(channel.clone()),
            orders: OrdersClient::new(channel.clone()),
            authorizations: AuthorizationsClient::new(channel.clone()),
            certificates: CertificatesClient::new(channel),
        }
    }
}

/// Accounts.
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

    /// An account by its id.
    pub async fn get_account(&self, context: &Context, id: AccountId) -> Result<Account> {
        let message = pb::GetAccountRequest { id: id.into_wire() };
        Wire::from_wire(call!(self.accounts, get_account, context, message, Repeat::Safe).await?)
    }

    /// The account of a key, if it has one.
    pub async fn find_account_by_key(&self, context: &Context, key: Thumbprint) -> Result<Option<Account>> {
        let message = pb::FindAccountByKeyRequest {
            thumbprint: key.into_wire(),
        };
        let answer = call!(self.accounts, find_account_by_key, context, message, Repeat::Safe).await?;
        Wire::from_wire(answer.account)
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
                Repeat::Never
            )
            .await?,
        )
    }

    /// The key changes of an account as they were received, oldest first.
    pub async fn list_key_changes(&self, context: &Context, account: AccountId) -> Result<Vec<Vec<u8>>> {
        let message = pb::ListKeyChangesRequest {
            account: account.into_wire(),
        };
        Ok(
            call!(self.accounts, list_key_changes, context, message, Repeat::Safe)
                .await?
                .requests,
        )
    }
}

/// Orders.
impl SaClient {
    /// Stores an order with its new authorizations.
    pub async fn create_order(&self, context: &Context, request: CreateOrder) -> Result<Order> {
        Wire::from_wire(
            call!(
                self.orders,
                create_order,
                context,
                request.into_wire(),
                Repeat::Never
            )
            .await?,
        )
    }

    /// An order by its id.
    pub async fn get_order(&self, context: &Context, id: OrderId) -> Result<Order> {
        let message = pb::GetOrderRequest { id: id.into_wire() };
        Wire::from_wire(call!(self.orders, get_order, context, message, Repeat::Safe).await?)
    }

    /// The ids of an account's orders that are not invalid, newest first, older than `before`.
    pub async fn list_orders(
        &self,
        context: &Context,
        account: AccountId,
        before: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<OrderId>> {
        let message = pb::ListOrdersRequest {
            account: account.into_wire(),
            before: before.into_wire(),
            limit,
        };
        Wire::from_wire(
            call!(self.orders, list_orders, context, message, Repeat::Safe)
                .await?
                .ids,
        )
    }

    /// Takes the lease to finalize an order that is ready.
    pub async fn begin_finalize(&self, context: &Context, request: BeginFinalize) -> Result<BegunFinalize> {
        Wire::from_wire(
            call!(
                self.orders,
                begin_finalize,
                context,
                request.into_wire(),
                Repeat::Never
            )
            .await?,
        )
    }

    /// Ends an order as invalid, by the holder of its lease.
    pub async fn fail_order(
        &self,
        context: &Context,
        order: OrderId,
        lease: LeaseId,
        problem: Problem,
    ) -> Result<Order> {
        let message = pb::FailOrderRequest {
            order: order.into_wire(),
            lease: lease.into_wire(),
            problem: problem.into_wire(),
        };
        Wire::from_wire(call!(self.orders, fail_order, context, message, Repeat::Never).await?)
    }

    /// Takes over orders whose lease ran out.
    pub async fn claim_orders(&self, context: &Context, claim: Claim) -> Result<Vec<ClaimedOrder>> {
        let message = pb::ClaimOrdersRequest {
            owner: claim.owner,
            deadline: claim.deadline.into_wire(),
            limit: claim.limit,
        };
        Wire::from_wire(
            call!(self.orders, claim_orders, context, message, Repeat::Never)
                .await?
                .claimed,
        )
    }
}

/// Authorizations.
impl SaClient {
    /// Stores an authorization that no order asked for.
    pub async fn create_authorization(
        &self,
        context: &Context,
        authorization: Authorization,
    ) -> Result<Authorization> {
        let message = pb::CreateAuthorizationRequest {
            authorization: authorization.into_wire(),
        };
        Wire::from_wire(
            call!(
                self.authorizations,
                create_authorization,
                context,
                message,
                Repeat::Never
            )
            .await?,
        )
    }

    /// An authorization by its id.
    pub async fn get_authorization(&self, context: &Context, id: AuthorizationId) -> Result<Authorization> {
        let message = pb::GetAuthorizationRequest { id: id.into_wire() };
        Wire::from_wire(
            call!(
                self.authorizations,
                get_authorization,
                context,
                message,
                Repeat::Safe
            )
            .await?,
        )
    }

    /// The valid authorizations of an account for any of some identifiers.
    pub async fn find_valid_authorizations(
        &self,
        context: &Context,
        request: FindValidAuthorizations,
    ) -> Result<Vec<Authorization>> {
        let message = request.into_wire();
        let answer = call!(
            self.authorizations,
            find_valid_authorizations,
            context,
            message,
            Repeat::Safe
        )
        .await?;
        Wire::from_wire(answer.authorizations)
    }

    /// What was proved for an order.
    pub async fn get_order_evidence(
        &self,
        context: &Context,
        order: OrderId,
    ) -> Result<Vec<AuthorizationEvidence>> {
        let message = pb::GetOrderEvidenceRequest {
            order: order.into_wire(),
        };
        let answer = call!(
            self.authorizations,
            get_order_evidence,
            context,
            message,
            Repeat::Safe
        )
        .await?;
        Wire::from_wire(answer.evidence)
    }

    /// Takes the lease to validate a challenge.
    pub async fn begin_validation(
        &self,
        context: &Context,
        request: BeginValidation,
    ) -> Result<BegunValidation> {
        let message = request.into_wire();
        Wire::from_wire(
            call!(
                self.authorizations,
                begin_validation,
                context,
                message,
                Repeat::Never
            )
            .await?,
        )
    }

    /// Records a failed attempt that will be repeated.
    pub async fn record_attempt(&self, context: &Context, request: RecordAttempt) -> Result<Authorization> {
        let message = request.into_wire();
        Wire::from_wire(
            call!(
                self.authorizations,
                record_attempt,
                context,
                message,
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Ends a validation, by the holder of its lease.
    pub async fn finish_validation(
        &self,
        context: &Context,
        request: FinishValidation,
    ) -> Result<Authorization> {
        let message = request.into_wire();
        Wire::from_wire(
            call!(
                self.authorizations,
                finish_validation,
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
        id: AuthorizationId,
    ) -> Result<Authorization> {
        let message = pb::DeactivateAuthorizationRequest { id: id.into_wire() };
        Wire::from_wire(
            call!(
                self.authorizations,
                deactivate_authorization,
                context,
                message,
                Repeat::Safe
            )
            .await?,
        )
    }

    /// Adds receipts of a later check.
    pub async fn add_receipts(&self, context: &Context, request: AddReceipts) -> Result<()> {
        let message = request.into_wire();
        call!(self.authorizations, add_receipts, context, message, Repeat::Safe)
            .await
            .map(drop)
    }

    /// Takes over validations whose lease ran out.
    pub async fn claim_validations(&self, context: &Context, claim: Claim) -> Result<Vec<ClaimedValidation>> {
        let message = pb::ClaimValidationsRequest {
            owner: claim.owner,
            deadline: claim.deadline.into_wire(),
            limit: claim.limit,
        };
        let answer = call!(
            self.authorizations,
            claim_validations,
            context,
            message,
            Repeat::Never
        )
        .await?;
        Wire::from_wire(answer.claimed)
    }
}

/// Certificates.
impl SaClient {
    /// Stores what is about to be signed, or finds what the order has already.
    pub async fn store_tbs(&self, context: &Context, unsigned: Unsigned) -> Result<StoredTbs> {
        let message = pb::StoreTbsRequest {
            unsigned: unsigned.into_wire(),
        };
        Wire::from_wire(call!(self.certificates, store_tbs, context, message, Repeat::Safe).await?)
    }

    /// Stores a certificate and turns its order valid.
    pub async fn store_certificate(
        &self,
        context: &Context,
        serial: Serial,
        der: Vec<u8>,
    ) -> Result<Certificate> {
        let message = pb::StoreCertificateRequest {
            serial: serial.into_wire(),
            der,
        };
        Wire::from_wire(
            call!(
                self.certificates,
                store_certificate,
                context,
                message,
                Repeat::Safe
            )
            .await?,
        )
    }

    /// A certificate by its serial number.
    pub async fn get_certificate(&self, context: &Context, serial: Serial) -> Result<Certificate> {
        let message = pb::GetCertificateRequest {
            serial: serial.into_wire(),
        };
        Wire::from_wire(call!(self.certificates, get_certificate, context, message, Repeat::Safe).await?)
    }

    /// Marks a certificate as revoked.
    pub async fn revoke_certificate(
        &self,
        context: &Context,
        request: RevokeCertificate,
    ) -> Result<Certificate> {
        let message = request.into_wire();
        Wire::from_wire(
            call!(
                self.certificates,
                revoke_certificate,
                context,
                message,
                Repeat::Never
            )
            .await?,
        )
    }

    /// Whether a certificate was issued to replace this one.
    pub async fn is_replaced(&self, context: &Context, serial: Serial) -> Result<bool> {
        let message = pb::IsReplacedRequest {
            serial: serial.into_wire(),
        };
        Ok(
            call!(self.certificates, is_replaced, context, message, Repeat::Safe)
                .await?
                .replaced,
        )
    }
}
