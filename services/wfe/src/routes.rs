//! Which resource a path names, and what may be done with it.

use cairn_acme::paths;
use cairn_types::{AccountId, AuthorizationId, ChallengeId, Error, OrderId, Serial};
use http::Method;

/// A resource of the front end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/`
    Start,
    /// `/directory`
    Directory,
    /// `/acme/new-nonce`
    NewNonce,
    /// `/acme/new-account`
    NewAccount,
    /// `/acme/account/ID`
    Account(AccountId),
    /// `/acme/account/ID/orders`
    Orders(AccountId),
    /// `/acme/new-authz`
    NewAuthz,
    /// `/acme/new-order`
    NewOrder,
    /// `/acme/order/ID`
    Order(OrderId),
    /// `/acme/order/ID/finalize`
    Finalize(OrderId),
    /// `/acme/authz/ID`
    Authz(AuthorizationId),
    /// `/acme/challenge/AUTHORIZATION/ID`
    Challenge(AuthorizationId, ChallengeId),
    /// `/acme/cert/SERIAL` and `/acme/cert/SERIAL/N`
    Cert(Serial, usize),
    /// `/acme/revoke-cert`
    RevokeCert,
    /// `/acme/key-change`
    KeyChange,
    /// `/acme/renewal-info/CERTIFICATE`
    RenewalInfo(String),
    /// `/issuer/ID`
    Issuer(String),
    /// `/terms/ACCOUNT/PROOF`
    Terms(AccountId, String),
    /// `/explain/AUTHORIZATION/ID`; none if there can be no such challenge, which people are told in a page too
    Explanation(Option<(AuthorizationId, ChallengeId)>),
}

/// What may be done with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Methods {
    Get,
    Post,
    GetAndPost,
}

impl Route {
    /// The resource of a path.
    pub(crate) fn parse(path: &str) -> Result<Self, Error> {
        let unknown = || Error::not_found("resource");
        match path {
            "/" => return Ok(Self::Start),
            paths::DIRECTORY => return Ok(Self::Directory),
            _ => {}
        }
        if let Some(id) = path.strip_prefix("/issuer/") {
            return Ok(Self::Issuer(id.to_owned()));
        }
        if let Some((account, proof)) = path.strip_prefix("/terms/").and_then(|rest| rest.split_once('/')) {
            return Ok(Self::Terms(account.parse()?, proof.to_owned()));
        }
        if let Some(ids) = path.strip_prefix("/explain/") {
            let (authz, id) = ids.split_once('/').unwrap_or_default();
            return Ok(Self::Explanation(authz.parse().ok().zip(id.parse().ok())));
        }
        let mut parts = path.strip_prefix("/acme/").ok_or_else(unknown)?.split('/');
        let parts = [parts.next(), parts.next(), parts.next(), parts.next()];
        match parts {
            [Some("new-nonce"), None, ..] => Ok(Self::NewNonce),
            [Some("new-account"), None, ..] => Ok(Self::NewAccount),
            [Some("new-authz"), None, ..] => Ok(Self::NewAuthz),
            [Some("new-order"), None, ..] => Ok(Self::NewOrder),
            [Some("revoke-cert"), None, ..] => Ok(Self::RevokeCert),
            [Some("key-change"), None, ..] => Ok(Self::KeyChange),
            [Some("account"), Some(id), None, _] => id.parse().map(Self::Account),
            [Some("account"), Some(id), Some("orders"), None] => id.parse().map(Self::Orders),
            [Some("order"), Some(id), None, _] => id.parse().map(Self::Order),
            [Some("order"), Some(id), Some("finalize"), None] => id.parse().map(Self::Finalize),
            [Some("authz"), Some(id), None, _] => id.parse().map(Self::Authz),
            [Some("challenge"), Some(authz), Some(id), None] => {
                Ok(Self::Challenge(authz.parse()?, id.parse()?))
            }
            [Some("cert"), Some(serial), None, _] => Ok(Self::Cert(serial.parse()?, 0)),
            [Some("cert"), Some(serial), Some(chain), None] => Ok(Self::Cert(
                serial.parse()?,
                chain_index(chain).ok_or_else(unknown)?,
            )),
            [Some("renewal-info"), Some(id), None, _] => Ok(Self::RenewalInfo(id.to_owned())),
            _ => Err(unknown()),
        }
    }

