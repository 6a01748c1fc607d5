//! The orders list of an account (RFC 8555 section 7.1.2.1), newest first, in pages.

use bytes::Bytes;
use cairn_acme::objects::OrdersList;
use cairn_types::{AccountId, Error, OrderId};

use crate::answer::Answer;
use crate::front::Wfe;
use crate::refusal::Refusal;
use crate::request::Call;

/// How many orders a page holds.
const PAGE: u32 = 100;

/// The query parameter that says after which order a page starts.
const CURSOR: &str = "after=";

/// One page, with a Link to the next if there is one.
pub(super) async fn post(wfe: &Wfe, call: &Call, id: AccountId, body: Bytes) -> Result<Answer, Refusal> {
    let request = wfe.authenticate(call, body).await?.read_only()?;
    request.check_owner(id, "orders list")?;
    let after: Option<OrderId> = call
        .query()
        .map(|query| {
            query
                .strip_prefix(CURSOR)
                .and_then(|cursor| cursor.parse().ok())
                .ok_or_else(|| Error::not_found("page of the orders list"))
        })
        .transpose()?;
    let mut ids = wfe.sa.list_orders(&call.context, id, after, PAGE + 1).await?;
    let more = ids.len() > PAGE as usize;
    ids.truncate(PAGE as usize);
    let list = OrdersList {
        orders: ids.iter().map(|id| wfe.urls.order(*id)).collect(),
    };
    let answer = Answer::json(&list)?;
    Ok(match ids.last().filter(|_| more) {
        Some(cursor) => answer.link(&format!("{}?{CURSOR}{cursor}", wfe.urls.orders(id)), "next"),
        None => answer,
    })
}
