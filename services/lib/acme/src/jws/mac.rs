//! JWS with a MAC, for external account bindings only.

use super::envelope::Envelope;
use super::{JwsError, MacAlgorithm, verify};

/// An inner JWS with a MAC that nobody has checked yet.
pub(crate) struct ParsedMacJws {
    algorithm: MacAlgorithm,
    kid: String,
    url: String,
    envelope: Envelope,
}

impl ParsedMacJws {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, JwsError> {
        let envelope = Envelope::parse(body)?;
        let raw = envelope.header()?;
        let algorithm = MacAlgorithm::from_name(&raw.alg)
            .ok_or_else(|| JwsError::MacAlgorithm(raw.alg.chars().take(32).collect()))?;
        if raw.nonce.is_some() {
            return Err(JwsError::Rule("of an inner JWS has a \"nonce\""));
        }
        if raw.jwk.is_some() {
            return Err(JwsError::Rule("of an external account binding has a \"jwk\""));
        }
        let kid = raw.kid.ok_or(JwsError::Rule("has no \"kid\""))?;
        let url = raw.url.ok_or(JwsError::Rule("has no \"url\""))?;
        Ok(Self {
            algorithm,
            kid,
            url,
            envelope,
        })
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Checks the MAC and gives up the payload.
    pub(crate) fn verify(self, key: &[u8]) -> Result<Vec<u8>, JwsError> {
        let input = self.envelope.signing_input.as_bytes();
        verify::check_mac(self.algorithm, key, input, &self.envelope.signature)?;
        Ok(self.envelope.payload)
    }
}
