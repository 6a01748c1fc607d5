//! Transactions have names, and are counted and timed under them.

use std::time::Instant;

use cairn_kit::Metrics;
use cairn_kit::metrics::Latencies;
use diesel::connection::{Instrumentation, InstrumentationEvent};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use super::errors::{Failure, Result};
use crate::trail::Origin;

/// How often a transaction is tried that the database, not its rules, refused.
pub(crate) const ATTEMPTS: u32 = 3;

/// What a transaction that writes begins with.
#[derive(Debug, Clone)]
pub(crate) struct Beginning {
    /// What the audit trail names.
    pub(crate) origin: Origin,
    /// Whom it waits for, and who waits for it.
    pub(crate) turn: Option<Turn>,
}

/// Transactions of the same turn run one after the other: each sees what those before it committed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn(pub(crate) i64);

impl Beginning {
    pub(crate) fn taking_turns(self, turn: Option<Turn>) -> Self {
        Self { turn, ..self }
    }
}

impl<T: Into<Origin>> From<T> for Beginning {
    fn from(origin: T) -> Self {
        Self {
            origin: origin.into(),
            turn: None,
        }
    }
}

/// A transaction's name: that of the query it runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Name {
    transaction: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Outcome {
    transaction: &'static str,
    outcome: &'static str,
}

/// A server that was read from, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Source {
    server: &'static str,
    reason: &'static str,
}

/// What is counted about the database. Clones count together.
#[derive(Clone)]
pub(crate) struct Measures {
    finished: Family<Outcome, Counter>,
    seconds: Latencies<Name>,
    /// Commits that wrote something to disk, each for one or more transactions.
    pub(crate) commits: Counter,
    /// Statements other than BEGIN, SAVEPOINT, COMMIT and their like.
    pub(crate) statements: Counter,
    /// Transactions tried again.
    pub(crate) retries: Counter,
    reads: Family<Source, Counter>,
    /// The age of what the replica shows, in milliseconds.
    pub(crate) replica_lag: Gauge,
}

impl Measures {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        Self {
            finished: metrics.counters("sa_transactions", "Transactions by name and outcome"),
            seconds: metrics.latencies(
                "sa_transaction_seconds",
                "From the request for a transaction to its commit, by name",
            ),
            commits: metrics.counter("sa_commits", "Commits to disk, of one or more transactions each"),
            statements: metrics.counter("sa_statements", "SQL statements"),
            retries: metrics.counter("sa_retries", "Commits that were tried again"),
            reads: metrics.counters(
                "sa_replica_reads",
                "Reads that a replica may answer, by the server that did, and why",
            ),
            replica_lag: metrics.gauge(
                "sa_replica_lag_milliseconds",
                "How long ago what the replica shows was known to be complete; 0 without a replica",
            ),
        }
    }

    /// Counts a read that a replica may answer.
    pub(crate) fn read(&self, server: &'static str, reason: &'static str) {
        self.reads.get_or_create(&Source { server, reason }).inc();
    }

    /// Counts a transaction that was asked for at `since`.
    pub(crate) fn finished<T>(&self, transaction: &'static str, since: Instant, result: &Result<T>) {
        let outcome = result.as_ref().map_or_else(Failure::outcome, |_| "done");
        self.finished
            .get_or_create(&Outcome { transaction, outcome })
            .inc();
        self.seconds
            .get_or_create(&Name { transaction })
            .observe(since.elapsed().as_secs_f64());
    }

    /// What a connection reports its statements to.
    pub(crate) fn statement_counter(&self) -> impl Instrumentation + use<> {
        let statements = self.statements.clone();
        let mut control = false;
        move |event: InstrumentationEvent<'_>| match event {
            InstrumentationEvent::BeginTransaction { .. }
            | InstrumentationEvent::CommitTransaction { .. }
            | InstrumentationEvent::RollbackTransaction { .. } => control = true,
            InstrumentationEvent::StartQuery { .. } if !std::mem::take(&mut control) => {
                statements.inc();
            }
            _ => (),
        }
    }
}
