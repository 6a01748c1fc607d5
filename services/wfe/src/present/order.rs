//! Orders.

use cairn_acme::ProblemDocument;
use cairn_acme::objects::{IdentifierObject, OrderObject};
use cairn_types::{Error, Order, OrderStatus};
use http::StatusCode;

use super::ISSUING;
use crate::answer::Answer;
use crate::front::Wfe;
use crate::request::Call;

/// The answer that shows an order (RFC 8555 section 7.1.3), with a `Retry-After` while it is being issued.
pub(crate) async fn order(
    wfe: &Wfe,
    call: &Call,
    order: &Order,
    status: StatusCode,
) -> Result<Answer, Error> {
    let replaces = match order.replaces {
        Some(serial) => wfe.replaced_id(call, serial).await?,
        None => None,
    };
    let urls = &wfe.urls;
    let object = OrderObject {
        status: order.status_at(call.now),
        expires: Some(order.expires),
        identifiers: order.identifiers.iter().map(IdentifierObject::from).collect(),
        profile: Some(order.profile.clone()),
        not_before: order.not_before,
        not_after: order.not_after,
        replaces: replaces.map(|id| id.to_string()),
        error: order.error.as_ref().map(ProblemDocument::from),
        authorizations: order
            .authorizations
            .iter()
            .map(|id| urls.authorization(*id))
            .collect(),
        finalize: urls.finalize(order.id),
        certificate: order.serial.map(|serial| urls.certificate(serial, 0)),
    };
    let answer = Answer::json(&object)?
        .with_status(status)
        .location(&urls.order(order.id));
    Ok(match object.status {
        OrderStatus::Processing => answer.retry_after(ISSUING),
        _ => answer,
    })
}
