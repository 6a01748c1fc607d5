//! Leases on work in flight: kept while the work goes on, given back when it has to stop before its end.
//!
//! They are short, so that the work of a process that died waits for seconds only.

use cairn_rpc::Context;
use cairn_types::{AuthorizationId, Duration, ErrorKind, LeaseId, OrderId, Result};

use crate::Ra;

/// How long the work may go on after the process was told to end.
const LAST_CALL: Duration = Duration::from_secs(3);

/// How long a renewal may take.
const RENEWAL: Duration = Duration::from_secs(2);

/// What a lease is on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    Order(OrderId),
    Validation(AuthorizationId),
}

impl Ra {
    /// Does `work` while its lease is renewed again and again. None if the process ends before the work does: then
    /// the lease is given back, and whoever looks next goes on.
    ///
    /// A lease that was lost does not stop the work. It can no longer write an end.
    pub(crate) async fn under_lease<T>(
        &self,
        context: &Context,
        on: Work,
        lease: LeaseId,
        lasts: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.keep(context, on, lease, lasts) => None,
            () = self.last_call() => {
                tracing::info!(?on, "left to another process");
                if let Err(error) = self.renew(context, on, lease, Duration::ZERO).await {
                    tracing::warn!(?on, why = error.internal, "the lease is not given back");
                }
                None
            }
        }
    }

    /// Renews at a third of the lease's length, so that one renewal may fail. Never ends.
    async fn keep(&self, context: &Context, on: Work, lease: LeaseId, lasts: Duration) {
        loop {
            tokio::time::sleep(lasts / 3).await;
            match self.renew(context, on, lease, lasts).await {
                Ok(()) => {}
                // The work has ended, or another process has taken it over.
                Err(error) if error.kind() == ErrorKind::Conflict => std::future::pending().await,
                Err(error) => tracing::warn!(?on, why = error.internal, "a lease is not renewed"),
            }
        }
    }

    async fn renew(&self, context: &Context, on: Work, lease: LeaseId, lasts: Duration) -> Result<()> {
        let context = context.detached(RENEWAL);
        let deadline = self.clock.now() + lasts;
        match on {
            Work::Order(id) => self.sa.renew_order_lease(&context, id, lease, deadline).await,
            Work::Validation(id) => {
                self.sa
                    .renew_validation_lease(&context, id, lease, deadline)
                    .await
            }
        }
    }

    async fn last_call(&self) {
        self.shutdown.cancelled().await;
        tokio::time::sleep(LAST_CALL).await;
    }
}
