//! What `cairn admin audit` says of the database.

use std::collections::BTreeMap;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use cairn_testkit::stack::{Stack, binaries};
use serde::Deserialize;
use tokio::process::Command;

/// After which a lease that ran out counts as abandoned: nothing is in flight any more.
const GRACE: &str = "1s";

/// States that an order is not to be in when all have ended.
const UNENDED: [&str; 3] = ["pending", "ready", "processing"];

#[derive(Debug, Deserialize)]
struct Report {
    violations: u64,
    rows: u64,
    subjects: Vec<Subject>,
    broken: BTreeMap<String, Rule>,
}

#[derive(Debug, Deserialize)]
struct Subject {
    name: String,
    counts: BTreeMap<String, u64>,
}

#[derive(Debug, Deserialize)]
struct Rule {
    violations: u64,
    examples: Vec<Example>,
}

#[derive(Debug, Deserialize)]
struct Example {
    id: String,
    finding: String,
}

/// What the audit came to.
#[derive(Debug, Default)]
pub(crate) struct Audited {
    /// How many rows it looked at.
    pub(crate) rows: u64,
    /// What is wrong.
    pub(crate) violations: Vec<String>,
}

/// Has everything stored checked; there must be as many certificates as clients hold.
pub(crate) async fn audit(stack: &Stack, held: usize) -> Result<Audited> {
    let output = Command::new(binaries()?.join("cairn"))
        .args(["admin", "audit", "--json", "--grace", GRACE, "--local"])
        .arg(stack.dir().join("ca"))
        .stdin(Stdio::null())
        .output()
        .await
        .context("cairn admin audit")?;
    let said = || String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Report = serde_json::from_slice(&output.stdout).with_context(said)?;
    let is_clean = output.status.success();
    Ok(Audited {
        rows: report.rows,
        violations: judge(&report, is_clean, held as u64),
    })
}

fn judge(report: &Report, is_clean: bool, held: u64) -> Vec<String> {
    let mut violations = Vec::new();
    for (name, rule) in &report.broken {
        let example = rule.examples.first();
        let example = example.map_or_else(String::new, |it| format!(", such as {}: {}", it.id, it.finding));
        violations.push(format!(
            "audit: {name} is broken {} times{example}",
            rule.violations
        ));
    }
    if is_clean != (report.violations == 0) {
        violations.push("audit: the exit status and the report differ".to_owned());
    }
    let count = |subject: &str, what: &str| {
        let found = report.subjects.iter().find(|it| it.name == subject);
        found
            .and_then(|it| it.counts.get(what))
            .copied()
            .unwrap_or_default()
    };
    for status in UNENDED {
        match count("orders", status) {
            0 => {}
            left => violations.push(format!("audit: {left} orders are {status}")),
        }
    }
    let stored = count("certificates", "signed");
    if stored != held {
        violations.push(format!(
            "audit: {stored} certificates are stored, and clients hold {held}"
        ));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(broken: &str, processing: u64) -> Report {
        let text = format!(
            r#"{{"violations": 0, "rows": 9, "broken": {broken}, "subjects": [
                {{"name": "orders", "rows": 2, "counts": {{"valid": 2, "processing": {processing}}}}},
                {{"name": "certificates", "rows": 2, "counts": {{"signed": 2}}}}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn what_an_audit_says_is_understood() {
        assert!(judge(&report("{}", 0), true, 2).is_empty());
        assert_eq!(
            judge(&report("{}", 1), true, 2),
            ["audit: 1 orders are processing"]
        );
        assert_eq!(
            judge(&report("{}", 0), true, 3),
            ["audit: 2 certificates are stored, and clients hold 3"]
        );
        let broken = r#"{"order.state": {"violations": 4, "examples": [{"id": "7", "finding": "no"}]}}"#;
        assert_eq!(
            judge(&report(broken, 0), false, 2),
            [
                "audit: order.state is broken 4 times, such as 7: no",
                "audit: the exit status and the report differ"
            ]
        );
    }
}
