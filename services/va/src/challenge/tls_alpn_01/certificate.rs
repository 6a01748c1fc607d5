//! The rules for the certificate of tls-alpn-01 (RFC 8737 section 3).

use std::net::IpAddr;

use cairn_types::Identifier;
use der::Decode;
use der::asn1::ObjectIdentifier;
use openssl::x509::X509;
use x509_cert::Certificate;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::text::clean;

const ACME_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.31");
/// From drafts before RFC 8737; certificates with it prove nothing.
const OLD_ACME_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.30.1");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");

/// What is wrong with a certificate.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("it cannot be decoded")]
    Undecodable,
    #[error("it is not self-signed, and probably the usual certificate of the site")]
    NotSelfSigned,
    #[error("the extension {0} is there twice")]
    Duplicate(ObjectIdentifier),
    #[error("it has no subjectAltName")]
    NoNames,
    #[error("its subjectAltName is not exactly the identifier")]
    Names { expected: String, found: String },
    #[error("it has no acmeIdentifier extension, and is probably the usual certificate of the site")]
    NoDigest,
    #[error("it has the acmeIdentifier extension of an old draft, 1.3.6.1.5.5.7.1.30.1")]
    OldDigest,
    #[error("its acmeIdentifier extension is not critical")]
    NotCritical,
    #[error("its acmeIdentifier extension does not hold the digest of the key authorization")]
    Digest { expected: String, found: String },
}

impl Fault {
    /// What there should have been, and what there was, if that can be said in a line.
    pub(super) fn difference(self) -> Option<(String, String)> {
        match self {
            Self::Names { expected, found } | Self::Digest { expected, found } => Some((expected, found)),
            _ => None,
        }
    }
}

/// Checks every rule; the first broken one is the error.
pub(super) fn check(certificate: &X509, identifier: &Identifier, digest: &[u8; 32]) -> Result<(), Fault> {
    let der = certificate.to_der().map_err(|_| Fault::Undecodable)?;
    let decoded = Certificate::from_der(&der).map_err(|_| Fault::Undecodable)?;
    let tbs = decoded.tbs_certificate();
    if tbs.subject() != tbs.issuer() || !is_signed_by_itself(certificate) {
        return Err(Fault::NotSelfSigned);
    }
    let extensions = tbs.extensions().map_or(&[][..], |extensions| extensions);
    for (index, extension) in extensions.iter().enumerate() {
        if extensions[..index]
            .iter()
            .any(|earlier| earlier.extn_id == extension.extn_id)
        {
            return Err(Fault::Duplicate(extension.extn_id));
        }
    }
    let find = |id| extensions.iter().find(|extension| extension.extn_id == id);
    check_names(find(SUBJECT_ALT_NAME).ok_or(Fault::NoNames)?, identifier)?;
    match (find(ACME_IDENTIFIER), find(OLD_ACME_IDENTIFIER)) {
        (_, Some(_)) => Err(Fault::OldDigest),
        (Some(extension), None) => check_digest(extension, digest),
        (None, None) => Err(Fault::NoDigest),
    }
}

fn is_signed_by_itself(certificate: &X509) -> bool {
    certificate
        .public_key()
        .and_then(|key| certificate.verify(&key))
        .unwrap_or(false)
}

fn check_names(extension: &Extension, identifier: &Identifier) -> Result<(), Fault> {
    let names = SubjectAltName::from_der(extension.extn_value.as_bytes()).map_err(|_| Fault::Undecodable)?;
    let matches = match (&names.0[..], identifier) {
        ([GeneralName::DnsName(found)], Identifier::Dns(name)) => {
            found.as_str().eq_ignore_ascii_case(name.base())
        }
        ([GeneralName::IpAddress(found)], Identifier::Ip(IpAddr::V4(address))) => {
            found.as_bytes() == address.octets()
        }
        ([GeneralName::IpAddress(found)], Identifier::Ip(IpAddr::V6(address))) => {
            found.as_bytes() == address.octets()
        }
        _ => false,
    };
    if matches {
        return Ok(());
    }
    let found: Vec<_> = names.0.iter().take(5).map(show).collect();
    let more = if names.0.len() > 5 { ", …" } else { "" };
    Err(Fault::Names {
        expected: identifier.to_string(),
        found: format!("[{}{more}]", found.join(", ")),
    })
}

fn show(name: &GeneralName) -> String {
    match name {
        GeneralName::DnsName(name) => clean(name.as_str(), 100),
        GeneralName::IpAddress(octets) => match <[u8; 4]>::try_from(octets.as_bytes()) {
            Ok(octets) => IpAddr::from(octets).to_string(),
            Err(_) => <[u8; 16]>::try_from(octets.as_bytes()).map_or_else(
                |_| "a malformed address".to_owned(),
                |octets| IpAddr::from(octets).to_string(),
            ),
        },
        _ => "a name of another kind".to_owned(),
    }
}

/// The value must be the DER of an OCTET STRING that holds the digest, to the last bit.
fn check_digest(extension: &Extension, digest: &[u8; 32]) -> Result<(), Fault> {
    if !extension.critical {
        return Err(Fault::NotCritical);
    }
    let expected = [&[0x04, 0x20], &digest[..]].concat();
    let found = extension.extn_value.as_bytes();
    if found == expected {
        return Ok(());
    }
    Err(Fault::Digest {
        expected: hex::encode(&expected),
        found: hex::encode(&found[..found.len().min(64)]),
    })
}
