//! The sequence of faults, drawn from the seed before anything starts.
//!
//! A seed replays which faults come in which order and after which pauses. What the services and clients are doing at
//! that moment is up to the machine; so a failure may need several runs of its seed to show itself again.

use std::time::Duration;

use crate::faults::{Fault, Kind};
use crate::random::Random;

/// The pause between two faults, in milliseconds.
const PAUSE: (u64, u64) = (150, 550);

/// A pause, and what happens after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) pause: Duration,
    pub(crate) fault: Fault,
}

/// All the faults of a seed: it never ends.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    random: Random,
    kinds: &'static [Kind],
}

impl Plan {
    /// The plan of a seed, with faults of these kinds.
    pub(crate) const fn new(seed: u64, kinds: &'static [Kind]) -> Self {
        Self {
            random: Random::new(seed),
            kinds,
        }
    }
}

impl Iterator for Plan {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let pause = self.random.millis(PAUSE.0, PAUSE.1);
        let fault = Fault::draw(&mut self.random, self.kinds);
        Some(Step { pause, fault })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_plan() {
        let plan = |seed| Plan::new(seed, &Kind::ALL).take(50).collect::<Vec<_>>();
        assert_eq!(plan(1), plan(1));
        assert_ne!(plan(1), plan(2));
    }

    #[test]
    fn a_plan_has_everything_soon() {
        for seed in 0..20 {
            for kind in Kind::ALL {
                let found = Plan::new(seed, &Kind::ALL)
                    .take(200)
                    .any(|step| step.fault.kind() == kind);
                assert!(found, "seed {seed}: no {}", kind.name());
            }
        }
    }
}
