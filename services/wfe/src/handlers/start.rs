//! The start page, for people who open the server's address in a browser.

use std::fmt::Write as _;

use cairn_acme::objects::Directory;
use cairn_acme::paths;
use http::header::{CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};

use crate::answer::Answer;
use crate::front::Wfe;
use crate::issuers::Issuers;
use crate::urls::Urls;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}\
code{overflow-wrap:anywhere}:root{color-scheme:light dark}";

/// The page, made once.
pub(crate) fn page(directory: &Directory, issuers: &Issuers, urls: &Urls) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Cairn, an ACME certificate authority</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>\
         <h1>An ACME certificate authority</h1><p>This server issues certificates by the ACME protocol (RFC 8555). \
         Give your ACME client this directory:</p><p><code>{}</code></p>",
        escape(&urls.absolute(paths::DIRECTORY))
    );
    if let Some(terms) = &directory.meta.terms_of_service {
        let _ = write!(page, "<p><a href=\"{0}\">Terms of service</a></p>", escape(terms));
    }
    if let Some(website) = &directory.meta.website {
        let _ = write!(
            page,
            "<p><a href=\"{0}\">About this certificate authority</a></p>",
            escape(website)
        );
    }
    if !issuers.roots().is_empty() {
        page.push_str("<h2>Root certificates</h2><p>With their SHA-256 fingerprints:</p><ul>");
        for root in issuers.roots() {
            let url = urls.issuer(&root.id);
            let _ = write!(
                page,
                "<li><a href=\"{}\">{}</a><br><code>{}</code></li>",
                escape(&url),
                escape(&root.id),
                root.fingerprint
            );
        }
        page.push_str("</ul>");
    }
    page.push_str("</body></html>\n");
    page
}

/// GET.
pub(super) fn get(wfe: &Wfe) -> Answer {
    Answer::bytes("text/html; charset=utf-8", wfe.start_page.clone())
        .header(
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        )
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
}

fn escape(text: &str) -> String {
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
