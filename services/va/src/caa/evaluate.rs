//! What a set of CAA records means for one request. Pure.

use cairn_types::ChallengeType;
use hickory_proto::rr::rdata::CAA;

use super::issue_value::IssueValue;

/// The properties that are understood; those after the first two do not restrict certificates for TLS servers.
const KNOWN: [&str; 7] = [
    "issue",
    "issuewild",
    "iodef",
    "issuemail",
    "issuevmc",
    "contactemail",
    "contactphone",
];

/// Who asks, and how control was proved.
pub(super) struct Asker<'a> {
    /// The issuer domain names of this CA.
    pub(super) identities: &'a [String],
    pub(super) wildcard: bool,
    pub(super) method: ChallengeType,
    pub(super) account_uri: &'a str,
}

/// Why records forbid issuance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Forbidden {
    #[error("the property {0:?} is critical and not understood")]
    Critical(String),
    #[error("they name other CAs, or none")]
    OtherIssuer,
    #[error("they name this CA under conditions that are malformed or repeated")]
    Parameters,
    #[error("they name another account (accounturi)")]
    Account,
    #[error("they do not list the method {0} (validationmethods)")]
    Method(ChallengeType),
}

/// Whether the records, which are all those of one name, allow issuance (RFC 8659 sections 4.1 to 4.3).
pub(super) fn evaluate(records: &[CAA], asker: &Asker<'_>) -> Result<(), Forbidden> {
    let tagged = |tag: &'static str| {
        records
            .iter()
            .filter(move |record| record.tag.eq_ignore_ascii_case(tag))
    };
    let unknown = records.iter().find(|record| {
        record.issuer_critical && !KNOWN.iter().any(|tag| record.tag.eq_ignore_ascii_case(tag))
    });
    if let Some(record) = unknown {
        return Err(Forbidden::Critical(crate::text::clean(&record.tag, 40)));
    }
    let wild = asker.wildcard && tagged("issuewild").next().is_some();
    let mut relevant = tagged(if wild { "issuewild" } else { "issue" }).peekable();
    if relevant.peek().is_none() {
        return Ok(());
    }
    let mut closest = Forbidden::OtherIssuer;
    for record in relevant {
        match allows(&record.value, asker) {
            Ok(()) => return Ok(()),
            Err(Forbidden::OtherIssuer) => {}
            Err(why) => closest = why,
        }
    }
    Err(closest)
}

fn allows(value: &[u8], asker: &Asker<'_>) -> Result<(), Forbidden> {
    let value = IssueValue::parse(value).ok_or(Forbidden::OtherIssuer)?;
    let named = |identity: &String| identity.eq_ignore_ascii_case(value.issuer);
    if value.issuer.is_empty() || !asker.identities.iter().any(named) {
        return Err(Forbidden::OtherIssuer);
    }
    match value.only("accounturi").map_err(|()| Forbidden::Parameters)? {
        Some(uri) if uri != asker.account_uri => return Err(Forbidden::Account),
        _ => {}
    }
    if let Some(methods) = value
        .only("validationmethods")
        .map_err(|()| Forbidden::Parameters)?
    {
        let well_formed = |method: &str| {
            !method.is_empty()
                && method
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if !methods.split(',').all(well_formed) {
            return Err(Forbidden::Parameters);
        }
        if !methods.split(',').any(|method| method == asker.method.as_str()) {
            return Err(Forbidden::Method(asker.method));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
