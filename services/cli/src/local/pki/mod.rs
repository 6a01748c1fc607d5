//! The keys and certificates of a local CA: made once, kept, and the short-lived ones renewed at start.

mod hierarchy;
mod leaf;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use cairn_kit::{SystemClock, SystemRng};
use cairn_types::{Clock, Duration, Identifier, KeyType, Rng, Serial, Timestamp};
use cairn_x509::authority::AuthorityName;
use cairn_x509::{ExtendedUsage, Sign, SoftwareKey, Validity};
use openssl::pkey::PKey;

use super::layout::{Layout, write_atomically};
use super::service::Service;
use hierarchy::{Root, create_intermediate, create_root};
use leaf::Leaf;

/// The first octet of serials of certificates that are not clients'.
const SERIAL_PREFIX: u8 = 0x7f;

/// The name in the certificate of whoever runs `cairn admin`.
pub(crate) const OPERATOR: &str = "operator.cairn";

const SECRET: u32 = 0o600;
const PUBLIC: u32 = 0o644;

/// Where the keys and certificates are.
#[derive(Debug, Clone)]
pub(crate) struct Pki {
    dir: PathBuf,
}

/// A root with one intermediate, under which clients' certificates are issued.
#[derive(Debug)]
pub(crate) struct Hierarchy {
    /// The kind of all its keys.
    pub(crate) kind: KeyType,
    /// The id of its issuer in configurations and URLs.
    pub(crate) id: &'static str,
    /// The name of its folder.
    folder: &'static str,
}

/// The hierarchies. A certificate comes from the one that has its kind of key.
pub(crate) const HIERARCHIES: [Hierarchy; 2] = [
    Hierarchy {
        kind: KeyType::P256,
        id: "e1",
        folder: "ecdsa",
    },
    Hierarchy {
        kind: KeyType::Rsa,
        id: "r1",
        folder: "rsa",
    },
];

impl Pki {
    /// Takes what is in the directory, and makes what is missing for these services. `https_names` are what the front
    /// end's certificate holds. Returns whether everything is new.
    pub(crate) fn prepare(
        layout: &Layout,
        services: &[Service],
        https_names: &[Identifier],
    ) -> anyhow::Result<(Self, bool)> {
        let pki = Self { dir: layout.pki() };
        let is_new = !pki.dir.exists();
        if is_new {
            // Under another name until it is whole: an interrupted start leaves nothing half made.
            let unfinished = layout.dir().join("pki.new");
            if unfinished.exists() {
                fs::remove_dir_all(&unfinished)?;
            }
            Self {
                dir: unfinished.clone(),
            }
            .create()
            .context("the CA cannot be created")?;
            fs::rename(&unfinished, &pki.dir)?;
        }
        pki.renew(services, https_names)?;
        Ok((pki, is_new))
    }

