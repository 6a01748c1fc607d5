//! The `grpc-timeout` header: how much time a caller grants.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries the remaining time of a call.
pub(crate) const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// The time granted by the caller; none if the header is absent.
///
/// The value is 1 to 8 digits and a unit; anything else is an error.
pub(crate) fn parse(headers: &HeaderMap) -> Result<Option<Duration>, InvalidTimeout> {
    let Some(value) = headers.get(GRPC_TIMEOUT) else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| InvalidTimeout)?;
    let (&unit, digits) = text.as_bytes().split_last().ok_or(InvalidTimeout)?;
    if !(1..=8).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return Err(InvalidTimeout);
    }
    let count = digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    match unit {
        b'H' => Ok(Some(Duration::from_secs(count * 3600))),
        b'M' => Ok(Some(Duration::from_secs(count * 60))),
        b'S' => Ok(Some(Duration::from_secs(count))),
        b'm' => Ok(Some(Duration::from_millis(count))),
        b'u' => Ok(Some(Duration::from_micros(count))),
        b'n' => Ok(Some(Duration::from_nanos(count))),
        _ => Err(InvalidTimeout),
    }
}

/// The header value for a duration, rounded down to the finest unit that fits into 8 digits.
pub(crate) fn format(timeout: Duration) -> HeaderValue {
    const LIMIT: u128 = 100_000_000;
    let text = if timeout.as_micros() < LIMIT {
        format!("{}u", timeout.as_micros())
    } else if timeout.as_millis() < LIMIT {
        format!("{}m", timeout.as_millis())
    } else {
        format!("{}S", timeout.as_secs().min(99_999_999))
    };
    // Digits and a letter are a valid header value; the fallback is never used.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("1S"))
}

/// The header is not a gRPC timeout.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InvalidTimeout;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Result<Option<Duration>, InvalidTimeout> {
        parse(&HeaderMap::from_iter([(
            GRPC_TIMEOUT,
            HeaderValue::from_str(text).unwrap(),
        )]))
    }

    #[test]
    fn every_unit_is_read() {
        for (text, expected) in [
            ("1H", Duration::from_secs(3600)),
            ("2M", Duration::from_secs(120)),
            ("3S", Duration::from_secs(3)),
            ("4m", Duration::from_millis(4)),
            ("5u", Duration::from_micros(5)),
            ("6n", Duration::from_nanos(6)),
            ("99999999H", Duration::from_secs(99_999_999 * 3600)),
        ] {
            assert_eq!(parsed(text), Ok(Some(expected)), "{text}");
        }
        assert_eq!(parse(&HeaderMap::new()), Ok(None));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "S", "1", "1s", "-1S", "1.5S", "123456789S", " 1S", "é1S"] {
            assert_eq!(parsed(text), Err(InvalidTimeout), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_never_longer(nanos in 0..10_u64.pow(17)) {
            let timeout = Duration::from_nanos(nanos);
            let headers = HeaderMap::from_iter([(GRPC_TIMEOUT, format(timeout))]);
            let read = parse(&headers).unwrap().unwrap();
            prop_assert!(read <= timeout);
            prop_assert!(read + Duration::from_secs(1) > timeout);
        }
    }
}
