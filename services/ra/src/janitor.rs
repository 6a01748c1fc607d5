//! Resumes validations and issuances whose lease ran out, because their process died, was paused, or gave up
//! for the moment. Its work is the same as the first attempt's, so doing it twice is harmless.

use cairn_rpc::Context;
use cairn_rpc::api::sa::{Claim, ClaimedOrder};
use cairn_types::{Duration, Order, Result};
use tokio_util::sync::CancellationToken;

use crate::Ra;
use crate::issuance::Issuing;
use crate::validation::Validating;

const CLAIM_TIMEOUT: Duration = Duration::from_secs(10);

/// Looks for abandoned work at every interval until the shutdown.
pub(crate) async fn run(ra: Ra, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(ra.settings.janitor_interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        for claimed in [ra.resume_validations().await, ra.resume_orders().await] {
            if let Err(error) = claimed {
                tracing::warn!(why = error.internal, "cannot look for abandoned work");
            }
        }
    }
}

impl Ra {
    async fn resume_validations(&self) -> Result<()> {
        let context = Context::new(&*self.rng, CLAIM_TIMEOUT);
        let lease = self.settings.validation_lease;
        for claimed in self.sa.claim_validations(&context, self.claim(lease)).await? {
            tracing::info!(authorization = %claimed.authorization.id, "resuming a validation");
            self.measures.resumed("validation");
            let validating = Validating {
                authorization: claimed.authorization,
                challenge: claimed.challenge,
                thumbprint: claimed.thumbprint,
                lease: claimed.lease,
            };
            let (ra, context) = (self.clone(), Context::new(&*self.rng, lease));
            self.tasks
                .spawn(async move { log(ra.drive_validation(&context, validating).await) });
        }
        Ok(())
    }

    async fn resume_orders(&self) -> Result<()> {
        let context = Context::new(&*self.rng, CLAIM_TIMEOUT);
        let lease = self.settings.finalize_lease;
        for claimed in self.sa.claim_orders(&context, self.claim(lease)).await? {
            tracing::info!(order = %claimed.order.id, "resuming an issuance");
            self.measures.resumed("order");
            let (ra, context) = (self.clone(), Context::new(&*self.rng, lease));
            self.tasks
                .spawn(async move { log(ra.resume_order(&context, claimed).await) });
        }
        Ok(())
    }

    async fn resume_order(&self, context: &Context, claimed: ClaimedOrder) -> Result<Order> {
        let account = self.sa.get_account(context, claimed.order.account).await?;
        let issuing = Issuing {
            order: claimed.order,
            account,
            evidence: None,
            request: claimed.request,
            lease: claimed.lease,
            resumed: true,
        };
        self.drive_order(context, issuing).await
    }

    fn claim(&self, lease: Duration) -> Claim {
        Claim {
            owner: self.owner.to_string(),
            deadline: self.clock.now() + lease,
            limit: self.settings.janitor_batch,
        }
    }
}

fn log<T>(result: Result<T>) {
    if let Err(error) = result {
        tracing::warn!(
            kind = error.kind().as_str(),
            why = error.internal,
            "abandoned work stays abandoned for now"
        );
    }
}
