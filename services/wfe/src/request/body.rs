//! Bodies of requests: of one media type, of bounded length, in bounded time.

use std::pin::{Pin, pin};

use bytes::Bytes;
use cairn_types::{Duration, Error, ErrorKind};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::{Instant, timeout_at};

/// The most octets that a request may have.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// What is still read of a body that is too large, in octets: a client that is writing when the connection closes may
/// never see the answer.
const MAX_DISCARDED: usize = 4 * MAX_BODY;

/// RFC 8555 section 6.2.
const JOSE: &str = "application/jose+json";

/// Reads the body of a POST.
pub(crate) async fn read<B>(headers: &HeaderMap, body: B, timeout: Duration) -> Result<Bytes, Error>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    check_type(headers)?;
    let too_large = || {
        let detail = format!("the body of the request is larger than {MAX_BODY} octets");
        Error::new(ErrorKind::PayloadTooLarge, detail)
    };
    let deadline = Instant::now() + timeout;
    let mut body = pin!(body);
    if body.size_hint().lower() > MAX_BODY as u64 {
        let _ = timeout_at(deadline, discard(body)).await;
        return Err(too_large());
    }
    let collected = timeout_at(deadline, Limited::new(body.as_mut(), MAX_BODY).collect())
        .await
        .map_err(|_| Error::new(ErrorKind::RequestTimeout, "the body of the request took too long"))?;
    match collected {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let _ = timeout_at(deadline, discard(body)).await;
            Err(too_large())
        }
        Err(error) => Err(Error::malformed("the body of the request broke off").because(error.to_string())),
    }
}

/// Reads on to the end of the body, unless that is too far.
async fn discard<B: Body<Data = Bytes>>(mut body: Pin<&mut B>) {
    let mut discarded = 0;
    while discarded <= MAX_DISCARDED
        && let Some(Ok(frame)) = body.frame().await
    {
        discarded += frame.data_ref().map_or(0, Bytes::len);
    }
}

fn check_type(headers: &HeaderMap) -> Result<(), Error> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (Some(only), None) if only.as_bytes().eq_ignore_ascii_case(JOSE.as_bytes()) => Ok(()),
        _ => Err(Error::new(
            ErrorKind::UnsupportedMediaType,
            format!("the Content-Type of requests is {JOSE}, without parameters (RFC 8555 section 6.2)"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Poll;

    use futures_util::stream;
    use http_body::Frame;
    use http_body_util::{Full, StreamBody};

    use super::*;

    fn headers(content_type: &str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())])
    }

    async fn kind(headers: &HeaderMap, length: usize) -> Option<ErrorKind> {
        let body = Full::new(Bytes::from(vec![b' '; length]));
        read(headers, body, Duration::from_secs(60))
            .await
            .err()
            .map(|error| error.kind())
    }

    #[tokio::test]
    async fn one_type_and_a_limit() {
        let good = headers(JOSE);
        assert_eq!(kind(&good, MAX_BODY).await, None);
        assert_eq!(kind(&good, MAX_BODY + 1).await, Some(ErrorKind::PayloadTooLarge));
        for other in [
            "application/json",
            "application/jose+json; charset=utf-8",
            "application/jose",
            "",
        ] {
            assert_eq!(
                kind(&headers(other), 0).await,
                Some(ErrorKind::UnsupportedMediaType),
                "{other}"
            );
        }
        assert_eq!(
            kind(&HeaderMap::new(), 0).await,
            Some(ErrorKind::UnsupportedMediaType)
        );
        let mut two = good.clone();
        two.append(CONTENT_TYPE, JOSE.parse().unwrap());
        assert_eq!(kind(&two, 0).await, Some(ErrorKind::UnsupportedMediaType));
    }

    #[tokio::test]
    async fn a_body_without_a_length_is_counted() {
        let chunk = || Ok::<_, Infallible>(Frame::data(Bytes::from(vec![b' '; MAX_BODY / 4])));
        let endless = StreamBody::new(stream::repeat_with(chunk));
        let error = read(&headers(JOSE), endless, Duration::from_secs(60))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PayloadTooLarge);
    }

    /// A client may still be writing: it gets the answer only if the connection is not closed under it.
    #[tokio::test]
    async fn a_body_that_is_a_little_too_large_is_read_to_its_end() {
        let (written, unread) = (2 * MAX_BODY, Arc::new(AtomicUsize::new(2 * MAX_BODY)));
        let left = Arc::clone(&unread);
        let frames = (0..written / 1024).map(move |_| {
            left.fetch_sub(1024, Ordering::Relaxed);
            Ok::<_, Infallible>(Frame::data(Bytes::from(vec![b' '; 1024])))
        });
        let error = read(
            &headers(JOSE),
            StreamBody::new(stream::iter(frames)),
            Duration::from_secs(60),
        )
        .await
        .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PayloadTooLarge);
        assert_eq!(unread.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_given_up() {
        let silent = StreamBody::new(stream::poll_fn(|_| {
            Poll::<Option<Result<Frame<Bytes>, Infallible>>>::Pending
        }));
        let error = read(&headers(JOSE), silent, Duration::from_millis(1))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RequestTimeout);
    }
}
