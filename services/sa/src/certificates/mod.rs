//! What is about to be signed, what was signed, and what was revoked.

pub(crate) mod rows;

use cairn_kit::audit::{Actor, Record};
use cairn_rpc::Context;
use cairn_rpc::api::sa::{RevokeCertificate, StoredTbs, Unsigned};
use cairn_types::{Certificate, Error, ErrorKind, OrderStatus, Result, Serial};

use crate::Store;
use crate::audit::{holder, record};
use crate::db::{look_aside, look_up, transact};
use crate::trail::Origin;

/// A certificate that is stored, and what became of its order.
pub(crate) struct Stored {
    pub(crate) certificate: Certificate,
    /// False if it was stored before.
    pub(crate) new: bool,
    /// Valid, unless the order had ended before the certificate came.
    pub(crate) order: OrderStatus,
}

/// The calls on certificates; `proto/cairn/sa/v1` tells what each does.
impl Store {
    pub(crate) async fn store_tbs(&self, context: &Context, unsigned: Unsigned) -> Result<StoredTbs> {
        let now = self.now();
        let (stored, new) = transact!(self.db(), context, certificates::store_tbs(unsigned, now))?;
        if new {
            certificate(
                context,
                "certificate.prepared",
                stored.unsigned.serial,
                holder(&stored.unsigned.account),
            )
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
        let stored = transact!(
            self.db(),
            context,
            certificates::store_certificate(serial, der, now)
        )?;
        let finished = stored.order == OrderStatus::Valid;
        if stored.new {
            stored.write_audit(context);
        }
        if finished {
            Ok(stored.certificate)
        } else {
            Err(Error::new(
                ErrorKind::OrderNotReady,
                format!("the order is {}; its certificate is kept", stored.order),
            ))
        }
    }

    pub(crate) async fn get_certificate(&self, serial: Serial) -> Result<Certificate> {
        // What is issued stays; a revocation by another process may be seen a moment later.
        if let Some(found) = look_aside!(self.db(), |_| true, certificates::get_certificate(serial)) {
            return Ok(found);
        }
        look_up!(self.db(), certificates::get_certificate(serial))
    }

    pub(crate) async fn revoke_certificate(
        &self,
        context: &Context,
        request: RevokeCertificate,
    ) -> Result<Certificate> {
        let (serial, reason) = (request.serial, request.revocation.reason);
        let by = revoker(&request.by, serial);
        let (revoked, new) = transact!(
            self.db(),
            Origin::by(context, &by),
            certificates::revoke_certificate(request)
        )?;
        self.db().show_to_all();
        if new {
            certificate(context, "certificate.revoked", serial, by)
                .moved("issued", "revoked")
                .detail("reason", reason.code())
                .write();
        }
        Ok(revoked)
    }

    pub(crate) async fn is_replaced(&self, serial: Serial) -> Result<bool> {
        look_up!(self.db(), certificates::is_replaced(serial))
    }
}

impl Stored {
    fn write_audit(&self, context: &Context) {
        let Certificate {
            serial,
            order,
            account,
            ..
        } = &self.certificate;
        certificate(context, "certificate.issued", *serial, holder(account))
            .created("issued")
            .write();
        if self.order == OrderStatus::Valid {
            record(context, "order.finished", order, account)
                .moved("processing", "valid")
                .detail("serial", serial.to_string())
                .write();
        } else {
            tracing::warn!(%serial, %order, status = %self.order, "a certificate came after the end of its order");
            certificate(context, "certificate.came_late", *serial, holder(account))
                .detail("order", order.to_string())
                .detail("order_status", self.order.as_str())
                .write();
        }
    }
}

fn certificate(context: &Context, event: &'static str, serial: Serial, by: Actor) -> Record {
    Record::new(event, "certificate", serial)
        .by(by)
        .request(context.request_id())
}

/// Who revoked, as told by the request: an account's URL, "certificate key" or an operator's name.
fn revoker(by: &str, serial: Serial) -> Actor {
    if let Some((_, path)) = by.split_once("://") {
        let account = path.rsplit('/').next().unwrap_or_default();
        Actor::Account(account.to_owned())
    } else if by == "certificate key" {
        Actor::CertificateKey(serial.to_string())
    } else {
        Actor::Operator(by.to_owned())
    }
}
