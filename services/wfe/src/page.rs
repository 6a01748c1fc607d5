//! The frame of the pages for people: no scripts, nothing from elsewhere.

use http::header::{CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};

use crate::answer::Answer;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}\
code{overflow-wrap:anywhere}:root{color-scheme:light dark}";

/// A whole page around `body`, which is HTML already.
pub(crate) fn html(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>{body}</body></html>\n",
        escape(title)
    )
}

/// A page as an answer. Its forms go to this server only.
pub(crate) fn answer(page: impl Into<bytes::Bytes>) -> Answer {
    Answer::bytes("text/html; charset=utf-8", page)
        .header(
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        )
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
}

/// Text as HTML.
pub(crate) fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut escaped, character| {
            match character {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                other => escaped.push(other),
            }
            escaped
        })
}
