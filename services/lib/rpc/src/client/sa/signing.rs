//! What the certificate authority keeps.

use cairn_proto::sa::v1 as pb;
use cairn_types::{Certificate, Result, Serial};

use super::SaClient;
use crate::Context;
use crate::api::sa::{StoredTbs, Unsigned};
use crate::client::{Repeat, call};
use crate::convert::Wire;

/// What the certificate authority keeps.
impl SaClient {
    /// Stores what is about to be signed, or finds what the order has already.
    pub async fn store_tbs(&self, context: &Context, unsigned: Unsigned) -> Result<StoredTbs> {
        let message = pb::StoreTbsRequest {
            unsigned: unsigned.into_wire(),
        };
        Wire::from_wire(call!(self.signing, store_tbs, context, message, Repeat::Safe).await?)
    }

    /// Stores a certificate and turns its order valid.
    pub async fn store_certificate(
        &self,
        context: &Context,
        serial: Serial,
        der: Vec<u8>,
    ) -> Result<Certificate> {
        let message = pb::StoreCertificateRequest {
            serial: serial.into_wire(),
            der,
        };
        Wire::from_wire(call!(self.signing, store_certificate, context, message, Repeat::Safe).await?)
    }
}
