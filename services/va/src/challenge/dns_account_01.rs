//! dns-account-01 (draft-ietf-acme-dns-account-label, CA/B BR 3.2.2.4.21): as dns-01, at a name of the account's own,
//! so that several accounts can each have an alias of theirs there.

use cairn_acme::dns_account01_name;

use super::{Claim, digest_record};
use crate::dns::Dns;
use crate::refusal::Refusal;
use crate::trace::Trace;

pub(super) async fn perform(dns: &Dns, claim: &Claim<'_>, trace: &mut Trace) -> Result<(), Refusal> {
    let record = dns_account01_name(claim.account_uri, claim.zone_name()?);
    digest_record::find(dns, &record, claim, trace).await
}
