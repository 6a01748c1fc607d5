//! Bodies of requests: of one media type, of bounded length, in bounded time.

use bytes::Bytes;
use cairn_types::{Duration, Error, ErrorKind};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

/// The most octets that a request may have.
pub(crate) const MAX_BODY: usize = 64 * 1024;

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
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(too_large());
    }
    let collected = tokio::time::timeout(timeout, Limited::new(body, MAX_BODY).collect())
        .await
        .map_err(|_| Error::new(ErrorKind::RequestTimeout, "the body of the request took too long"))?;
    match collected {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(Error::malformed("the body of the request broke off").because(error.to_string())),
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
