//! A root, an issuing certificate, and the certificate that clients of the front end see.

use std::path::Path;

use cairn_types::{Identifier, KeyType, Serial, Timestamp};
use cairn_x509::authority::{self, Authority, AuthorityName};
use cairn_x509::{ExtendedUsage, IssuerUrls, PublicKey, Sign, SoftwareKey, Validity, pem};

/// The certificates of a test, as DER.
pub(crate) struct Pki {
    pub(crate) root: Vec<u8>,
    pub(crate) cross: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) leaf: Vec<u8>,
}

pub(crate) const SERIAL: &str = "014e20000102030405060708090a0b0c";

fn serial(first: u8) -> Serial {
    let mut octets = [first; 16];
    octets[0] = 1;
    Serial::from_slice(&octets).unwrap()
}

fn name(common_name: &str) -> AuthorityName {
    AuthorityName {
        country: None,
        organization: "Test".to_owned(),
        common_name: common_name.to_owned(),
    }
}

impl Pki {
    /// Makes them, and writes what the configuration names to `directory`.
    pub(crate) fn make(directory: &Path) -> Self {
        let validity = Validity {
            not_before: Timestamp::from_secs(1_700_000_000),
            not_after: Timestamp::from_secs(4_000_000_000),
        };
        let urls = IssuerUrls::default();
        let key = || SoftwareKey::generate(KeyType::P256).unwrap();
        let (root_key, cross_key, issuer_key, leaf_key) = (key(), key(), key(), key());
        let public = |key: &SoftwareKey| -> PublicKey { key.public_key().clone() };
        let root = authority::root(&name("root"), &root_key, serial(1), validity).unwrap();
        let other = authority::root(&name("other"), &cross_key, serial(2), validity).unwrap();
        let parent = Authority {
            certificate: &root,
            key: &root_key,
        };
        let other_parent = Authority {
            certificate: &other,
            key: &cross_key,
        };
        let intermediate = |parent, number| {
            let key = public(&issuer_key);
            authority::intermediate(&name("issuer"), &key, parent, serial(number), validity, &urls).unwrap()
        };
        let issuer = intermediate(parent, 3);
        let cross = intermediate(other_parent, 4);
        let names = [("ip", "127.0.0.1"), ("dns", "localhost")];
        let names = names.map(|(kind, value)| Identifier::parse(kind, value).unwrap());
        let usages = [ExtendedUsage::ServerAuth];
        let https =
            authority::service(&names, &usages, &public(&leaf_key), parent, serial(5), validity).unwrap();
        let issuing = Authority {
            certificate: &issuer,
            key: &issuer_key,
        };
        let names = [Identifier::parse("dns", "a.example").unwrap()];
        let leaf = SERIAL.parse().unwrap();
        let leaf = authority::service(&names, &usages, &public(&leaf_key), issuing, leaf, validity).unwrap();

        let write = |file: &str, content: &[u8]| std::fs::write(directory.join(file), content).unwrap();
        write("https.pem", pem::encode(&https).as_bytes());
        write("https.key", &leaf_key.to_pem().unwrap());
        write("issuer.pem", pem::encode(&issuer).as_bytes());
        write(
            "cross.pem",
            (pem::encode(&cross) + &pem::encode(&other)).as_bytes(),
        );
        write("root.pem", pem::encode(&root).as_bytes());
        write("nonce.key", &[7; 32]);
        Self {
            root,
            cross,
            issuer,
            leaf,
        }
    }
}
