//! Whether anything happens on a connection.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Counts the requests in flight on one connection, and since when there are none.
#[derive(Clone)]
pub(super) struct Activity(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    in_flight: usize,
    idle_since: Instant,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                in_flight: 0,
                idle_since: Instant::now(),
            }),
            changed: Notify::new(),
        }))
    }

    /// Marks a request as in flight until what is returned is dropped.
    pub(super) fn begin(&self) -> InFlight {
        self.with(|state| state.in_flight += 1);
        InFlight(self.clone())
    }

    /// Returns when there has been no request for `timeout`.
    pub(super) async fn idle_for(&self, timeout: Duration) {
        loop {
            let since = self.with(|state| (state.in_flight == 0).then_some(state.idle_since));
            match since {
                Some(since) if since.elapsed() >= timeout => return,
                Some(since) => tokio::time::sleep_until(since + timeout).await,
                None => self.0.changed.notified().await,
            }
        }
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut State) -> T) -> T {
        use_it(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A request in flight.
pub(super) struct InFlight(Activity);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.with(|state| {
            state.in_flight -= 1;
            state.idle_since = Instant::now();
        });
        self.0.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_in_flight_is_no_idleness() {
        let soon = Duration::from_millis(1);
        let activity = Activity::new();
        let request = activity.begin();
        let never = tokio::time::timeout(50 * soon, activity.idle_for(soon)).await;
        assert!(never.is_err());
        drop(request);
        activity.idle_for(soon).await;
    }
}
