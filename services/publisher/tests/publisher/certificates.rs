//! A precertificate, and the same certificate without poison.

use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Extension, X509NameBuilder};

pub(crate) struct Pair {
    pub(crate) issuer: Vec<u8>,
    pub(crate) issuer_spki: Vec<u8>,
    pub(crate) precertificate: Vec<u8>,
    pub(crate) certificate: Vec<u8>,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let issuer_key = key();
        let issuer = certificate("issuer", &key_of(&issuer_key), &issuer_key, true, false);
        let leaf_key = key();
        let leaf = |poison| {
            let leaf = certificate("leaf", &key_of(&leaf_key), &issuer_key, false, poison);
            leaf.to_der().unwrap()
        };
        Self {
            issuer: issuer.to_der().unwrap(),
            issuer_spki: issuer_key.public_key_to_der().unwrap(),
            precertificate: leaf(true),
            certificate: leaf(false),
        }
    }

    /// The to-be-signed part of the certificate without poison: the first element in the outer sequence.
    pub(crate) fn clean_tbs(&self) -> &[u8] {
        let content = &self.certificate[header(&self.certificate).0..];
        let (start, length) = header(content);
        &content[..start + length]
    }
}

/// The length of the header of a DER value, and that of its content.
fn header(der: &[u8]) -> (usize, usize) {
    match der[1] {
        short @ 0..=0x7f => (2, usize::from(short)),
        0x81 => (3, usize::from(der[2])),
        0x82 => (4, usize::from(u16::from_be_bytes([der[2], der[3]]))),
        _ => panic!("longer than anything here"),
    }
}

pub(crate) fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn key_of(key: &PKey<Private>) -> PKey<openssl::pkey::Public> {
    PKey::public_key_from_der(&key.public_key_to_der().unwrap()).unwrap()
}

/// A certificate for `name`, of a fixed serial, signed by `signer` in the name of "issuer".
pub(crate) fn certificate(
    name: &str,
    key: &PKey<openssl::pkey::Public>,
    signer: &PKey<Private>,
    ca: bool,
    poison: bool,
) -> X509 {
    let named = |text| {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", text).unwrap();
        name.build()
    };
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(77).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&named(name)).unwrap();
    builder.set_issuer_name(&named("issuer")).unwrap();
    builder.set_pubkey(key).unwrap();
    let today = Asn1Time::days_from_now(0).unwrap();
    builder.set_not_before(&today).unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(9).unwrap())
        .unwrap();
    let mut constraints = BasicConstraints::new();
    if ca {
        constraints.ca();
    }
    builder
        .append_extension(constraints.critical().build().unwrap())
        .unwrap();
    if poison {
        let oid = Asn1Object::from_str("1.3.6.1.4.1.11129.2.4.3").unwrap();
        let null = Asn1OctetString::new_from_bytes(&[5, 0]).unwrap();
        builder
            .append_extension(X509Extension::new_from_der(&oid, true, &null).unwrap())
            .unwrap();
    }
    if !ca {
        let context = builder.x509v3_context(None, None);
        let alternative = SubjectAlternativeName::new()
            .dns("leaf.test")
            .ip("127.0.0.1")
            .build(&context)
            .unwrap();
        builder.append_extension(alternative).unwrap();
    }
    builder.sign(signer, MessageDigest::sha256()).unwrap();
    builder.build()
}
