//! Names that no other test uses.

use openssl::rand::rand_bytes;

/// `count` random octets in hex.
#[expect(clippy::expect_used, reason = "without randomness no test can go on")]
pub fn random_hex(count: usize) -> String {
    let mut random = vec![0; count];
    rand_bytes(&mut random).expect("OpenSSL gives random octets");
    hex::encode(random)
}

/// A fresh name below `.test`, which a local CA resolves to loopback by itself.
pub fn fresh(label: &str) -> String {
    format!("{label}-{}.test", random_hex(6))
}

/// A fresh name that a local CA asks its resolver for.
pub fn fresh_resolved(label: &str) -> String {
    format!("{label}-{}.example", random_hex(6))
}
