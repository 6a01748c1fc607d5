//! The figures of validations, for people.

use std::fmt::Write as _;
use std::time::Duration;

use cairn_types::ChallengeType;

/// The most CPU time that a perspective is to use for a validation by http-01, in milliseconds.
const GOAL: f64 = 1.5;

/// One type of challenge with one number of remotes.
pub(crate) struct Row {
    pub(super) method: ChallengeType,
    pub(super) remotes: usize,
    pub(super) validations: u32,
    pub(super) failures: Vec<String>,
    pub(super) took: Duration,
    /// CPU time of all perspectives.
    pub(super) cpu: Duration,
    /// CPU time of the responders and the client.
    pub(super) own_cpu: Duration,
}

impl Row {
    fn per_second(&self) -> f64 {
        f64::from(self.validations) / self.took.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// CPU time of one perspective for one validation, in milliseconds.
    fn per_perspective(&self) -> f64 {
        let perspectives = u32::try_from(self.remotes + 1).unwrap_or(u32::MAX);
        self.per_validation(self.cpu) / f64::from(perspectives)
    }

    fn per_validation(&self, time: Duration) -> f64 {
        time.as_secs_f64() * 1000.0 / f64::from(self.validations.max(1))
    }
}

/// What was measured.
pub(crate) struct Report {
    pub(super) machine: String,
    pub(super) concurrency: u32,
    pub(super) rows: Vec<Row>,
}

impl Report {
    /// Whether every validation succeeded.
    pub(crate) fn is_complete(&self) -> bool {
        self.rows.iter().all(|row| row.failures.is_empty())
    }

    /// The table, and whether the goal is met.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("{}; {} validations at once\n\n", self.machine, self.concurrency);
        text.push_str("| challenge | remotes | validations/s | CPU ms per validation | per perspective | responders |\n|---|---|---|---|---|---|\n");
        for row in &self.rows {
            let _ = writeln!(
                text,
                "| {} | {} | {:.0} | {:.2} | {:.2} | {:.2} |",
                row.method,
                row.remotes,
                row.per_second(),
                row.per_validation(row.cpu),
                row.per_perspective(),
                row.per_validation(row.own_cpu),
            );
        }
        let failures = self.rows.iter().flat_map(|row| &row.failures);
        for failure in failures.take(10) {
            let _ = writeln!(text, "\nfailed: {failure}");
        }
        let http = self.rows.iter().filter(|row| row.method == ChallengeType::Http01);
        if let Some(most) = http.map(Row::per_perspective).max_by(f64::total_cmp) {
            let verdict = if most <= GOAL { "met" } else { "missed" };
            let _ = writeln!(
                text,
                "\nGoal: at most {GOAL} ms CPU per perspective and http-01 validation; {verdict} with {most:.2} ms."
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_per_validation_and_perspective() {
        let row = |method, failures| Row {
            method,
            remotes: 5,
            validations: 100,
            failures,
            took: Duration::from_secs(2),
            cpu: Duration::from_millis(600),
            own_cpu: Duration::from_millis(50),
        };
        let mut report = Report {
            machine: "a machine".to_owned(),
            concurrency: 8,
            rows: vec![row(ChallengeType::Http01, Vec::new())],
        };
        let text = report.markdown();
        assert!(
            text.contains("| http-01 | 5 | 50 | 6.00 | 1.00 | 0.50 |"),
            "{text}"
        );
        assert!(text.contains("met with 1.00 ms"), "{text}");
        assert!(report.is_complete());
        report
            .rows
            .push(row(ChallengeType::Dns01, vec!["a: no".to_owned()]));
        assert!(!report.is_complete());
        assert!(report.markdown().contains("failed: a: no"));
    }
}
