//! What a run found.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::Instant;

use crate::admin::Audited;
use crate::client::{Counts, Settled, Stop};
use crate::faults::Kind;

/// How many violations are shown.
const SHOWN: usize = 20;

/// How many faults of each kind there were.
#[derive(Debug, Default, Clone)]
pub(crate) struct Faults([u32; Kind::ALL.len()]);

impl Faults {
    /// Counts one.
    pub(crate) fn count(&mut self, kind: Kind) {
        self.0[kind as usize] += 1;
    }

    fn text(&self) -> String {
        let of_kind = |kind: Kind| format!("{} {}", self.0[kind as usize], kind.name());
        Kind::ALL.map(of_kind).join(", ")
    }
}

/// The figures of a run, and what was wrong.
#[derive(Debug)]
pub(crate) struct Report {
    seed: u64,
    faults: Faults,
    disturbed: Duration,
    settled: Duration,
    certificates: usize,
    later: BTreeMap<String, u32>,
    unheard: u32,
    counts: Counts,
    signatures: u32,
    audited: u64,
    violations: Vec<String>,
}

impl Report {
    /// Puts together what was found.
    pub(crate) fn new(
        seed: u64,
        faults: Faults,
        disturbed: Duration,
        undisturbed: Instant,
        settled: Vec<Settled>,
        signed: &BTreeMap<String, u32>,
        audited: Audited,
    ) -> Self {
        let last = settled.iter().map(|it| it.at).max().unwrap_or(undisturbed);
        let mut report = Self {
            seed,
            faults,
            disturbed,
            settled: last - undisturbed,
            certificates: 0,
            later: BTreeMap::new(),
            unheard: 0,
            counts: Counts::default(),
            signatures: signed.values().sum(),
            audited: audited.rows,
            violations: audited.violations,
        };
        for Settled { worker, serials, .. } in settled {
            report.certificates += serials.len();
            report.unheard += worker.unheard;
            report.counts = report.counts.plus(worker.requests.counts);
            report.violations.extend(worker.violations);
            for issuance in worker.issuances {
                let names = issuance.names.join(", ");
                match issuance.stopped {
                    Some(Stop::Wrong(why)) => report.violations.push(format!("{names}: {why}")),
                    Some(Stop::Later(why)) => *report.later.entry(why).or_default() += 1,
                    None => {}
                }
            }
        }
        report
    }

    /// Whether nothing was wrong.
    pub(crate) fn passed(&self) -> bool {
        self.violations.is_empty()
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let seconds = |duration: Duration| format!("{:.1} s", duration.as_secs_f64());
        let Counts {
            requests,
            unanswered,
            turned_away,
        } = self.counts;
        let later: u32 = self.later.values().sum();
        let mut text = format!(
            "seed          {}\n\
             faults        {} in {}\n\
             requests      {requests}; {unanswered} unanswered, {turned_away} told to come back\n\
             certificates  {}, by {} signatures\n\
             retriable     {later} issuances ended with a request to come back, at first\n\
             unheard       {} orders were made that no client heard of\n\
             settled       {} after the last fault\n\
             audited       {} rows\n",
            self.seed,
            self.faults.text(),
            seconds(self.disturbed),
            self.certificates,
            self.signatures,
            self.unheard,
            seconds(self.settled),
            self.audited,
        );
        for (why, count) in self.later.iter().take(SHOWN) {
            let _ = writeln!(text, "  {count} x {why}");
        }
        let _ = writeln!(text, "violations    {}", self.violations.len());
        for violation in self.violations.iter().take(SHOWN) {
            let _ = writeln!(text, "  {violation}");
        }
        text
    }
}
