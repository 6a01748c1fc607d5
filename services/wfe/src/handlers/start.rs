//! The start page, for people who open the server's address in a browser.

use std::fmt::Write as _;

use cairn_acme::objects::Directory;
use cairn_acme::paths;

use crate::answer::Answer;
use crate::front::Wfe;
use crate::issuers::Issuers;
use crate::page::{self, escape};
use crate::urls::Urls;

/// The page, made once.
pub(crate) fn page(directory: &Directory, issuers: &Issuers, urls: &Urls) -> String {
    let mut page = format!(
        "<h1>An ACME certificate authority</h1><p>This server issues certificates by the ACME protocol (RFC 8555). \
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
    page::html("Cairn, an ACME certificate authority", &page)
}

/// GET.
pub(super) fn get(wfe: &Wfe) -> Answer {
    page::answer(wfe.start_page.clone())
}
