//! HMAC-SHA256 under a key that is used again and again.

use openssl::sha::{Sha256, sha256};

/// The block of SHA-256, in octets.
const BLOCK: usize = 64;

/// A key whose two blocks are hashed beforehand: having OpenSSL prepare a key takes longer than the MAC of a
/// short text.
#[derive(Clone)]
pub(crate) struct HmacKey {
    inner: Sha256,
    outer: Sha256,
}

impl HmacKey {
    /// For a key of any length (RFC 2104 section 2).
    pub(crate) fn new(key: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        if key.len() > BLOCK {
            block[..32].copy_from_slice(&sha256(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let keyed = |pad: u8| {
            let mut hash = Sha256::new();
            hash.update(&block.map(|octet| octet ^ pad));
            hash
        };
        Self {
            inner: keyed(0x36),
            outer: keyed(0x5c),
        }
    }

    /// The MAC of the parts, one after the other.
    pub(crate) fn sha256(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut inner = self.inner.clone();
        for part in parts {
            inner.update(part);
        }
        let mut outer = self.outer.clone();
        outer.update(&inner.finish());
        outer.finish()
    }
}

#[cfg(test)]
mod tests {
    use openssl::hash::MessageDigest;
    use openssl::pkey::PKey;
    use openssl::sign::Signer;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_rfc_4231() {
        let cases: [(&[u8], &[u8], &str); 3] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, text, mac) in cases {
            assert_eq!(hex::encode(HmacKey::new(key).sha256(&[text])), mac);
        }
    }

    proptest! {
        #[test]
        fn it_is_what_openssl_computes(
            key in prop::collection::vec(any::<u8>(), 1..150),
            first: Vec<u8>,
            second: Vec<u8>,
        ) {
            let mac = HmacKey::new(&key).sha256(&[&first, &second]);
            let pkey = PKey::hmac(&key).unwrap();
            let mut signer = Signer::new(MessageDigest::sha256(), &pkey).unwrap();
            let expected = signer.sign_oneshot_to_vec(&[first, second].concat()).unwrap();
            prop_assert_eq!(mac.as_slice(), expected.as_slice());
        }
    }
}
