//! How records name accounts without telling whose they are (draft -02).

use cairn_types::Thumbprint;
use openssl::sha::Sha256;

use crate::base64url;

/// Stands for any name: the hash is good in the records of all of an account's names.
pub const ANY_NAME: &str = "*";

/// The `accounturi` of an account's records: the CA's prefix, the algorithm, and a digest over the domain name (or
/// [`ANY_NAME`]) after its length, the thumbprint of the account key as text, and the account's URL. None for a name
/// that is longer than any is.
pub fn account_hash(prefix: &str, name: &str, thumbprint: &Thumbprint, account_url: &str) -> Option<String> {
    let length = u8::try_from(name.len()).ok()?;
    let mut hash = Sha256::new();
    hash.update(&[length]);
    hash.update(name.as_bytes());
    hash.update(base64url::encode(thumbprint.0).as_bytes());
    hash.update(account_url.as_bytes());
    Some(format!("{prefix}sha-256/{}", base64url::encode(hash.finish())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_are_those_of_the_draft() {
        let thumbprint = base64url::decode("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs").unwrap();
        let thumbprint = Thumbprint::from_slice(&thumbprint).unwrap();
        for (name, digest) in [
            ("example.com", "5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw"),
            (ANY_NAME, "NpDnSwUthQK8zCgFdefYxAdAVPnygMLbs9US6oO-5ug"),
        ] {
            assert_eq!(
                account_hash(
                    "https://ca.example/a/",
                    name,
                    &thumbprint,
                    "https://ca.example/acct/123"
                ),
                Some(format!("https://ca.example/a/sha-256/{digest}")),
                "{name}"
            );
        }
        assert_eq!(account_hash("", &"a".repeat(256), &thumbprint, ""), None);
    }
}
