//! Base64url as ACME wants it: no padding, no line breaks, no bits left over (RFC 8555 section 5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The text is not unpadded base64url, or its last character carries bits that belong to no octet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not base64url without padding")]
pub struct NotBase64Url;

/// The unpadded base64url text of `bytes`.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The octets of an unpadded base64url text. Every octet string has exactly one text that this accepts.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, NotBase64Url> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBase64Url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_canonical_text_decodes() {
        assert_eq!(decode("_-8"), Ok(vec![0xff, 0xef]));
        assert_eq!(decode(""), Ok(Vec::new()));
        for text in ["_-8=", "/+8", "_-9", "_", "_-8\n", " _-8", "é"] {
            assert_eq!(decode(text), Err(NotBase64Url), "{text:?}");
        }
    }
}
