//! The one way to wait: ask again until the answer is there or the time is over.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The pause after the first question; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Asks `question` until it gives an answer. An error when there is none within `limit`: it names `what`.
pub async fn until<T, F, Fut>(what: &str, limit: Duration, mut question: F) -> anyhow::Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + limit;
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(answer) = question().await {
            return Ok(answer);
        }
        if Instant::now() + pause > deadline {
            anyhow::bail!("{what}: not within {limit:?}");
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The pauses of a loop that cannot be a closure, because it borrows what it asks.
#[derive(Debug)]
pub struct Pacer {
    deadline: Instant,
    pause: Duration,
}

impl Pacer {
    /// A loop that may take `limit`.
    pub fn new(limit: Duration) -> Self {
        Self {
            deadline: Instant::now() + limit,
            pause: FIRST_PAUSE,
        }
    }

    /// Waits before the next question; false when the time is over.
    pub async fn pause(&mut self) -> bool {
        if Instant::now() + self.pause > self.deadline {
            return false;
        }
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_or_the_end_of_the_time() {
        let mut asked = 0;
        let answer = until("a third question", Duration::from_secs(10), || {
            asked += 1;
            let answer = (asked == 3).then_some(asked);
            async move { answer }
        });
        assert_eq!(answer.await.unwrap(), 3);
        let never = until("a miracle", Duration::from_millis(20), || async { None::<()> }).await;
        assert_eq!(never.unwrap_err().to_string(), "a miracle: not within 20ms");
    }
}