    /// A name for metrics and logs.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Directory => "directory",
            Self::NewNonce => "new-nonce",
            Self::NewAccount => "new-account",
            Self::Account(_) => "account",
            Self::Orders(_) => "orders",
            Self::NewAuthz => "new-authz",
            Self::NewOrder => "new-order",
            Self::Order(_) => "order",
            Self::Finalize(_) => "finalize",
            Self::Authz(_) => "authz",
            Self::Challenge(..) => "challenge",
            Self::Cert(..) => "cert",
            Self::RevokeCert => "revoke-cert",
            Self::KeyChange => "key-change",
            Self::RenewalInfo(_) => "renewal-info",
            Self::Issuer(_) => "issuer",
            Self::Terms(..) => "terms",
            Self::Explanation(_) => "explanation",
        }
    }

    /// RFC 8555 section 6.3: everything is POST, apart from what nobody needs an account for.
    const fn methods(&self) -> Methods {
        match self {
            Self::Start | Self::RenewalInfo(_) | Self::Issuer(_) | Self::Explanation(_) => Methods::Get,
            Self::Directory | Self::NewNonce | Self::Terms(..) => Methods::GetAndPost,
            Self::NewAccount
            | Self::Account(_)
            | Self::Orders(_)
            | Self::NewAuthz
            | Self::NewOrder
            | Self::Order(_)
            | Self::Finalize(_)
            | Self::Authz(_)
            | Self::Challenge(..)
            | Self::Cert(..)
            | Self::RevokeCert
            | Self::KeyChange => Methods::Post,
        }
    }

    /// Whether a request may have this method.
    pub(crate) fn allows(&self, method: &Method) -> bool {
        let get = method == Method::GET || method == Method::HEAD;
        match self.methods() {
            Methods::Get => get,
            Methods::Post => method == Method::POST,
            Methods::GetAndPost => get || method == Method::POST,
        }
    }

    /// The `Allow` header.
    pub(crate) const fn allow(&self) -> &'static str {
        match self.methods() {
            Methods::Get => "GET, HEAD, OPTIONS",
            Methods::Post => "POST, OPTIONS",
            Methods::GetAndPost => "GET, HEAD, POST, OPTIONS",
        }
    }
}

/// The number of an alternate chain, counted from 1, in its one form.
fn chain_index(text: &str) -> Option<usize> {
    let index: usize = text.parse().ok()?;
    (index > 0 && index.to_string() == text).then_some(index)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "0198c2f4-0000-7000-8000-000000000000";
    const SERIAL: &str = "014e20000102030405060708090a0b0c";

    #[test]
    fn paths_that_are_made_are_found() {
        let (account, order, authz, challenge) = (
            ID.parse().unwrap(),
            ID.parse().unwrap(),
            ID.parse().unwrap(),
            ID.parse().unwrap(),
        );
        let serial: Serial = SERIAL.parse().unwrap();
        for (path, route) in [
            (paths::account(account), Route::Account(account)),
            (paths::orders(account), Route::Orders(account)),
            (paths::order(order), Route::Order(order)),
            (paths::finalize(order), Route::Finalize(order)),
            (paths::authorization(authz), Route::Authz(authz)),
            (
                paths::challenge(authz, challenge),
                Route::Challenge(authz, challenge),
            ),
            (
                paths::explanation(authz, challenge),
                Route::Explanation(Some((authz, challenge))),
            ),
            ("/explain/1".to_owned(), Route::Explanation(None)),
            (format!("/explain/{ID}/{ID}/"), Route::Explanation(None)),
            (paths::certificate(serial), Route::Cert(serial, 0)),
            (paths::alternate(serial, 2), Route::Cert(serial, 2)),
            (paths::issuer("e1"), Route::Issuer("e1".to_owned())),
            (paths::NEW_NONCE.to_owned(), Route::NewNonce),
            (
                format!("{}/a.b", paths::RENEWAL_INFO),
                Route::RenewalInfo("a.b".to_owned()),
            ),
        ] {
            assert_eq!(Route::parse(&path), Ok(route), "{path}");
        }
    }

    #[test]
    fn other_paths_are_not_found() {
        for path in [
            "",
            "/Directory",
            "/directory/",
            "/acme",
            "/acme/",
            "/acme/new-order/",
            "/acme/account/",
            "/acme/account/1",
            "/acme/account/0198C2F4-0000-7000-8000-000000000000",
            "/acme/order/0198c2f4-0000-7000-8000-000000000000/",
            "/acme/order/0198c2f4-0000-7000-8000-000000000000/finalize/",
            "/acme/cert/014e20000102030405060708090a0b0c/0",
            "/acme/cert/014e20000102030405060708090a0b0c/01",
            "/acme/cert/014e20000102030405060708090a0b0c/+1",
            "/acme/cert/014E20000102030405060708090A0B0C",
            "/acme/challenge/0198c2f4-0000-7000-8000-000000000000",
            "/acme/renewal-info",
        ] {
            assert!(Route::parse(path).is_err(), "{path}");
        }
    }

    #[test]
    fn reading_an_account_by_get_is_not_allowed() {
        let route = Route::parse(&format!("/acme/account/{ID}")).unwrap();
        assert!(route.allows(&Method::POST) && !route.allows(&Method::GET));
        assert!(Route::Directory.allows(&Method::HEAD) && Route::Directory.allows(&Method::POST));
        assert!(!Route::Start.allows(&Method::POST) && !Route::Start.allows(&Method::PUT));
    }

    proptest! {
        #[test]
        fn nothing_panics(path in "/(acme/)?\\PC{0,60}") {
            let _ = Route::parse(&path);
        }
    }
}
