//! `cairn.sa.v1.Audit`.

use cairn_rpc::convert::Wire;
use cairn_rpc::pb::sa::v1 as pb;
use cairn_rpc::pb::sa::v1::audit_server::Audit;
use tonic::{Request, Response, Status};

use super::{Service, call};

#[tonic::async_trait]
impl Audit for Service {
    async fn check(&self, request: Request<pb::CheckRequest>) -> Result<Response<pb::CheckResponse>, Status> {
        let store = self.store.clone();
        call(request, |_, message| async move {
            Ok(store.check_rows(Wire::from_wire(message)?).await?.into_wire())
        })
        .await
    }
}
