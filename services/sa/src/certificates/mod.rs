//! What is about to be signed, what was signed, and what was revoked.

pub(crate) mod rows;

use cairn_kit::audit::Record;
use cairn_rpc::Context;
use cairn_rpc::api::sa::{RevokeCertificate, StoredTbs, Unsigned};
use cairn_types::{Certificate, Result, Serial};

use crate::Store;
use crate::audit::record;
use crate::db::{look_up, transact};

/// The calls on certificates; `proto/cairn/sa/v1` tells what each does.
impl Store {
    pub(crate) async fn store_tbs(&self, context: &Context, unsigned: Unsigned) -> Result<StoredTbs> {
        let now = self.now();
        let (stored, new) = transact!(self.db(), certificates::store_tbs(unsigned, now))?;
        if new {
            certificate(context, "certificate.prepared", stored.unsigned.serial)
                .detail("order", stored.unsigned.order.to_string())
                .write();
        }
        Ok(stored)
    }

    pub(crate) async fn store_certificate(
        &self,
        context: &Context,
        serial: Serial,
        der: Vec<u8>,
    ) -> Result<Certificate> {
        let now = self.now();
        let (stored, new) = transact!(self.db(), certificates::store_certificate(serial, der, now))?;
        if new {
            certificate(context, "certificate.issued", serial)
                .created("issued")
                .write();
            record(context, "order.finished", &stored.order, &stored.account)
                .moved("processing", "valid")
                .detail("serial", serial.to_string())
                .write();
        }
        Ok(stored)
    }

    pub(crate) async fn get_certificate(&self, serial: Serial) -> Result<Certificate> {
        look_up!(self.db(), certificates::get_certificate(serial))
    }

    pub(crate) async fn revoke_certificate(
        &self,
        context: &Context,
        request: RevokeCertificate,
    ) -> Result<Certificate> {
        let (serial, reason, by) = (request.serial, request.revocation.reason, request.by.clone());
        let revoked = transact!(self.db(), certificates::revoke_certificate(request))?;
        certificate(context, "certificate.revoked", serial)
            .moved("issued", "revoked")
            .detail("reason", reason.code())
            .detail("by", by)
            .write();
        Ok(revoked)
    }

    pub(crate) async fn is_replaced(&self, serial: Serial) -> Result<bool> {
        look_up!(self.db(), certificates::is_replaced(serial))
    }
}

fn certificate(context: &Context, event: &'static str, serial: Serial) -> Record {
    Record::new(event, "certificate", serial).request(context.request_id())
}
