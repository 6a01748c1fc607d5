//! The figures, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::latency::Step;
use crate::load::Outcome;
use crate::processes::Memory;

const PERCENTILES: [usize; 3] = [50, 90, 99];

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) machine: String,
    pub(crate) directory: String,
    pub(crate) names: u32,
    pub(crate) levels: Vec<Outcome>,
    /// By process, after all of the load.
    pub(crate) memory: BTreeMap<String, Memory>,
}

impl Outcome {
    fn per_second(&self) -> f64 {
        f64::from(self.issuances) / self.took.as_secs_f64()
    }

    /// Milliseconds of `time` per issuance.
    fn share(&self, time: Duration) -> f64 {
        millis(time) / f64::from(self.issuances.max(1))
    }

    fn server_cpu(&self) -> f64 {
        self.share(self.cpu.values().sum())
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

impl Report {
    /// A table.
    pub(crate) fn table(&self) -> String {
        let mut text = format!(
            "{}\n{}, names per certificate: {}\n",
            self.machine, self.directory, self.names
        );
        for level in &self.levels {
            text.push_str(&level_table(level));
        }
        if !self.memory.is_empty() {
            let _ = writeln!(text, "\nmemory, MiB                    peak   anonymous");
        }
        for (process, memory) in &self.memory {
            let [peak, anonymous] =
                [memory.peak, memory.anonymous].map(|kibibytes| f64::from(kibibytes) / 1024.0);
            let _ = writeln!(text, "  {process:<25} {peak:>7.1} {anonymous:>11.1}");
        }
        text
    }

    /// The same for programs: times in milliseconds, memory in KiB.
    pub(crate) fn json(&self) -> Value {
        let memory = |memory: &Memory| json!({ "peak": memory.peak, "anonymous": memory.anonymous });
        json!({
            "machine": self.machine,
            "directory": self.directory,
            "names_per_certificate": self.names,
            "levels": self.levels.iter().map(level_json).collect::<Vec<_>>(),
            "memory_kib": by_name(&self.memory, memory),
        })
    }
}

fn level_table(level: &Outcome) -> String {
    let mut text = format!(
        "\n{} clients: {:.1} issuances/s ({} in {:.1} s, {} failed)\n",
        level.concurrency,
        level.per_second(),
        level.issuances,
        level.took.as_secs_f64(),
        level.failures.len(),
    );
    for failure in level.failures.iter().take(3) {
        let _ = writeln!(text, "  failed: {failure}");
    }
    let _ = writeln!(text, "latency, ms                     p50      p90      p99");
    for step in Step::ISSUANCE {
        let [p50, p90, p99] = PERCENTILES.map(|percent| millis(level.latencies.percentile(step, percent)));
        let _ = writeln!(text, "  {:<25} {p50:>7.1}  {p90:>7.1}  {p99:>7.1}", step.name());
    }
    let _ = writeln!(text, "CPU, ms per issuance");
    for (process, time) in &level.cpu {
        let _ = writeln!(text, "  {process:<25} {:>7.2}", level.share(*time));
    }
    if !level.cpu.is_empty() {
        let _ = writeln!(text, "  {:<25} {:>7.2}", "server in all", level.server_cpu());
    }
    let _ = writeln!(
        text,
        "  {:<25} {:>7.2}",
        "load generator",
        level.share(level.own_cpu)
    );
    text
}

fn level_json(level: &Outcome) -> Value {
    let latency: Map<String, Value> = Step::ISSUANCE
        .into_iter()
        .map(|step| {
            let [p50, p90, p99] =
                PERCENTILES.map(|percent| millis(level.latencies.percentile(step, percent)));
            (
                step.name().to_owned(),
                json!({ "p50": p50, "p90": p90, "p99": p99 }),
            )
        })
        .collect();
    json!({
        "concurrency": level.concurrency,
        "issuances": level.issuances,
        "failures": level.failures.len(),
        "seconds": level.took.as_secs_f64(),
        "issuances_per_second": level.per_second(),
        "latency_ms": latency,
        "server_cpu_ms_per_issuance": level.server_cpu(),
        "cpu_ms_per_issuance": by_name(&level.cpu, |time| json!(level.share(*time))),
        "load_generator_cpu_ms_per_issuance": level.share(level.own_cpu),
    })
}

fn by_name<T>(values: &BTreeMap<String, T>, show: impl Fn(&T) -> Value) -> Value {
    values
        .iter()
        .map(|(name, value)| (name.clone(), show(value)))
        .collect::<Map<_, _>>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latency::Latencies;

    #[test]
    fn a_table_and_the_same_as_json() {
        let mut latencies = Latencies::default();
        latencies.record(Step::Whole, Duration::from_millis(250));
        let level = Outcome {
            concurrency: 8,
            issuances: 100,
            failures: vec!["a.example: no".to_owned()],
            took: Duration::from_secs(2),
            latencies,
            cpu: BTreeMap::from([("sa".to_owned(), Duration::from_millis(300))]),
            own_cpu: Duration::from_millis(100),
        };
        let memory = Memory {
            peak: 3 << 10,
            anonymous: 1 << 10,
        };
        let report = Report {
            machine: "a machine".to_owned(),
            directory: "https://localhost/directory".to_owned(),
            names: 1,
            levels: vec![level],
            memory: BTreeMap::from([("sa".to_owned(), memory)]),
        };
        let table = report.table();
        for line in [
            "8 clients: 50.0 issuances/s (100 in 2.0 s, 1 failed)",
            "  failed: a.example: no",
            "  whole issuance              250.0    250.0    250.0",
            "  server in all                3.00",
            "  load generator               1.00",
            "  sa                            3.0         1.0",
        ] {
            assert!(
                table.lines().any(|found| found == line),
                "{line}\nis not in\n{table}"
            );
        }
        let json = report.json();
        assert_eq!(json["levels"][0]["issuances_per_second"], 50.0);
        assert_eq!(json["levels"][0]["cpu_ms_per_issuance"]["sa"], 3.0);
        assert_eq!(json["levels"][0]["latency_ms"]["whole issuance"]["p99"], 250.0);
        assert_eq!(json["memory_kib"]["sa"]["peak"], 3 << 10);
    }
}