    fn create(&self) -> anyhow::Result<()> {
        for folder in ["acme", "services", "https", "va", "wfe"] {
            fs::create_dir_all(self.dir.join(folder))?;
        }
        let roots: Vec<String> = std::thread::scope(|scope| {
            let threads = HIERARCHIES
                .each_ref()
                .map(|hierarchy| scope.spawn(move || self.create_hierarchy(hierarchy)));
            let joined = threads.map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| anyhow::bail!("a key was not made"))
            });
            joined.into_iter().collect::<anyhow::Result<_>>()
        })?;
        write_atomically(&self.issuer_roots(), roots.concat().as_bytes(), PUBLIC)?;
        create_root(
            &self.dir.join("services/root"),
            KeyType::P256,
            &name("Cairn local services"),
        )?;
        create_root(
            &self.dir.join("https/ca"),
            KeyType::P256,
            &name("Cairn local HTTPS"),
        )?;
        let mut nonce = [0; 32];
        SystemRng.fill(&mut nonce);
        write_atomically(&self.nonce_key(), hex::encode(nonce).as_bytes(), SECRET)
    }

    /// One root and one intermediate; returns the root as PEM.
    fn create_hierarchy(&self, hierarchy: &Hierarchy) -> anyhow::Result<String> {
        let folder = self.hierarchy(hierarchy);
        fs::create_dir_all(&folder)?;
        let named = |what| {
            name(&format!(
                "Cairn local {what} {}",
                hierarchy.id.to_ascii_uppercase()
            ))
        };
        let root = create_root(&folder.join("root"), hierarchy.kind, &named("root"))?;
        create_intermediate(
            &folder.join("intermediate"),
            hierarchy.kind,
            &named("intermediate"),
            &root,
        )?;
        Ok(fs::read_to_string(folder.join("root.pem"))?)
    }

    /// A key for the receipts of every perspective that has none.
    fn create_receipt_keys(&self, services: &[Service]) -> anyhow::Result<()> {
        for &service in services {
            let path = self.receipt_key(service);
            if matches!(service, Service::Va | Service::Remote(_)) && !path.exists() {
                let key = PKey::generate_ed25519()?;
                // The private key comes last: one that is there has its public half beside it.
                write_atomically(
                    &self.receipt_public_key(service),
                    &key.public_key_to_pem()?,
                    PUBLIC,
                )?;
                write_atomically(&path, &key.private_key_to_pem_pkcs8()?, SECRET)?;
            }
        }
        Ok(())
    }

    /// Makes the certificates of the services, of the operator and of the front end anew where they are missing, about
    /// to expire, or for other names.
    fn renew(&self, services: &[Service], https_names: &[Identifier]) -> anyhow::Result<()> {
        self.create_receipt_keys(services)?;
        let root = Root::load(&self.dir.join("services/root"))?;
        for &service in services {
            let leaf = Leaf {
                path: self.dir.join("services").join(service.name()),
                names: vec![Identifier::parse("dns", &service.dns_name())?],
                usages: &[ExtendedUsage::ServerAuth, ExtendedUsage::ClientAuth],
            };
            leaf.renew(&root)?;
        }
        let operator = Leaf {
            path: self.dir.join("services/operator"),
            names: vec![Identifier::parse("dns", OPERATOR)?],
            usages: &[ExtendedUsage::ClientAuth],
        };
        operator.renew(&root)?;
        let https = Leaf {
            path: self.dir.join("https/server"),
            names: https_names.to_vec(),
            usages: &[ExtendedUsage::ServerAuth],
        };
        https.renew(&Root::load(&self.dir.join("https/ca"))?)
    }

    /// The roots of what is issued, as PEM.
    pub(crate) fn issuer_roots(&self) -> PathBuf {
        self.dir.join("acme/roots.pem")
    }

    /// The certificates and the key of a hierarchy: `root.pem`, `intermediate.pem`, `intermediate.key`.
    pub(crate) fn hierarchy(&self, hierarchy: &Hierarchy) -> PathBuf {
        self.dir.join("acme").join(hierarchy.folder)
    }

    /// A service's certificate and key for calls between the services.
    pub(crate) fn service(&self, service: Service) -> (PathBuf, PathBuf) {
        pair(&self.dir.join("services").join(service.name()))
    }

    /// An operator's certificate and key for calls to the services.
    pub(crate) fn operator(&self) -> (PathBuf, PathBuf) {
        pair(&self.dir.join("services/operator"))
    }

    /// The root of the services' certificates.
    pub(crate) fn services_ca(&self) -> PathBuf {
        self.dir.join("services/root.pem")
    }

    /// The front end's certificate and key for HTTPS.
    pub(crate) fn https(&self) -> (PathBuf, PathBuf) {
        pair(&self.dir.join("https/server"))
    }

    /// The root of the front end's certificate.
    pub(crate) fn https_ca(&self) -> PathBuf {
        self.dir.join("https/ca.pem")
    }

    /// What a perspective signs receipts with.
    pub(crate) fn receipt_key(&self, perspective: Service) -> PathBuf {
        self.receipt(perspective, "key")
    }

    /// What a perspective's receipts are verified with.
    pub(crate) fn receipt_public_key(&self, perspective: Service) -> PathBuf {
        self.receipt(perspective, "pub")
    }

    fn receipt(&self, perspective: Service, extension: &str) -> PathBuf {
        self.dir.join("va").join(match perspective {
            Service::Remote(number) => format!("receipt-{number}.{extension}"),
            _ => format!("receipt.{extension}"),
        })
    }

    /// The front end's key for nonces.
    pub(crate) fn nonce_key(&self) -> PathBuf {
        self.dir.join("wfe/nonce.key")
    }
}

/// SHA-256 over the DER of the first certificate in a PEM file, in hexadecimal.
pub(crate) fn fingerprint(path: &Path) -> anyhow::Result<String> {
    Ok(hex::encode(openssl::sha::sha256(&read_certificate(path)?)))
}

fn read_certificate(path: &Path) -> anyhow::Result<Vec<u8>> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let certificates = cairn_x509::pem::decode(&text).with_context(|| path.display().to_string())?;
    certificates
        .into_iter()
        .next()
        .with_context(|| format!("{} holds no certificate", path.display()))
}

fn read_key(path: &Path) -> anyhow::Result<SoftwareKey> {
    let pem = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    SoftwareKey::from_pem(&pem).with_context(|| path.display().to_string())
}

/// The `.pem` and the `.key` of that stem.
fn pair(stem: &Path) -> (PathBuf, PathBuf) {
    (stem.with_extension("pem"), stem.with_extension("key"))
}

/// Writes a certificate and its key. The key comes first: a certificate without key is never seen.
fn write_pair(stem: &Path, certificate: &[u8], key: &SoftwareKey) -> anyhow::Result<()> {
    let (certificate_path, key_path) = pair(stem);
    write_atomically(&key_path, &key.to_pem()?, SECRET)?;
    write_atomically(
        &certificate_path,
        cairn_x509::pem::encode(certificate).as_bytes(),
        PUBLIC,
    )
}

fn name(common_name: &str) -> AuthorityName {
    AuthorityName {
        country: None,
        organization: "Cairn local".to_owned(),
        common_name: common_name.to_owned(),
    }
}

fn serial() -> anyhow::Result<Serial> {
    Ok(Serial::new(SERIAL_PREFIX, &SystemClock, &SystemRng)?)
}

/// From an hour ago, for clients whose clocks are slow.
fn validity_of(days: u64) -> Validity {
    let now: Timestamp = SystemClock.now().floor_secs();
    Validity {
        not_before: now - Duration::from_secs(3600),
        not_after: now + Duration::from_secs(days * 86_400 - 3601),
    }
}

fn fits(certificate: &cairn_x509::CertificateView, key: &SoftwareKey) -> bool {
    certificate
        .public_key()
        .is_ok_and(|public| public == *key.public_key())
}

#[cfg(test)]
mod tests;
