//! Certificates that a CA signed, and the lines that its log has about them.

use std::path::{Path, PathBuf};

use cairn_kit::{SystemClock, SystemRng};
use cairn_types::{Account, Clock, OrderId, Serial};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509NameBuilder};
use serde_json::json;

/// A certificate in the world.
pub(crate) struct Signed {
    pub(crate) serial: Serial,
    pub(crate) order: OrderId,
    pub(crate) account: Account,
    pub(crate) der: Vec<u8>,
}

impl Signed {
    pub(crate) fn new(account: Account) -> Self {
        Self::lasting(account, 90)
    }

    /// One that is valid for as many days.
    pub(crate) fn lasting(account: Account, days: u32) -> Self {
        let serial = Serial::new(1, &SystemClock, &SystemRng).unwrap();
        Self {
            serial,
            order: OrderId::new(&SystemClock, &SystemRng),
            account,
            der: certificate(serial, days).to_der().unwrap(),
        }
    }

    /// What the CA logs.
    pub(crate) fn line(&self) -> String {
        record(
            "certificate.signed",
            &self.serial.to_string(),
            &json!({
                "order": self.order.to_string(),
                "account": self.account.id.to_string(),
                "account_key": self.account.jwk,
                "profile": "classic",
                "issuer": "e1",
                "evidence": [],
                "certificate": openssl::base64::encode_block(&self.der),
            }),
        )
    }
}

/// A record of the audit log as a line, with what a collector puts before it.
pub(crate) fn record(event: &str, id: &str, details: &serde_json::Value) -> String {
    let line = json!({
        "timestamp": SystemClock.now().to_rfc3339(),
        "level": "INFO",
        "target": "audit",
        "event": event,
        "id": id,
        "actor": "operator ada",
        "details": details.to_string(),
    });
    format!("Nov 23 18:00:00 ca1 cairn-ca[7]: {line}")
}

/// Writes a log, with lines between that do not matter.
pub(crate) fn write(directory: &Path, lines: &[String]) -> PathBuf {
    let path = directory.join("ca.log");
    let noise = "{\"target\":\"cairn_ca\",\"message\":\"nothing about certificate.signed\"}\nstarting\n";
    std::fs::write(&path, format!("{noise}{}\n{noise}", lines.join("\n"))).unwrap();
    path
}

fn certificate(serial: Serial, days: u32) -> X509 {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let name = X509NameBuilder::new().unwrap().build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let number = BigNum::from_slice(serial.as_bytes()).unwrap();
    builder
        .set_serial_number(&number.to_asn1_integer().unwrap())
        .unwrap();
    builder.set_issuer_name(&name).unwrap();
    let yesterday = Asn1Time::from_unix(SystemClock.now().as_secs() - 86_400).unwrap();
    builder.set_not_before(&yesterday).unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(days).unwrap())
        .unwrap();
    builder.set_pubkey(&key).unwrap();
    let names = SubjectAlternativeName::new()
        .dns("www.example.org")
        .build(&builder.x509v3_context(None, None))
        .unwrap();
    builder.append_extension(names).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    builder.build()
}
