//! Who signed a request, and that it is for here and now.

use std::sync::Arc;

use bytes::Bytes;
use cairn_acme::{KeyReference, ParsedJws, PublicKey, Verified, json};
use cairn_types::{AccountId, AccountStatus, Error, ErrorKind};
use serde::Deserialize;

use super::{Call, KnownAccount};
use crate::front::Wfe;
use crate::metrics::NonceLabels;
use crate::refusal::Refusal;

/// A request that a valid account signed, for this URL, once. `T` is what its payload says.
pub(crate) struct Authenticated<T> {
    account: Arc<KnownAccount>,
    payload: T,
    request: Bytes,
}

/// A request signed by a key that stands in it (RFC 8555 section 6.2: new accounts and revocations).
pub(crate) struct SignedByKey<T> {
    key: PublicKey,
    payload: T,
}

/// One of the two, where both are welcome.
pub(crate) enum Signer {
    Account(AccountId),
    Key(PublicKey),
}

/// Which of `jwk` and `kid` a resource wants.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Jwk,
    Kid,
    Either,
}

enum Found {
    Account(Arc<KnownAccount>),
    Key(PublicKey),
}

impl Wfe {
    /// Authenticates a request by an account, as almost all are.
    pub(crate) async fn authenticate(
        &self,
        call: &Call,
        body: Bytes,
    ) -> Result<Authenticated<Verified>, Refusal> {
        match self.verify(call, &body, Wanted::Kid).await? {
            (Found::Account(account), payload) => Ok(Authenticated {
                account,
                payload,
                request: body,
            }),
            (Found::Key(_), _) => Err(Error::internal("a jwk where a kid was wanted").into()),
        }
    }

    /// Authenticates a request by the key in it.
    pub(crate) async fn authenticate_key(
        &self,
        call: &Call,
        body: &[u8],
    ) -> Result<SignedByKey<Verified>, Refusal> {
        match self.verify(call, body, Wanted::Jwk).await? {
            (Found::Key(key), payload) => Ok(SignedByKey { key, payload }),
            (Found::Account(_), _) => Err(Error::internal("a kid where a jwk was wanted").into()),
        }
    }

    /// Authenticates a request by either.
    pub(crate) async fn authenticate_either(
        &self,
        call: &Call,
        body: &[u8],
    ) -> Result<(Signer, Verified), Refusal> {
        let (found, verified) = self.verify(call, body, Wanted::Either).await?;
        let signer = match found {
            Found::Account(account) => Signer::Account(account.account.id),
            Found::Key(key) => Signer::Key(key),
        };
        Ok((signer, verified))
    }

    async fn verify(&self, call: &Call, body: &[u8], wanted: Wanted) -> Result<(Found, Verified), Refusal> {
        let jws = ParsedJws::parse(body)?;
        let found = match (jws.header().key(), wanted) {
            (KeyReference::Jwk(key), Wanted::Jwk | Wanted::Either) => Found::Key(key.clone()),
            (KeyReference::Kid(kid), Wanted::Kid | Wanted::Either) => {
                let id = self.urls.account_id(kid).ok_or_else(|| {
                    Error::malformed(
                        "the \"kid\" is not an account URL of this server (RFC 8555 section 6.2)",
                    )
                })?;
                Found::Account(self.accounts.get(&call.context, id).await?)
            }
            (KeyReference::Kid(_), Wanted::Jwk) => {
                return Err(Error::malformed("this resource needs a \"jwk\" in place of the \"kid\"").into());
            }
            (KeyReference::Jwk(_), Wanted::Kid) => {
                return Err(Error::malformed("this resource needs a \"kid\" in place of the \"jwk\"").into());
            }
        };
        let verified = match &found {
            Found::Key(key) => jws.verify(key)?,
            Found::Account(known) => {
                let verified = jws.verify(&known.key)?;
                if known.account.status != AccountStatus::Valid {
                    return Err(Refusal::inactive(known.account.status));
                }
                verified
            }
        };
        self.spend_nonce(call, verified.header().nonce().unwrap_or_default())
            .await?;
        if !self.urls.is(verified.header().url(), &call.target) {
            let here = self.urls.absolute(&call.target);
            return Err(Error::unauthorized(format!(
                "the \"url\" of the request is not where it was sent to, {here:?} (RFC 8555 section 6.4)"
            ))
            .into());
        }
        Ok((found, verified))
    }

    async fn spend_nonce(&self, call: &Call, nonce: &str) -> Result<(), Error> {
        let count = |result| {
            self.measured.nonces.get_or_create(&NonceLabels { result }).inc();
        };
        let recognized = self
            .nonces
            .recognize(nonce, call.now)
            .inspect_err(|_| count("unknown"))?;
        if self.spent.spend(recognized, call.now).await? {
            count("good");
            Ok(())
        } else {
            count("spent");
            Err(Error::new(
                ErrorKind::BadNonce,
                "the nonce was used already; use a fresh one",
            ))
        }
    }
}

impl<T> Authenticated<T> {
    /// Who signed.
    pub(crate) fn account(&self) -> &Arc<KnownAccount> {
        &self.account
    }

    /// The id of who signed.
    pub(crate) fn account_id(&self) -> AccountId {
        self.account.account.id
    }

    /// What the payload says.
    pub(crate) const fn payload(&self) -> &T {
        &self.payload
    }

    /// The payload itself.
    pub(crate) fn into_payload(self) -> T {
        self.payload
    }

    /// The body as it came.
    pub(crate) const fn request(&self) -> &Bytes {
        &self.request
    }

    /// That a resource of `owner` is the signer's.
    pub(crate) fn check_owner(&self, owner: AccountId, what: &str) -> Result<(), Error> {
        if self.account_id() == owner {
            Ok(())
        } else {
            Err(Error::unauthorized(format!(
                "the {what} belongs to another account"
            )))
        }
    }

    fn with<U>(self, payload: U) -> Authenticated<U> {
        Authenticated {
            account: self.account,
            payload,
            request: self.request,
        }
    }
}

impl Authenticated<Verified> {
    /// POST-as-GET (RFC 8555 section 6.3): the payload must be empty.
    pub(crate) fn read_only(self) -> Result<Authenticated<()>, Error> {
        if self.payload.payload().is_empty() {
            Ok(self.with(()))
        } else {
            Err(Error::malformed(
                "this resource can only be read: the payload must be empty (POST-as-GET)",
            ))
        }
    }

    /// A payload that is an object.
    pub(crate) fn object<T: for<'de> Deserialize<'de>>(self) -> Result<Authenticated<T>, Error> {
        let object = json::from_slice(self.payload.payload())?;
        Ok(self.with(object))
    }

    /// None for POST-as-GET, else a payload that is an object.
    pub(crate) fn object_or_read<T: for<'de> Deserialize<'de>>(
        self,
    ) -> Result<Authenticated<Option<T>>, Error> {
        let object = match self.payload.payload() {
            b"" => None,
            payload => Some(json::from_slice(payload)?),
        };
        Ok(self.with(object))
    }
}

impl<T> SignedByKey<T> {
    /// The key that signed.
    pub(crate) const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The payload itself.
    pub(crate) fn into_payload(self) -> T {
        self.payload
    }
}

impl SignedByKey<Verified> {
    /// A payload that is an object.
    pub(crate) fn object<T: for<'de> Deserialize<'de>>(self) -> Result<SignedByKey<T>, Error> {
        let object = json::from_slice(self.payload.payload())?;
        Ok(SignedByKey {
            key: self.key,
            payload: object,
        })
    }
}
