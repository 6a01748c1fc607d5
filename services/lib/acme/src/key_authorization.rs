//! Key authorizations (RFC 8555 section 8.1) and what the challenges make of them.

use cairn_types::{Thumbprint, Token};
use openssl::sha::sha256;

use crate::base64url;

/// The token, tied to the account key: `token "." base64url(thumbprint)`. Served as it is for http-01.
pub fn key_authorization(token: &Token, thumbprint: &Thumbprint) -> String {
    format!("{}.{}", token.as_str(), base64url::encode(thumbprint.0))
}

/// The digest of a key authorization: the value of tls-alpn-01's certificate extension (RFC 8737 section 3).
pub fn key_authorization_digest(token: &Token, thumbprint: &Thumbprint) -> [u8; 32] {
    sha256(key_authorization(token, thumbprint).as_bytes())
}

/// The content of the TXT record of dns-01 (RFC 8555 section 8.4).
pub fn dns01_record(token: &Token, thumbprint: &Thumbprint) -> String {
    base64url::encode(key_authorization_digest(token, thumbprint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_dot_thumbprint() {
        // The thumbprint is that of RFC 7638 section 3.1; the digest was computed with openssl(1).
        let thumbprint = base64url::decode("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs").unwrap();
        let thumbprint = Thumbprint::from_slice(&thumbprint).unwrap();
        let token: Token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA".parse().unwrap();
        let text = key_authorization(&token, &thumbprint);
        assert_eq!(
            text,
            "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
        assert_eq!(
            dns01_record(&token, &thumbprint),
            base64url::encode(sha256(text.as_bytes()))
        );
    }
}
