//! Finalizing (RFC 8555 section 7.4): the checks that leave an order ready, and the lease that moves it on.

use cairn_acme::{PublicKey, finalize};
use cairn_policy::check_certificate_key;
use cairn_rpc::Context;
use cairn_rpc::api::ra::Finalize;
use cairn_rpc::api::sa::BeginFinalize;
use cairn_types::{Duration, Error, ErrorKind, Identifier, LeaseId, Order, OrderStatus, Result, Thumbprint};
use cairn_x509::CertificateRequest;
use futures_util::try_join;

use crate::Ra;
use crate::issuance::Issuing;

/// Before the first look at an order that another request finalized; each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

impl Ra {
    /// Starts the issuance and waits a little for its end. A request that is refused leaves the order ready.
    pub(crate) async fn finalize(&self, context: &Context, request: Finalize) -> Result<Order> {
        let certified = Certified::parse(&request.csr);
        let key_holder = async {
            match &certified {
                Ok(certified) => self.sa.find_account_by_key(context, certified.thumbprint).await,
                Err(_) => Ok(None),
            }
        };
        let (account, order, key_holder) = try_join!(
            self.valid_account(context, request.account),
            self.sa.get_order(context, request.order),
            key_holder,
        )?;
        if order.account != account.id {
            return Err(Error::unauthorized("the order belongs to another account"));
        }
        if matches!(
            order.status_at(self.clock.now()),
            OrderStatus::Processing | OrderStatus::Valid
        ) {
            return self.finalized(context, order, &request.csr).await;
        }
        self.ready(&order)?;
        if certified?.identifiers != order.identifiers {
            return Err(bad_csr("its names are not those of the order"));
        }
        if key_holder.is_some() {
            return Err(bad_csr(
                "its key is the key of an account (RFC 8555 section 11.1)",
            ));
        }

        let lease = self.lease(
            LeaseId::new(&*self.clock, &*self.rng),
            self.settings.finalize_lease,
        );
        let begun = self
            .sa
            .begin_finalize(
                context,
                BeginFinalize {
                    order: order.id,
                    request: request.request.clone(),
                    lease: lease.clone(),
                },
            )
            .await?;
        if !begun.leased {
            // Another request got there first.
            return match begun.order.status_at(self.clock.now()) {
                OrderStatus::Processing | OrderStatus::Valid => {
                    self.finalized(context, begun.order, &request.csr).await
                }
                _ => self.ready(&begun.order).map(|()| begun.order),
            };
        }
        self.issue_in_background(
            context,
            Issuing {
                order: begun.order,
                account,
                evidence: Some(begun.evidence),
                request: request.request,
                lease,
                resumed: false,
            },
        )
        .await
    }

    /// The answer for an order that was finalized before: the order, if it was by the same request, whose answer the
    /// client may not have seen; a little later if its certificate is on its way.
    async fn finalized(&self, context: &Context, mut order: Order, csr: &[u8]) -> Result<Order> {
        let first = self.sa.get_finalization(context, order.id).await?;
        let first = finalize::accepted_csr(&first).map_err(|error| Error::internal(error.to_string()))?;
        if first != csr {
            let detail = format!(
                "the order is {}: it was finalized with another certificate request",
                order.status
            );
            return Err(Error::new(ErrorKind::OrderNotReady, detail));
        }
        let enough = self.clock.now() + self.settings.finalize_wait;
        let mut pause = FIRST_PAUSE;
        while order.status == OrderStatus::Processing && self.clock.now() + pause < enough {
            tokio::time::sleep(pause).await;
            pause *= 2;
            order = self.sa.get_order(context, order.id).await?;
        }
        Ok(order)
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
}

/// What a certificate request asks for, as far as it can be judged by itself.
struct Certified {
    identifiers: Vec<Identifier>,
    /// Of its key, if that were an account's.
    thumbprint: Thumbprint,
}

impl Certified {
    fn parse(der: &[u8]) -> Result<Self> {
        let csr = CertificateRequest::parse(der)?;
        let key = csr.public_key().as_pkey();
        check_certificate_key(key).map_err(|fault| fault.into_error(ErrorKind::BadCsr))?;
        let thumbprint = PublicKey::from_pkey(key)
            .map(|key| key.thumbprint())
            .map_err(|_| bad_csr("its key is of an unsupported kind"))?;
        Ok(Self {
            identifiers: csr.identifiers().to_vec(),
            thumbprint,
        })
    }
}

fn bad_csr(why: &str) -> Error {
    Error::new(
        ErrorKind::BadCsr,
        format!("the certificate request is not acceptable: {why}"),
    )
}
