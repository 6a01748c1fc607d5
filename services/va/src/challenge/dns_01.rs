//! dns-01 (RFC 8555 section 8.4): a TXT record with the digest of the key authorization.

use cairn_types::{ErrorKind, Identifier};
use hickory_proto::rr::RecordType;

use super::Claim;
use crate::dns::Dns;
use crate::refusal::Refusal;
use crate::text::clean_bytes;
use crate::trace::Trace;

/// How many of the values found an explanation shows.
const SHOWN: usize = 5;

pub(super) async fn perform(dns: &Dns, claim: &Claim<'_>, trace: &mut Trace) -> Result<(), Refusal> {
    let Identifier::Dns(name) = claim.identifier else {
        return Err(Refusal::new(
            ErrorKind::Malformed,
            "dns-01 cannot prove control over an address",
        ));
    };
    let record = format!("_acme-challenge.{}", name.base());
    let expected = claim.dns_record();
    let remedy = || format!("Add the record `{record}. IN TXT \"{expected}\"`");
    let found = dns
        .txt(&record, trace)
        .await
        .map_err(|error| error.refusal(RecordType::TXT, &record).remedy(remedy))?;
    if found.iter().any(|text| text == expected.as_bytes()) {
        return Ok(());
    }
    let refusal = if found.is_empty() {
        Refusal::new(ErrorKind::Unauthorized, format!("{record} has no TXT record"))
    } else {
        let shown: Vec<_> = found
            .iter()
            .take(SHOWN)
            .map(|text| format!("\"{}\"", clean_bytes(text, 100)))
            .collect();
        let more = match found.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let what = format!("no TXT record of {record} has the expected value");
        Refusal::new(ErrorKind::Unauthorized, what).found(format!("{}{more}", shown.join(", ")))
    };
    Err(refusal.expected(format!("\"{expected}\"")).remedy(remedy))
}
