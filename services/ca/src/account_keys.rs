//! The keys of accounts: the present one and those before it.

use cairn_acme::{JwkError, JwsError, KeyHistory, ParsedJws, PublicKey, Verified};
use cairn_types::Thumbprint;
use moka::sync::Cache;

use crate::refusal::Refusal;

/// How many parsed keys are remembered: a few megabytes if all are RSA.
const REMEMBERED: u64 = 4096;

/// Parses account keys, and remembers those that it parsed lately: parsing one costs more than verifying with it.
pub(crate) struct KeyParser(Cache<String, PublicKey>);

impl KeyParser {
    /// One that remembers nothing yet.
    pub(crate) fn new() -> Self {
        Self(Cache::new(REMEMBERED))
    }

    /// The key in a JWK.
    pub(crate) fn parse(&self, jwk: &str) -> Result<PublicKey, JwkError> {
        if let Some(key) = self.0.get(jwk) {
            return Ok(key);
        }
        let key = PublicKey::from_jwk(jwk.as_bytes())?;
        // Any other text than the canonical one may be of any length.
        if key.jwk() == jwk {
            self.0.insert(jwk.to_owned(), key.clone());
        }
        Ok(key)
    }
}

/// The keys of one account.
pub(crate) struct AccountKeys(KeyHistory);

impl AccountKeys {
    /// Verifies that the changes, oldest first, are of this account and lead to `present`.
    pub(crate) fn verify(
        present: PublicKey,
        account_uri: &str,
        changes: &[Vec<u8>],
    ) -> Result<Self, Refusal> {
        KeyHistory::verify(present, account_uri, changes)
            .map(Self)
            .map_err(Refusal::KeyHistory)
    }

    /// Verifies a request that any of the keys signed: the account may have changed its key after the request came
    /// in, and what its holder asked for stays asked for. A refusal is the present key's.
    pub(crate) fn verify_request(&self, body: &[u8]) -> Result<Verified, JwsError> {
        let mut refusal = None;
        for key in self.0.keys().iter().rev() {
            match ParsedJws::parse(body)?.verify(key) {
                // Keys of different kinds go with different algorithms.
                Err(error @ (JwsError::Signature | JwsError::Mismatch(..))) => refusal.get_or_insert(error),
                answer => return answer,
            };
        }
        Err(refusal.unwrap_or(JwsError::Signature))
    }

    /// The thumbprints of all of them.
    pub(crate) fn thumbprints(&self) -> Vec<Thumbprint> {
        self.0.thumbprints()
    }
}

#[cfg(test)]
mod tests {
    use cairn_acme::{Algorithm, KeyHistoryError, SignAs, SigningKey};

    use super::*;

    const ACCOUNT: &str = "https://ca.test/acme/account/1";
    const URL: &str = "https://ca.test/acme/key-change";

    fn change(account: &str, old: &SigningKey, new: &SigningKey) -> Vec<u8> {
        let payload = format!(r#"{{"account":"{account}","oldKey":{}}}"#, old.public().jwk());
        let inner = new.sign_inner(URL, payload.as_bytes()).unwrap();
        let outer = old.sign(SignAs::Account(account), "bm9uY2U", URL, inner.as_bytes());
        outer.unwrap().into_bytes()
    }

    #[test]
    fn only_an_unbroken_chain_to_the_present_key_counts() {
        let keys = [(); 4].map(|()| SigningKey::generate(Algorithm::Es256).unwrap());
        let [a, b, c, other] = &keys;
        let verify = |present: &SigningKey, changes: &[Vec<u8>]| {
            AccountKeys::verify(present.public().clone(), ACCOUNT, changes)
                .map(|verified| verified.thumbprints())
        };
        let (ab, bc) = (change(ACCOUNT, a, b), change(ACCOUNT, b, c));
        let prints = [a, b, c].map(|key| key.public().thumbprint());
        assert_eq!(verify(a, &[]).unwrap(), prints[..1]);
        assert_eq!(verify(c, &[ab.clone(), bc.clone()]).unwrap(), prints);
        assert_eq!(verify(c, std::slice::from_ref(&bc)).unwrap(), prints[1..]);
        let back = [ab.clone(), change(ACCOUNT, b, a)];
        assert_eq!(verify(a, &back).unwrap(), [prints[0], prints[1], prints[0]]);
        for (present, changes) in [
            (c, vec![bc.clone(), ab.clone()]),
            (b, vec![ab.clone(), bc.clone()]),
            (other, vec![ab.clone()]),
            (c, vec![ab.clone(), change(ACCOUNT, other, c)]),
            (b, vec![change("https://ca.test/acme/account/2", a, b)]),
        ] {
            assert!(matches!(
                verify(present, &changes),
                Err(Refusal::KeyHistory(KeyHistoryError::Chain))
            ));
        }
        let mut broken = ab;
        let last = broken.len() - 10;
        broken[last] ^= 1;
        assert!(matches!(
            verify(b, &[broken]),
            Err(Refusal::KeyHistory(KeyHistoryError::Change(0, _)))
        ));
    }

    #[test]
    fn only_canonical_texts_are_remembered() {
        let parser = KeyParser::new();
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let jwk = key.public().jwk();
        let padded = format!(" {jwk}");
        for text in [jwk, jwk, &padded] {
            assert_eq!(parser.parse(text).unwrap(), *key.public());
        }
        assert!(parser.parse("{}").is_err());
        assert!(parser.0.contains_key(jwk));
        assert!(!parser.0.contains_key(&padded) && !parser.0.contains_key("{}"));
    }

    #[test]
    fn a_request_by_any_linked_key_counts() {
        let generate = |algorithm| SigningKey::generate(algorithm).unwrap();
        let [old, present, other] = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Es256].map(generate);
        let changes = [change(ACCOUNT, &old, &present)];
        let keys = AccountKeys::verify(present.public().clone(), ACCOUNT, &changes).unwrap();
        let request = |key: &SigningKey| {
            let request = key.sign(SignAs::Account(ACCOUNT), "bm9uY2U", URL, b"{}");
            request.unwrap().into_bytes()
        };
        for key in [&old, &present] {
            assert_eq!(keys.verify_request(&request(key)).unwrap().payload(), b"{}");
        }
        let mismatch = JwsError::Mismatch(Algorithm::Es256, present.public().kind());
        assert_eq!(keys.verify_request(&request(&other)).unwrap_err(), mismatch);
        let alone = AccountKeys::verify(present.public().clone(), ACCOUNT, &[]).unwrap();
        assert!(alone.verify_request(&request(&old)).is_err());
        assert!(matches!(keys.verify_request(b"{}"), Err(JwsError::Body(_))));
    }
}
