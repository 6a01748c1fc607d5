//! Changes of certificates.

use cairn_types::{Certificate, Result};

use super::SaClient;
use crate::Context;
use crate::api::sa::RevokeCertificate;
use crate::client::{Repeat, call};
use crate::convert::Wire;

/// Changes of certificates.
impl SaClient {
    /// Marks a certificate as revoked.
    pub async fn revoke_certificate(
        &self,
        context: &Context,
        request: RevokeCertificate,
    ) -> Result<Certificate> {
        let message = request.into_wire();
        Wire::from_wire(
            call!(
                self.certificates,
                revoke_certificate,
                context,
                message,
                Repeat::Safe
            )
            .await?,
        )
    }
}
