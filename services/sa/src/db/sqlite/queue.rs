//! A queue of jobs and the threads that work on it.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::job::Job;
use crate::db::OpenError;
use crate::db::errors::{Failure, Result};

/// Jobs that may wait. More are refused: at some thousands a second they would wait for seconds.
const WAITING: usize = 8192;

/// Where jobs are given. Dropping it ends the threads once they have done what they were given.
pub(super) struct Queue {
    sender: Option<SyncSender<Box<dyn Job>>>,
    threads: Vec<JoinHandle<()>>,
}

/// Where threads take jobs.
#[derive(Clone)]
pub(super) struct Jobs(Arc<Mutex<Receiver<Box<dyn Job>>>>);

impl Queue {
    /// A queue without threads.
    pub(super) fn new() -> (Self, Jobs) {
        let (sender, receiver) = sync_channel(WAITING);
        let queue = Self {
            sender: Some(sender),
            threads: Vec::new(),
        };
        (queue, Jobs(Arc::new(Mutex::new(receiver))))
    }

    /// Starts a thread, which ends when its jobs do.
    pub(super) fn spawn(
        &mut self,
        name: &str,
        body: impl FnOnce() + Send + 'static,
    ) -> std::result::Result<(), OpenError> {
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(body)
            .map_err(|error| OpenError::Unusable {
                path: name.to_owned(),
                why: error.to_string(),
            })?;
        self.threads.push(thread);
        Ok(())
    }

    /// Adds a job.
    pub(super) fn give(&self, job: Box<dyn Job>) -> Result<()> {
        let sender = self.sender.as_ref().ok_or(Failure::Closed)?;
        sender.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Failure::Overloaded,
            TrySendError::Disconnected(_) => Failure::Closed,
        })
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.sender = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Jobs {
    /// Waits for a job, and takes up to `limit` of those that wait by then. None when there will be no more.
    pub(super) fn take(&self, limit: usize) -> Option<Vec<Box<dyn Job>>> {
        // Of several threads, the one that holds the lock is the one that waits.
        let receiver = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = vec![receiver.recv().ok()?];
        taken.extend(receiver.try_iter().take(limit.saturating_sub(1)));
        Some(taken)
    }
}
