//! Readiness: whether this process can do its work now, as the sum of named checks.

use std::fmt::Write as _;
use std::sync::Arc;

use tokio::sync::watch;

/// The checks of a process. It is ready when it has at least one, all pass, and it is not draining.
/// Clones share the checks.
#[derive(Debug, Clone)]
pub struct Health {
    state: Arc<watch::Sender<State>>,
}

#[derive(Debug, Default)]
struct State {
    checks: Vec<(&'static str, Result<(), String>)>,
    draining: bool,
}

impl State {
    fn is_ready(&self) -> bool {
        !self.draining && !self.checks.is_empty() && self.checks.iter().all(|(_, result)| result.is_ok())
    }
}

impl Health {
    /// No checks, so not ready.
    pub fn new() -> Self {
        Self {
            state: Arc::new(watch::Sender::new(State::default())),
        }
    }

    /// Adds a check, which fails as "starting" until told otherwise. Whoever asks again for the same
    /// name gets the same check.
    pub fn check(&self, name: &'static str) -> Check {
        let mut index = 0;
        self.state.send_modify(|state| {
            index = state
                .checks
                .iter()
                .position(|(known, _)| *known == name)
                .unwrap_or_else(|| {
                    state.checks.push((name, Err("starting".to_owned())));
                    state.checks.len() - 1
                });
        });
        Check {
            health: self.clone(),
            index,
        }
    }

    /// Whether the process is ready.
    pub fn is_ready(&self) -> bool {
        self.state.borrow().is_ready()
    }

    /// Waits until the process is ready.
    pub async fn ready(&self) {
        // The sender lives in `self`, so this cannot fail.
        let _ = self.state.subscribe().wait_for(State::is_ready).await;
    }

    /// Waits until readiness is no longer `was`, and returns what it became.
    pub async fn changed(&self, was: bool) -> bool {
        let mut states = self.state.subscribe();
        let _ = states.wait_for(|state| state.is_ready() != was).await;
        !was
    }

    /// Not ready any more, for good: the process is about to end.
    pub fn drain(&self) {
        self.state.send_modify(|state| state.draining = true);
    }

    /// The checks as text, a line each.
    pub fn report(&self) -> String {
        let state = self.state.borrow();
        let mut text = String::new();
        for (name, result) in &state.checks {
            let result = result.as_ref().map_or_else(String::as_str, |()| "ok");
            let _ = writeln!(text, "{name}: {result}");
        }
        text.push_str(match (state.draining, state.is_ready()) {
            (true, _) => "draining\n",
            (false, true) => "ready\n",
            (false, false) => "not ready\n",
        });
        text
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

/// One thing that must be well for the process to be ready. Dropping it leaves its last state.
#[derive(Debug, Clone)]
pub struct Check {
    health: Health,
    index: usize,
}

impl Check {
    /// All is well.
    pub fn pass(&self) {
        self.set(Ok(()));
    }

    /// Something is wrong; `why` is shown on the debug port.
    pub fn fail(&self, why: impl Into<String>) {
        self.set(Err(why.into()));
    }

    fn set(&self, result: Result<(), String>) {
        self.health.state.send_if_modified(|state| {
            let current = &mut state.checks[self.index].1;
            let differs = *current != result;
            *current = result;
            differs
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ready_means_every_check_passes() {
        let health = Health::new();
        assert_eq!(
            (health.is_ready(), health.report().as_str()),
            (false, "not ready\n")
        );
        let (database, listener) = (health.check("database"), health.check("listener"));
        database.pass();
        assert_eq!(health.report(), "database: ok\nlistener: starting\nnot ready\n");
        listener.pass();
        health.ready().await;
        health.check("database").fail("locked");
        assert!(!health.changed(true).await);
        assert_eq!(health.report(), "database: locked\nlistener: ok\nnot ready\n");
        database.pass();
        assert!(health.is_ready());
        health.drain();
        assert_eq!(health.report(), "database: ok\nlistener: ok\ndraining\n");
        assert!(!health.is_ready());
    }
}
