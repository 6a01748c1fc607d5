//! What the storage authority says about its work for the database.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use cairn_testkit::client::Connection;
use cairn_testkit::stack::{Service, Stack};

/// Transactions, of one statement each, that come with time and not with issuances: what is overdue is looked for, and
/// whether the database is there.
const PERIODIC: [&str; 3] = ["check", "claim_orders", "claim_validations"];

/// Those of them that end with a commit.
const PERIODIC_COMMITS: [&str; 2] = ["claim_orders", "claim_validations"];

/// Counters of the storage authority.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Counts {
    statements: u64,
    commits: u64,
    /// Transactions that were carried out, by name; also those that only read.
    pub(super) transactions: BTreeMap<String, u64>,
}

impl Counts {
    /// Asks a running CA.
    pub(super) async fn read(stack: &Stack) -> Result<Self> {
        let url = stack.debug_url(Service::Sa, "/metrics")?;
        let answer = Connection::new(stack.trust()?).get(&url).await?.ok()?;
        Self::parse(std::str::from_utf8(&answer.body)?)
    }

    fn parse(text: &str) -> Result<Self> {
        let counter = |name: &str| -> Result<u64> {
            let value = text
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            Ok(value.with_context(|| format!("no metric {name}"))?.parse()?)
        };
        let mut transactions = BTreeMap::new();
        let finished = text
            .lines()
            .filter_map(|line| line.strip_prefix("cairn_sa_transactions_total{"));
        for line in finished {
            let (labels, count) = line.rsplit_once("} ").context("a metric without a value")?;
            let label = |name: &str| {
                labels.split(',').find_map(|label| {
                    Some(
                        label
                            .strip_prefix(name)?
                            .strip_prefix("=\"")?
                            .trim_end_matches('"'),
                    )
                })
            };
            if let (Some(name), Some("done")) = (label("transaction"), label("outcome")) {
                transactions.insert(name.to_owned(), count.parse()?);
            }
        }
        Ok(Self {
            statements: counter("cairn_sa_statements_total")?,
            commits: counter("cairn_sa_commits_total")?,
            transactions,
        })
    }

    /// Statements of the issuances.
    pub(super) fn statements(&self) -> u64 {
        self.statements.saturating_sub(self.named(&PERIODIC))
    }

    /// Commits of the issuances.
    pub(super) fn commits(&self) -> u64 {
        self.commits.saturating_sub(self.named(&PERIODIC_COMMITS))
    }

    fn named(&self, names: &[&str]) -> u64 {
        names.iter().filter_map(|name| self.transactions.get(*name)).sum()
    }

    /// Adds what was counted between two moments.
    pub(super) fn add(&mut self, before: &Self, after: &Self) {
        self.statements += after.statements.saturating_sub(before.statements);
        self.commits += after.commits.saturating_sub(before.commits);
        for (name, count) in &after.transactions {
            let earlier = before.transactions.get(name).copied().unwrap_or_default();
            *self.transactions.entry(name.clone()).or_default() += count.saturating_sub(earlier);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_and_what_was_counted_between() {
        let before = "cairn_sa_statements_total 10\ncairn_sa_commits_total 2\n";
        let after = "# TYPE cairn_sa_commits counter\n\
                     cairn_sa_statements_total 30\n\
                     cairn_sa_commits_total 7\n\
                     cairn_sa_transactions_total{transaction=\"check\",outcome=\"done\"} 1\n\
                     cairn_sa_transactions_total{transaction=\"claim_orders\",outcome=\"done\"} 1\n\
                     cairn_sa_transactions_total{transaction=\"create_order\",outcome=\"done\"} 5\n\
                     cairn_sa_transactions_total{transaction=\"create_order\",outcome=\"refused\"} 1\n";
        let (before, after) = (Counts::parse(before).unwrap(), Counts::parse(after).unwrap());
        let mut counts = Counts::default();
        counts.add(&before, &after);
        assert_eq!((counts.statements(), counts.commits()), (18, 4));
        let transactions = [("check", 1), ("claim_orders", 1), ("create_order", 5)];
        let transactions = transactions.map(|(name, count)| (name.to_owned(), count));
        assert_eq!(counts.transactions, BTreeMap::from(transactions));
        assert!(Counts::parse("").is_err());
    }
}
