//! Reading.

use cairn_proto::sa::v1 as pb;
use cairn_types::{
    Account, AccountId, Authorization, AuthorizationId, Certificate, Order, OrderId, Result, Serial,
    Thumbprint,
};

use super::SaClient;
use crate::Context;
use crate::api::sa::{AuthorizationEvidence, FindValidAuthorizations};
use crate::client::{Repeat, call};
use crate::convert::Wire;

/// Reading.
impl SaClient {
    /// An account by its id.
    pub async fn get_account(&self, context: &Context, id: AccountId) -> Result<Account> {
        let message = pb::GetAccountRequest { id: id.into_wire() };
        Wire::from_wire(call!(self.records, get_account, context, message, Repeat::Safe).await?)
    }

    /// The account of a key, if it has one.
    pub async fn find_account_by_key(&self, context: &Context, key: Thumbprint) -> Result<Option<Account>> {
        let message = pb::FindAccountByKeyRequest {
            thumbprint: key.into_wire(),
        };
        let answer = call!(self.records, find_account_by_key, context, message, Repeat::Safe).await?;
        Wire::from_wire(answer.account)
    }

    /// The key changes of an account as they were received, oldest first.
    pub async fn list_key_changes(&self, context: &Context, account: AccountId) -> Result<Vec<Vec<u8>>> {
        let message = pb::ListKeyChangesRequest {
            account: account.into_wire(),
        };
        Ok(
            call!(self.records, list_key_changes, context, message, Repeat::Safe)
                .await?
                .requests,
        )
    }

    /// An order by its id.
    pub async fn get_order(&self, context: &Context, id: OrderId) -> Result<Order> {
        let message = pb::GetOrderRequest { id: id.into_wire() };
        Wire::from_wire(call!(self.records, get_order, context, message, Repeat::Safe).await?)
    }

    /// The finalize request of an order that was finalized: the flattened JWS, as received.
    pub async fn get_finalization(&self, context: &Context, order: OrderId) -> Result<Vec<u8>> {
        let message = pb::GetFinalizationRequest {
            order: order.into_wire(),
        };
        Ok(
            call!(self.records, get_finalization, context, message, Repeat::Safe)
                .await?
                .request,
        )
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
            call!(self.records, list_orders, context, message, Repeat::Safe)
                .await?
                .ids,
        )
    }

    /// An authorization by its id.
    pub async fn get_authorization(&self, context: &Context, id: AuthorizationId) -> Result<Authorization> {
        let message = pb::GetAuthorizationRequest { id: id.into_wire() };
        Wire::from_wire(call!(self.records, get_authorization, context, message, Repeat::Safe).await?)
    }

    /// The valid authorizations of an account for any of some identifiers.
    pub async fn find_valid_authorizations(
        &self,
        context: &Context,
        request: FindValidAuthorizations,
    ) -> Result<Vec<Authorization>> {
        let message = request.into_wire();
        let answer = call!(
            self.records,
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
        let answer = call!(self.records, get_order_evidence, context, message, Repeat::Safe).await?;
        Wire::from_wire(answer.evidence)
    }

    /// A certificate by its serial number.
    pub async fn get_certificate(&self, context: &Context, serial: Serial) -> Result<Certificate> {
        let message = pb::GetCertificateRequest {
            serial: serial.into_wire(),
        };
        Wire::from_wire(call!(self.records, get_certificate, context, message, Repeat::Safe).await?)
    }

    /// Whether a certificate was issued to replace this one.
    pub async fn is_replaced(&self, context: &Context, serial: Serial) -> Result<bool> {
        let message = pb::IsReplacedRequest {
            serial: serial.into_wire(),
        };
        Ok(call!(self.records, is_replaced, context, message, Repeat::Safe)
            .await?
            .replaced)
    }
}
