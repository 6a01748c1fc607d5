//! The flattened JSON serialization (RFC 7515 section 7.2.2), as strict as RFC 8555 section 6.2 asks.

use std::borrow::Cow;

use serde::Deserialize;

use super::JwsError;
use crate::jwk::RawJwk;
use crate::{base64url, json};

/// The three members. Anything else, such as `header` or `signatures`, is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flattened<'a> {
    #[serde(borrow)]
    protected: Cow<'a, str>,
    #[serde(borrow)]
    payload: Cow<'a, str>,
    #[serde(borrow)]
    signature: Cow<'a, str>,
}

/// The protected header. Members that nobody declared critical and we do not know are ignored
/// (RFC 7515 section 4).
#[derive(Deserialize)]
pub(super) struct RawHeader<'a> {
    pub(super) alg: String,
    #[serde(default, deserialize_with = "json::not_null")]
    pub(super) nonce: Option<String>,
    #[serde(default, deserialize_with = "json::not_null")]
    pub(super) url: Option<String>,
    #[serde(default, deserialize_with = "json::not_null")]
    pub(super) kid: Option<String>,
    #[serde(borrow, default, deserialize_with = "json::not_null")]
    pub(super) jwk: Option<RawJwk<'a>>,
    #[serde(default, deserialize_with = "json::present")]
    crit: bool,
    #[serde(default, deserialize_with = "json::present")]
    b64: bool,
}

/// A decoded serialization, before anybody has looked at what the header says.
pub(super) struct Envelope {
    pub(super) protected: Vec<u8>,
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
    /// `protected "." payload` in their encoded forms: what is signed.
    pub(super) signing_input: String,
}

impl Envelope {
    pub(super) fn parse(body: &[u8]) -> Result<Self, JwsError> {
        let flattened: Flattened<'_> = json::from_slice(body).map_err(JwsError::Body)?;
        let decode = |name, text: &str| base64url::decode(text).map_err(|_| JwsError::Encoding(name));
        Ok(Self {
            protected: decode("protected", &flattened.protected)?,
            payload: decode("payload", &flattened.payload)?,
            signature: decode("signature", &flattened.signature)?,
            signing_input: format!("{}.{}", flattened.protected, flattened.payload),
        })
    }

    pub(super) fn header(&self) -> Result<RawHeader<'_>, JwsError> {
        let header: RawHeader<'_> = json::from_slice(&self.protected).map_err(JwsError::Header)?;
        if header.crit {
            return Err(JwsError::Rule("has \"crit\"; no extension is understood"));
        }
        if header.b64 {
            return Err(JwsError::Rule("has \"b64\"; payloads are always encoded"));
        }
        Ok(header)
    }
}
