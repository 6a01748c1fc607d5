//! Drives a processing order to its end: valid by the certificate authority, or invalid here.
//!
//! [`Ra::drive_order`] is the only way from a lease to an end, and every path through it either ends the order
//! or leaves the lease to run out, upon which the janitor of some registration authority resumes it. Repeating
//! any of its steps is harmless: the order has one TBS, and the certificate authority signs only that.

use std::sync::Arc;

use cairn_rpc::Context;
use cairn_rpc::api::ca::{IdentifierEvidence, Issue};
use cairn_types::{Duration, Error, ErrorKind, Order, Problem, Result};

use super::Issuing;
use crate::Ra;

/// Pauses between attempts, when a service that is needed fails.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
];

impl Ra {
    /// Starts the issuance in a task of its own, which outlives the request, and waits a little for its end.
    pub(crate) async fn issue_in_background(&self, context: &Context, issuing: Issuing) -> Result<Order> {
        let processing = issuing.order.clone();
        let ra = self.clone();
        let background = context.detached(self.settings.finalize_lease);
        let task = self
            .tasks
            .spawn(async move { ra.drive_order(&background, issuing).await });
        match tokio::time::timeout(self.settings.finalize_wait, task).await {
            Ok(Ok(order)) => order,
            Ok(Err(failed)) => Err(Error::internal(format!("the issuance task ended: {failed}"))),
            Err(_still_running) => Ok(processing),
        }
    }

    /// Issues, again while the fault is ours and the lease lasts.
    pub(crate) async fn drive_order(&self, context: &Context, issuing: Issuing) -> Result<Order> {
        let issuing = Arc::new(issuing);
        let mut pauses = PAUSES.into_iter();
        loop {
            let error = match self.issue_once(context, &issuing).await {
                Ok(order) => return Ok(order),
                Err(error) => error,
            };
            let ours = matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::ServerInternal);
            let over = self.clock.now() >= issuing.order.expires;
            if !ours || over {
                return self.fail_order(context, &issuing, error).await;
            }
            let Some(pause) = pauses.next() else {
                tracing::warn!(order = %issuing.order.id, why = error.internal, "issuance is left to the janitor");
                return Ok(issuing.order.clone());
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn issue_once(&self, context: &Context, issuing: &Issuing) -> Result<Order> {
        let order = &issuing.order;
        let known = self.sa.get_order_evidence(context, order.id).await?;
        let evidence = self.recheck_caa(context, issuing, known).await?;
        let proved_by_others = evidence
            .iter()
            .any(|known| known.authorization.validated_by != Some(issuing.account.thumbprint));
        let key_changes = if proved_by_others {
            self.sa.list_key_changes(context, order.account).await?
        } else {
            Vec::new()
        };
        let request = Issue {
            order: order.clone(),
            jwk: issuing.account.jwk.clone(),
            account_uri: self.account_uri(order.account),
            csr: issuing.finalization.csr.clone(),
            request: issuing.finalization.request.clone(),
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
            status: cairn_types::OrderStatus::Valid,
            serial: Some(certificate.serial),
            ..order.clone()
        })
    }

    async fn fail_order(&self, context: &Context, issuing: &Issuing, error: Error) -> Result<Order> {
        tracing::info!(order = %issuing.order.id, kind = error.kind().as_str(), why = error.internal, "order fails");
        let problem = Problem { ..error.problem };
        self.sa
            .fail_order(context, issuing.order.id, issuing.lease.id, problem)
            .await
    }
}
