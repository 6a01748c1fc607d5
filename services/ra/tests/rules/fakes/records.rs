//! What the storage authority shows.

use cairn_rpc::api::sa::FindValidAuthorizations;
use cairn_rpc::convert::{Wire, handle};
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::pb::sa::v1 as sa;
use cairn_types::{Error, OrderStatus};
use tonic::{Request, Response};

use super::{Answer, Fakes, unused};

#[tonic::async_trait]
impl sa::records_server::Records for Fakes {
    async fn get_account(&self, request: Request<sa::GetAccountRequest>) -> Answer<core::Account> {
        handle(
            request.map(|message| message.id),
            |_, id: cairn_types::AccountId| async move {
                self.find("account", |world| {
                    world.accounts.iter().find(|known| known.id == id).cloned()
                })
            },
        )
        .await
    }

    async fn find_account_by_key(
        &self,
        request: Request<sa::FindAccountByKeyRequest>,
    ) -> Answer<sa::FindAccountByKeyResponse> {
        let key = request.into_inner().thumbprint;
        let account = self.world(|world| {
            world
                .accounts
                .iter()
                .find(|known| known.thumbprint.0[..] == key)
                .cloned()
        });
        Ok(Response::new(sa::FindAccountByKeyResponse {
            account: account.into_wire(),
        }))
    }

    async fn list_key_changes(
        &self,
        _: Request<sa::ListKeyChangesRequest>,
    ) -> Answer<sa::ListKeyChangesResponse> {
        let requests = self.world(|world| world.key_changes.clone());
        Ok(Response::new(sa::ListKeyChangesResponse { requests }))
    }

    async fn get_order(&self, request: Request<sa::GetOrderRequest>) -> Answer<core::Order> {
        handle(
            request.map(|message| message.id),
            |_, id: cairn_types::OrderId| async move {
                self.world(|world| {
                    let order = world.orders.iter_mut().find(|known| known.id == id);
                    let order = order.ok_or_else(|| Error::not_found("order"))?;
                    match &mut world.valid_after {
                        Some(0) => order.status = OrderStatus::Valid,
                        Some(left) => *left -= 1,
                        None => {}
                    }
                    Ok(order.clone())
                })
            },
        )
        .await
    }

    async fn get_finalization(
        &self,
        _: Request<sa::GetFinalizationRequest>,
    ) -> Answer<sa::GetFinalizationResponse> {
        let request = self.world(|world| world.finalization.clone());
        Ok(Response::new(sa::GetFinalizationResponse { request }))
    }

    async fn list_orders(&self, _: Request<sa::ListOrdersRequest>) -> Answer<sa::ListOrdersResponse> {
        unused()
    }

    async fn get_authorization(
        &self,
        request: Request<sa::GetAuthorizationRequest>,
    ) -> Answer<core::Authorization> {
        handle(
            request.map(|message| message.id),
            |_, id: cairn_types::AuthorizationId| async move {
                self.find("authorization", |world| {
                    world.authorizations.iter().find(|known| known.id == id).cloned()
                })
            },
        )
        .await
    }

    async fn find_valid_authorizations(
        &self,
        request: Request<sa::FindValidAuthorizationsRequest>,
    ) -> Answer<sa::AuthorizationList> {
        let wanted = FindValidAuthorizations::from_wire(request.into_inner()).unwrap();
        let mut known = self.world(|world| world.authorizations.clone());
        known.retain(|known| known.account == wanted.account);
        self.world(|world| world.looked_for.push(wanted));
        Ok(Response::new(sa::AuthorizationList {
            authorizations: known.into_wire(),
        }))
    }

    async fn get_order_evidence(
        &self,
        _: Request<sa::GetOrderEvidenceRequest>,
    ) -> Answer<sa::GetOrderEvidenceResponse> {
        let evidence = self.world(|world| world.evidence.clone());
        Ok(Response::new(sa::GetOrderEvidenceResponse {
            evidence: evidence.into_wire(),
        }))
    }

    async fn get_certificate(
        &self,
        request: Request<sa::GetCertificateRequest>,
    ) -> Answer<core::Certificate> {
        handle(
            request.map(|message| message.serial),
            |_, serial: cairn_types::Serial| async move {
                self.find("certificate", |world| {
                    world
                        .certificates
                        .iter()
                        .find(|known| known.serial == serial)
                        .cloned()
                })
            },
        )
        .await
    }

    async fn is_replaced(&self, _: Request<sa::IsReplacedRequest>) -> Answer<sa::IsReplacedResponse> {
        Ok(Response::new(sa::IsReplacedResponse { replaced: false }))
    }
}
