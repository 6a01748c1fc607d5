//! Drives a processing order to its end: valid by the certificate authority, or invalid here.
//!
//! [`Ra::drive_order`] is the only way from a lease to an end, and every path through it either ends the order
//! or gives the lease up, upon which the janitor of some registration authority resumes it. Repeating any of its
//! steps is harmless: the order has one TBS, and the certificate authority signs only that.

use cairn_acme::finalize;
use cairn_rpc::Context;
use cairn_rpc::api::ca::{IdentifierEvidence, Issue};
use cairn_rpc::api::sa::AuthorizationEvidence;
use cairn_types::{Duration, Error, ErrorKind, Order, OrderStatus, Result};

use super::Issuing;
use super::setback::Setback;
use crate::Ra;
use crate::lease::Work;
use crate::persistence::{LATER, PAUSES};

/// What one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(90);

impl Ra {
    /// Starts the issuance in a task of its own, which outlives the request, and waits a little for its end.
    pub(crate) async fn issue_in_background(&self, context: &Context, issuing: Issuing) -> Result<Order> {
        let processing = issuing.order.clone();
        let (ra, background) = (self.clone(), context.clone());
        let task = self
            .tasks
            .spawn(async move { ra.drive_order(&background, issuing).await });
        match tokio::time::timeout(self.settings.finalize_wait, task).await {
            Ok(Ok(order)) => order,
            Ok(Err(failed)) => Err(Error::internal(format!("the issuance task ended: {failed}"))),
            Err(_still_running) => Ok(processing),
        }
    }

    /// Issues, while the lease is kept.
    pub(crate) async fn drive_order(&self, context: &Context, mut issuing: Issuing) -> Result<Order> {
        let known = issuing.evidence.take();
        let (on, lasts) = (Work::Order(issuing.order.id), self.settings.finalize_lease);
        let work = Box::pin(self.issue(context, &issuing, known));
        match self.under_lease(context, on, issuing.lease.id, lasts, work).await {
            Some(ended) => ended,
            None => Ok(issuing.order),
        }
    }

    /// Issues, again while that may help.
    async fn issue(
        &self,
        context: &Context,
        issuing: &Issuing,
        mut known: Option<Vec<AuthorizationEvidence>>,
    ) -> Result<Order> {
        let enough = self.clock.now() + self.settings.finalize_patience;
        let mut pauses = PAUSES.into_iter();
        loop {
            let attempt = context.detached(ATTEMPT);
            let setback = match self.issue_once(&attempt, issuing, known.take()).await {
                Ok(order) => {
                    self.measures.order_ended(None);
                    return Ok(order);
                }
                Err(setback) => setback,
            };
            let pause = match (setback, pauses.next()) {
                (Setback::Passing(error), Some(pause)) => {
                    tracing::info!(order = %issuing.order.id, why = error.problem.detail, "another attempt follows");
                    pause
                }
                (Setback::Ours(error), pause) if self.clock.now() < enough => {
                    tracing::warn!(order = %issuing.order.id, why = error.internal, "another attempt follows");
                    pause.unwrap_or(LATER)
                }
                (Setback::Ours(error), _) => return self.fail_order(context, issuing, gave_up(error)).await,
                (Setback::Passing(error) | Setback::Final(error), _) => {
                    let distrusted = error.kind() == ErrorKind::Unauthorized;
                    let failed = self.fail_order(context, issuing, error).await?;
                    if distrusted && failed.status == OrderStatus::Invalid {
                        self.distrust(context, &failed).await;
                    }
                    return Ok(failed);
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn issue_once(
        &self,
        context: &Context,
        issuing: &Issuing,
        known: Option<Vec<AuthorizationEvidence>>,
    ) -> std::result::Result<Order, Setback> {
        let order = &issuing.order;
        let csr = finalize::accepted_csr(&issuing.request).map_err(Error::from)?;
        let known = match known {
            Some(known) => known,
            None => self.sa.get_order_evidence(context, order.id).await?,
        };
        let evidence = self.recheck_caa(context, issuing, known).await?;
        let key_changes = if issuing.resumed || proved_by_other_keys(issuing, &evidence) {
            self.sa.list_key_changes(context, order.account).await?
        } else {
            Vec::new()
        };
        let request = Issue {
            order: order.clone(),
            jwk: issuing.account.jwk.clone(),
            account_uri: self.account_uri(order.account),
            csr,
            request: issuing.request.clone(),
            evidence: evidence
                .into_iter()
                .map(|known| IdentifierEvidence {
                    identifier: known.authorization.ordered_identifier(),
                    receipts: known.receipts,
                })
                .collect(),
            key_changes,
        };
        let certificate = self.ca.issue(context, request).await?;
        Ok(Order {
            status: OrderStatus::Valid,
            serial: Some(certificate.serial),
            ..order.clone()
        })
    }

    async fn fail_order(&self, context: &Context, issuing: &Issuing, error: Error) -> Result<Order> {
        let id = issuing.order.id;
        tracing::info!(order = %id, kind = error.kind().as_str(), why = error.internal, "order fails");
        let problem = error.problem;
        let failed = self
            .insist(context, ATTEMPT, async |context| {
                self.sa
                    .fail_order(&context, id, issuing.lease.id, problem.clone())
                    .await
            })
            .await;
        match failed {
            // Another process has taken it over, and perhaps come to an end: what is stored counts.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                self.sa.get_order(&context.detached(ATTEMPT), id).await
            }
            failed => {
                let failed = failed?;
                self.measures.order_ended(Some(&problem));
                Ok(failed)
            }
        }
    }
}

fn proved_by_other_keys(issuing: &Issuing, evidence: &[AuthorizationEvidence]) -> bool {
    evidence
        .iter()
        .any(|known| known.authorization.validated_by != Some(issuing.account.thumbprint))
}

fn gave_up(error: Error) -> Error {
    let detail = "the server could not issue the certificate in time; make a new order";
    Error::new(ErrorKind::ServerInternal, detail).because(error.internal.unwrap_or(error.problem.detail))
}
