//! The one way to wait: ask again until the answer is there or the time is over.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// The pause after the first question; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Asks `question` until it gives an answer. An error when there is none within `limit`: it names `what`.
pub(crate) fn until<T>(
    what: &str,
    limit: Duration,
    mut question: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + limit;
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(answer) = question()? {
            return Ok(answer);
        }
        if Instant::now() + pause > deadline {
            bail!("{what}: not within {limit:?}");
        }
        sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
