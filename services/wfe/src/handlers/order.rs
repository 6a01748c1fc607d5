//! Reading an order (RFC 8555 section 7.4).

use bytes::Bytes;
use cairn_types::OrderId;
use http::StatusCode;

use crate::answer::Answer;
use crate::front::Wfe;
use crate::present;
use crate::refusal::Refusal;
use crate::request::Call;

/// 200 with the order.
pub(super) async fn post(wfe: &Wfe, call: &Call, id: OrderId, body: Bytes) -> Result<Answer, Refusal> {
    let request = wfe.authenticate(call, body).await?.read_only()?;
    let order = wfe.sa.get_order(&call.context, id).await?;
    request.check_owner(order.account, "order")?;
    Ok(present::order(wfe, call, &order, StatusCode::OK).await?)
}
