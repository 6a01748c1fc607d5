//! Makes requests that are right but for what a case changes.

use cairn_acme::{SigningKey, base64url};
use cairn_testkit::client::JOSE;
use cairn_testkit::raw::RawJws;
use http::Method;
use serde_json::{Value, json};

use super::lab::{Lab, Party};

/// A request to be sent.
pub(super) struct Sent {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) content_type: Option<&'static str>,
    pub(super) body: Vec<u8>,
}

impl Sent {
    /// A POST of any octets as a JWS.
    pub(super) fn post(url: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: Method::POST,
            url: url.to_owned(),
            content_type: Some(JOSE),
            body: body.into(),
        }
    }

    /// A request without a body.
    pub(super) fn bare(method: Method, url: &str) -> Self {
        Self {
            method,
            url: url.to_owned(),
            content_type: None,
            body: Vec::new(),
        }
    }
}

#[expect(clippy::expect_used, reason = "a test cannot go on without its signature")]
pub(super) fn signed(header: &Value, payload: &[u8], key: &SigningKey) -> RawJws {
    RawJws::signed(header, payload, key).expect("OpenSSL signs")
}

impl Party {
    /// The protected header of a request of this account.
    pub(super) fn header(&self, url: &str, nonce: &str) -> Value {
        json!({"alg": self.key.algorithm().as_str(), "kid": self.url, "nonce": nonce, "url": url})
    }

    /// A good JWS of this account.
    pub(super) fn jws(&self, url: &str, nonce: &str, payload: &[u8]) -> RawJws {
        signed(&self.header(url, nonce), payload, &self.key)
    }

    /// A good request of this account, whatever its payload.
    pub(super) fn request(&self, url: &str, nonce: &str, payload: impl AsRef<[u8]>) -> Sent {
        Sent::post(url, self.jws(url, nonce, payload.as_ref()).body())
    }
}

impl Lab {
    /// A good request of Alice's, whatever its payload.
    pub(super) fn request(&self, url: &str, nonce: &str, payload: impl AsRef<[u8]>) -> Sent {
        self.alice.request(url, nonce, payload)
    }

    /// Alice's JWS for a new order that would succeed.
    pub(super) fn order_jws(&self, nonce: &str) -> RawJws {
        let payload = br#"{"identifiers":[{"type":"dns","value":"good.test"}]}"#;
        self.alice.jws(&self.directory.new_order, nonce, payload)
    }

    /// The body of Alice's new order, in the place where it belongs.
    pub(super) fn order_body(&self, body: impl Into<Vec<u8>>) -> Sent {
        Sent::post(&self.directory.new_order, body)
    }

    /// Alice's new order with this protected header, signed as it is.
    pub(super) fn order_with_header(&self, header: &Value) -> Sent {
        let payload = br#"{"identifiers":[{"type":"dns","value":"good.test"}]}"#;
        self.order_body(signed(header, payload, &self.alice.key).body())
    }

    /// The header of a request by a key without an account.
    pub(super) fn jwk_header(key: &SigningKey, url: &str, nonce: &str) -> Value {
        json!({"alg": key.algorithm().as_str(), "jwk": jwk(key), "nonce": nonce, "url": url})
    }

    /// A new account of the stranger's, whatever its payload.
    pub(super) fn register(&self, nonce: &str, payload: impl AsRef<[u8]>) -> Sent {
        let url = &self.directory.new_account;
        let header = Self::jwk_header(&self.stranger, url, nonce);
        Sent::post(url, signed(&header, payload.as_ref(), &self.stranger).body())
    }

    /// A finalize request of Alice's for her ready order.
    pub(super) fn finalize(&self, nonce: &str, csr: &[u8]) -> Sent {
        let payload = json!({"csr": base64url::encode(csr)}).to_string();
        self.request(&self.ready.object.finalize, nonce, payload)
    }
}

/// The public key as a JSON object.
pub(super) fn jwk(key: &SigningKey) -> Value {
    serde_json::from_str(key.public().jwk()).unwrap_or_default()
}
