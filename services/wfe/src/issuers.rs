//! Issuing certificates, the chains above them, and the roots.

use std::collections::BTreeMap;

use cairn_acme::CertificateId;
use cairn_kit::FilePath;
use cairn_types::{Error, Serial};
use cairn_x509::{CertificateView, check_chain, pem};
use openssl::sha::sha256;

use crate::config::Config;

/// An issuing certificate with its chains.
pub(crate) struct Issuer {
    /// The certificate in DER.
    pub(crate) der: Vec<u8>,
    /// Its subject key identifier, which ids of certificates name issuers by (RFC 9773 section 4.1).
    key_id: Vec<u8>,
    /// PEM of each chain, from the issuing certificate up; the default one first.
    pub(crate) chains: Vec<String>,
}

/// A root certificate.
pub(crate) struct Root {
    pub(crate) id: String,
    pub(crate) der: Vec<u8>,
    /// SHA-256 over its DER, in hexadecimal digits.
    pub(crate) fingerprint: String,
}

/// All of them, by id.
pub(crate) struct Issuers {
    issuers: BTreeMap<String, Issuer>,
    roots: Vec<Root>,
}

/// What is wrong with the files that the configuration names.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub(crate) struct ChainFileError {
    path: String,
    why: String,
}

impl ChainFileError {
    fn new(path: &FilePath, why: &impl ToString) -> Self {
        Self {
            path: path.as_path().display().to_string(),
            why: why.to_string(),
        }
    }
}

impl Issuers {
    /// Reads and checks all chains.
    pub(crate) fn load(config: &Config) -> Result<Self, ChainFileError> {
        let mut issuers = BTreeMap::new();
        for issuer in &config.issuers {
            let (view, first) = read_chain(&issuer.chain)?;
            let mut chains = vec![first];
            for path in &issuer.alternates {
                let (other, chain) = read_chain(path)?;
                if other.subject() != view.subject() || other.spki_hash() != view.spki_hash() {
                    let why = format!(
                        "does not start with a certificate for the name and key of issuer {}",
                        issuer.id
                    );
                    return Err(ChainFileError::new(path, &why));
                }
                chains.push(chain);
            }
            let key_id = view.key_id().ok_or_else(|| {
                ChainFileError::new(&issuer.chain, &"the issuing certificate has no key identifier")
            })?;
            let der = view.as_der().to_vec();
            issuers.insert(issuer.id.clone(), Issuer { der, key_id, chains });
        }
        let mut roots = Vec::new();
        for root in &config.roots {
            let der = read(&root.certificate)?.swap_remove(0);
            let fingerprint = sha256(&der).map(|octet| format!("{octet:02x}")).concat();
            let id = root.id.clone();
            roots.push(Root { id, der, fingerprint });
        }
        Ok(Self { issuers, roots })
    }

    /// The issuer of that id.
    pub(crate) fn get(&self, id: &str) -> Result<&Issuer, Error> {
        self.issuers
            .get(id)
            .ok_or_else(|| Error::internal(format!("issuer {id:?} is not configured here")))
    }

    /// The DER of the issuer or root of that id.
    pub(crate) fn der(&self, id: &str) -> Option<&[u8]> {
        let issuer = self.issuers.get(id).map(|issuer| &issuer.der);
        let root = || self.roots.iter().find(|root| root.id == id).map(|root| &root.der);
        issuer.or_else(root).map(Vec::as_slice)
    }

    /// The roots.
    pub(crate) fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// The serial that an id names, if the certificate could be of one of the issuers.
    pub(crate) fn serial_of(&self, id: &CertificateId) -> Option<Serial> {
        self.issuers
            .values()
            .any(|issuer| issuer.key_id == id.key_identifier)
            .then(|| Serial::from_slice(&id.serial).ok())?
    }

    /// Whether an id names a certificate of that issuer.
    pub(crate) fn is_of(&self, id: &CertificateId, issuer: &str) -> bool {
        self.issuers
            .get(issuer)
            .is_some_and(|issuer| issuer.key_id == id.key_identifier)
    }

    /// The id of a certificate, if its issuer is known.
    pub(crate) fn certificate_id(&self, issuer: &str, serial: Serial) -> Option<CertificateId> {
        let issuer = self.issuers.get(issuer)?;
        Some(CertificateId {
            key_identifier: issuer.key_id.clone(),
            serial: serial.as_bytes().to_vec(),
        })
    }
}

/// The first certificate of a chain, and the chain in strict PEM.
fn read_chain(path: &FilePath) -> Result<(CertificateView, String), ChainFileError> {
    let certificates = read(path)?;
    let views = check_chain(&certificates).map_err(|error| ChainFileError::new(path, &error))?;
    let first = views.into_iter().next().filter(CertificateView::is_authority);
    let first = first.ok_or_else(|| ChainFileError::new(path, &"does not start with a CA certificate"))?;
    Ok((first, certificates.iter().map(|der| pem::encode(der)).collect()))
}

/// At least one certificate in DER.
fn read(path: &FilePath) -> Result<Vec<Vec<u8>>, ChainFileError> {
    let octets = path
        .read()
        .map_err(|error| ChainFileError::new(path, &error.kind()))?;
    let text = String::from_utf8(octets).map_err(|_| ChainFileError::new(path, &"is not PEM"))?;
    pem::decode(&text).map_err(|error| ChainFileError::new(path, &error))
}
