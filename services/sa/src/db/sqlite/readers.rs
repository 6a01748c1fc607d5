//! The threads that read. In WAL mode they see the last commit and wait for nobody who writes.

use diesel::connection::TransactionManager;
use diesel::{Connection, SqliteConnection};

use super::connection::Opener;
use super::queue::{Jobs, Queue};
use crate::db::OpenError;

/// Opens `count` connections and starts a thread for each.
pub(super) fn start(opener: &Opener, count: usize) -> Result<Queue, OpenError> {
    let (mut queue, jobs) = Queue::new();
    for _ in 0..count {
        let (conn, jobs, opener) = (opener.reader()?, jobs.clone(), opener.clone());
        queue.spawn("sa-reader", move || read(conn, &jobs, &opener))?;
    }
    Ok(queue)
}

fn read(mut conn: SqliteConnection, jobs: &Jobs, opener: &Opener) {
    while let Some(taken) = jobs.take(1) {
        for mut job in taken {
            job.run(&mut conn);
            job.answer(Ok(()));
        }
        if <SqliteConnection as Connection>::TransactionManager::is_broken_transaction_manager(&mut conn) {
            match opener.reader() {
                Ok(fresh) => conn = fresh,
                Err(error) => tracing::error!(%error, "a reader keeps its broken connection"),
            }
        }
    }
}
