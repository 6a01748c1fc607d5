//! Roots and intermediates.

use std::path::Path;

use cairn_types::KeyType;
use cairn_x509::authority::{Authority, AuthorityName, intermediate, root};
use cairn_x509::{IssuerUrls, Sign, SoftwareKey};

use super::{pair, read_certificate, read_key, serial, validity_of, write_pair};

const ROOT_DAYS: u64 = 20 * 365;
const INTERMEDIATE_DAYS: u64 = 10 * 365;

/// A self-signed certificate and its key.
pub(super) struct Root {
    certificate: Vec<u8>,
    key: SoftwareKey,
}

impl Root {
    /// Reads the `.pem` and the `.key` of that stem.
    pub(super) fn load(stem: &Path) -> anyhow::Result<Self> {
        let (certificate, key) = pair(stem);
        Ok(Self {
            certificate: read_certificate(&certificate)?,
            key: read_key(&key)?,
        })
    }

    pub(super) fn authority(&self) -> Authority<'_> {
        Authority {
            certificate: &self.certificate,
            key: &self.key,
        }
    }
}

/// Makes a root and writes it.
pub(super) fn create_root(stem: &Path, kind: KeyType, name: &AuthorityName) -> anyhow::Result<Root> {
    let key = SoftwareKey::generate(kind)?;
    let certificate = root(name, &key, serial()?, validity_of(ROOT_DAYS))?;
    write_pair(stem, &certificate, &key)?;
    Ok(Root { certificate, key })
}

/// Makes an intermediate below `parent` and writes it.
pub(super) fn create_intermediate(
    stem: &Path,
    kind: KeyType,
    name: &AuthorityName,
    parent: &Root,
) -> anyhow::Result<()> {
    let key = SoftwareKey::generate(kind)?;
    let certificate = intermediate(
        name,
        key.public_key(),
        parent.authority(),
        serial()?,
        validity_of(INTERMEDIATE_DAYS),
        &IssuerUrls {
            ca_issuers: None,
            crl: None,
        },
    )?;
    write_pair(stem, &certificate, &key)
}
