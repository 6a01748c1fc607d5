//! The client's side: keys that sign requests.

use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sha::{sha256, sha384, sha512};
use openssl::sign::Signer;
use serde_json::{Value, json};

use super::{Algorithm, JwsError, MacAlgorithm, verify};
use crate::base64url;
use crate::jwk::{KeyKind, PublicKey};

/// How a request names its signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignAs<'a> {
    /// By the public key itself: new accounts, revocation by certificate key, inner JWS.
    Jwk,
    /// By the URL of the account.
    Account(&'a str),
}

/// A private key that signs requests.
#[derive(Clone)]
pub struct SigningKey {
    key: PKey<Private>,
    ec: Option<EcKey<Private>>,
    public: PublicKey,
}

impl SigningKey {
    /// A key of one's own, such as one read from a file.
    pub fn new(key: PKey<Private>) -> Result<Self, JwsError> {
        let public = PublicKey::from_pkey(&key)?;
        let ec = key.ec_key().ok();
        Ok(Self { key, ec, public })
    }

    /// A new key for an algorithm; RSA keys have 2048 bits. OpenSSL's generator supplies the randomness.
    pub fn generate(algorithm: Algorithm) -> Result<Self, JwsError> {
        let make = || match algorithm.key_kind() {
            KeyKind::Rsa => PKey::from_rsa(Rsa::generate(2048)?),
            KeyKind::Ed25519 => PKey::generate_ed25519(),
            kind @ (KeyKind::P256 | KeyKind::P384 | KeyKind::P521) => {
                let nid = kind.curve().unwrap_or(openssl::nid::Nid::UNDEF);
                PKey::from_ec_key(EcKey::generate(EcGroup::from_curve_name(nid)?.as_ref())?)
            }
        };
        Self::new(make().map_err(crypto)?)
    }

    /// The public half.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The private key itself, to be kept in a file.
    pub const fn private_key(&self) -> &PKey<Private> {
        &self.key
    }

    /// The algorithm of the signatures.
    pub fn algorithm(&self) -> Algorithm {
        Algorithm::for_key(self.public.kind())
    }

    /// The body of a request: a flattened JWS over `payload` (empty for POST-as-GET).
    pub fn sign(
        &self,
        signer: SignAs<'_>,
        nonce: &str,
        url: &str,
        payload: &[u8],
    ) -> Result<String, JwsError> {
        let mut header = self.header(signer, url);
        header["nonce"] = Value::from(nonce);
        self.sign_with_header(&header, payload)
    }

    /// An inner JWS by this key, without a nonce (RFC 8555 section 7.3.5).
    pub fn sign_inner(&self, url: &str, payload: &[u8]) -> Result<String, JwsError> {
        self.sign_with_header(&self.header(SignAs::Jwk, url), payload)
    }

    /// A flattened JWS with whatever header, for tests of servers.
    pub fn sign_with_header(&self, header: &Value, payload: &[u8]) -> Result<String, JwsError> {
        let protected = base64url::encode(header.to_string());
        let payload = base64url::encode(payload);
        let signature = self.signature(format!("{protected}.{payload}").as_bytes())?;
        Ok(flattened(&protected, &payload, &signature))
    }

    fn header(&self, signer: SignAs<'_>, url: &str) -> Value {
        let mut header = json!({ "alg": self.algorithm().as_str(), "url": url });
        match signer {
            SignAs::Jwk => header["jwk"] = self.public.to_json(),
            SignAs::Account(kid) => header["kid"] = Value::from(kid),
        }
        header
    }

    fn signature(&self, input: &[u8]) -> Result<Vec<u8>, JwsError> {
        let make = || match (self.algorithm(), &self.ec) {
            (Algorithm::Es256, Some(ec)) => ecdsa(ec, &sha256(input), 32),
            (Algorithm::Es384, Some(ec)) => ecdsa(ec, &sha384(input), 48),
            (Algorithm::Es512, Some(ec)) => ecdsa(ec, &sha512(input), 66),
            (Algorithm::Rs256, _) => {
                Signer::new(MessageDigest::sha256(), &self.key)?.sign_oneshot_to_vec(input)
            }
            (Algorithm::EdDsa | Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512, _) => {
                Signer::new_without_digest(&self.key)?.sign_oneshot_to_vec(input)
            }
        };
        make().map_err(crypto)
    }
}

/// The inner JWS of an external account binding for `account_key` (RFC 8555 section 7.3.4).
pub fn sign_external_account_binding(
    algorithm: MacAlgorithm,
    mac_key: &[u8],
    key_id: &str,
    url: &str,
    account_key: &PublicKey,
) -> Result<String, JwsError> {
    let header = json!({ "alg": algorithm.as_str(), "kid": key_id, "url": url });
    let protected = base64url::encode(header.to_string());
    let payload = base64url::encode(account_key.jwk());
    let mac = verify::mac(algorithm, mac_key, format!("{protected}.{payload}").as_bytes())?;
    Ok(flattened(&protected, &payload, &mac))
}

fn flattened(protected: &str, payload: &str, signature: &[u8]) -> String {
    json!({ "protected": protected, "payload": payload, "signature": base64url::encode(signature) })
        .to_string()
}

fn ecdsa(key: &EcKey<Private>, digest: &[u8], size: i32) -> Result<Vec<u8>, ErrorStack> {
    let signature = EcdsaSig::sign(digest, key)?;
    let mut raw = signature.r().to_vec_padded(size)?;
    raw.extend(signature.s().to_vec_padded(size)?);
    Ok(raw)
}

#[expect(clippy::needless_pass_by_value, reason = "used as the argument of map_err")]
fn crypto(error: ErrorStack) -> JwsError {
    JwsError::Crypto(error.to_string())
}
