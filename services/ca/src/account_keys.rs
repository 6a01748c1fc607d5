//! The keys that an account has had, each linked to the next by a change that both keys signed.

use cairn_acme::{KeyChange, PublicKey};
use cairn_types::Thumbprint;

use crate::refusal::Refusal;

/// The keys of one account, the present one last.
pub(crate) struct AccountKeys {
    present: PublicKey,
    thumbprints: Vec<Thumbprint>,
}

impl AccountKeys {
    /// Verifies that the changes, oldest first, are of this account and lead to `present`.
    pub(crate) fn verify(
        present: PublicKey,
        account_uri: &str,
        changes: &[Vec<u8>],
    ) -> Result<Self, Refusal> {
        let mut thumbprints = Vec::with_capacity(changes.len() + 1);
        let mut reached = None;
        for (index, request) in changes.iter().enumerate() {
            let change = KeyChange::verify(request).map_err(|error| Refusal::KeyChange(index, error))?;
            let continues = reached.as_ref().is_none_or(|key| *key == change.old_key);
            if !continues || change.account_url != account_uri {
                return Err(Refusal::KeyChain);
            }
            thumbprints.push(change.old_key.thumbprint());
            reached = Some(change.new_key);
        }
        if reached.is_some_and(|key| key != present) {
            return Err(Refusal::KeyChain);
        }
        thumbprints.push(present.thumbprint());
        Ok(Self { present, thumbprints })
    }

    /// The key that requests are signed with now.
    pub(crate) const fn present(&self) -> &PublicKey {
        &self.present
    }

    /// The thumbprints of all of them.
    pub(crate) fn thumbprints(&self) -> &[Thumbprint] {
        &self.thumbprints
    }
}

#[cfg(test)]
mod tests {
    use cairn_acme::{Algorithm, SignAs, SigningKey};

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
                .map(|verified| verified.thumbprints().to_vec())
        };
        let (ab, bc) = (change(ACCOUNT, a, b), change(ACCOUNT, b, c));
        let prints = [a, b, c].map(|key| key.public().thumbprint());
        assert_eq!(verify(a, &[]).unwrap(), prints[..1]);
        assert_eq!(verify(c, &[ab.clone(), bc.clone()]).unwrap(), prints);
        assert_eq!(verify(c, std::slice::from_ref(&bc)).unwrap(), prints[1..]);
        for (present, changes) in [
            (c, vec![bc.clone(), ab.clone()]),
            (b, vec![ab.clone(), bc.clone()]),
            (other, vec![ab.clone()]),
            (c, vec![ab.clone(), change(ACCOUNT, other, c)]),
            (b, vec![change("https://ca.test/acme/account/2", a, b)]),
        ] {
            assert!(matches!(verify(present, &changes), Err(Refusal::KeyChain)));
        }
        let mut broken = ab;
        let last = broken.len() - 10;
        broken[last] ^= 1;
        assert!(matches!(verify(b, &[broken]), Err(Refusal::KeyChange(0, _))));
    }
}
