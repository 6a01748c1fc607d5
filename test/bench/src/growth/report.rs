//! The figures, in Markdown.

use std::fmt::Write as _;
use std::time::Duration;

use super::counts::Counts;
use super::programs::Audit;
use super::sizes::TableSize;
use crate::latency::{Latencies, Step};

const PERCENTILES: [usize; 2] = [50, 99];

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Report {
    pub(super) machine: String,
    pub(super) concurrency: u32,
    /// How many rows an issuance adds to each table.
    pub(super) rows: Vec<(&'static str, usize)>,
    /// The small database, and the large one.
    pub(super) sizes: Vec<Size>,
}

/// What was measured at one size.
#[derive(Debug)]
pub(super) struct Size {
    pub(super) certificates: u64,
    /// What they take, in octets.
    pub(super) octets: u64,
    pub(super) tables: Vec<TableSize>,
    pub(super) fill: Duration,
    /// How long the whole CA took to start.
    pub(super) started: Duration,
    /// How long the storage authority took to start, each time, sorted.
    pub(super) starts: Vec<Duration>,
    /// Twice.
    pub(super) maintain: Result<[Duration; 2], String>,
    pub(super) audit: Result<Audit, String>,
    pub(super) issuances: u32,
    pub(super) latencies: Latencies,
    pub(super) counts: Counts,
}

impl Size {
    fn per_certificate(&self, octets: u64) -> f64 {
        whole(octets) / whole(self.certificates)
    }

    fn per_issuance(&self, count: u64) -> f64 {
        whole(count) / f64::from(self.issuances.max(1))
    }
}

/// Counts and sizes are far below the numbers that would lose digits.
#[expect(clippy::cast_precision_loss, reason = "only for people to read")]
const fn whole(number: u64) -> f64 {
    number as f64
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Digits in groups of three.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl Report {
    /// Whether everything could be measured.
    pub(crate) fn is_complete(&self) -> bool {
        let complete = |size: &Size| size.maintain.is_ok() && size.audit.is_ok();
        self.sizes.iter().all(complete)
    }

    /// Tables, with a line about the machine.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("{}; {} clients at once.\n", self.machine, self.concurrency);
        self.latencies(&mut text);
        self.others(&mut text);
        self.tables(&mut text);
        self.transactions(&mut text);
        text
    }

    fn latencies(&self, text: &mut String) {
        text.push_str("\n| latency, ms: median / p99 |");
        for size in &self.sizes {
            let _ = write!(text, " {} certificates |", grouped(size.certificates.into()));
        }
        text.push_str(" ratio |\n|---|");
        text.push_str(&"---|".repeat(self.sizes.len() + 1));
        text.push('\n');
        for step in Step::ALL {
            let _ = write!(text, "| {} |", step.name());
            let all = self
                .sizes
                .iter()
                .map(|size| PERCENTILES.map(|percent| millis(size.latencies.percentile(step, percent))));
            let all: Vec<_> = all.collect();
            for [median, worst] in &all {
                let _ = write!(text, " {median:.1} / {worst:.1} |");
            }
            if let (Some(small), Some(large)) = (all.first(), all.last()) {
                let _ = writeln!(text, " {:.2} / {:.2} |", large[0] / small[0], large[1] / small[1]);
            }
        }
    }

    fn others(&self, text: &mut String) {
        text.push_str("\n| |");
        for size in &self.sizes {
            let _ = write!(text, " {} certificates |", grouped(size.certificates.into()));
        }
        text.push_str(" goal |\n|---|");
        text.push_str(&"---|".repeat(self.sizes.len() + 1));
        text.push('\n');
        let mut line = |what: &str, goal: &str, show: &dyn Fn(&Size) -> String| {
            let cells: Vec<_> = self.sizes.iter().map(show).collect();
            let _ = writeln!(text, "| {what} | {} | {goal} |", cells.join(" | "));
        };
        line("database, octets per certificate, without CT", "6000", &|size| {
            format!("{:.0}", size.per_certificate(size.octets))
        });
        line("database, GB", "", &|size| {
            format!("{:.2}", whole(size.octets) / 1e9)
        });
        line("storage authority ready, ms: median / worst", "2000", &|size| {
            let median = size.starts.get(size.starts.len() / 2);
            let [median, worst] =
                [median, size.starts.last()].map(|time| millis(time.copied().unwrap_or_default()));
            format!("{median:.0} / {worst:.0}")
        });
        line("whole CA ready after the server's restart, ms", "", &|size| {
            format!("{:.0}", millis(size.started))
        });
        line(
            "`cairn-sa maintain`, s: first time / again",
            "",
            &|size| match &size.maintain {
                Ok(took) => {
                    let [first, again] = took.map(|took| took.as_secs_f64());
                    format!("{first:.2} / {again:.2}")
                }
                Err(error) => error.replace('\n', " "),
            },
        );
        line("`cairn admin audit`, s", "", &|size| audit(&size.audit));
        line("statements per issuance, reads included", "", &|size| {
            format!("{:.1}", size.per_issuance(size.counts.statements()))
        });
        line("commits per issuance", "6", &|size| {
            format!("{:.2}", size.per_issuance(size.counts.commits()))
        });
        line("filled in, s", "", &|size| {
            format!("{:.0}", size.fill.as_secs_f64())
        });
    }

    fn tables(&self, text: &mut String) {
        text.push_str("\n| octets per certificate | rows per certificate |");
        for size in &self.sizes {
            let _ = write!(text, " {} certificates |", grouped(size.certificates.into()));
        }
        text.push_str("\n|---|---|");
        text.push_str(&"---|".repeat(self.sizes.len()));
        text.push('\n');
        let Some(first) = self.sizes.first() else {
            return;
        };
        for (at, table) in first.tables.iter().enumerate() {
            let count = self.rows.iter().find(|(name, _)| *name == table.name);
            let count = count.map_or_else(String::new, |(_, count)| count.to_string());
            let _ = write!(text, "| {} | {count} |", table.name);
            for size in &self.sizes {
                let _ = write!(text, " {:.0} |", size.per_certificate(size.tables[at].rows));
            }
            text.push('\n');
            for (index, (name, _)) in table.indexes.iter().enumerate() {
                let _ = write!(text, "| index {name} | |");
                for size in &self.sizes {
                    let octets = size.tables[at].indexes[index].1;
                    let _ = write!(text, " {:.0} |", size.per_certificate(octets));
                }
                text.push('\n');
            }
        }
    }

    fn transactions(&self, text: &mut String) {
        let Some(last) = self.sizes.last() else {
            return;
        };
        text.push_str("\n| transaction of the storage authority | per issuance |\n|---|---|\n");
        for (name, count) in &last.counts.transactions {
            if *count > 0 {
                let _ = writeln!(text, "| {name} | {:.2} |", last.per_issuance(*count));
            }
        }
    }
}

fn audit(audit: &Result<Audit, String>) -> String {
    match audit {
        Ok(Audit {
            took,
            found: Some((rows, violations)),
        }) => format!(
            "{:.1} ({} rows/s, {violations} violations)",
            took.as_secs_f64(),
            grouped(u128::from(*rows) * 1000 / took.as_millis().max(1))
        ),
        Ok(Audit { took, found: None }) => format!("ended after {:.0}", took.as_secs_f64()),
        Err(error) => error.replace('\n', " "),
    }
}
