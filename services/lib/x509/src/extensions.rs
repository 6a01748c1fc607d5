//! Extensions, as they are written.

use std::net::IpAddr;

use cairn_types::Identifier;
use der::Encode;
use der::asn1::{Ia5String, ObjectIdentifier, OctetString};
use der::flagset::FlagSet;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::certpolicy::PolicyInformation;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};

/// Object identifiers of extensions and what is in them (RFC 5280).
pub(crate) mod oid {
    use der::asn1::ObjectIdentifier;

    const fn oid(text: &str) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(text)
    }

    pub(crate) const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.14");
    pub(crate) const KEY_USAGE: ObjectIdentifier = oid("2.5.29.15");
    pub(crate) const SUBJECT_ALT_NAME: ObjectIdentifier = oid("2.5.29.17");
    pub(crate) const BASIC_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.19");
    pub(crate) const CRL_DISTRIBUTION_POINTS: ObjectIdentifier = oid("2.5.29.31");
    pub(crate) const CERTIFICATE_POLICIES: ObjectIdentifier = oid("2.5.29.32");
    pub(crate) const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.35");
    pub(crate) const EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37");
    pub(crate) const AUTHORITY_INFO_ACCESS: ObjectIdentifier = oid("1.3.6.1.5.5.7.1.1");
    pub(crate) const TLS_FEATURE: ObjectIdentifier = oid("1.3.6.1.5.5.7.1.24");
    pub(crate) const CA_ISSUERS: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.2");
    pub(crate) const SERVER_AUTH: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.1");
    pub(crate) const CLIENT_AUTH: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.2");
}

/// What a leaf's key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtendedUsage {
    /// TLS servers.
    ServerAuth,
    /// TLS clients.
    ClientAuth,
}

impl ExtendedUsage {
    const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::ServerAuth => oid::SERVER_AUTH,
            Self::ClientAuth => oid::CLIENT_AUTH,
        }
    }
}

fn extension(id: ObjectIdentifier, critical: bool, value: &impl Encode) -> der::Result<Extension> {
    Ok(Extension {
        extn_id: id,
        critical,
        extn_value: OctetString::new(value.to_der()?)?,
    })
}

/// Says that the subject is no CA.
pub(crate) fn leaf_constraints() -> der::Result<Extension> {
    let value = BasicConstraints {
        ca: false,
        path_len_constraint: None,
    };
    extension(oid::BASIC_CONSTRAINTS, true, &value)
}

/// Says that the subject is a CA, with at most so many CAs below it.
pub(crate) fn ca_constraints(path_length: Option<u8>) -> der::Result<Extension> {
    let value = BasicConstraints {
        ca: true,
        path_len_constraint: path_length,
    };
    extension(oid::BASIC_CONSTRAINTS, true, &value)
}

pub(crate) fn key_usage(usages: impl Into<FlagSet<KeyUsages>>) -> der::Result<Extension> {
    extension(oid::KEY_USAGE, true, &KeyUsage(usages.into()))
}

pub(crate) fn extended_key_usage(usages: &[ExtendedUsage]) -> der::Result<Extension> {
    let value = usages.iter().map(|usage| usage.oid()).collect::<Vec<_>>();
    extension(oid::EXTENDED_KEY_USAGE, false, &value)
}

/// The names; critical if and only if the subject is empty (RFC 5280 section 4.2.1.6).
pub(crate) fn subject_alt_name(identifiers: &[Identifier], critical: bool) -> der::Result<Extension> {
    let names = identifiers
        .iter()
        .map(|identifier| {
            Ok(match identifier {
                Identifier::Dns(name) => GeneralName::DnsName(Ia5String::new(name.as_str())?),
                Identifier::Ip(IpAddr::V4(address)) => {
                    GeneralName::IpAddress(OctetString::new(address.octets())?)
                }
                Identifier::Ip(IpAddr::V6(address)) => {
                    GeneralName::IpAddress(OctetString::new(address.octets())?)
                }
            })
        })
        .collect::<der::Result<Vec<_>>>()?;
    extension(oid::SUBJECT_ALT_NAME, critical, &names)
}

/// The issuer's key, by its identifier alone (BR 7.1.2.11.1).
pub(crate) fn authority_key_id(key_id: &[u8]) -> der::Result<Extension> {
    let value = AuthorityKeyIdentifier {
        key_identifier: Some(OctetString::new(key_id)?),
        authority_cert_issuer: None,
        authority_cert_serial_number: None,
    };
    extension(oid::AUTHORITY_KEY_IDENTIFIER, false, &value)
}

pub(crate) fn subject_key_id(key_id: &[u8]) -> der::Result<Extension> {
    let value = SubjectKeyIdentifier(OctetString::new(key_id)?);
    extension(oid::SUBJECT_KEY_IDENTIFIER, false, &value)
}

/// Where the issuer's certificate is found.
pub(crate) fn authority_info_access(ca_issuers: &str) -> der::Result<Extension> {
    let value = vec![AccessDescription {
        access_method: oid::CA_ISSUERS,
        access_location: GeneralName::UniformResourceIdentifier(Ia5String::new(ca_issuers)?),
    }];
    extension(oid::AUTHORITY_INFO_ACCESS, false, &value)
}

/// Where the CRL is found.
pub(crate) fn crl_distribution_points(url: &str) -> der::Result<Extension> {
    let name = GeneralName::UniformResourceIdentifier(Ia5String::new(url)?);
    let value = vec![DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![name])),
        reasons: None,
        crl_issuer: None,
    }];
    extension(oid::CRL_DISTRIBUTION_POINTS, false, &value)
}

/// The policies, without qualifiers (BR 7.1.2.7.9).
pub(crate) fn certificate_policies(policies: &[ObjectIdentifier]) -> der::Result<Extension> {
    let value = policies
        .iter()
        .map(|policy| PolicyInformation {
            policy_identifier: *policy,
            policy_qualifiers: None,
        })
        .collect::<Vec<_>>();
    extension(oid::CERTIFICATE_POLICIES, false, &value)
}
