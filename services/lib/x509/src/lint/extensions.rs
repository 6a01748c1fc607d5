//! Extensions: exactly those of the profile, each once, with the right criticality and content.

use std::net::IpAddr;

use cairn_types::{Identifier, KeyType};

use super::reader::{BOOLEAN, OCTET_STRING, OID, Reader, SEQUENCE, context};
use super::{LintError, Subject, require};
use crate::{ExtendedUsage, Issuer, Profile};

/// What the lint of one extension needs to know.
struct Expected<'a> {
    has_subject: bool,
    subject: &'a Subject<'a>,
    profile: &'a Profile,
    issuer: &'a Issuer,
}

/// One kind of extension that leaf certificates may have.
struct Rule {
    oid: &'static [u8],
    name: &'static str,
    section: &'static str,
    /// Whether it must be there; if not, it must be absent.
    wanted: fn(&Expected<'_>) -> bool,
    critical: fn(&Expected<'_>) -> bool,
    /// Whether the value is the right one.
    accepts: fn(Reader<'_>, &Expected<'_>) -> Result<bool, LintError>,
}

const RULES: [Rule; 8] = [
    Rule {
        oid: &[0x55, 0x1d, 0x0f],
        name: "keyUsage",
        section: "BR 7.1.2.7.11",
        wanted: |_| true,
        critical: |_| true,
        accepts: key_usage,
    },
    Rule {
        oid: &[0x55, 0x1d, 0x25],
        name: "extKeyUsage",
        section: "BR 7.1.2.7.10",
        wanted: |_| true,
        critical: |_| false,
        accepts: extended_key_usage,
    },
    Rule {
        oid: &[0x55, 0x1d, 0x13],
        name: "basicConstraints",
        section: "BR 7.1.2.7.8",
        wanted: |_| true,
        critical: |_| true,
        accepts: |mut value, _| Ok(value.expect(SEQUENCE)?.is_empty() && value.is_empty()),
    },
    Rule {
        oid: &[0x55, 0x1d, 0x23],
        name: "authorityKeyIdentifier",
        section: "BR 7.1.2.11.1",
        wanted: |_| true,
        critical: |_| false,
        accepts: authority_key_identifier,
    },
    Rule {
        oid: &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01],
        name: "authorityInfoAccess",
        section: "BR 7.1.2.7.7",
        wanted: |expected| expected.issuer.urls().ca_issuers.is_some(),
        critical: |_| false,
        accepts: authority_info_access,
    },
    Rule {
        oid: &[0x55, 0x1d, 0x11],
        name: "subjectAltName",
        section: "BR 7.1.2.7.12",
        wanted: |_| true,
        critical: |expected| !expected.has_subject,
        accepts: subject_alt_name,
    },
    Rule {
        oid: &[0x55, 0x1d, 0x20],
        name: "certificatePolicies",
        section: "BR 7.1.2.7.9",
        wanted: |expected| !expected.profile.policies.is_empty(),
        critical: |_| false,
        accepts: certificate_policies,
    },
    Rule {
        oid: &[0x55, 0x1d, 0x1f],
        name: "cRLDistributionPoints",
        section: "BR 7.1.2.11.2",
        wanted: |expected| expected.issuer.urls().crl.is_some(),
        critical: |_| false,
        accepts: crl_distribution_points,
    },
];

pub(super) fn lint(
    mut list: Reader<'_>,
    has_subject: bool,
    subject: &Subject<'_>,
    profile: &Profile,
    issuer: &Issuer,
) -> Result<(), LintError> {
    let expected = Expected {
        has_subject,
        subject,
        profile,
        issuer,
    };
    let mut seen = [false; RULES.len()];
    while !list.is_empty() {
        let index = lint_one(list.enter(SEQUENCE)?, &expected)?;
        if std::mem::replace(&mut seen[index], true) {
            return Err(finding(&RULES[index], "occurs twice"));
        }
    }
    let missing = RULES
        .iter()
        .zip(seen)
        .find(|(rule, seen)| (rule.wanted)(&expected) && !seen);
    missing.map_or(Ok(()), |(rule, _)| Err(finding(rule, "is missing")))
}

fn finding(rule: &Rule, what: &str) -> LintError {
    LintError::new(rule.section, format!("the {} extension {what}", rule.name))
}

/// The index of the rule that the extension follows.
fn lint_one(mut extension: Reader<'_>, expected: &Expected<'_>) -> Result<usize, LintError> {
    let oid = extension.expect(OID)?;
    let (index, rule) = RULES
        .iter()
        .enumerate()
        .find(|(_, rule)| rule.oid == oid && (rule.wanted)(expected))
        .ok_or_else(|| {
            LintError::new(
                "BR 7.1.2.7.6 and the profile",
                "an extension is not in the profile",
            )
        })?;
    let critical = extension.is_next(BOOLEAN);
    if critical {
        let value = extension.expect(BOOLEAN)?;
        require(
            value == [0xff],
            "X.690 section 11",
            "a BOOLEAN is not written as DER",
        )?;
    }
    if critical != (rule.critical)(expected) {
        return Err(finding(rule, "has the wrong criticality"));
    }
    let value = extension.enter(OCTET_STRING)?;
    extension.end()?;
    if (rule.accepts)(value, expected)? {
        Ok(index)
    } else {
        Err(finding(rule, "does not have the expected content"))
    }
}

/// A BIT STRING: unused bits, then digitalSignature (0x80) and for RSA perhaps keyEncipherment (0x20).
fn key_usage(mut value: Reader<'_>, expected: &Expected<'_>) -> Result<bool, LintError> {
    let bits = value.expect(0x03)?;
    value.end()?;
    let rsa = expected.subject.public_key.kind() == KeyType::Rsa;
    Ok(if rsa && expected.profile.key_encipherment {
        bits == [5, 0xa0]
    } else {
        bits == [7, 0x80]
    })
}

fn extended_key_usage(mut value: Reader<'_>, expected: &Expected<'_>) -> Result<bool, LintError> {
    let mut list = value.enter(SEQUENCE)?;
    value.end()?;
    for usage in &expected.profile.usages {
        let purpose = match usage {
            ExtendedUsage::ServerAuth => 1,
            ExtendedUsage::ClientAuth => 2,
        };
        if list.expect(OID)? != [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, purpose] {
            return Ok(false);
        }
    }
    Ok(list.is_empty())
}

/// The key identifier alone.
fn authority_key_identifier(mut value: Reader<'_>, expected: &Expected<'_>) -> Result<bool, LintError> {
    let mut sequence = value.enter(SEQUENCE)?;
    value.end()?;
    let key_id = sequence.expect(context(0, false))?;
    Ok(key_id == expected.issuer.certificate().key_id() && sequence.is_empty())
}

/// One caIssuers URI.
fn authority_info_access(mut value: Reader<'_>, expected: &Expected<'_>) -> Result<bool, LintError> {
    let mut list = value.enter(SEQUENCE)?;
    value.end()?;
    let mut description = list.enter(SEQUENCE)?;
    list.end()?;
    let method = description.expect(OID)?;
    let uri = description.expect(context(6, false))?;
    let configured = expected.issuer.urls().ca_issuers.as_deref();
    Ok(method == [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02]
        && Some(uri) == configured.map(str::as_bytes)
        && description.is_empty())
}

/// The validated names, in their order and nothing else.
fn subject_alt_name(mut value: Reader<'_>, expected: &Expected<'_>) -> Result<bool, LintError> {
    let mut names = value.enter(SEQUENCE)?;
    value.end()?;
    for identifier in expected.subject.identifiers {
        let agrees = match identifier {
            Identifier::Dns(name) => {
                let content = names.expect(context(2, false))?;
                content == name.as_str().as_bytes() && is_preferred_name(content)
            }
            Identifier::Ip(IpAddr::V4(address)) => names.expect(context(7, false))? == address.octets(),
            Identifier::Ip(IpAddr::V6(address)) => names.expect(context(7, false))? == address.octets(),
        };
        if !agrees {
            return Ok(false);
        }
    }
    Ok(names.is_empty() && !expected.subject.identifiers.is_empty())
}

/// Lower-case letters, digits and hyphens in labels of 1 to 63, perhaps after `*.`; 253 octets in all.
fn is_preferred_name(name: &[u8]) -> bool {
    let base = name.strip_prefix(b"*.").unwrap_or(name);
    name.len() <= 253
        && base.split(|byte| *byte == b'.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .iter()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        })
}

/// The profile's policies, without qualifiers.
fn certificate_policies(mut value: Reader<'_>, expected: &Expected<'_>) -> Result<bool, LintError> {
    let mut list = value.enter(SEQUENCE)?;
    value.end()?;
    for policy in &expected.profile.policies {
        let mut information = list.enter(SEQUENCE)?;
        if information.expect(OID)? != policy.as_bytes() || !information.is_empty() {
            return Ok(false);
        }
    }
    Ok(list.is_empty())
}

/// One distribution point: a full name of one URI.
fn crl_distribution_points(mut value: Reader<'_>, expected: &Expected<'_>) -> Result<bool, LintError> {
    let mut list = value.enter(SEQUENCE)?;
    value.end()?;
    let mut point = list.enter(SEQUENCE)?;
    list.end()?;
    let mut choice = point.enter(context(0, true))?;
    point.end()?;
    let mut full_name = choice.enter(context(0, true))?;
    choice.end()?;
    let uri = full_name.expect(context(6, false))?;
    let configured = expected.issuer.urls().crl.as_deref();
    Ok(Some(uri) == configured.map(str::as_bytes) && full_name.is_empty())
}
