//! Challenges (RFC 8555 sections 7.1.5 and 8).

use std::fmt;
use std::str::FromStr;

use crate::text_enum::text_enum;
use crate::{ChallengeId, ChallengeType, Error, Problem, Rng, Timestamp};

text_enum! {
    /// RFC 8555 section 7.1.6.
    pub enum ChallengeStatus("challenge status") {
        /// The client has not said yet that it is ready.
        Pending = "pending",
        /// The server is validating, perhaps again.
        Processing = "processing",
        /// Control was proved.
        Valid = "valid",
        /// Control was not proved.
        Invalid = "invalid",
    }
}

/// The random value of a challenge: 43 random characters of the base64url alphabet (258 bits).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Token(String);

impl Token {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// A fresh token: 32 random octets as base64url. RFC 8555 section 8 asks for at least 128 bits of
    /// entropy. Clients decode and encode it again, so the bits after the last octet are zero.
    pub fn new(rng: &dyn Rng) -> Self {
        let mut random = [0; 43];
        rng.fill(&mut random);
        random[42] &= 0b11_1100;
        Self(
            random
                .iter()
                .map(|byte| char::from(Self::ALPHABET[usize::from(byte & 63)]))
                .collect(),
        )
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Token {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let allowed = |byte: u8| Self::ALPHABET.contains(&byte);
        if (22..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::internal("a token is 22 to 64 characters of base64url"))
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "token {}", self.0)
    }
}

/// One way to prove control, part of an authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Its id, part of its URL.
    pub id: ChallengeId,
    /// How control is proved.
    pub kind: ChallengeType,
    /// What the client has to show. Of a type that has none on the wire it tells attempts apart.
    pub token: Token,
    /// Where it stands.
    pub status: ChallengeStatus,
    /// When control was proved.
    pub validated: Option<Timestamp>,
    /// Why the last attempt failed; set while processing when the server will try again.
    pub error: Option<Problem>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every octet is 0xff.
    struct Ones;

    impl Rng for Ones {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xff);
        }
    }

    #[test]
    fn a_token_is_base64url_of_whole_octets() {
        let token = Token::new(&Ones);
        assert_eq!(token.as_str(), format!("{}8", "_".repeat(42)));
        assert_eq!(token.as_str().parse::<Token>().unwrap(), token);
    }
}
