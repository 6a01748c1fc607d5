//! The system's clock and random generator: the only place that reads them.

use std::time::{SystemTime, UNIX_EPOCH};

use cairn_types::{Clock, Rng, Timestamp};

/// The operating system's real-time clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else is given"
    )]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The operating system's cryptographically secure generator (`getrandom(2)`).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    /// Panics if the system has no randomness to give: a CA must not go on without.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the generator that everything else is given"
    )]
    #[expect(
        clippy::expect_used,
        reason = "getrandom(2) cannot fail once the system has booted"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random octets");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_past_2025_and_the_generator_does_not_repeat() {
        assert!(SystemClock.now() > Timestamp::from_secs(1_735_689_600));
        let (mut a, mut b) = ([0; 16], [0; 16]);
        SystemRng.fill(&mut a);
        SystemRng.fill(&mut b);
        assert_ne!(a, b);
    }
}
