//! `cairn.sa.v1.Accounts`.

use cairn_rpc::convert::Wire;
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::pb::sa::v1 as pb;
use cairn_rpc::pb::sa::v1::accounts_server::Accounts;
use tonic::{Request, Response, Status};

use super::{Service, call};

#[tonic::async_trait]
impl Accounts for Service {
    async fn create_account(
        &self,
        request: Request<pb::CreateAccountRequest>,
    ) -> Result<Response<pb::CreateAccountResponse>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            Ok(store
                .create_account(&context, Wire::from_wire(message)?)
                .await?
                .into_wire())
        })
        .await
    }

    async fn update_contact(
        &self,
        request: Request<pb::UpdateContactRequest>,
    ) -> Result<Response<core::Account>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            let id = Wire::from_wire(message.id)?;
            Ok(store
                .update_contact(&context, id, message.contact)
                .await?
                .into_wire())
        })
        .await
    }

    async fn agree_to_terms(
        &self,
        request: Request<pb::AgreeToTermsRequest>,
    ) -> Result<Response<core::Account>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            let id = Wire::from_wire(message.id)?;
            Ok(store
                .agree_to_terms(&context, id, message.terms)
                .await?
                .into_wire())
        })
        .await
    }

    async fn deactivate_account(
        &self,
        request: Request<pb::DeactivateAccountRequest>,
    ) -> Result<Response<core::Account>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            let id = Wire::from_wire(message.id)?;
            Ok(store.deactivate_account(&context, id).await?.into_wire())
        })
        .await
    }

    async fn change_key(
        &self,
        request: Request<pb::ChangeKeyRequest>,
    ) -> Result<Response<core::Account>, Status> {
        let store = self.store.clone();
        call(request, |context, message| async move {
            Ok(store
                .change_key(&context, Wire::from_wire(message)?)
                .await?
                .into_wire())
        })
        .await
    }
}
