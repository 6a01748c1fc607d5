//! The thread that writes, and commits in groups.
//!
//! Whatever is waiting when a commit is over goes into the next one, up to a limit: each transaction in a
//! savepoint of its own, so that one which fails is rolled back alone. Nobody is answered before the commit:
//! even a refusal may rest on what a neighbour in the group wrote.

use diesel::SqliteConnection;

use super::connection::Opener;
use super::job::Job;
use super::queue::{Jobs, Queue};
use crate::db::OpenError;
use crate::db::tx::{ATTEMPTS, Measures};

/// Opens the connection and starts the thread; at most `limit` transactions share a commit.
pub(super) fn start(opener: Opener, limit: usize, measures: Measures) -> Result<Queue, OpenError> {
    let (mut queue, jobs) = Queue::new();
    let mut writer = Writer {
        conn: Some(opener.writer()?),
        opener,
        measures,
    };
    queue.spawn("sa-writer", move || writer.run(&jobs, limit))?;
    Ok(queue)
}

struct Writer {
    /// None after a commit failed: what state the connection is in is then unknown.
    conn: Option<SqliteConnection>,
    opener: Opener,
    measures: Measures,
}

impl Writer {
    fn run(&mut self, jobs: &Jobs, limit: usize) {
        while let Some(mut group) = jobs.take(limit) {
            let committed = self.commit(&mut group);
            if let Err(why) = &committed {
                tracing::error!(
                    error = why,
                    transactions = group.len(),
                    "the database did not commit"
                );
            }
            for job in group {
                job.answer(committed.as_ref().copied().map_err(String::as_str));
            }
        }
    }

    /// Runs the group in one transaction, again if the database fails.
    fn commit(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), String> {
        let mut attempt = 1;
        loop {
            match self.attempt(group) {
                Ok(()) => {
                    self.measures.commits.inc();
                    return Ok(());
                }
                Err(why) if attempt >= ATTEMPTS => return Err(why),
                Err(why) => {
                    tracing::warn!(error = why, attempt, "a commit is tried again");
                    self.measures.retries.inc();
                    attempt += 1;
                }
            }
        }
    }

    fn attempt(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), String> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.opener.writer().map_err(|error| error.to_string())?,
        };
        conn.immediate_transaction(|conn| {
            for job in group {
                job.run(conn);
            }
            diesel::QueryResult::Ok(())
        })
        .map_err(|error| error.to_string())?;
        self.conn = Some(conn);
        Ok(())
    }
}
