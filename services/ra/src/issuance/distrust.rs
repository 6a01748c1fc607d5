//! What becomes of proofs that the signer does not accept.

use cairn_rpc::Context;
use cairn_types::{Duration, Order};

use crate::Ra;

/// What giving up one authorization may take.
const ATTEMPT: Duration = Duration::from_secs(10);

impl Ra {
    /// Gives up the authorizations of an order that the signer refused. What it asks for may have changed since control
    /// was proved (methods, ages, the number of perspectives), and an authorization that is used again would fail every
    /// order until it expires. Whoever orders again proves control anew.
    ///
    /// An error is logged only: then the next refused order comes here again.
    pub(super) async fn distrust(&self, context: &Context, order: &Order) {
        for id in &order.authorizations {
            let given_up = self
                .sa
                .deactivate_authorization(&context.detached(ATTEMPT), *id)
                .await;
            match given_up {
                Ok(_) => tracing::info!(authorization = %id, order = %order.id, "not used again"),
                Err(error) => {
                    tracing::warn!(authorization = %id, why = error.internal, "a refused proof may be used again");
                }
            }
        }
    }
}
