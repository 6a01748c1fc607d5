//! A storage authority that can be read.

use cairn_rpc::convert::{Wire, handle};
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::pb::sa::v1 as pb;
use cairn_types::{AccountId, AuthorizationId, Error, OrderId, Serial, Thumbprint};
use tonic::{Request, Response, Status};

use super::Fakes;

fn unasked<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("the front end does not ask"))
}

#[tonic::async_trait]
impl pb::records_server::Records for Fakes {
    async fn get_account(
        &self,
        request: Request<pb::GetAccountRequest>,
    ) -> Result<Response<core::Account>, Status> {
        handle(request.map(|message| message.id), |_, id: AccountId| async move {
            self.known.call("sa.get_account");
            let found = self.known.with(|state| state.accounts.get(&id).cloned());
            found.ok_or_else(|| Error::not_found("account"))
        })
        .await
    }

    async fn find_account_by_key(
        &self,
        request: Request<pb::FindAccountByKeyRequest>,
    ) -> Result<Response<pb::FindAccountByKeyResponse>, Status> {
        self.known.call("sa.find_account_by_key");
        let thumbprint = Thumbprint::from_slice(&request.into_inner().thumbprint).unwrap();
        let found = self.known.with(|state| {
            state
                .accounts
                .values()
                .find(|account| account.thumbprint == thumbprint)
                .cloned()
        });
        Ok(Response::new(pb::FindAccountByKeyResponse {
            account: found.into_wire(),
        }))
    }

    async fn get_order(
        &self,
        request: Request<pb::GetOrderRequest>,
    ) -> Result<Response<core::Order>, Status> {
        handle(request.map(|message| message.id), |_, id: OrderId| async move {
            self.known.call("sa.get_order");
            let found = self
                .known
                .with(|state| state.orders.iter().find(|it| it.id == id).cloned());
            found.ok_or_else(|| Error::not_found("order"))
        })
        .await
    }

    async fn list_orders(
        &self,
        request: Request<pb::ListOrdersRequest>,
    ) -> Result<Response<pb::ListOrdersResponse>, Status> {
        self.known.call("sa.list_orders");
        let request = request.into_inner();
        let account = AccountId::from_slice(&request.account).unwrap();
        let before = request.before.map(|id| OrderId::from_slice(&id).unwrap());
        let mut ids: Vec<OrderId> = self.known.with(|state| {
            state
                .orders
                .iter()
                .filter(|it| it.account == account)
                .map(|it| it.id)
                .collect()
        });
        ids.sort();
        ids.reverse();
        ids.retain(|id| before.is_none_or(|before| *id < before));
        ids.truncate(request.limit as usize);
        Ok(Response::new(pb::ListOrdersResponse { ids: ids.into_wire() }))
    }

    async fn get_authorization(
        &self,
        request: Request<pb::GetAuthorizationRequest>,
    ) -> Result<Response<core::Authorization>, Status> {
        handle(
            request.map(|message| message.id),
            |_, id: AuthorizationId| async move {
                self.known.call("sa.get_authorization");
                let found = self
                    .known
                    .with(|state| state.authorizations.iter().find(|it| it.id == id).cloned());
                found.ok_or_else(|| Error::not_found("authorization"))
            },
        )
        .await
    }

    async fn get_certificate(
        &self,
        request: Request<pb::GetCertificateRequest>,
    ) -> Result<Response<core::Certificate>, Status> {
        handle(
            request.map(|message| message.serial),
            |_, serial: Serial| async move {
                self.known.call("sa.get_certificate");
                let found = self
                    .known
                    .with(|state| state.certificates.iter().find(|it| it.serial == serial).cloned());
                found.ok_or_else(|| Error::not_found("certificate"))
            },
        )
        .await
    }

    async fn list_key_changes(
        &self,
        _: Request<pb::ListKeyChangesRequest>,
    ) -> Result<Response<pb::ListKeyChangesResponse>, Status> {
        unasked()
    }

    async fn find_valid_authorizations(
        &self,
        _: Request<pb::FindValidAuthorizationsRequest>,
    ) -> Result<Response<pb::AuthorizationList>, Status> {
        unasked()
    }

    async fn get_finalization(
        &self,
        _: Request<pb::GetFinalizationRequest>,
    ) -> Result<Response<pb::GetFinalizationResponse>, Status> {
        unasked()
    }

    async fn get_order_evidence(
        &self,
        _: Request<pb::GetOrderEvidenceRequest>,
    ) -> Result<Response<pb::GetOrderEvidenceResponse>, Status> {
        unasked()
    }

    async fn is_replaced(
        &self,
        _: Request<pb::IsReplacedRequest>,
    ) -> Result<Response<pb::IsReplacedResponse>, Status> {
        unasked()
    }
}
