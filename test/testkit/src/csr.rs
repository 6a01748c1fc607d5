//! PKCS#10 certificate requests, as clients send them and as nobody should.

use std::net::IpAddr;

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Private};
use openssl::sign::Signer;

use crate::der::{self, oid, tag};

/// `AlgorithmIdentifiers` of signatures, whole.
mod algorithm {
    pub(super) const ECDSA_SHA1: &[u8] = b"\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01";
    pub(super) const ECDSA_SHA256: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
    pub(super) const ECDSA_SHA384: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03";
    pub(super) const RSA_MD5: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04\x05\x00";
    pub(super) const RSA_SHA1: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00";
    pub(super) const RSA_SHA256: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";
    pub(super) const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";
}

/// The hash of a request's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
}

impl Digest {
    fn openssl(self) -> MessageDigest {
        match self {
            Self::Md5 => MessageDigest::md5(),
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
        }
    }

    fn algorithm(self, key: &PKey<Private>) -> &'static [u8] {
        match (key.id(), self) {
            (Id::ED25519, _) => algorithm::ED25519,
            (Id::RSA, Self::Md5) => algorithm::RSA_MD5,
            (Id::RSA, Self::Sha1) => algorithm::RSA_SHA1,
            (Id::RSA, Self::Sha256 | Self::Sha384) => algorithm::RSA_SHA256,
            (_, Self::Md5 | Self::Sha1) => algorithm::ECDSA_SHA1,
            (_, Self::Sha256) => algorithm::ECDSA_SHA256,
            (_, Self::Sha384) => algorithm::ECDSA_SHA384,
        }
    }
}

/// Builds a certificate request. What is not set is as a good client has it: no subject, version 0, SHA-256.
#[derive(Debug, Clone)]
pub struct CsrBuilder {
    subject: Vec<Vec<u8>>,
    names: Vec<Vec<u8>>,
    extensions: Vec<Vec<u8>>,
    attributes: Vec<Vec<u8>>,
    digest: Digest,
    version: u8,
}

impl Default for CsrBuilder {
    fn default() -> Self {
        Self {
            subject: Vec::new(),
            names: Vec::new(),
            extensions: Vec::new(),
            attributes: Vec::new(),
            digest: Digest::Sha256,
            version: 0,
        }
    }
}

impl CsrBuilder {
    /// A request without names.
    pub fn new() -> Self {
        Self::default()
    }

    /// A request for these DNS names and IP addresses, as a good client makes it.
    pub fn for_names<N: AsRef<str>>(names: &[N]) -> Self {
        names
            .iter()
            .fold(Self::new(), |csr, name| match name.as_ref().parse::<IpAddr>() {
                Ok(address) => csr.address(address),
                Err(_) => csr.dns(name.as_ref()),
            })
    }

    /// Adds a dNSName, whatever its text.
    #[must_use]
    pub fn dns(self, name: &str) -> Self {
        self.general_name(tag::DNS, name.as_bytes())
    }

