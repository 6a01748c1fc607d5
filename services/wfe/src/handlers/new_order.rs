//! New orders (RFC 8555 section 7.4, RFC 9773 section 5).

use bytes::Bytes;
use cairn_acme::{CertificateId, objects};
use cairn_ratelimit::Bucket;
use cairn_rpc::api::ra::NewOrder;
use cairn_types::{Error, ErrorKind, Identifier, MAX_IDENTIFIERS, Serial, Subproblem};
use http::StatusCode;

use crate::answer::Answer;
use crate::front::Wfe;
use crate::present;
use crate::refusal::Refusal;
use crate::request::{Authenticated, Call};

/// 201 with the order.
pub(super) async fn post(wfe: &Wfe, call: &Call, body: Bytes) -> Result<Answer, Refusal> {
    let request: Authenticated<objects::NewOrder> = wfe.authenticate(call, body).await?.object()?;
    let account = request.account_id();
    let payload = request.into_payload();
    let replaces = payload
        .replaces
        .as_deref()
        .map(|text| replaced(wfe, text))
        .transpose()?;
    let wanted = NewOrder {
        account,
        identifiers: identifiers(&payload.identifiers)?,
        profile: payload.profile.map(|name| name.parse()).transpose()?,
        not_before: payload.not_before,
        not_after: payload.not_after,
        replaces,
    };
    wfe.spend(Bucket::new_orders(account)).await?;
    let order = wfe.ra.new_order(&call.context, wanted).await?;
    if let Some((serial, id)) = order.replaces.zip(payload.replaces) {
        wfe.remember_replaced(serial, &id);
    }
    Ok(present::order(wfe, call, &order, StatusCode::CREATED).await?)
}

/// All identifiers, or the faults of all that have one.
fn identifiers(objects: &[objects::IdentifierObject]) -> Result<Vec<Identifier>, Error> {
    if objects.len() > MAX_IDENTIFIERS {
        let many = objects.len();
        let detail =
            format!("an order may have {MAX_IDENTIFIERS} identifiers at the most, this one has {many}");
        return Err(Error::malformed(detail));
    }
    let mut good = Vec::with_capacity(objects.len());
    let mut bad = Vec::new();
    for object in objects {
        match object.parse() {
            Ok(identifier) => good.push(identifier),
            Err(error) => bad.push(Error::from(error)),
        }
    }
    match bad.len() {
        0 => Ok(good),
        1 => Err(bad.swap_remove(0)),
        _ => {
            let kinds_differ = bad.iter().any(|error| error.kind() != bad[0].kind());
            let kind = if kinds_differ {
                ErrorKind::Compound
            } else {
                bad[0].kind()
            };
            let subproblems = bad.into_iter().map(|error| Subproblem {
                kind: error.kind(),
                detail: error.problem.detail,
                identifier: None,
            });
            Err(Error::new(kind, "several identifiers cannot be ordered")
                .with_subproblems(subproblems.collect()))
        }
    }
}

fn replaced(wfe: &Wfe, text: &str) -> Result<Serial, Error> {
    let id: CertificateId = text.parse()?;
    wfe.issuers
        .serial_of(&id)
        .ok_or_else(|| Error::malformed("the certificate to replace is not one of this server's"))
}
