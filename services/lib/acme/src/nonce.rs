//! Nonces that need no storage to be recognised (RFC 8555 section 6.5).
//!
//! A nonce is 6 octets of time (milliseconds, big endian), 10 random octets and the first 16 octets of an
//! HMAC-SHA256 over both, in base64url. Every front end that has the key knows its fellows' nonces, also
//! after a restart. That a nonce is used once only is for a set of spent ones to ensure, which may forget
//! what is older than [`Nonces::lifetime`].

use cairn_types::{Duration, Error, ErrorKind, Rng, Timestamp};
use openssl::memcmp;

use crate::base64url;
use crate::hmac::HmacKey;

const TIME: usize = 6;
const BODY: usize = 16;
const LENGTH: usize = 32;

/// Keeps MACs of nonces apart from any other use of the same key.
const CONTEXT: &[u8] = b"cairn nonce 1\0";

/// How far another front end's clock may be ahead.
const SKEW: Duration = Duration::from_secs(60);

/// Keys shorter than this (octets) are refused.
pub const MIN_KEY: usize = 32;

/// What a spent set remembers: time and randomness of a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NonceId(pub [u8; BODY]);

/// A nonce that this deployment minted not too long ago. Whether it was used before is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognized {
    /// Which one it is.
    pub id: NonceId,
    /// When it was minted.
    pub minted: Timestamp,
}

/// Mints and recognises nonces.
pub struct Nonces {
    current: HmacKey,
    previous: Option<HmacKey>,
    lifetime: Duration,
}

/// A key is too short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a nonce key needs at least {MIN_KEY} octets")]
pub struct NonceKeyError;

impl Nonces {
    /// For the keys that all front ends share: new nonces get a MAC by `current`, and those by `previous`,
    /// the key before a change, are still recognised.
    pub fn new(current: &[u8], previous: Option<&[u8]>, lifetime: Duration) -> Result<Self, NonceKeyError> {
        let key = |octets: &[u8]| {
            if octets.len() < MIN_KEY {
                return Err(NonceKeyError);
            }
            Ok(HmacKey::new(octets))
        };
        Ok(Self {
            current: key(current)?,
            previous: previous.map(key).transpose()?,
            lifetime,
        })
    }

    /// How long a nonce is good for.
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// A fresh nonce.
    pub fn mint(&self, now: Timestamp, rng: &dyn Rng) -> String {
        let mut nonce = [0; LENGTH];
        let millis = now.as_millis().to_be_bytes();
        nonce[..TIME].copy_from_slice(&millis[2..]);
        rng.fill(&mut nonce[TIME..BODY]);
        let mac = mac(&self.current, &nonce[..BODY]);
        nonce[BODY..].copy_from_slice(&mac);
        base64url::encode(nonce)
    }

    /// Recognises a nonce of our own that is not too old; anything else is `badNonce`.
    pub fn recognize(&self, text: &str, now: Timestamp) -> Result<Recognized, Error> {
        let bad = |why: &str| {
            Error::new(
                ErrorKind::BadNonce,
                format!("the nonce is {why}; use a fresh one"),
            )
        };
        let octets: [u8; LENGTH] = base64url::decode(text)
            .ok()
            .and_then(|octets| octets.try_into().ok())
            .ok_or_else(|| bad("not one of this server's"))?;
        let (body, claimed) = octets.split_at(BODY);
        if !self.authentic(body, claimed) {
            return Err(bad("not one of this server's"));
        }
        let mut id = [0; BODY];
        id.copy_from_slice(body);
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(&body[..TIME]);
        let minted = Timestamp::from_millis(i64::from_be_bytes(millis));
        if minted > now + SKEW || now.since(minted) > self.lifetime {
            return Err(bad("expired"));
        }
        Ok(Recognized {
            id: NonceId(id),
            minted,
        })
    }

    fn authentic(&self, body: &[u8], claimed: &[u8]) -> bool {
        let mut keys = [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten();
        keys.any(|key| memcmp::eq(&mac(key, body), claimed))
    }
}

fn mac(key: &HmacKey, body: &[u8]) -> [u8; LENGTH - BODY] {
    let full = key.sha256(&[CONTEXT, body]);
    let mut short = [0; LENGTH - BODY];
    short.copy_from_slice(&full[..LENGTH - BODY]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;
    impl Rng for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    const HOUR: Duration = Duration::from_secs(3600);
    const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

    fn nonces(current: u8, previous: Option<u8>) -> Nonces {
        let previous = previous.map(|octet| [octet; 32]);
        Nonces::new(&[current; 32], previous.as_ref().map(<[u8; 32]>::as_slice), HOUR).unwrap()
    }

    #[test]
    fn a_nonce_is_good_for_its_lifetime() {
        let nonces = nonces(1, None);
        let nonce = nonces.mint(NOW, &Sevens);
        assert_eq!(nonce.len(), 43);
        assert_eq!(nonces.recognize(&nonce, NOW).unwrap().minted, NOW);
        assert!(nonces.recognize(&nonce, NOW + HOUR).is_ok());
        let late = nonces
            .recognize(&nonce, NOW + HOUR + Duration::from_millis(1))
            .unwrap_err();
        assert_eq!(late.kind(), ErrorKind::BadNonce);
        assert!(nonces.recognize(&nonce, NOW - Duration::from_secs(61)).is_err());
        assert!(nonces.recognize(&nonce, NOW - Duration::from_secs(59)).is_ok());
    }

    #[test]
    fn keys_can_be_changed_without_refusing_anyone() {
        let old = nonces(1, None).mint(NOW, &Sevens);
        assert!(nonces(2, Some(1)).recognize(&old, NOW).is_ok());
        assert!(nonces(2, None).recognize(&old, NOW).is_err());
    }

    #[test]
    fn no_octet_can_be_changed() {
        let nonces = nonces(1, Some(2));
        let nonce = base64url::decode(nonces.mint(NOW, &Sevens)).unwrap();
        for place in 0..nonce.len() {
            let mut changed = nonce.clone();
            changed[place] ^= 1;
            let error = nonces.recognize(&base64url::encode(changed), NOW).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BadNonce);
        }
        for text in [
            "",
            "AAAA",
            "!",
            &base64url::encode([0; 32]),
            &base64url::encode([0; 33]),
        ] {
            assert_eq!(
                nonces.recognize(text, NOW).unwrap_err().kind(),
                ErrorKind::BadNonce,
                "{text}"
            );
        }
    }

    #[test]
    fn short_keys_are_refused() {
        assert_eq!(Nonces::new(&[0; 31], None, HOUR).err(), Some(NonceKeyError));
    }
}