    /// Adds an iPAddress.
    #[must_use]
    pub fn address(self, address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => self.general_name(tag::IP, &address.octets()),
            IpAddr::V6(address) => self.general_name(tag::IP, &address.octets()),
        }
    }

    /// Adds any `GeneralName` to the subject alternative names.
    #[must_use]
    pub fn general_name(mut self, tag: u8, content: &[u8]) -> Self {
        self.names.push(der::tlv(tag, content));
        self
    }

    /// Sets the subject's common name.
    #[must_use]
    pub fn common_name(self, name: &str) -> Self {
        self.subject(oid::COMMON_NAME, name)
    }

    /// Adds an attribute to the subject.
    #[must_use]
    pub fn subject(mut self, kind: &[u8], value: &str) -> Self {
        let attribute = der::sequence(&[
            der::tlv(tag::OID, kind),
            der::tlv(tag::UTF8_STRING, value.as_bytes()),
        ]);
        self.subject.push(der::set(&attribute));
        self
    }

    /// Adds an extension to the extension request; `value` is the DER inside its OCTET STRING.
    #[must_use]
    pub fn extension(mut self, kind: &[u8], value: &[u8]) -> Self {
        self.extensions.push(der::sequence(&[
            der::tlv(tag::OID, kind),
            der::tlv(tag::OCTET_STRING, value),
        ]));
        self
    }

    /// Adds an attribute beside the extension request; `value` is the one DER element of its set.
    #[must_use]
    pub fn attribute(mut self, kind: &[u8], value: &[u8]) -> Self {
        self.attributes
            .push(der::sequence(&[der::tlv(tag::OID, kind), der::set(value)]));
        self
    }

    /// Sets the hash of the signature.
    #[must_use]
    pub const fn digest(mut self, digest: Digest) -> Self {
        self.digest = digest;
        self
    }

    /// Sets the version field; 0 is right.
    #[must_use]
    pub const fn version(mut self, version: u8) -> Self {
        self.version = version;
        self
    }

    /// The request for `key`, in DER.
    pub fn build(&self, key: &PKey<Private>) -> Result<Vec<u8>, ErrorStack> {
        self.build_signed_by(key, key)
    }

    /// The request for the public half of `key`, signed by `signer`.
    pub fn build_signed_by(
        &self,
        key: &PKey<Private>,
        signer: &PKey<Private>,
    ) -> Result<Vec<u8>, ErrorStack> {
        self.assemble(&key.public_key_to_der()?, signer)
    }

    /// The request for a `SubjectPublicKeyInfo` of whatever content, signed by `signer`.
    pub fn assemble(&self, spki: &[u8], signer: &PKey<Private>) -> Result<Vec<u8>, ErrorStack> {
        let info = der::sequence(&[
            der::tlv(tag::INTEGER, &[self.version]),
            der::sequence(&self.subject),
            spki.to_vec(),
            der::tlv(tag::ATTRIBUTES, &self.all_attributes().concat()),
        ]);
        let signature = if signer.id() == Id::ED25519 {
            Signer::new_without_digest(signer)?.sign_oneshot_to_vec(&info)?
        } else {
            Signer::new(self.digest.openssl(), signer)?.sign_oneshot_to_vec(&info)?
        };
        Ok(der::sequence(&[
            info,
            self.digest.algorithm(signer).to_vec(),
            der::bit_string(&signature),
        ]))
    }

    fn all_attributes(&self) -> Vec<Vec<u8>> {
        let mut extensions = Vec::new();
        if !self.names.is_empty() {
            extensions.push(der::sequence(&[
                der::tlv(tag::OID, oid::SUBJECT_ALT_NAME),
                der::tlv(tag::OCTET_STRING, &der::sequence(&self.names)),
            ]));
        }
        extensions.extend(self.extensions.iter().cloned());
        let mut attributes = self.attributes.clone();
        if !extensions.is_empty() {
            attributes.push(der::sequence(&[
                der::tlv(tag::OID, oid::EXTENSION_REQUEST),
                der::set(&der::sequence(&extensions)),
            ]));
        }
        attributes
    }
}

#[cfg(test)]
mod tests {
    use openssl::x509::X509Req;

    use super::*;
    use crate::keys::KeyKind;

    #[test]
    fn openssl_reads_and_verifies_it() {
        for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Rsa(2048), KeyKind::Ed25519] {
            let key = kind.generate().unwrap();
            let csr =
                CsrBuilder::for_names(&["a.test", "*.b.test", "127.0.0.1", "::1"]).common_name("a.test");
            let csr = X509Req::from_der(&csr.build(&key).unwrap()).unwrap();
            assert!(csr.verify(&key).unwrap(), "{kind:?}");
            assert_eq!(csr.extensions().unwrap().len(), 1);
            assert_eq!(csr.subject_name().entries().count(), 1);
        }
        let (key, other) = (
            KeyKind::P256.generate().unwrap(),
            KeyKind::P256.generate().unwrap(),
        );
        let csr = CsrBuilder::new()
            .dns("a.test")
            .build_signed_by(&key, &other)
            .unwrap();
        assert!(!X509Req::from_der(&csr).unwrap().verify(&key).unwrap());
    }
}
