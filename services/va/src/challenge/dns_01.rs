//! dns-01 (RFC 8555 section 8.4): a TXT record with the digest of the key authorization.

use super::{Claim, digest_record};
use crate::dns::Dns;
use crate::refusal::Refusal;
use crate::trace::Trace;

pub(super) async fn perform(dns: &Dns, claim: &Claim<'_>, trace: &mut Trace) -> Result<(), Refusal> {
    let record = format!("_acme-challenge.{}", claim.zone_name()?);
    digest_record::find(dns, &record, claim, trace).await
}
