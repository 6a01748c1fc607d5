//! A standby that answers reads in place of the server that takes writes.
//!
//! It shows what was true a moment ago. How long ago is measured by marks: a position in the primary's log, and the
//! moment when it was read there. Once the standby has come to that position, it shows everything that was answered
//! before that moment. It is asked only while such a moment is recent, and only for what cannot be outdated: the
//! callers say what that is, and ask the primary where the standby has no such answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Nullable};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use prometheus_client::metrics::gauge::Gauge;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, timeout};

use super::attempt::{Mode, Runner};
use super::{Conn, RunQueryDsl, retry};
use crate::config::{DatabaseConfig, Server};
use crate::db::OpenError;
use crate::db::errors::{Failure, Result};
use crate::db::tx::Measures;
use marks::Marks;

mod marks;

/// How long an answer is waited for, before the primary is asked.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the lag is measured, at least, and within the time that may pass.
const PACE: Duration = Duration::from_secs(1);
const MEASURES: u32 = 5;

/// Everything that was answered is in the log up to here.
const WRITTEN: &str = "(pg_current_wal_lsn() - '0/0')::bigint";

/// What is shown comes from the log up to here; none on a server that follows no other.
const SHOWN: &str = "CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END";

/// The server for reads that tolerate what was true a moment ago.
pub(crate) struct Replica {
    state: Arc<State>,
    measuring: JoinHandle<()>,
}

struct State {
    name: String,
    runner: Runner,
    max_lag: Duration,
    marks: Mutex<Marks>,
    measures: Measures,
}

impl Replica {
    /// A server that may be down: it is asked only while it is known to be there.
    pub(super) fn start(
        server: &Server,
        config: &DatabaseConfig,
        primary: &Arc<Runner>,
        measures: &Measures,
    ) -> std::result::Result<Self, OpenError> {
        let state = Arc::new(State {
            name: server.to_string(),
            runner: Runner::new(server, config, &measures.statements)?,
            max_lag: config.postgres.replica_max_lag,
            marks: Mutex::default(),
            measures: measures.clone(),
        });
        let lag = measures.replica_lag.clone();
        let measuring = tokio::spawn(measure(Arc::clone(&state), Arc::clone(primary), lag));
        Ok(Self { state, measuring })
    }

    /// What `work` reads, if the replica has it and it is `enough`; otherwise the primary is to be asked.
    pub(crate) async fn read<T>(
        &self,
        enough: impl Fn(&T) -> bool,
        work: impl for<'a> Fn(&'a mut Conn) -> BoxFuture<'a, Result<T>> + Send + Sync,
    ) -> Option<T> {
        let state = &*self.state;
        if !state.marks().is_recent(Instant::now(), state.max_lag) {
            state.measures.read("primary", "replica behind");
            return None;
        }
        match state.attempt(work).await {
            Ok(found) if enough(&found) => {
                state.measures.read("replica", "answered");
                return Some(found);
            }
            Ok(_) | Err(Failure::Refused(_)) => state.measures.read("primary", "not on replica"),
            Err(failure) => {
                state.measures.read("primary", "replica failed");
                if retry::is_lost_connection(&failure) {
                    state.give_up(&failure);
                }
            }
        }
        None
    }

    /// From now on the replica is asked only when it shows what was just written.
    pub(crate) fn must_catch_up(&self) {
        self.state.marks().must_catch_up(Instant::now());
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.measuring.abort();
    }
}

impl State {
    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn attempt<T>(
        &self,
        work: impl for<'a> Fn(&'a mut Conn) -> BoxFuture<'a, Result<T>> + Send + Sync,
    ) -> Result<T> {
        in_time(self.runner.attempt(&Mode::Read, &work)).await
    }

    /// Asks no more until a mark is reached again.
    fn give_up(&self, failure: &Failure) {
        if self.marks().forget() {
            tracing::warn!(replica = self.name, %failure, "the replica is not asked any more");
        }
    }

    /// Notes how far both servers are.
    async fn look(&self, primary: &Runner) {
        let now = Instant::now();
        let written =
            in_time(primary.attempt(&Mode::Read, &|conn: &mut Conn| position(conn, WRITTEN).boxed()));
        // Without a mark the replica is asked no more before long.
        if let Ok(Some(position)) = written.await {
            self.marks().written(now, position, self.max_lag);
        }
        match self.attempt(|conn| position(conn, SHOWN).boxed()).await {
            Ok(Some(position)) => {
                if self.marks().shown(position) {
                    tracing::info!(replica = self.name, "the replica is asked");
                }
            }
            Ok(None) => self.give_up(&Failure::Unreachable("it follows no other server".to_owned())),
            Err(failure) => self.give_up(&failure),
        }
    }
}

/// Measures the lag as long as it is not aborted.
async fn measure(state: Arc<State>, primary: Arc<Runner>, lag: Gauge) {
    let start = Instant::now();
    let mut pace = tokio::time::interval(PACE.min(state.max_lag / MEASURES));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pace.tick().await;
        state.look(&primary).await;
        let since = state.marks().reached().unwrap_or(start);
        lag.set(i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX));
    }
}

async fn in_time<T>(attempt: impl Future<Output = Result<T>>) -> Result<T> {
    let answer = timeout(PATIENCE, attempt).await;
    answer.unwrap_or_else(|_| Err(Failure::Unreachable(format!("no answer within {PATIENCE:?}"))))
}

async fn position(conn: &mut Conn, expression: &'static str) -> Result<Option<i64>> {
    let position = sql::<Nullable<BigInt>>(expression);
    Ok(diesel::select(position).get_result(conn).await?)
}
