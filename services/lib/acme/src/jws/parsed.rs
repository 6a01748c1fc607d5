//! From bytes to a JWS whose signature is known to be good: [`ParsedJws`], then [`Verified`].

use super::envelope::Envelope;
use super::{Algorithm, JwsError, verify};
use crate::base64url;
use crate::jwk::PublicKey;

/// Who claims to have signed.
#[derive(Debug, Clone)]
pub enum KeyReference {
    /// The key itself, in the `jwk` header.
    Jwk(PublicKey),
    /// The URL of the account whose key it is, in the `kid` header.
    Kid(String),
}

/// The checked protected header of a request.
#[derive(Debug, Clone)]
pub struct Header {
    algorithm: Algorithm,
    nonce: Option<String>,
    url: String,
    key: KeyReference,
}

impl Header {
    /// The `alg` member.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The `nonce` member: there in every request, absent from inner JWS.
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// The `url` member.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The `jwk` or `kid` member.
    pub const fn key(&self) -> &KeyReference {
        &self.key
    }
}

/// A JWS of the right form, whose signature nobody has checked yet. Its payload cannot be had.
pub struct ParsedJws {
    header: Header,
    envelope: Envelope,
}

impl ParsedJws {
    /// Parses the body of a request: `alg`, `nonce`, `url` and exactly one of `jwk` and `kid` are required.
    pub fn parse(body: &[u8]) -> Result<Self, JwsError> {
        let parsed = Self::any(body)?;
        match parsed.header.nonce() {
            None => Err(JwsError::Rule("has no \"nonce\"")),
            Some(nonce) if nonce.is_empty() || base64url::decode(nonce).is_err() => {
                Err(JwsError::Rule("has a \"nonce\" that is not base64url"))
            }
            Some(_) => Ok(parsed),
        }
    }

    /// Parses a JWS that is the payload of another (RFC 8555 section 7.3.5): the same, without `nonce`.
    pub fn parse_inner(body: &[u8]) -> Result<Self, JwsError> {
        let parsed = Self::any(body)?;
        if parsed.header.nonce.is_some() {
            return Err(JwsError::Rule("of an inner JWS has a \"nonce\""));
        }
        Ok(parsed)
    }

    fn any(body: &[u8]) -> Result<Self, JwsError> {
        let envelope = Envelope::parse(body)?;
        let raw = envelope.header()?;
        // The algorithm first: who uses one that we lack is told so, whatever the key.
        let algorithm = Algorithm::from_name(&raw.alg)
            .ok_or_else(|| JwsError::Algorithm(raw.alg.chars().take(32).collect()))?;
        let url = raw.url.ok_or(JwsError::Rule("has no \"url\""))?;
        let key = match (raw.jwk, raw.kid) {
            (Some(jwk), None) => KeyReference::Jwk(jwk.parse()?),
            (None, Some(kid)) => KeyReference::Kid(kid),
            (Some(_), Some(_)) => return Err(JwsError::Rule("has both \"jwk\" and \"kid\"")),
            (None, None) => return Err(JwsError::Rule("has neither \"jwk\" nor \"kid\"")),
        };
        let header = Header {
            algorithm,
            nonce: raw.nonce,
            url,
            key,
        };
        Ok(Self { header, envelope })
    }

    /// What the header says; believe none of it before [`Self::verify`].
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The payload, unbelieved: for key changes, whose outer key stands inside, and for finalize requests that were
    /// verified before.
    pub(crate) fn unverified_payload(&self) -> &[u8] {
        &self.envelope.payload
    }

    /// Checks the signature by `key`, whose kind must be that of the algorithm.
    pub fn verify(self, key: &PublicKey) -> Result<Verified, JwsError> {
        if self.header.algorithm.key_kind() != key.kind() {
            return Err(JwsError::Mismatch(self.header.algorithm, key.kind()));
        }
        verify::signature(
            key,
            self.envelope.signing_input.as_bytes(),
            &self.envelope.signature,
        )?;
        Ok(Verified {
            header: self.header,
            payload: self.envelope.payload,
        })
    }

    /// Checks the signature by the key in the `jwk` header.
    pub fn verify_by_own_key(self) -> Result<(Verified, PublicKey), JwsError> {
        match self.header.key.clone() {
            KeyReference::Jwk(key) => Ok((self.verify(&key)?, key)),
            KeyReference::Kid(_) => Err(JwsError::Rule("has no \"jwk\"")),
        }
    }
}

/// A JWS whose signature is good. Made by [`ParsedJws::verify`] alone.
#[derive(Debug, Clone)]
pub struct Verified {
    header: Header,
    payload: Vec<u8>,
}

impl Verified {
    /// What the signer put into the protected header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The signed octets; empty for POST-as-GET.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }
}
