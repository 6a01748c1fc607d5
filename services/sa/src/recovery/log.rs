//! What the audit log tells, line by line.
//!
//! Lines are JSON, as the services write them with `log.format = "json"`. Whatever stands before the first brace, as a
//! collector's time and host, is passed over, and so are all other lines.

use cairn_kit::audit;
use cairn_rpc::api::sa::Unsigned;
use cairn_types::{
    Account, AccountId, AccountStatus, AuthorizationId, Error, Revocation, RevocationReason, Serial,
    Thumbprint, Timestamp,
};
use cairn_x509::{TbsView, signed_part};
use openssl::base64::decode_block;
use openssl::sha::sha256;
use serde::Deserialize;

use super::Signed;

/// What happened that a restored database has to know.
#[derive(Debug)]
pub(super) enum Event {
    Signed(Box<Signed>),
    Withdrawn(Withdrawn),
}

/// What is over, and must not come back with a backup.
#[derive(Debug)]
pub(super) enum Withdrawn {
    Certificate(Serial, Revocation, String),
    Account(AccountId),
    Authorization(AuthorizationId),
    /// An account's key that was exchanged: the request that its holder signed for that is not in the log.
    Key(AccountId),
}

/// Some line of a log. The one that matters is of the target `audit`, and has all of this.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
    target: String,
    timestamp: String,
    event: String,
    id: String,
    actor: String,
    /// JSON again.
    details: String,
}

#[derive(Deserialize)]
struct SignedDetails {
    order: String,
    account: String,
    account_key: String,
    profile: String,
    issuer: String,
    certificate: String,
}

#[derive(Deserialize)]
struct RevokedDetails {
    reason: i64,
}

/// Why a line that should tell something does not.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unreadable(String);

impl From<Error> for Unreadable {
    fn from(error: Error) -> Self {
        Self(error.internal.unwrap_or(error.problem.detail))
    }
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<String> for Unreadable {
    fn from(why: String) -> Self {
        Self(why)
    }
}

impl From<&str> for Unreadable {
    fn from(why: &str) -> Self {
        Self(why.to_owned())
    }
}

/// What a line tells; none if nothing that matters here.
pub(super) fn read(line: &str) -> Result<Option<Event>, Unreadable> {
    const EVENTS: [&str; 5] = [
        "certificate.signed",
        "certificate.revoked",
        "account.deactivated",
        "account.key_changed",
        "authorization.deactivated",
    ];
    if !EVENTS.iter().any(|event| line.contains(event)) {
        return Ok(None);
    }
    let start = line.find('{').unwrap_or_default();
    let line: Line = serde_json::from_str(&line[start..])
        .map_err(|error| format!("no JSON, which log.format = \"json\" makes: {error}"))?;
    if line.target != audit::TARGET {
        return Ok(None);
    }
    let at = Timestamp::parse_rfc3339(&line.timestamp).ok_or("its timestamp is none")?;
    Ok(Some(match line.event.as_str() {
        "certificate.signed" => Event::Signed(Box::new(signed(&line.id, &line.details, at)?)),
        "certificate.revoked" => {
            let RevokedDetails { reason } = serde_json::from_str(&line.details)?;
            let reason = RevocationReason::from_code(reason).ok_or("its reason is none")?;
            let revocation = Revocation { at, reason };
            Event::Withdrawn(Withdrawn::Certificate(line.id.parse()?, revocation, line.actor))
        }
        "account.deactivated" => Event::Withdrawn(Withdrawn::Account(line.id.parse()?)),
        "account.key_changed" => Event::Withdrawn(Withdrawn::Key(line.id.parse()?)),
        "authorization.deactivated" => Event::Withdrawn(Withdrawn::Authorization(line.id.parse()?)),
        _ => return Ok(None),
    }))
}

/// Nothing is believed that the certificate itself tells.
fn signed(serial: &str, details: &str, at: Timestamp) -> Result<Signed, Unreadable> {
    let details: SignedDetails = serde_json::from_str(details)?;
    let der = decode_block(&details.certificate).map_err(|_| "its certificate is not base64")?;
    let tbs = signed_part(&der).map_err(|error| Unreadable(error.to_string()))?;
    let view = TbsView::from_der(&tbs).map_err(|error| Unreadable(error.to_string()))?;
    let serial: Serial = serial.parse()?;
    let account: AccountId = details.account.parse()?;
    if view.serial != serial.as_bytes() {
        return Err("its certificate has another serial number".into());
    }
    Ok(Signed {
        unsigned: Unsigned {
            serial,
            order: details.order.parse()?,
            account,
            profile: details.profile.parse()?,
            issuer: details.issuer,
            identifiers: view.identifiers,
            spki: view.spki,
            not_before: view.not_before,
            not_after: view.not_after,
            tbs,
        },
        der,
        account: Account {
            id: account,
            // A canonical JWK is what a thumbprint is made of (RFC 7638).
            thumbprint: Thumbprint(sha256(details.account_key.as_bytes())),
            jwk: details.account_key,
            status: AccountStatus::Valid,
            contact: Vec::new(),
            terms_agreed: None,
            external_account_binding: None,
            created: account.created(),
        },
        at,
    })
}
