//! A client: directory, nonces, signed requests.

use std::sync::Arc;

use bytes::Bytes;
use cairn_acme::objects::Directory;
use cairn_acme::{SignAs, SigningKey};
use http::StatusCode;

use super::{Answer, ClientError, Connection, Result, Trust};

/// The media type of requests.
pub const JOSE: &str = "application/jose+json";

/// How often a request is repeated because its nonce was refused.
const NONCE_RETRIES: usize = 5;

/// The most nonces that are kept.
const MAX_NONCES: usize = 8;

/// A client of one server.
pub struct Client {
    connection: Connection,
    directory: Arc<Directory>,
    nonces: Vec<String>,
    trust: Trust,
}

impl Client {
    /// Reads the directory.
    pub async fn new(directory_url: &str, trust: &Trust) -> Result<Self> {
        let mut connection = Connection::new(trust.clone());
        let directory = connection.get(directory_url).await?.ok()?.json()?;
        Ok(Self {
            connection,
            directory: Arc::new(directory),
            nonces: Vec::new(),
            trust: trust.clone(),
        })
    }

    /// A client of the same server with a connection of its own.
    #[must_use]
    pub fn another(&self) -> Self {
        Self {
            connection: Connection::new(self.trust.clone()),
            directory: Arc::clone(&self.directory),
            nonces: Vec::new(),
            trust: self.trust.clone(),
        }
    }

    /// The directory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The directory, shared, so that a URL of it can be used while the client is.
    pub fn shared_directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory)
    }

    /// The connection, for requests without a signature.
    pub const fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// A nonce that was not used yet: one of the pool, else a new one.
    pub async fn nonce(&mut self) -> Result<String> {
        if let Some(nonce) = self.nonces.pop() {
            return Ok(nonce);
        }
        let url = &self.directory.new_nonce;
        let answer = self.connection.head(url).await?.ok()?;
        let missing = || ClientError::answer(url, "there is no Replay-Nonce header");
        answer.nonce().map(str::to_owned).ok_or_else(missing)
    }

    /// Sends `body` as it is and keeps the nonce of the answer.
    pub async fn post_body(&mut self, url: &str, body: impl Into<Bytes>) -> Result<Answer> {
        let answer = self.connection.post(url, JOSE, body.into()).await?;
        self.keep_nonce(&answer);
        Ok(answer)
    }

    /// Puts the nonce of an answer into the pool.
    pub fn keep_nonce(&mut self, answer: &Answer) {
        if self.nonces.len() < MAX_NONCES {
            self.nonces.extend(answer.nonce().map(str::to_owned));
        }
    }

    /// Signs `payload` with a fresh nonce and sends it; again if the nonce is refused. Any status is an answer.
    pub async fn post(
        &mut self,
        key: &SigningKey,
        signer: SignAs<'_>,
        url: &str,
        payload: &[u8],
    ) -> Result<Answer> {
        for _ in 0..NONCE_RETRIES {
            let nonce = self.nonce().await?;
            let body = key.sign(signer, &nonce, url, payload)?;
            let answer = self.post_body(url, body).await?;
            if !refuses_nonce(&answer) {
                return Ok(answer);
            }
        }
        Err(ClientError::answer(url, "no nonce is good enough"))
    }
}

fn refuses_nonce(answer: &Answer) -> bool {
    answer.status == StatusCode::BAD_REQUEST
        && answer
            .problem()
            .is_some_and(|problem| problem.short_type() == "badNonce")
}
