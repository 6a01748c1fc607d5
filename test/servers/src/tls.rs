//! A certification authority for the servers of this process, and their certificate.

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::{Result, anyhow};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name, X509NameRef};

use crate::home::home;

/// Where its files are.
#[derive(Debug)]
pub(crate) struct Tls {
    /// The CA's certificate.
    pub(crate) ca: PathBuf,
    /// For `localhost` and 127.0.0.1.
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// That of this process, made at the first call.
pub(crate) fn tls() -> Result<&'static Tls> {
    static TLS: OnceLock<Result<Tls, String>> = OnceLock::new();
    TLS.get_or_init(|| make().map_err(|error| format!("{error:#}")))
        .as_ref()
        .map_err(|error| anyhow!("{error}"))
}

fn make() -> Result<Tls> {
    let home = home()?;
    let dir = home.path("tls");
    home.directory(&dir)?;
    let files = Tls {
        ca: dir.join("ca.pem"),
        certificate: dir.join("server.pem"),
        key: dir.join("server.key"),
    };
    let ca_key = new_key()?;
    let ca_name = name("cairn test servers")?;
    let mut ca = certificate(1, &ca_name, &ca_name, &ca_key)?;
    ca.append_extension(BasicConstraints::new().critical().ca().build()?)?;
    ca.sign(&ca_key, MessageDigest::sha256())?;

    let key = new_key()?;
    let server_name = name("localhost")?;
    let mut server = certificate(2, &ca_name, &server_name, &key)?;
    let names = SubjectAlternativeName::new()
        .dns("localhost")
        .ip("127.0.0.1")
        .build(&server.x509v3_context(None, None))?;
    server.append_extension(names)?;
    server.sign(&ca_key, MessageDigest::sha256())?;

    home.write(&files.ca, ca.build().to_pem()?)?;
    home.write(&files.certificate, server.build().to_pem()?)?;
    home.write(&files.key, key.private_key_to_pem_pkcs8()?)?;
    Ok(files)
}

fn new_key() -> Result<PKey<Private>> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    Ok(PKey::from_ec_key(EcKey::generate(&group)?)?)
}

fn name(common_name: &str) -> Result<X509Name> {
    let mut builder = X509Name::builder()?;
    builder.append_entry_by_nid(Nid::COMMONNAME, common_name)?;
    Ok(builder.build())
}

/// All but the extensions and the signature.
fn certificate(
    serial: u32,
    issuer: &X509NameRef,
    subject: &X509NameRef,
    key: &PKey<Private>,
) -> Result<X509Builder> {
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    let serial = BigNum::from_u32(serial)?.to_asn1_integer()?;
    builder.set_serial_number(&serial)?;
    builder.set_issuer_name(issuer)?;
    builder.set_subject_name(subject)?;
    let start = Asn1Time::days_from_now(0)?;
    let end = Asn1Time::days_from_now(30)?;
    builder.set_not_before(&start)?;
    builder.set_not_after(&end)?;
    builder.set_pubkey(key)?;
    Ok(builder)
}
