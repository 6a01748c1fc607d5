//! Requests that are repeated as long as that is what the server asks for.

use std::time::Duration;

use cairn_acme::objects::NewAccount;
use cairn_acme::{SignAs, SigningKey};
use cairn_testkit::client::{Answer, Client, ClientError};
use serde_json::json;
use tokio::time::timeout;

use super::Stop;
use crate::random::Random;

/// How often a request is sent before its client gives up for now.
const ATTEMPTS: u32 = 30;

/// A request that takes longer hangs.
const HANGS: Duration = Duration::from_secs(45);

/// The longest pause before a repetition, in milliseconds; Retry-After may ask for more, but would make runs long.
const LONGEST_PAUSE: u64 = 1000;

/// What became of requests.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    /// Requests in all.
    pub(crate) requests: u64,
    /// Those without an answer, as the connection broke or could not be made.
    pub(crate) unanswered: u64,
    /// Those answered with a request to come back later.
    pub(crate) turned_away: u64,
}

impl Counts {
    /// Both together.
    pub(crate) const fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            unanswered: self.unanswered + other.unanswered,
            turned_away: self.turned_away + other.turned_away,
        }
    }
}

/// What an answer means.
enum Meaning {
    Done(Answer),
    /// Worth another attempt.
    Again(String),
    /// The client is to blame, says the server.
    Refused(Answer),
    Wrong(String),
}

/// The connection of one client, and its account.
pub(crate) struct Requests {
    client: Client,
    key: SigningKey,
    account: Option<String>,
    pub(super) random: Random,
    pub(crate) counts: Counts,
}

impl Requests {
    pub(super) fn new(client: Client, key: SigningKey, random: Random) -> Self {
        Self {
            client,
            key,
            account: None,
            random,
            counts: Counts::default(),
        }
    }

    /// The client.
    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    /// Its key.
    pub(super) const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The account's URL.
    pub(super) fn account(&self) -> Result<String, Stop> {
        let missing = || Stop::Wrong("there is no account yet".to_owned());
        self.account.clone().ok_or_else(missing)
    }

    /// Creates the account. A repetition finds it (RFC 8555 section 7.3).
    pub(super) async fn register(&mut self) -> Result<(), Stop> {
        let url = self.client.directory().new_account.clone();
        let payload = NewAccount {
            terms_of_service_agreed: true,
            ..NewAccount::default()
        };
        let answer = self.insist(&url, &json!(payload).to_string()).await?;
        self.account = Some(
            answer
                .location()
                .map_err(|error| Stop::Wrong(error.to_string()))?,
        );
        Ok(())
    }

    /// POST-as-GET until there is an answer.
    pub(super) async fn get(&mut self, url: &str) -> Result<Answer, Stop> {
        self.insist(url, "").await
    }

    /// Sends a request until it succeeds or is refused; a refusal is wrong.
    pub(super) async fn insist(&mut self, url: &str, payload: &str) -> Result<Answer, Stop> {
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            match self.attempt(url, payload).await {
                Ok(answer) => return Ok(answer),
                Err(Stop::Wrong(why)) => return Err(Stop::Wrong(why)),
                Err(Stop::Later(again)) => why = again,
            }
            self.pause().await;
        }
        Err(Stop::Later(why))
    }

    /// Sends a request once.
    pub(super) async fn attempt(&mut self, url: &str, payload: &str) -> Result<Answer, Stop> {
        self.counts.requests += 1;
        match self.send(url, payload).await {
            Meaning::Done(answer) => Ok(answer),
            Meaning::Again(why) => Err(Stop::Later(why)),
            Meaning::Refused(answer) => {
                let said = String::from_utf8_lossy(&answer.body);
                Err(Stop::Wrong(format!("{url}: {}: {said}", answer.status)))
            }
            Meaning::Wrong(why) => Err(Stop::Wrong(why)),
        }
    }

    async fn send(&mut self, url: &str, payload: &str) -> Meaning {
        let signer = self.account.as_deref().map_or(SignAs::Jwk, SignAs::Account);
        let request = self.client.post(&self.key, signer, url, payload.as_bytes());
        match timeout(HANGS, request).await {
            Err(_) => Meaning::Wrong(format!("{url}: no answer within {HANGS:?}")),
            Ok(Ok(answer)) => self.judge(answer),
            Ok(Err(ClientError::Connection { url, reason })) => {
                self.counts.unanswered += 1;
                Meaning::Again(format!("{url}: {reason}"))
            }
            Ok(Err(error)) => Meaning::Wrong(error.to_string()),
        }
    }

    /// An answer that asks the client to come back says so in a problem document, and says when.
    fn judge(&mut self, answer: Answer) -> Meaning {
        if answer.status.is_success() {
            return Meaning::Done(answer);
        }
        if !answer.status.is_server_error() {
            return Meaning::Refused(answer);
        }
        let said = format!(
            "{}: {}: {}",
            answer.url,
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        let problem = answer.problem();
        let is_clean = problem.is_some_and(|problem| problem.short_type() == "serverInternal")
            && answer.retry_after().is_some();
        if is_clean {
            self.counts.turned_away += 1;
            Meaning::Again(said)
        } else {
            Meaning::Wrong(format!("not an error to come back from: {said}"))
        }
    }

    /// Waits as long as suits it.
    pub(super) async fn pause(&mut self) {
        tokio::time::sleep(self.random.millis(LONGEST_PAUSE / 10, LONGEST_PAUSE)).await;
    }
}
