//! Which answers of the remotes are enough.

use std::collections::BTreeSet;
use std::time::Duration;

use cairn_evidence::Rir;

use crate::config;

/// What is known of one remote's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vote {
    /// It has not answered.
    Outstanding,
    /// It saw what the primary saw.
    Confirmed,
    /// It did not, or gave no answer that counts.
    Refused {
        /// Whether a repetition may end differently.
        transient: bool,
    },
}

/// What the votes amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Confirmed,
    Refused,
}

/// The rule.
#[derive(Debug, Clone)]
pub(super) struct Quorum {
    /// Where each remote stands.
    regions: Vec<Rir>,
    pub(super) allowed_failures: usize,
    pub(super) min_regions: usize,
    /// How long stragglers are waited for when the verdict is certain.
    pub(super) patience: Duration,
}

impl Quorum {
    /// The rule of this configuration.
    pub(super) fn new(remotes: &[config::Remote], configured: &config::Quorum) -> Self {
        Self {
            regions: remotes.iter().map(|remote| remote.rir).collect(),
            allowed_failures: configured.allowed_failures(remotes.len()),
            min_regions: configured.min_regions(remotes.len()),
            patience: configured.patience,
        }
    }

    /// The verdict, as soon as no answer that is outstanding can change it. `votes` are in the order of the remotes.
    pub(super) fn verdict(&self, votes: &[Vote]) -> Option<Verdict> {
        let confirmed = |vote| vote == Vote::Confirmed;
        if self.suffices(votes, confirmed) {
            return Some(Verdict::Confirmed);
        }
        let possible = |vote| confirmed(vote) || vote == Vote::Outstanding;
        (!self.suffices(votes, possible)).then_some(Verdict::Refused)
    }

    /// Whether the verdict could be another if everything that may pass had passed.
    pub(super) fn may_pass(&self, votes: &[Vote]) -> bool {
        self.suffices(votes, |vote| vote != Vote::Refused { transient: false })
    }

    /// In how many regions those stand who confirmed.
    pub(super) fn regions(&self, votes: &[Vote]) -> usize {
        self.regions_of(votes, |vote| vote == Vote::Confirmed).len()
    }

    /// Whether these votes alone are enough. More of them never are less.
    fn suffices(&self, votes: &[Vote], counts: impl Fn(Vote) -> bool) -> bool {
        let number = votes.iter().filter(|vote| counts(**vote)).count();
        number + self.allowed_failures >= votes.len()
            && self.regions_of(votes, counts).len() >= self.min_regions
    }

    fn regions_of(&self, votes: &[Vote], counts: impl Fn(Vote) -> bool) -> BTreeSet<Rir> {
        let of_those = self.regions.iter().zip(votes).filter(|(_, vote)| counts(**vote));
        of_those.map(|(region, _)| *region).collect()
    }
}

#[cfg(test)]
mod tests {
    use cairn_evidence::allowed_failures;
    use proptest::prelude::*;

    use super::*;

    const YES: Vote = Vote::Confirmed;
    const NO: Vote = Vote::Refused { transient: false };
    const LATE: Vote = Vote::Refused { transient: true };
    const OPEN: Vote = Vote::Outstanding;

    fn quorum(regions: &[Rir], min_regions: usize) -> Quorum {
        Quorum {
            regions: regions.to_vec(),
            allowed_failures: allowed_failures(regions.len()),
            min_regions,
            patience: Duration::ZERO,
        }
    }

    #[test]
    fn votes_and_verdicts() {
        let (yes, no) = (Some(Verdict::Confirmed), Some(Verdict::Refused));
        let cases: &[(&[Vote], Option<Verdict>)] = &[
            (&[YES], yes),
            (&[NO], no),
            (&[OPEN], None),
            (&[YES, NO], yes),
            (&[NO, LATE], no),
            (&[NO, OPEN], None),
            (&[YES, OPEN], yes),
            (&[YES, NO, NO, OPEN], no),
            (&[YES, YES, NO, OPEN], None),
            (&[YES, YES, YES, OPEN], yes),
            (&[YES, YES, YES, YES, LATE, NO], yes),
            (&[YES, YES, YES, LATE, LATE, NO], no),
        ];
        for (votes, expected) in cases {
            let quorum = quorum(&vec![Rir::Arin; votes.len()], 1);
            assert_eq!(quorum.verdict(votes), *expected, "{votes:?}");
        }
    }

    #[test]
    fn those_who_confirm_stand_in_enough_regions() {
        let quorum = quorum(&[Rir::Arin, Rir::Arin, Rir::Ripe], 2);
        for (votes, expected) in [
            ([YES, YES, NO], Some(Verdict::Refused)),
            ([YES, YES, OPEN], None),
            ([YES, NO, OPEN], None),
            ([YES, NO, YES], Some(Verdict::Confirmed)),
        ] {
            assert_eq!(quorum.verdict(&votes), expected, "{votes:?}");
        }
        assert_eq!(quorum.regions(&[YES, YES, NO]), 1);
    }

    #[test]
    fn a_refusal_may_pass_if_the_lasting_ones_are_few() {
        let quorum = quorum(&[Rir::Arin; 4], 1);
        for (votes, expected) in [
            ([YES, YES, LATE, LATE], true),
            ([YES, NO, LATE, LATE], true),
            ([YES, YES, NO, NO], false),
            ([NO, NO, LATE, LATE], false),
        ] {
            assert_eq!(quorum.may_pass(&votes), expected, "{votes:?}");
        }
    }

    fn vote() -> impl Strategy<Value = Vote> {
        prop::sample::select(vec![YES, NO, LATE, OPEN])
    }

    proptest! {
        /// The one property that an early answer rests on.
        #[test]
        fn no_straggler_overturns_a_verdict(
            votes in prop::collection::vec((vote(), prop::sample::select(Rir::ALL.to_vec())), 1..9),
            late in prop::collection::vec(any::<bool>(), 9),
            failures in 0..4_usize,
            min_regions in 1..4_usize,
        ) {
            let (votes, regions): (Vec<Vote>, Vec<Rir>) = votes.into_iter().unzip();
            let quorum = Quorum { allowed_failures: failures, ..quorum(&regions, min_regions) };
            let settle = |(vote, confirms): (&Vote, &bool)| match vote {
                Vote::Outstanding if *confirms => YES,
                Vote::Outstanding => NO,
                known => *known,
            };
            let settled: Vec<Vote> = votes.iter().zip(&late).map(settle).collect();
            let last = quorum.verdict(&settled);
            prop_assert!(last.is_some());
            if let Some(early) = quorum.verdict(&votes) {
                prop_assert_eq!(Some(early), last);
            }
        }
    }
}
