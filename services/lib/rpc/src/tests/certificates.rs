//! A certificate authority for one test.

use std::path::PathBuf;

use cairn_kit::{FilePath, Secret};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509NameBuilder};
use tempfile::TempDir;

use crate::TlsConfig;

pub(super) struct Authority {
    pub(super) certificate: X509,
    key: PKey<Private>,
    directory: TempDir,
}

impl Authority {
    pub(super) fn new() -> Self {
        let key = key();
        let mut builder = template("test authority", &key);
        builder
            .append_extension(BasicConstraints::new().critical().ca().build().unwrap())
            .unwrap();
        let name = builder_name("test authority");
        builder.set_issuer_name(&name).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        let authority = Self {
            certificate: builder.build(),
            key,
            directory: tempfile::tempdir().unwrap(),
        };
        std::fs::write(authority.root(), authority.certificate.to_pem().unwrap()).unwrap();
        authority
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// The TLS configuration of a service with these names.
    pub(super) fn issue(&self, names: &[&str]) -> TlsConfig {
        let key = key();
        let mut builder = template("service", &key);
        let mut alternative = SubjectAlternativeName::new();
        for name in names {
            alternative.dns(name);
        }
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let extension = alternative.build(&context).unwrap();
        builder.append_extension(extension).unwrap();
        builder.set_issuer_name(self.certificate.subject_name()).unwrap();
        builder.sign(&self.key, MessageDigest::sha256()).unwrap();
        let path = self.directory.path().join(format!("{}.pem", names[0]));
        std::fs::write(&path, builder.build().to_pem().unwrap()).unwrap();
        TlsConfig {
            certificate: FilePath::from(path),
            key: Secret::from_bytes(key.private_key_to_pem_pkcs8().unwrap()),
            ca: FilePath::from(self.root()),
        }
    }
}

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn builder_name(common: &str) -> openssl::x509::X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", common).unwrap();
    name.build()
}

fn template(common: &str, key: &PKey<Private>) -> X509Builder {
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(120, openssl::bn::MsbOption::ONE, false).unwrap();
    builder
        .set_serial_number(&serial.to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&builder_name(common)).unwrap();
    builder.set_pubkey(key).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(1).unwrap())
        .unwrap();
    builder
}
