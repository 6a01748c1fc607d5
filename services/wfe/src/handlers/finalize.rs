//! Finalizing an order (RFC 8555 section 7.4).

use bytes::Bytes;
use cairn_acme::finalize;
use cairn_rpc::api::ra::Finalize;
use cairn_types::OrderId;
use http::StatusCode;

use crate::answer::Answer;
use crate::front::Wfe;
use crate::present;
use crate::refusal::Refusal;
use crate::request::Call;

/// 200 with the order, often valid already. The request travels on as it came, for the signer to verify.
pub(super) async fn post(wfe: &Wfe, call: &Call, id: OrderId, body: Bytes) -> Result<Answer, Refusal> {
    let request = wfe.authenticate(call, body).await?;
    let wanted = Finalize {
        account: request.account_id(),
        order: id,
        csr: finalize::csr(request.payload())?,
        request: request.request().to_vec(),
    };
    let order = wfe.ra.finalize(&call.context, wanted).await?;
    Ok(present::order(wfe, call, &order, StatusCode::OK).await?)
}
