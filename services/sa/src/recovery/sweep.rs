//! The logs against the database.

use std::io::{self, BufRead};

use cairn_kit::{BoxError, SystemRng};
use cairn_rpc::Context;
use cairn_rpc::api::sa::RevokeCertificate;
use cairn_types::{AccountStatus, AuthorizationStatus, Duration, Error};

use super::log::{Event, Withdrawn, read};
use super::{Known, Signed, found};
use crate::Store;

/// No transaction here takes that long.
const PATIENCE: Duration = Duration::from_secs(600);

/// A log line that promises something and cannot be read stops the comparison: what it tells would be lost again.
#[derive(Debug, thiserror::Error)]
#[error("line {number}: {why}")]
struct BadLine {
    number: usize,
    why: String,
}

/// One pass over logs.
pub(super) struct Sweep<'a> {
    store: &'a Store,
    context: Context,
    /// Whether what is missing is stored, or only told.
    storing: bool,
    withdrawn: Vec<Withdrawn>,
    pub(super) tally: Tally,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Records that matter.
    pub(super) read: usize,
    /// What the database did not know.
    pub(super) missing: usize,
    /// What it knows now.
    pub(super) stored: usize,
}

impl<'a> Sweep<'a> {
    pub(super) fn new(store: &'a Store, storing: bool) -> Self {
        Self {
            store,
            context: Context::new(&SystemRng, PATIENCE),
            storing,
            withdrawn: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Goes through a log. What it tells about withdrawals waits for [`finish`](Self::finish): they may be about
    /// certificates that another log tells about.
    pub(super) async fn log(&mut self, lines: impl BufRead) -> Result<(), BoxError> {
        for (index, line) in lines.split(b'\n').enumerate() {
            let line = line?;
            let event = read(&String::from_utf8_lossy(&line)).map_err(|error| BadLine {
                number: index + 1,
                why: error.to_string(),
            })?;
            match event {
                Some(Event::Signed(signed)) => self.signed(*signed).await?,
                Some(Event::Withdrawn(withdrawn)) => self.withdrawn.push(withdrawn),
                None => {}
            }
        }
        Ok(())
    }

    /// What was withdrawn, after all that was signed.
    pub(super) async fn finish(mut self) -> Result<Tally, BoxError> {
        for withdrawn in std::mem::take(&mut self.withdrawn) {
            self.withdraw(withdrawn).await?;
        }
        Ok(self.tally)
    }

    async fn signed(&mut self, signed: Signed) -> Result<(), BoxError> {
        self.tally.read += 1;
        // Nobody revokes what has expired, and such rows leave.
        if signed.unsigned.not_after < self.store.now() {
            return Ok(());
        }
        let (serial, order) = (signed.unsigned.serial, signed.unsigned.order);
        let what = format!("certificate {serial} of order {order}");
        let (store, context) = (self.store, self.context.clone());
        match store.known(serial).await.map_err(told)? {
            Known::Stored => Ok(()),
            Known::Prepared => {
                let stored = self.storing.then(|| store.finish(&context, serial, signed.der));
                self.found(&format!("{what}, signed"), stored).await
            }
            Known::Not => {
                let stored = self.storing.then(|| store.restore(&context, signed));
                self.found(&what, stored).await
            }
        }
    }

    async fn withdraw(&mut self, withdrawn: Withdrawn) -> Result<(), BoxError> {
        self.tally.read += 1;
        let (store, context) = (self.store, self.context.clone());
        match withdrawn {
            Withdrawn::Certificate(serial, revocation, by) => {
                if store.is_revoked(serial).await.map_err(told)? == Some(true) {
                    return Ok(());
                }
                let request = RevokeCertificate {
                    serial,
                    revocation,
                    by: format!("cairn-sa recover, after {by}"),
                };
                let stored = self.storing.then(|| store.revoke_certificate(&context, request));
                self.found(&format!("revocation of certificate {serial}"), stored)
                    .await
            }
            Withdrawn::Account(id) => match found(store.get_account(id).await).map_err(told)? {
                Some(account) if account.status == AccountStatus::Valid => {
                    let stored = self.storing.then(|| store.deactivate_account(&context, id));
                    self.found(&format!("deactivation of account {id}"), stored).await
                }
                _ => Ok(()),
            },
            Withdrawn::Authorization(id) => match found(store.get_authorization(id).await).map_err(told)? {
                Some(it) if it.status != AuthorizationStatus::Deactivated => {
                    let stored = self.storing.then(|| store.deactivate_authorization(&context, id));
                    self.found(&format!("deactivation of authorization {id}"), stored)
                        .await
                }
                _ => Ok(()),
            },
            Withdrawn::Key(id) => {
                println!("account {id}: its key was changed; see whether it has the new one");
                Ok(())
            }
        }
    }

    /// Something is missing; if it was to be stored, that is done by `stored`.
    async fn found<T>(
        &mut self,
        what: &str,
        stored: Option<impl Future<Output = cairn_types::Result<T>>>,
    ) -> Result<(), BoxError> {
        self.tally.missing += 1;
        let Some(stored) = stored else {
            println!("{what}: missing");
            return Ok(());
        };
        match stored.await {
            Ok(_) => {
                self.tally.stored += 1;
                println!("{what}: stored");
            }
            Err(error) => println!("{what}: missing, and not stored: {}", told(error)),
        }
        Ok(())
    }
}

/// An operator may know it all.
fn told(error: Error) -> io::Error {
    io::Error::other(error.internal.unwrap_or(error.problem.detail))
}
