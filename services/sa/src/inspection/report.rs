//! What was found in a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cairn_rpc::api::audit::{Checked, Count, Violation};
use cairn_types::OrderId;

use super::Rule;

/// How many violations of a rule a page tells in full.
const EXAMPLES: u64 = 20;

/// Counts of bounded variety, and a bounded number of texts.
#[derive(Default)]
pub(super) struct Report {
    rows: u64,
    counts: BTreeMap<&'static str, u64>,
    violations: BTreeMap<Rule, u64>,
    examples: Vec<Violation>,
}

impl Report {
    /// Counts a row.
    pub(super) fn row(&mut self) {
        self.rows += 1;
    }

    /// Counts something that is worth knowing.
    pub(super) fn count(&mut self, what: &'static str) {
        self.add(what, 1);
    }

    /// Counts several of them.
    pub(super) fn add(&mut self, what: &'static str, count: usize) {
        *self.counts.entry(what).or_default() += count as u64;
    }

    /// Notes that a rule is broken by what has this id, in the way told.
    pub(super) fn broken(&mut self, rule: Rule, id: &str, finding: impl Into<String>) {
        let count = self.violations.entry(rule).or_default();
        *count += 1;
        if *count <= EXAMPLES {
            self.examples.push(Violation {
                rule: rule.as_str().to_owned(),
                id: id.to_owned(),
                finding: finding.into(),
            });
        }
    }

    pub(super) fn finish(self, next: Option<Vec<u8>>) -> Checked {
        let count = |(name, count): (&str, u64)| Count {
            name: name.to_owned(),
            count,
        };
        let violations = self.violations.into_iter();
        Checked {
            rows: self.rows,
            counts: self.counts.into_iter().map(count).collect(),
            violations: violations
                .map(|(rule, found)| count((rule.as_str(), found)))
                .collect(),
            examples: self.examples,
            next,
        }
    }
}

/// A stored id as people know it; what is none, in hexadecimal.
pub(super) fn shown(id: &[u8]) -> String {
    // The ids of all kinds of things look alike.
    OrderId::from_slice(id).map_or_else(|_| hexadecimal(id), |id| id.to_string())
}

/// Octets in hexadecimal, such as a serial.
pub(super) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_some_are_told() {
        let mut report = Report::default();
        for _ in 0..1000 {
            report.row();
            report.broken(Rule::OrderTimes, "1", "it ends before it begins");
        }
        report.broken(Rule::OrderState, "2", "it has no state");
        let checked = report.finish(None);
        assert_eq!((checked.rows, checked.examples.len()), (1000, 21));
        let found: Vec<_> = checked
            .violations
            .iter()
            .map(|it| (it.name.as_str(), it.count))
            .collect();
        assert_eq!(found, [("order-state", 1), ("order-times", 1000)]);
    }
}
