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

    async fn get_account(
        &self,
        request: Request<pb::GetAccountRequest>,
    ) -> Result<Response<core::Account>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            Ok(store.get_account(Wire::from_wire(message.id)?).await?.into_wire())
        })
        .await
    }

    async fn find_account_by_key(
        &self,
        request: Request<pb::FindAccountByKeyRequest>,
    ) -> Result<Response<pb::FindAccountByKeyResponse>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            let account = store
                .find_account_by_key(Wire::from_wire(message.thumbprint)?)
                .await?;
            Ok(pb::FindAccountByKeyResponse {
                account: account.into_wire(),
            })
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

    async fn list_key_changes(
        &self,
        request: Request<pb::ListKeyChangesRequest>,
    ) -> Result<Response<pb::ListKeyChangesResponse>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            let requests = store.list_key_changes(Wire::from_wire(message.account)?).await?;
            Ok(pb::ListKeyChangesResponse { requests })
        })
        .await
    }
}
