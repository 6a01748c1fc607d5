//! Why a TLS handshake failed, in words.

use openssl::ssl::{Error, ErrorCode};

use crate::text::clean;

/// What the library says, and what it means.
const REASONS: [(&str, &str); 11] = [
    (
        "alert no application protocol",
        "the server refused the offered protocol (alert no_application_protocol)",
    ),
    (
        "alert unrecognized name",
        "the server does not know the name (alert unrecognized_name)",
    ),
    (
        "alert protocol version",
        "the server has neither TLS 1.2 nor 1.3 (alert protocol_version)",
    ),
    ("unsupported protocol", "the server has neither TLS 1.2 nor 1.3"),
    (
        "alert handshake failure",
        "the server found no common parameters (alert handshake_failure)",
    ),
    ("alert internal error", "the server failed (alert internal_error)"),
    ("wrong version number", "the server does not speak TLS"),
    ("packet length too long", "the server does not speak TLS"),
    ("record layer failure", "the server does not speak TLS"),
    ("http request", "the server does not speak TLS"),
    ("unexpected eof", "the server closed the connection"),
];

/// The reason of a failed handshake.
pub(crate) fn reason(error: &Error) -> String {
    if let Some(io) = error.io_error() {
        return match io.kind() {
            std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::UnexpectedEof => {
                "the server closed the connection".to_owned()
            }
            kind => kind.to_string(),
        };
    }
    let said: Vec<&str> = error
        .ssl_error()
        .map(|stack| {
            stack
                .errors()
                .iter()
                .filter_map(openssl::error::Error::reason)
                .collect()
        })
        .unwrap_or_default();
    match said.last() {
        Some(last) => in_words(last),
        None if error.code() == ErrorCode::SYSCALL || error.code() == ErrorCode::ZERO_RETURN => {
            "the server closed the connection".to_owned()
        }
        None => "for no reason that was given".to_owned(),
    }
}

fn in_words(said: &str) -> String {
    let known = REASONS.iter().find(|(text, _)| said.contains(text));
    known.map_or_else(|| clean(said, 100), |(_, words)| (*words).to_owned())
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn what_the_library_says_in_words() {
        assert!(in_words("tlsv1 alert no application protocol").contains("no_application_protocol"));
        assert!(in_words("wrong version number").contains("does not speak TLS"));
        assert_eq!(in_words("something else"), "something else");
    }
}
