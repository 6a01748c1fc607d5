//! The JSON of a JWK, and its way to a key.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

use super::build::{ec, ed25519, rsa};
use super::{JwkError, KeyKind, PublicKey};
use crate::{base64url, json};

/// A JWK as it came; members that do not matter here (`use`, `alg`, `kid`..) are ignored.
pub(crate) struct RawJwk<'a>(Members<'a>);

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    kty: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "json::not_null")]
    crv: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "json::not_null")]
    x: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "json::not_null")]
    y: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "json::not_null")]
    n: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "json::not_null")]
    e: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "json::not_null")]
    d: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "json::not_null")]
    p: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "json::not_null")]
    q: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "json::not_null")]
    dp: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "json::not_null")]
    dq: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "json::not_null")]
    qi: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "json::not_null")]
    oth: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "json::not_null")]
    k: Option<IgnoredAny>,
}

impl<'de: 'a, 'a> Deserialize<'de> for RawJwk<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::object(deserializer).map(Self)
    }
}

impl RawJwk<'_> {
    /// The key, if it is one that can verify something.
    pub(crate) fn parse(&self) -> Result<PublicKey, JwkError> {
        let jwk = &self.0;
        let private = [jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi, jwk.oth, jwk.k];
        if private.iter().any(Option::is_some) {
            return Err(JwkError::Private);
        }
        match jwk.kty.as_ref() {
            "RSA" => rsa(&bytes("n", jwk.n.as_deref())?, &bytes("e", jwk.e.as_deref())?),
            "EC" => {
                let kind = self.curve(&[KeyKind::P256, KeyKind::P384, KeyKind::P521])?;
                ec(
                    kind,
                    &bytes("x", jwk.x.as_deref())?,
                    &bytes("y", jwk.y.as_deref())?,
                )
            }
            "OKP" => {
                self.curve(&[KeyKind::Ed25519])?;
                ed25519(&bytes("x", jwk.x.as_deref())?)
            }
            other => Err(unsupported("kty", other)),
        }
    }

    fn curve(&self, allowed: &[KeyKind]) -> Result<KeyKind, JwkError> {
        let name = self.0.crv.as_deref().ok_or(JwkError::Member {
            member: "crv",
            reason: "is missing",
        })?;
        allowed
            .iter()
            .copied()
            .find(|kind| kind.crv() == Some(name))
            .ok_or_else(|| unsupported("crv", name))
    }
}

fn unsupported(member: &'static str, value: &str) -> JwkError {
    JwkError::Unsupported {
        member,
        value: value.chars().take(32).collect(),
    }
}

fn bytes(member: &'static str, text: Option<&str>) -> Result<Vec<u8>, JwkError> {
    let fault = |reason| JwkError::Member { member, reason };
    base64url::decode(text.ok_or_else(|| fault("is missing"))?)
        .map_err(|_| fault("is not base64url without padding"))
}
