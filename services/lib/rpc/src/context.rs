//! What travels with every call: a request id and a deadline.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use cairn_types::{Error, Rng};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use crate::deadline;

/// The header that carries the request id from service to service.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a call may take when its caller names no deadline. Cairn's own clients always name one.
const UNNAMED_TIMEOUT: Duration = Duration::from_secs(30);

/// What a call may take, whatever its caller asks for.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(3600);

/// Identifies the request of an outside client, in every service that works on it.
///
/// 128 random bits; the text form is 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(u128);

impl RequestId {
    /// The id of calls whose caller sent none.
    pub const NONE: Self = Self(0);

    /// A fresh id.
    pub fn new(rng: &dyn Rng) -> Self {
        let mut random = [0; 16];
        rng.fill(&mut random);
        Self(u128::from_be_bytes(random))
    }

    /// The 16 octets that its text form shows.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {self}")
    }
}

/// A text is not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request id is 32 lower-case hexadecimal digits")]
pub struct InvalidRequestId;

impl FromStr for RequestId {
    type Err = InvalidRequestId;

    fn from_str(text: &str) -> Result<Self, InvalidRequestId> {
        let lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 32 || !text.bytes().all(lower_hex) {
            return Err(InvalidRequestId);
        }
        u128::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| InvalidRequestId)
    }
}

/// The circumstances of a call. Handed explicitly from function to function.
#[derive(Debug, Clone)]
pub struct Context {
    request_id: RequestId,
    deadline: Instant,
}

/// Marks a request that may be sent twice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Idempotent;

impl Context {
    /// The context of new work with a fresh request id, to be done within `timeout`.
    pub fn new(rng: &dyn Rng, timeout: Duration) -> Self {
        Self::with_id(RequestId::new(rng), timeout)
    }

    /// The context of new work under a given request id, to be done within `timeout`.
    pub fn with_id(request_id: RequestId, timeout: Duration) -> Self {
        Self {
            request_id,
            deadline: Instant::now() + timeout,
        }
    }

    /// The context of the call that a gRPC handler serves.
    ///
    /// Fails only if the service is not served by [`crate::Server`], which is what adds the context.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, Error> {
        request
            .extensions()
            .get()
            .cloned()
            .ok_or_else(|| Error::internal("a call without a context: it did not come through the server"))
    }

    /// The context that the headers of an incoming call describe.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Result<Self, deadline::InvalidTimeout> {
        let timeout = deadline::parse(headers)?
            .unwrap_or(UNNAMED_TIMEOUT)
            .min(LONGEST_TIMEOUT);
        let request_id = headers
            .get(REQUEST_ID)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .unwrap_or(RequestId::NONE);
        Ok(Self::with_id(request_id, timeout))
    }

    /// The id of the request that is being worked on.
    pub const fn request_id(&self) -> RequestId {
        self.request_id
    }

    /// The request id as a header value.
    pub(crate) fn request_id_header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.request_id.to_string()).unwrap_or(HeaderValue::from_static(""))
    }

    /// When the work has to be done.
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The time that is left, zero if none.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The same context with a deadline at most `timeout` from now.
    #[must_use]
    pub fn at_most(&self, timeout: Duration) -> Self {
        Self {
            request_id: self.request_id,
            deadline: self.deadline.min(Instant::now() + timeout),
        }
    }

    /// The same request id with a deadline of its own, for work that outlives the call which started it.
    #[must_use]
    pub fn detached(&self, timeout: Duration) -> Self {
        Self::with_id(self.request_id, timeout)
    }

    /// Waits for `work`, but not past the deadline; then the error is `unavailable`.
    pub async fn run<F: Future>(&self, work: F) -> Result<F::Output, Error> {
        tokio::time::timeout_at(self.deadline, work)
            .await
            .map_err(|_| Error::unavailable("the deadline of the request passed"))
    }

    /// A gRPC request that carries this context to a [`crate::Channel`].
    pub fn request<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        request.extensions_mut().insert(self.clone());
        request
    }

    /// A request that a [`crate::Channel`] sends once more if the server was lost before it answered: for
    /// unary calls that read, or that change nothing when repeated.
    pub fn idempotent<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = self.request(message);
        request.extensions_mut().insert(Idempotent);
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;
    impl Rng for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn a_request_id_round_trips_in_one_form_only() {
        let id = RequestId::new(&Sevens);
        assert_eq!(id.to_string(), "07".repeat(16));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_bytes(), [7; 16]);
        for text in ["", "07", &"0A".repeat(16), &"+0".repeat(16), &"é".repeat(16)] {
            assert_eq!(text.parse::<RequestId>(), Err(InvalidRequestId), "{text}");
        }
    }

    #[tokio::test]
    async fn deadlines_only_shrink() {
        let context = Context::new(&Sevens, Duration::from_secs(500));
        assert_eq!(
            context.at_most(Duration::from_secs(900)).deadline(),
            context.deadline()
        );
        assert!(context.at_most(Duration::from_secs(100)).remaining() <= Duration::from_secs(100));
        let detached = context.detached(Duration::from_secs(900));
        assert!(detached.deadline() > context.deadline());
        assert_eq!(detached.request_id(), context.request_id());

        assert_eq!(context.run(async { 1 }).await, Ok(1));
        let over = context.at_most(Duration::ZERO);
        let error = over.run(std::future::pending::<()>()).await.unwrap_err();
        assert_eq!(error.kind(), cairn_types::ErrorKind::Unavailable);
        assert_eq!(over.remaining(), Duration::ZERO);
    }

    #[test]
    fn headers_give_id_and_deadline() {
        let id = RequestId::new(&Sevens);
        let mut headers = HeaderMap::new();
        let empty = Context::from_headers(&headers).unwrap();
        assert_eq!(empty.request_id(), RequestId::NONE);
        assert!(empty.remaining() <= UNNAMED_TIMEOUT);

        headers.insert(
            REQUEST_ID,
            Context::with_id(id, Duration::ZERO).request_id_header(),
        );
        headers.insert(deadline::GRPC_TIMEOUT, HeaderValue::from_static("15000m"));
        let full = Context::from_headers(&headers).unwrap();
        assert_eq!(full.request_id(), id);
        assert!(full.remaining() <= Duration::from_secs(15));

        headers.insert(deadline::GRPC_TIMEOUT, HeaderValue::from_static("soon"));
        assert!(Context::from_headers(&headers).is_err());
    }
}
