//! A certification authority for the processes among themselves.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name};

use cairn_testkit::keys::KeyKind;

/// The authority, whose files are in a folder.
pub(super) struct Certificates {
    dir: PathBuf,
    key: PKey<Private>,
}

impl Certificates {
    pub(super) fn new(dir: &Path) -> Result<Self> {
        let key = KeyKind::P256.generate()?;
        let mut builder = builder("bench", &key)?;
        builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
        builder.sign(&key, MessageDigest::sha256())?;
        fs::write(dir.join("ca.pem"), builder.build().to_pem()?)?;
        Ok(Self {
            dir: dir.to_owned(),
            key,
        })
    }

    /// Writes `NAME.pem` and `NAME.key` for `NAME.cairn`.
    pub(super) fn write(&self, name: &str) -> Result<()> {
        let key = KeyKind::P256.generate()?;
        let mut builder = builder(name, &key)?;
        let names = SubjectAlternativeName::new()
            .dns(&format!("{name}.cairn"))
            .build(&builder.x509v3_context(None, None))?;
        builder.append_extension(names)?;
        builder.sign(&self.key, MessageDigest::sha256())?;
        fs::write(self.dir.join(format!("{name}.pem")), builder.build().to_pem()?)?;
        secret(
            &self.dir.join(format!("{name}.key")),
            &key.private_key_to_pem_pkcs8()?,
        )?;
        Ok(())
    }
}

/// Writes what nobody else may read.
pub(super) fn secret(path: &Path, content: &[u8]) -> Result<()> {
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    Ok(file.write_all(content)?)
}

/// All but the extensions and the signature; the issuer is always the authority.
fn builder(subject: &str, key: &PKey<Private>) -> Result<X509Builder> {
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    let mut serial = BigNum::new()?;
    serial.rand(64, openssl::bn::MsbOption::ONE, false)?;
    builder.set_serial_number(serial.to_asn1_integer()?.as_ref())?;
    builder.set_issuer_name(name("bench")?.as_ref())?;
    builder.set_subject_name(name(subject)?.as_ref())?;
    builder.set_not_before(Asn1Time::days_from_now(0)?.as_ref())?;
    builder.set_not_after(Asn1Time::days_from_now(2)?.as_ref())?;
    builder.set_pubkey(key)?;
    Ok(builder)
}

fn name(common_name: &str) -> Result<X509Name> {
    let mut builder = X509Name::builder()?;
    builder.append_entry_by_text("CN", common_name)?;
    Ok(builder.build())
}
