//! Finalizing (RFC 8555 section 7.4): the checks that leave an order ready, and the lease that moves it on.

use cairn_acme::PublicKey;
use cairn_policy::check_certificate_key;
use cairn_rpc::Context;
use cairn_rpc::api::ra::Finalize;
use cairn_rpc::api::sa::{BeginFinalize, Finalization};
use cairn_types::{Account, Error, ErrorKind, LeaseId, Order, OrderStatus, Result, Thumbprint};
use cairn_x509::CertificateRequest;

use crate::Ra;
use crate::issuance::Issuing;

impl Ra {
    /// Starts the issuance and waits a little for its end. A request that is refused leaves the order ready.
    pub(crate) async fn finalize(&self, context: &Context, request: Finalize) -> Result<Order> {
        let account = self.valid_account(context, request.account).await?;
        let order = self.sa.get_order(context, request.order).await?;
        if order.account != account.id {
            return Err(Error::unauthorized("the order belongs to another account"));
        }
        self.ready(&order)?;
        self.check_csr(context, &account, &order, &request.csr).await?;

        let lease = self.lease(
            LeaseId::new(&*self.clock, &*self.rng),
            self.settings.finalize_lease,
        );
        let finalization = Finalization {
            csr: request.csr,
            request: request.request,
        };
        let begun = self
            .sa
            .begin_finalize(
                context,
                BeginFinalize {
                    order: order.id,
                    finalization: finalization.clone(),
                    lease: lease.clone(),
                },
            )
            .await?;
        if !begun.leased {
            // Another request got there first: its order is the answer, unless it is over.
            return match begun.order.status_at(self.clock.now()) {
                OrderStatus::Processing | OrderStatus::Valid => Ok(begun.order),
                _ => self.ready(&begun.order).map(|()| begun.order),
            };
        }
        self.issue_in_background(
            context,
            Issuing {
                order: begun.order,
                account,
                finalization,
                lease,
                resumed: false,
            },
        )
        .await
    }

    fn ready(&self, order: &Order) -> Result<()> {
        match order.status_at(self.clock.now()) {
            OrderStatus::Ready => Ok(()),
            OrderStatus::Invalid => Err(Error::new(
                ErrorKind::OrderNotReady,
                order.error.as_ref().map_or_else(
                    || "the order has expired".to_owned(),
                    |problem| format!("the order is invalid: {}", problem.detail),
                ),
            )),
            status => Err(Error::new(
                ErrorKind::OrderNotReady,
                format!("the order is {status}, not ready"),
            )),
        }
    }

    async fn check_csr(&self, context: &Context, account: &Account, order: &Order, der: &[u8]) -> Result<()> {
        let csr = CertificateRequest::parse(der)?;
        if csr.identifiers() != order.identifiers {
            return Err(bad_csr("its names are not those of the order"));
        }
        check_certificate_key(csr.public_key().as_pkey())
            .map_err(|fault| fault.into_error(ErrorKind::BadCsr))?;
        let thumbprint = PublicKey::from_pkey(csr.public_key().as_pkey())
            .map(|key| key.thumbprint())
            .map_err(|_| bad_csr("its key is of an unsupported kind"))?;
        if self.is_account_key(context, account, thumbprint).await? {
            return Err(bad_csr(
                "its key is the key of an account (RFC 8555 section 11.1)",
            ));
        }
        Ok(())
    }

    async fn is_account_key(&self, context: &Context, account: &Account, key: Thumbprint) -> Result<bool> {
        Ok(account.thumbprint == key || self.sa.find_account_by_key(context, key).await?.is_some())
    }
}

fn bad_csr(why: &str) -> Error {
    Error::new(
        ErrorKind::BadCsr,
        format!("the certificate request is not acceptable: {why}"),
    )
}
