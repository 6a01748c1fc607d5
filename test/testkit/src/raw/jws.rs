//! JWS whose parts can be changed after signing.

use cairn_acme::{SigningKey, base64url};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use serde_json::Value;

use super::signature;

/// The three members of a flattened JWS as texts, encoded; change them before [`RawJws::body`].
#[derive(Debug, Clone)]
pub struct RawJws {
    /// The protected header.
    pub protected: String,
    /// The payload.
    pub payload: String,
    /// The signature.
    pub signature: String,
}

impl RawJws {
    /// Encodes header and payload, and signs them by `sign`.
    pub fn new(header: &str, payload: &[u8], sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Self {
        Self::encoded(base64url::encode(header), base64url::encode(payload), sign)
    }

    /// Signs members that are encoded already, rightly or wrongly.
    pub fn encoded(protected: String, payload: String, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Self {
        let signature = sign(format!("{protected}.{payload}").as_bytes());
        Self {
            protected,
            payload,
            signature: base64url::encode(signature),
        }
    }

    /// Signed by a key with the hash that belongs to it.
    pub fn signed(header: &Value, payload: &[u8], key: &SigningKey) -> Result<Self, ErrorStack> {
        Self::signed_text(&header.to_string(), payload, key.private_key())
    }

    /// The same with a header as text, so that it can hold anything.
    pub fn signed_text(header: &str, payload: &[u8], key: &PKey<Private>) -> Result<Self, ErrorStack> {
        let (header, payload) = (base64url::encode(header), base64url::encode(payload));
        let made = signature(key, usual_digest(key), format!("{header}.{payload}").as_bytes())?;
        Ok(Self::encoded(header, payload, |_| made))
    }

    /// The body of a request.
    pub fn body(&self) -> String {
        flattened(&self.protected, &self.payload, &self.signature)
    }
}

fn usual_digest(key: &PKey<Private>) -> MessageDigest {
    match key.bits() {
        384 => MessageDigest::sha384(),
        521 => MessageDigest::sha512(),
        _ => MessageDigest::sha256(),
    }
}

/// A flattened JWS from its encoded members.
pub fn flattened(protected: &str, payload: &str, signature: &str) -> String {
    members(&[
        ("protected", protected),
        ("payload", payload),
        ("signature", signature),
    ])
}

/// A JSON object of string members, in this order, repeated ones included.
pub fn members(members: &[(&str, &str)]) -> String {
    let member = |(name, value): &(&str, &str)| format!("{}:{}", Value::from(*name), Value::from(*value));
    let members: Vec<String> = members.iter().map(member).collect();
    format!("{{{}}}", members.join(","))
}
