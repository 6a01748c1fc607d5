//! Absolute URLs. They are made from the configuration, never from what a request says about its host.

use cairn_acme::paths;
use cairn_types::{AccountId, AuthorizationId, ChallengeId, OrderId, Serial};

/// Makes URLs.
pub(crate) struct Urls {
    base: String,
    terms_of_service: Option<String>,
}

impl Urls {
    /// For a base without a slash at its end, and the URL of the terms of service if there are any.
    pub(crate) const fn new(base: String, terms_of_service: Option<String>) -> Self {
        Self {
            base,
            terms_of_service,
        }
    }

    /// The terms of service.
    pub(crate) fn terms_of_service(&self) -> Option<&str> {
        self.terms_of_service.as_deref()
    }

    /// The URL of a path (and query).
    pub(crate) fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Whether `url` is exactly that of the path and query (RFC 8555 section 6.4).
    pub(crate) fn is(&self, url: &str, path_and_query: &str) -> bool {
        url.strip_prefix(&self.base) == Some(path_and_query)
    }

    /// The account whose URL this is.
    pub(crate) fn account_id(&self, url: &str) -> Option<AccountId> {
        url.strip_prefix(&self.base)?
            .strip_prefix("/acme/account/")?
            .parse()
            .ok()
    }

    pub(crate) fn account(&self, id: AccountId) -> String {
        self.absolute(&paths::account(id))
    }

    pub(crate) fn orders(&self, id: AccountId) -> String {
        self.absolute(&paths::orders(id))
    }

    pub(crate) fn order(&self, id: OrderId) -> String {
        self.absolute(&paths::order(id))
    }

    pub(crate) fn finalize(&self, id: OrderId) -> String {
        self.absolute(&paths::finalize(id))
    }

    pub(crate) fn authorization(&self, id: AuthorizationId) -> String {
        self.absolute(&paths::authorization(id))
    }

    pub(crate) fn challenge(&self, authorization: AuthorizationId, id: ChallengeId) -> String {
        self.absolute(&paths::challenge(authorization, id))
    }

    pub(crate) fn explanation(&self, authorization: AuthorizationId, id: ChallengeId) -> String {
        self.absolute(&paths::explanation(authorization, id))
    }

    /// A certificate with its default chain, or with its `chain`th alternate one.
    pub(crate) fn certificate(&self, serial: Serial, chain: usize) -> String {
        match chain {
            0 => self.absolute(&paths::certificate(serial)),
            index => self.absolute(&paths::alternate(serial, index)),
        }
    }

    pub(crate) fn issuer(&self, id: &str) -> String {
        self.absolute(&paths::issuer(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_ours_to_the_letter_or_not_at_all() {
        let urls = Urls::new("https://ca.example:14000".to_owned(), None);
        assert!(urls.is("https://ca.example:14000/a?b=c", "/a?b=c"));
        for other in [
            "https://ca.example:14000/a",
            "https://CA.example:14000/a?b=c",
            "https://ca.example/a?b=c",
            "http://ca.example:14000/a?b=c",
            "/a?b=c",
            "",
        ] {
            assert!(!urls.is(other, "/a?b=c"), "{other}");
        }
        let id = "0198c2f4-0000-7000-8000-000000000000";
        let parsed = urls
            .account_id(&format!("https://ca.example:14000/acme/account/{id}"))
            .unwrap();
        assert_eq!(
            urls.account(parsed),
            format!("https://ca.example:14000/acme/account/{id}")
        );
        for other in [
            format!("https://ca.example/acme/account/{id}"),
            format!("https://ca.example:14000/acme/order/{id}"),
            format!("https://ca.example:14000/acme/account/{id}/orders"),
            id.to_owned(),
        ] {
            assert_eq!(urls.account_id(&other), None, "{other}");
        }
    }
}
