//! The frame of the pages for people: no scripts, nothing from elsewhere, light and dark.

use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use openssl::base64;
use openssl::sha::sha256;

use crate::answer::Answer;

/// The whole content of the style element: its digest is in the policy.
const STYLE: &str = include_str!("page.css");

/// A piece of HTML. Tags are part of the program; whatever else comes in is escaped.
#[derive(Default)]
pub(crate) struct Html(String);

impl Html {
    /// Adds markup.
    pub(crate) fn tag(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds a text, escaped.
    pub(crate) fn text(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.0.push_str(&escape(text.as_ref()));
        self
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A whole page around `body`, which is HTML already.
pub(crate) fn html(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>{body}</body></html>\n",
        escape(title)
    )
}

/// A page as an answer. The style is known by its digest, and forms go to this server only.
pub(crate) fn answer(page: impl Into<bytes::Bytes>) -> Answer {
    let style = base64::encode_block(&sha256(STYLE.as_bytes()));
    Answer::bytes("text/html; charset=utf-8", page)
        .header(
            CONTENT_SECURITY_POLICY,
            format!(
                "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'self'; \
                 frame-ancestors 'none'"
            ),
        )
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(REFERRER_POLICY, "no-referrer")
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
                '\'' => escaped.push_str("&#39;"),
                other => escaped.push(other),
            }
            escaped
        })
}
