//! How far a long audit is, for whoever watches: a line on standard error that is written over.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// How often the line changes.
const INTERVAL: Duration = Duration::from_millis(200);

/// Where the line starts, and what clears the rest of it.
const LINE: &str = "\r\x1b[K";

pub(super) struct Progress {
    is_seen: bool,
    subject: &'static str,
    rows: u64,
    since: Instant,
    shown: Option<Instant>,
}

impl Progress {
    /// Shows something only to a terminal.
    pub(super) fn detect() -> Self {
        Self {
            is_seen: stderr().is_terminal(),
            subject: "",
            rows: 0,
            since: Instant::now(),
            shown: None,
        }
    }

    /// So many more rows of a subject were checked.
    pub(super) fn pass(&mut self, subject: &'static str, rows: u64) {
        if self.subject != subject {
            (self.subject, self.rows, self.since) = (subject, 0, Instant::now());
        }
        self.rows += rows;
        let is_due = self.shown.is_none_or(|shown| shown.elapsed() >= INTERVAL);
        if self.is_seen && is_due {
            self.shown = Some(Instant::now());
            write(&format!(
                "{LINE}{}",
                line(subject, self.rows, self.since.elapsed())
            ));
        }
    }

    /// Takes the line away.
    pub(super) fn end(&self) {
        if self.shown.is_some() {
            write(LINE);
        }
    }
}

/// That nobody reads it is no reason to stop.
fn write(text: &str) {
    let mut out = stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn line(subject: &str, rows: u64, time: Duration) -> String {
    let rate = u128::from(rows) * 1000 / time.as_millis().max(1);
    format!("{subject}: {rows} rows, {rate} a second")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_their_rate() {
        assert_eq!(
            line("orders", 4500, Duration::from_millis(1500)),
            "orders: 4500 rows, 3000 a second"
        );
        assert_eq!(line("orders", 0, Duration::ZERO), "orders: 0 rows, 0 a second");
    }
}
