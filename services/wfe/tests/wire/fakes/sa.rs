//! A storage authority that can be read.

use cairn_rpc::convert::{Wire, handle};
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::pb::sa::v1 as pb;
use cairn_types::{AccountId, AuthorizationId, Error, OrderId, Serial, Thumbprint};
use tonic::{Request, Response, Status};

use super::Fakes;

/// Implements a gRPC service of which the front end calls some methods only.
macro_rules! serve {
    ($trait:path { $($real:tt)* } never { $($name:ident($request:ty) -> $response:ty;)* }) => {
        #[tonic::async_trait]
        impl $trait for Fakes {
            $($real)*
            $(async fn $name(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                Err(Status::unimplemented("the front end does not write"))
            })*
        }
    };
}

serve! {
    pb::accounts_server::Accounts {
        async fn get_account(&self, request: Request<pb::GetAccountRequest>) -> Result<Response<core::Account>, Status> {
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
                state.accounts.values().find(|account| account.thumbprint == thumbprint).cloned()
            });
            Ok(Response::new(pb::FindAccountByKeyResponse { account: found.into_wire() }))
        }
    }
    never {
        create_account(pb::CreateAccountRequest) -> pb::CreateAccountResponse;
        update_contact(pb::UpdateContactRequest) -> core::Account;
        agree_to_terms(pb::AgreeToTermsRequest) -> core::Account;
        deactivate_account(pb::DeactivateAccountRequest) -> core::Account;
        change_key(pb::ChangeKeyRequest) -> core::Account;
        list_key_changes(pb::ListKeyChangesRequest) -> pb::ListKeyChangesResponse;
    }
}

serve! {
    pb::orders_server::Orders {
        async fn get_order(&self, request: Request<pb::GetOrderRequest>) -> Result<Response<core::Order>, Status> {
            handle(request.map(|message| message.id), |_, id: OrderId| async move {
                self.known.call("sa.get_order");
                let found = self.known.with(|state| state.orders.iter().find(|it| it.id == id).cloned());
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
                state.orders.iter().filter(|it| it.account == account).map(|it| it.id).collect()
            });
            ids.sort();
            ids.reverse();
            ids.retain(|id| before.is_none_or(|before| *id < before));
            ids.truncate(request.limit as usize);
            Ok(Response::new(pb::ListOrdersResponse { ids: ids.into_wire() }))
        }
    }
    never {
        create_order(pb::CreateOrderRequest) -> core::Order;
        begin_finalize(pb::BeginFinalizeRequest) -> pb::BeginFinalizeResponse;
        fail_order(pb::FailOrderRequest) -> core::Order;
        claim_orders(pb::ClaimOrdersRequest) -> pb::ClaimOrdersResponse;
    }
}

serve! {
    pb::authorizations_server::Authorizations {
        async fn get_authorization(
            &self,
            request: Request<pb::GetAuthorizationRequest>,
        ) -> Result<Response<core::Authorization>, Status> {
            handle(request.map(|message| message.id), |_, id: AuthorizationId| async move {
                self.known.call("sa.get_authorization");
                let found = self.known.with(|state| state.authorizations.iter().find(|it| it.id == id).cloned());
                found.ok_or_else(|| Error::not_found("authorization"))
            })
            .await
        }
    }
    never {
        create_authorization(pb::CreateAuthorizationRequest) -> core::Authorization;
        find_valid_authorizations(pb::FindValidAuthorizationsRequest) -> pb::AuthorizationList;
        get_order_evidence(pb::GetOrderEvidenceRequest) -> pb::GetOrderEvidenceResponse;
        begin_validation(pb::BeginValidationRequest) -> pb::BeginValidationResponse;
        record_attempt(pb::RecordAttemptRequest) -> core::Authorization;
        finish_validation(pb::FinishValidationRequest) -> core::Authorization;
        deactivate_authorization(pb::DeactivateAuthorizationRequest) -> core::Authorization;
        add_receipts(pb::AddReceiptsRequest) -> pb::AddReceiptsResponse;
        claim_validations(pb::ClaimValidationsRequest) -> pb::ClaimValidationsResponse;
    }
}

serve! {
    pb::certificates_server::Certificates {
        async fn get_certificate(
            &self,
            request: Request<pb::GetCertificateRequest>,
        ) -> Result<Response<core::Certificate>, Status> {
            handle(request.map(|message| message.serial), |_, serial: Serial| async move {
                self.known.call("sa.get_certificate");
                let found = self.known.with(|state| state.certificates.iter().find(|it| it.serial == serial).cloned());
                found.ok_or_else(|| Error::not_found("certificate"))
            })
            .await
        }
    }
    never {
        store_tbs(pb::StoreTbsRequest) -> pb::StoreTbsResponse;
        store_certificate(pb::StoreCertificateRequest) -> core::Certificate;
        revoke_certificate(pb::RevokeCertificateRequest) -> core::Certificate;
        is_replaced(pb::IsReplacedRequest) -> pb::IsReplacedResponse;
    }
}
