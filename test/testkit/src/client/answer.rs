//! What a server answered.

use bytes::Bytes;
use cairn_acme::{ProblemDocument, problem};
use http::header::{CONTENT_TYPE, LINK, LOCATION, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::{ClientError, Result};

/// A whole response.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked for.
    pub url: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// A header's value; none if it is absent or not text.
    pub fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The nonce for the next request.
    pub fn nonce(&self) -> Option<&str> {
        self.header("replay-nonce")
    }

    /// The URL of the resource that was created or found.
    pub fn location(&self) -> Result<String> {
        self.header(LOCATION)
            .map(str::to_owned)
            .ok_or_else(|| ClientError::answer(&self.url, "there is no Location header"))
    }

    /// The seconds of Retry-After.
    pub fn retry_after(&self) -> Option<u64> {
        self.header(RETRY_AFTER)?.parse().ok()
    }

    /// The media type without parameters.
    pub fn content_type(&self) -> Option<&str> {
        self.header(CONTENT_TYPE)
            .map(|value| value.split(';').next().unwrap_or_default().trim())
    }

    /// The targets of the Link headers with that relation (RFC 8288), as they stand there.
    pub fn links(&self, relation: &str) -> Vec<String> {
        let wanted = format!("rel=\"{relation}\"");
        self.headers
            .get_all(LINK)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter(|link| link.split(';').any(|part| part.trim() == wanted))
            .filter_map(|link| link.trim().strip_prefix('<')?.split_once('>'))
            .map(|(target, _)| target.to_owned())
            .collect()
    }

    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let text = String::from_utf8_lossy(&self.body);
            ClientError::answer(&self.url, format!("{}: {error}: {text}", self.status))
        })
    }

    /// The problem document, if it is one.
    pub fn problem(&self) -> Option<ProblemDocument> {
        (self.content_type() == Some(problem::CONTENT_TYPE))
            .then(|| self.json().ok())
            .flatten()
    }

    /// The answer itself if the request succeeded, else its problem as an error.
    pub fn ok(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(match self.problem() {
            Some(document) => ClientError::Problem {
                url: self.url,
                status: self.status,
                document: Box::new(document),
            },
            None => {
                let body = String::from_utf8_lossy(&self.body).into_owned();
                ClientError::answer(&self.url, format!("{} without a problem: {body}", self.status))
            }
        })
    }
}
