//! What an audit finds: nothing in what the storage authority wrote, and whatever was planted beside it.

mod accounts;
mod authorizations;
mod busy;
mod certificates;
mod orders;
mod pages;
mod trail;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cairn_rpc::api::audit::{Check, Checked, Subject, Violation};
use cairn_sa::Rule;

use crate::stage::Stage;
use busy::busy;

/// What all pages of all subjects say together.
#[derive(Debug, Default)]
struct Found {
    /// By subject and name.
    counts: BTreeMap<(&'static str, String), u64>,
    rules: BTreeSet<String>,
    examples: Vec<Violation>,
}

impl Found {
    fn add(&mut self, subject: Subject, page: Checked) {
        let rows = self
            .counts
            .entry((subject.as_str(), "rows".to_owned()))
            .or_default();
        *rows += page.rows;
        for count in page.counts {
            *self.counts.entry((subject.as_str(), count.name)).or_default() += count.count;
        }
        self.rules.extend(page.violations.into_iter().map(|it| it.name));
        self.examples.extend(page.examples);
    }

    fn count(&self, subject: Subject, name: &str) -> u64 {
        self.counts
            .get(&(subject.as_str(), name.to_owned()))
            .copied()
            .unwrap_or(0)
    }
}

fn page(subject: Subject, after: Option<Vec<u8>>, limit: u32) -> Check {
    Check {
        subject: subject.as_str().to_owned(),
        after,
        limit,
        grace: Duration::from_secs(60),
    }
}

/// Goes through everything, so many rows at a time.
async fn audit(stage: &Stage, limit: u32) -> Found {
    let mut found = Found::default();
    for subject in Subject::ALL {
        let mut after = None;
        loop {
            let request = page(subject, after, limit);
            let mut checked = stage.operator.check(&stage.context(), request).await.unwrap();
            after = checked.next.take();
            found.add(subject, checked);
            if after.is_none() {
                break;
            }
        }
    }
    found
}

/// A statement that breaks rules, and exactly which.
type Plant = (&'static str, &'static [Rule]);

/// All tables.
const TABLES: [&str; 8] = [
    "accounts",
    "key_changes",
    "orders",
    "authorizations",
    "receipts",
    "certificates",
    "replacements",
    "audit_entries",
];

/// Each statement breaks exactly its rules.
async fn found(plants: &[Plant]) {
    let for_each = |statements: fn(&str) -> String| TABLES.map(statements).concat();
    let stage = busy().await;
    stage.plant(&for_each(|table| {
        format!("CREATE TABLE kept_{table} AS SELECT * FROM {table};")
    }));
    for (statement, rules) in plants {
        stage.plant(statement);
        let found = audit(&stage, 0).await;
        let expected: BTreeSet<_> = rules.iter().map(|rule| rule.as_str().to_owned()).collect();
        assert_eq!(found.rules, expected, "{statement}\n{:#?}", found.examples);
        stage.plant(&for_each(|table| {
            format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table};")
        }));
    }
    assert_eq!(audit(&stage, 0).await.rules, BTreeSet::new());
}

#[tokio::test]
async fn nothing_is_found_in_what_was_written() {
    let stage = busy().await;
    for limit in [0, 1, 3] {
        let found = audit(&stage, limit).await;
        assert!(found.rules.is_empty(), "{:#?}", found.examples);
        for (subject, name, count) in busy::COUNTS {
            assert_eq!(found.count(*subject, name), *count, "{name} {:#?}", found.counts);
        }
    }
}

#[test]
fn every_rule_is_broken_by_some_statement() {
    let plants = [
        accounts::PLANTS,
        authorizations::PLANTS,
        certificates::PLANTS,
        orders::PLANTS,
        trail::PLANTS,
    ];
    let broken: BTreeSet<_> = plants.concat().into_iter().flat_map(|(_, rules)| rules).collect();
    let all: BTreeSet<_> = Rule::ALL.iter().collect();
    assert_eq!(broken, all);
}
