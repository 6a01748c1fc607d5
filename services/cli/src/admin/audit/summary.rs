//! What all pages say together.

use std::collections::BTreeMap;

use cairn_rpc::api::audit::Checked;
use serde::Serialize;

/// How many violations of a rule are told in full.
const EXAMPLES: usize = 10;

/// The sum of the pages. As JSON, it is the report for programs.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Summary {
    /// How many violations there are in all.
    pub(super) violations: u64,
    /// How many rows were checked in all.
    pub(super) rows: u64,
    /// By name, in the order in which they were checked.
    pub(super) subjects: Vec<Subject>,
    /// By name.
    pub(super) broken: BTreeMap<String, Rule>,
}

/// How much there is of a subject.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) rows: u64,
    /// Such as how many are in which state.
    pub(super) counts: BTreeMap<String, u64>,
}

/// A rule that is broken.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Rule {
    pub(super) violations: u64,
    /// Those that came first.
    pub(super) examples: Vec<Example>,
}

/// A violation.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Example {
    pub(super) id: String,
    pub(super) finding: String,
}

impl Summary {
    /// Adds a page of a subject.
    pub(super) fn add(&mut self, name: &'static str, page: Checked) {
        if self.subjects.last().is_none_or(|last| last.name != name) {
            self.subjects.push(Subject {
                name,
                ..Subject::default()
            });
        }
        if let Some(subject) = self.subjects.last_mut() {
            subject.rows += page.rows;
            for count in page.counts {
                *subject.counts.entry(count.name).or_default() += count.count;
            }
        }
        self.rows += page.rows;
        for found in page.violations {
            self.violations += found.count;
            self.broken.entry(found.name).or_default().violations += found.count;
        }
        for violation in page.examples {
            let examples = &mut self.broken.entry(violation.rule).or_default().examples;
            if examples.len() < EXAMPLES {
                examples.push(Example {
                    id: violation.id,
                    finding: violation.finding,
                });
            }
        }
    }

    /// Whether no rule is broken.
    pub(super) const fn is_clean(&self) -> bool {
        self.violations == 0
    }
}

#[cfg(test)]
pub(super) mod tests {
    use cairn_rpc::api::audit::{Count, Violation};

    use super::*;

    fn count(name: &str, count: u64) -> Count {
        Count {
            name: name.to_owned(),
            count,
        }
    }

    /// A page in which every other order breaks a rule.
    pub(crate) fn page() -> Checked {
        let example = |number: u64| Violation {
            rule: "order-overdue".to_owned(),
            id: format!("order {number}"),
            finding: "its lease ran out 90 s ago".to_owned(),
        };
        Checked {
            rows: 40,
            counts: vec![count("processing", 20), count("valid", 20)],
            violations: vec![count("order-overdue", 20)],
            examples: (0..20).map(example).collect(),
            next: Some(vec![1]),
        }
    }

    #[test]
    fn what_is_kept_does_not_grow_with_the_pages() {
        let mut summary = Summary::default();
        let clean = Checked {
            violations: Vec::new(),
            examples: Vec::new(),
            ..page()
        };
        summary.add("accounts", clean);
        assert!(summary.is_clean());
        for _ in 0..10_000 {
            summary.add("orders", page());
        }
        assert!(!summary.is_clean());
        assert_eq!((summary.rows, summary.violations), (400_040, 200_000));
        let orders = &summary.subjects[1];
        assert_eq!((orders.rows, orders.counts["valid"]), (400_000, 200_000));
        let broken = &summary.broken["order-overdue"];
        assert_eq!((broken.violations, broken.examples.len()), (200_000, 10));
        assert_eq!(broken.examples[9].id, "order 9");
    }
}
