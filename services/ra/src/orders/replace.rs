//! Orders that replace a certificate (RFC 9773 section 5).

use cairn_rpc::Context;
use cairn_types::{Error, ErrorKind, Order, Result, Serial};

use crate::Ra;

impl Ra {
    /// The certificate must be the account's own, share a name with the order, and not be replaced yet.
    pub(crate) async fn may_replace(&self, context: &Context, serial: Serial, order: &Order) -> Result<()> {
        let replaced = match self.sa.get_certificate(context, serial).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Error::malformed("the certificate to replace is not known here"));
            }
            found => found?,
        };
        if replaced.account != order.account {
            return Err(Error::unauthorized(
                "the certificate to replace belongs to another account",
            ));
        }
        if !replaced
            .identifiers
            .iter()
            .any(|identifier| order.identifiers.contains(identifier))
        {
            return Err(Error::malformed(
                "the order shares no identifier with the certificate to replace",
            ));
        }
        if self.sa.is_replaced(context, serial).await? {
            return Err(Error::new(
                ErrorKind::AlreadyReplaced,
                "the certificate was replaced already",
            ));
        }
        Ok(())
    }
}
