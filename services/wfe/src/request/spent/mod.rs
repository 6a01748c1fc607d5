//! Which nonces were used already.

mod file;
mod minutes;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use cairn_acme::nonce::Recognized;
use cairn_kit::BoxError;
use cairn_types::{Duration, Error, Timestamp};

use crate::config::NonceConfig;
use minutes::{Fingerprint, Minutes, minute};

/// The set of spent nonces. What is in it must be in it for every front end that clients may turn to next.
pub(crate) trait SpentNonces: Send + Sync {
    /// Adds a nonce. False if it was there already, or if the set can no longer tell.
    fn spend(&self, nonce: Recognized, now: Timestamp) -> Spending<'_>;

    /// Keeps what the next process has to know. For the end: no nonce is accepted after it.
    fn close(&self, now: Timestamp) -> Result<(), String>;
}

/// What [`SpentNonces::spend`] returns.
pub(crate) type Spending<'a> = Pin<Box<dyn Future<Output = Result<bool, Error>> + Send + 'a>>;

/// The spent nonces of a front end that is alone, by the minute in which they were minted.
///
/// Memory is bounded twice: minutes older than a nonce's lifetime are dropped, and if there are more than
/// `most` nonces in the rest, the oldest minutes are closed. No nonce of a closed minute is accepted.
///
/// Nor is one that was minted before this process began, for it may have been used then; except that a file
/// tells, which the process before wrote at its end. It is deleted once it is read: after a crash there is
/// none, rather than one that lacks what was spent last.
pub(crate) struct MemorySpentNonces {
    lifetime: Duration,
    most: usize,
    minutes: Mutex<Minutes>,
    file: Option<PathBuf>,
}

impl MemorySpentNonces {
    /// Reads and deletes the file, if there is one.
    pub(crate) fn open(config: &NonceConfig, now: Timestamp) -> Result<Self, BoxError> {
        let file = config.spent_file.as_ref().map(|file| file.as_path().to_owned());
        let kept = file.as_deref().map(file::take).transpose()?.flatten();
        let minutes = match kept {
            Some(bytes) => file::decode(&bytes).unwrap_or_else(|| {
                tracing::warn!("nonces.spent_file: not understood; nonces minted before now are refused");
                Minutes::since(now)
            }),
            None => Minutes::since(now),
        };
        Ok(Self {
            lifetime: config.lifetime,
            most: config.max_spent,
            minutes: Mutex::new(minutes),
            file,
        })
    }

    fn insert(&self, nonce: &Recognized, now: Timestamp) -> bool {
        self.with(|minutes| {
            minutes.close_before(minute(now - self.lifetime));
            let fresh = minutes.insert(nonce.minted, Fingerprint::of(nonce.id));
            minutes.shrink_to(self.most);
            fresh
        })
    }

    fn with<T>(&self, use_them: impl FnOnce(&mut Minutes) -> T) -> T {
        use_them(&mut self.minutes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl SpentNonces for MemorySpentNonces {
    fn spend(&self, nonce: Recognized, now: Timestamp) -> Spending<'_> {
        let fresh = self.insert(&nonce, now);
        Box::pin(std::future::ready(Ok(fresh)))
    }

    fn close(&self, now: Timestamp) -> Result<(), String> {
        let mut last = self.with(|minutes| std::mem::replace(minutes, Minutes::closed()));
        let Some(path) = &self.file else {
            return Ok(());
        };
        last.close_before(minute(now - self.lifetime));
        file::write(path, &file::encode(&last))
            .map_err(|error| format!("nonces.spent_file: {}: {error}", path.display()))
    }
}

#[cfg(test)]
mod tests;
