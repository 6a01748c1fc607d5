//! A piece of work for a thread that owns a connection.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::Connection;
use tokio::sync::oneshot;

use super::Conn;
use crate::db::errors::{Failure, Result};

/// Work, and whoever waits for its result.
pub(super) trait Job: Send {
    /// Does the work in a transaction or, within one, a savepoint: if it fails, it alone is rolled back.
    /// May be called again if the transaction around it was not committed.
    fn run(&mut self, conn: &mut Conn);

    /// Hands over the result of the last run, or tells why it was not committed.
    fn answer(self: Box<Self>, committed: std::result::Result<(), &str>);
}

struct Task<T, F> {
    work: F,
    result: Result<T>,
    waiting: oneshot::Sender<Result<T>>,
}

/// A job, and where its result will arrive.
pub(super) fn new<T, F>(work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: FnMut(&mut Conn) -> Result<T> + Send + 'static,
{
    let (waiting, answer) = oneshot::channel();
    let task = Task {
        work,
        result: Err(Failure::Closed),
        waiting,
    };
    (Box::new(task), answer)
}

impl<T: Send, F: FnMut(&mut Conn) -> Result<T> + Send> Job for Task<T, F> {
    fn run(&mut self, conn: &mut Conn) {
        let work = &mut self.work;
        // A panic must roll back like any other failure, and must not end the thread.
        self.result = conn.transaction(|conn| {
            catch_unwind(AssertUnwindSafe(|| work(conn))).unwrap_or(Err(Failure::Fault("it panicked")))
        });
    }

    fn answer(self: Box<Self>, committed: std::result::Result<(), &str>) {
        let result = match committed {
            Ok(()) => self.result,
            Err(why) => Err(Failure::NotCommitted(why.to_owned())),
        };
        // Whoever asked may have stopped waiting.
        let _ = self.waiting.send(result);
    }
}
