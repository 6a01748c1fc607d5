//! The planted bug: it signs first and stores afterwards.
//!
//! Tests of crashes are worth what they find. This is what they must find: a process that dies between the two steps, or
//! a call that is repeated, leaves a signature whose octets are nowhere.

use cairn_rpc::Context;
use cairn_rpc::api::ca::Issue;
use cairn_types::{Certificate, Duration, Result};

use super::{record, unsigned};
use crate::Ca;

/// Between signing and storing. A few seconds of faults have to fall into it.
const WIDE_OPEN: Duration = Duration::from_millis(200);

impl Ca {
    /// [`Ca::issue`] in the wrong order.
    pub(crate) async fn issue_unstored(&self, context: &Context, issue: Issue) -> Result<Certificate> {
        let entitlement = self.entitle(&issue)?;
        let prepared = self.prepare(&entitlement)?;
        let signed = self.sign(&prepared)?;
        record(context, &entitlement, &issue.jwk, &prepared.issuer.id, &signed);
        tokio::time::sleep(WIDE_OPEN).await;
        let stored = self
            .sa
            .store_tbs(context, unsigned(&entitlement, &prepared))
            .await?;
        let serial = stored.unsigned.serial;
        if stored.certificate.is_some() {
            return self.sa.get_certificate(context, serial).await;
        }
        let prepared = self.adopt(&entitlement, prepared, stored)?;
        let signed = if signed.serial() == serial {
            signed
        } else {
            self.sign(&prepared)?
        };
        self.store(context, signed).await
    }
}
