//! A TXT record with the digest of the key authorization, wherever it is.

use cairn_types::ErrorKind;
use hickory_proto::rr::RecordType;

use super::Claim;
use crate::dns::Dns;
use crate::hints;
use crate::refusal::Refusal;
use crate::text::clean_bytes;
use crate::trace::Trace;

/// How many of the values found an explanation shows.
const SHOWN: usize = 5;

/// Looks for the digest among the TXT records of a name: one that is it is enough.
pub(super) async fn find(
    dns: &Dns,
    record: &str,
    claim: &Claim<'_>,
    trace: &mut Trace,
) -> Result<(), Refusal> {
    let expected = claim.dns_record();
    let remedy = || format!("Add the record `{record}. IN TXT \"{expected}\"`");
    let found = dns.txt(record, trace).await.map_err(|error| {
        let refusal = error.refusal(RecordType::TXT, record);
        refusal.expected(format!("\"{expected}\"")).remedy(|| {
            format!(
                "{}; where the DNS service adds the domain to names by itself, enter the name without it",
                remedy()
            )
        })
    })?;
    if found.iter().any(|text| text == expected.as_bytes()) {
        trace.matched(format!("{record} TXT \"{expected}\""));
        return Ok(());
    }
    let refusal = if found.is_empty() {
        Refusal::new(ErrorKind::Unauthorized, format!("{record} has no TXT record"))
    } else {
        let key_authorization = claim.key_authorization();
        let hint = found
            .iter()
            .find_map(|text| hints::wrong_text(text, &expected, &key_authorization))
            .map_or_else(String::new, |hint| format!(": {hint}"));
        let what = format!("no TXT record of {record} has the expected value{hint}");
        Refusal::new(ErrorKind::Unauthorized, what).found(shown(&found))
    };
    Err(refusal.expected(format!("\"{expected}\"")).remedy(remedy))
}

/// The first of the values, made harmless.
pub(super) fn shown(values: &[Vec<u8>]) -> String {
    let shown: Vec<_> = values
        .iter()
        .take(SHOWN)
        .map(|text| format!("\"{}\"", clean_bytes(text, 100)))
        .collect();
    match values.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
