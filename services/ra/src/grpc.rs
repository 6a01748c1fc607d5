//! The calls of `proto/cairn/ra/v1`.

use cairn_kit::{BoxError, Env};
use cairn_rpc::api::ra::{
    AnswerChallenge, ChangeAccountKey, DeactivateAuthorization, Finalize, NewAccount, NewAuthorization,
    NewOrder, Revoke, UpdateContact,
};
use cairn_rpc::convert::handle;
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::pb::ra::v1 as pb;
use cairn_rpc::pb::ra::v1::registration_server::{Registration, RegistrationServer};
use cairn_rpc::{Server, ServerConfig, Transport};
use cairn_types::AccountId;
use tonic::{Request, Response, Status};

use crate::Ra;

/// Serves until the shutdown, then drains.
pub(crate) async fn serve(
    ra: Ra,
    config: ServerConfig,
    env: Env,
    transport: &Transport,
) -> Result<(), BoxError> {
    let listening = env.health.check("grpc");
    let server = Server::new(config)
        .service(RegistrationServer::new(ra))
        .bind(transport)
        .await?;
    listening.pass();
    server.serve(env.shutdown).await;
    Ok(())
}

#[tonic::async_trait]
impl Registration for Ra {
    async fn new_account(
        &self,
        request: Request<pb::NewAccountRequest>,
    ) -> Result<Response<pb::NewAccountResponse>, Status> {
        handle(request, |context, wanted: NewAccount| async move {
            self.new_account(&context, wanted).await
        })
        .await
    }

    async fn update_contact(
        &self,
        request: Request<pb::UpdateContactRequest>,
    ) -> Result<Response<core::Account>, Status> {
        handle(request, |context, wanted: UpdateContact| async move {
            self.update_contact(&context, wanted).await
        })
        .await
    }

    async fn agree_to_terms(
        &self,
        request: Request<pb::AgreeToTermsRequest>,
    ) -> Result<Response<core::Account>, Status> {
        let proof = request.get_ref().proof.clone();
        let request = request.map(|message| message.account);
        handle(request, |context, account: AccountId| async move {
            self.agree_to_terms(&context, account, &proof).await
        })
        .await
    }

    async fn deactivate_account(
        &self,
        request: Request<pb::DeactivateAccountRequest>,
    ) -> Result<Response<core::Account>, Status> {
        let request = request.map(|message| message.account);
        handle(request, |context, account: AccountId| async move {
            self.deactivate_account(&context, account).await
        })
        .await
    }

    async fn change_key(
        &self,
        request: Request<pb::ChangeKeyRequest>,
    ) -> Result<Response<core::Account>, Status> {
        handle(request, |context, wanted: ChangeAccountKey| async move {
            self.change_key(&context, wanted).await
        })
        .await
    }

    async fn new_order(
        &self,
        request: Request<pb::NewOrderRequest>,
    ) -> Result<Response<core::Order>, Status> {
        handle(request, |context, wanted: NewOrder| async move {
            self.new_order(&context, wanted).await
        })
        .await
    }

    async fn new_authorization(
        &self,
        request: Request<pb::NewAuthorizationRequest>,
    ) -> Result<Response<core::Authorization>, Status> {
        handle(request, |context, wanted: NewAuthorization| async move {
            self.new_authorization(&context, wanted).await
        })
        .await
    }

    async fn deactivate_authorization(
        &self,
        request: Request<pb::DeactivateAuthorizationRequest>,
    ) -> Result<Response<core::Authorization>, Status> {
        handle(request, |context, wanted: DeactivateAuthorization| async move {
            self.deactivate_authorization(&context, wanted).await
        })
        .await
    }

    async fn answer_challenge(
        &self,
        request: Request<pb::AnswerChallengeRequest>,
    ) -> Result<Response<core::Authorization>, Status> {
        handle(request, |context, wanted: AnswerChallenge| async move {
            self.answer_challenge(&context, wanted).await
        })
        .await
    }

    async fn finalize(&self, request: Request<pb::FinalizeRequest>) -> Result<Response<core::Order>, Status> {
        handle(request, |context, wanted: Finalize| async move {
            self.finalize(&context, wanted).await
        })
        .await
    }

    async fn revoke(
        &self,
        request: Request<pb::RevokeRequest>,
    ) -> Result<Response<core::Certificate>, Status> {
        handle(request, |context, wanted: Revoke| async move {
            self.revoke(&context, wanted).await
        })
        .await
    }
}
