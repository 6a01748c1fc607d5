//! How long, and at what pace, work goes on while a service that it needs fails.

use cairn_rpc::Context;
use cairn_types::{Duration, ErrorKind, Result};

use crate::Ra;

/// Pauses between the first attempts.
pub(crate) const PAUSES: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
];

/// Pauses between further attempts, when a service that is needed fails.
pub(crate) const LATER: Duration = Duration::from_secs(5);

/// How long the result of some work is kept for a storage authority that does not answer: longer than its database takes
/// to restart, or to be replaced by its standby. Then the work is done again, by whoever claims it.
const KEPT: Duration = Duration::from_secs(120);

impl Ra {
    /// Makes a call that ends a piece of work, again while the storage authority does not answer. `timeout` is for each
    /// attempt.
    pub(crate) async fn insist<T, Fut>(
        &self,
        context: &Context,
        timeout: Duration,
        call: impl Fn(Context) -> Fut,
    ) -> Result<T>
    where
        Fut: Future<Output = Result<T>>,
    {
        let enough = self.clock.now() + KEPT;
        let mut pauses = pauses();
        loop {
            match call(context.detached(timeout)).await {
                Err(error) if error.kind() == ErrorKind::Unavailable && self.clock.now() < enough => {
                    tracing::warn!(why = error.internal, "a result is not stored yet");
                    tokio::time::sleep(pauses.next().unwrap_or(LATER)).await;
                }
                done => return done,
            }
        }
    }
}

/// The pauses between attempts, without end.
pub(crate) fn pauses() -> impl Iterator<Item = Duration> {
    PAUSES.into_iter().chain(std::iter::repeat(LATER))
}
