//! What handlers return, before the headers that every answer has.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LINK, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use cairn_types::{Duration, Error};

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// An answer with a body of that type.
    pub(crate) fn bytes(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut answer = Self::empty(StatusCode::OK);
        answer
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        answer.body = body.into();
        answer
    }

    /// A JSON object.
    pub(crate) fn json(object: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(object).map_err(|error| Error::internal(format!("JSON: {error}")))?;
        Ok(Self::bytes("application/json", body))
    }

    #[must_use]
    pub(crate) const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Adds a header; one whose value cannot be a header value is left out.
    #[must_use]
    pub(crate) fn header(mut self, name: HeaderName, value: impl AsRef<str>) -> Self {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.headers.append(name, value);
        }
        self
    }

    #[must_use]
    pub(crate) fn location(self, url: &str) -> Self {
        self.header(LOCATION, url)
    }

    #[must_use]
    pub(crate) fn link(self, url: &str, relation: &str) -> Self {
        self.header(LINK, format!("<{url}>;rel=\"{relation}\""))
    }

    /// Always in seconds: some clients cannot read dates.
    #[must_use]
    pub(crate) fn retry_after(self, after: Duration) -> Self {
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        self.header(RETRY_AFTER, seconds.max(1).to_string())
    }

    #[must_use]
    pub(crate) fn cache_control(self, value: &'static str) -> Self {
        self.header(CACHE_CONTROL, value)
    }
}
