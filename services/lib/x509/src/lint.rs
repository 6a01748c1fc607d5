//! The lint before the signature.
//!
//! It reads the to-be-signed octets with a decoder of its own and accepts only what the profile, the issuer
//! and the request allow, field by field. What it does not know, it refuses. Each refusal cites RFC 5280 or
//! the CA/B Baseline Requirements ("BR").

mod extensions;
mod reader;

use cairn_types::{Duration, Identifier, Serial, SpkiHash, Timestamp};
use time::{Date, Month, PrimitiveDateTime, Time};

use crate::validity::SIGNING_WINDOW;
use crate::{Issuer, Profile, PublicKey, RequestedValidity, Validity};
use reader::{GENERALIZED_TIME, INTEGER, OID, Reader, SEQUENCE, SET, UTC_TIME, UTF8_STRING, context};

/// Why the octets must not be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{finding} ({rule})")]
pub struct LintError {
    /// The rule that forbids it.
    pub rule: &'static str,
    /// What was found.
    pub finding: String,
}

impl LintError {
    fn new(rule: &'static str, finding: impl Into<String>) -> Self {
        Self {
            rule,
            finding: finding.into(),
        }
    }
}

fn require(holds: bool, rule: &'static str, finding: &str) -> Result<(), LintError> {
    if holds {
        Ok(())
    } else {
        Err(LintError::new(rule, finding))
    }
}

/// What a certificate has to agree with, besides its profile and issuer.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The names that were validated, sorted.
    pub identifiers: &'a [Identifier],
    /// The key of the request.
    pub public_key: &'a PublicKey,
    /// The validity that the order asks for.
    pub requested: RequestedValidity,
}

/// To-be-signed octets that passed the lint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintedTbs {
    octets: Vec<u8>,
    serial: Serial,
    validity: Validity,
    issuer_key: SpkiHash,
}

impl LintedTbs {
    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.octets
    }

    /// The serial number in them.
    pub const fn serial(&self) -> Serial {
        self.serial
    }

    /// The validity in them.
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// The key of the issuer that they were linted for.
    pub(crate) const fn issuer_key(&self) -> SpkiHash {
        self.issuer_key
    }
}

/// Accepts octets that may be signed now. The same octets, kept for a while, may be linted again: how long
/// is bounded by the 48 hours that BR 7.1.2.7 allows between notBefore and the signature.
pub fn lint(
    octets: Vec<u8>,
    subject: &Subject<'_>,
    profile: &Profile,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<LintedTbs, LintError> {
    let mut outer = Reader::new(&octets);
    let mut fields = outer.enter(SEQUENCE)?;
    outer.end()?;

    let version = fields.expect(context(0, true))?;
    require(
        version == [INTEGER, 1, 2],
        "RFC 5280 section 4.1.2.1",
        "the version is not 3",
    )?;
    let serial = lint_serial(fields.expect(INTEGER)?)?;
    let algorithm = fields.next()?.whole;
    require(
        algorithm == issuer.algorithm().identifier(),
        "BR 7.1.3.2",
        "the signature algorithm is not the issuer's, to the byte",
    )?;
    let name = fields.next()?.whole;
    require(
        name == issuer.certificate().subject(),
        "BR 7.1.4.1",
        "the issuer is not the subject of the CA certificate, to the byte",
    )?;
    let validity = read_validity(fields.enter(SEQUENCE)?)?;
    lint_validity(validity, subject.requested, profile, issuer, now)?;
    let has_subject = lint_subject(fields.enter(SEQUENCE)?, subject, profile)?;
    let key = fields.next()?.whole;
    require(
        key == subject.public_key.as_der(),
        "BR 7.1.3.1",
        "the key is not that of the request, to the byte",
    )?;
    let mut wrapper = fields.enter(context(3, true))?;
    fields.end()?;
    let list = wrapper.enter(SEQUENCE)?;
    wrapper.end()?;
    extensions::lint(list, has_subject, subject, profile, issuer)?;

    Ok(LintedTbs {
        octets,
        serial,
        validity,
        issuer_key: issuer.certificate().public_key().hash(),
    })
}

/// BR 7.1: positive, below 2^159, at least 64 random bits; here always 16 octets, see [`Serial`].
fn lint_serial(content: &[u8]) -> Result<Serial, LintError> {
    Serial::from_slice(content).map_err(|_| {
        LintError::new(
            "BR 7.1",
            "the serial number is not 16 octets with a prefix of 1 to 127",
        )
    })
}

fn read_validity(mut reader: Reader<'_>) -> Result<Validity, LintError> {
    let validity = Validity {
        not_before: read_time(&mut reader)?,
        not_after: read_time(&mut reader)?,
    };
    reader.end()?;
    Ok(validity)
}

/// `YYMMDDHHMMSSZ` for 1950 to 2049, `YYYYMMDDHHMMSSZ` from 2050 on.
fn read_time(reader: &mut Reader<'_>) -> Result<Timestamp, LintError> {
    const RULE: &str = "RFC 5280 section 4.1.2.5";
    let fault = || LintError::new(RULE, "a time is not in one of the two forms");
    let element = reader.next()?;
    let digits = element.content.strip_suffix(b"Z").ok_or_else(fault)?;
    let (year_digits, rest) = match (element.tag, digits.len()) {
        (UTC_TIME, 12) => digits.split_at(2),
        (GENERALIZED_TIME, 14) => digits.split_at(4),
        _ => return Err(fault()),
    };
    let year = match (element.tag, number(year_digits).ok_or_else(fault)?) {
        (UTC_TIME, year @ 0..50) => 2000 + year,
        (UTC_TIME, year) => 1900 + year,
        (_, year) => year,
    };
    require(
        (element.tag == GENERALIZED_TIME) == (year >= 2050),
        RULE,
        "a time is UTCTime until 2049 and GeneralizedTime from 2050 on",
    )?;
    let part =
        |index: usize| number(&rest[2 * index..2 * index + 2]).and_then(|value| u8::try_from(value).ok());
    let at = (|| {
        let month = Month::try_from(part(0)?).ok()?;
        let date = Date::from_calendar_date(i32::from(year), month, part(1)?).ok()?;
        let time = Time::from_hms(part(2)?, part(3)?, part(4)?).ok()?;
        Some(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp())
    })();
    at.map(Timestamp::from_secs).ok_or_else(fault)
}

fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |value, digit| {
        let digit = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

fn lint_validity(
    validity: Validity,
    requested: RequestedValidity,
    profile: &Profile,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<(), LintError> {
    let Validity {
        not_before,
        not_after,
    } = validity;
    let distance = not_before.since(now).max(now.since(not_before));
    require(
        distance <= SIGNING_WINDOW,
        "BR 7.1.2.7",
        "notBefore is more than 48 hours from the signing",
    )?;
    require(
        not_before < not_after,
        "RFC 5280 section 4.1.2.5",
        "notAfter is not after notBefore",
    )?;
    let length = not_after.since(not_before) + Duration::from_secs(1);
    let as_requested = requested.not_before.is_none_or(|at| at == not_before)
        && requested.not_after.is_none_or(|at| at == not_after);
    require(
        as_requested,
        "RFC 8555 section 7.4",
        "the validity is not the requested one",
    )?;
    require(
        requested.not_before.is_some() || not_before <= now,
        "the profile",
        "notBefore lies in the future and was not requested",
    )?;
    let as_granted = if requested.not_after.is_some() {
        length <= profile.validity
    } else {
        length == profile.validity
    };
    require(
        as_granted,
        "BR 6.3.2 and the profile",
        "the length of the validity is not the profile's",
    )?;
    require(
        not_after <= issuer.certificate().not_after(),
        "RFC 5280 section 6.1",
        "the certificate would outlive its issuer",
    )
}

/// The subject is empty, or a common name that is one of the DNS names (BR 7.1.4.3). True if there is one.
fn lint_subject(mut name: Reader<'_>, subject: &Subject<'_>, profile: &Profile) -> Result<bool, LintError> {
    const RULE: &str = "BR 7.1.2.7.2";
    if name.is_empty() {
        return Ok(false);
    }
    require(profile.common_name, RULE, "the subject is not empty")?;
    let mut set = name.enter(SET)?;
    name.end()?;
    let mut attribute = set.enter(SEQUENCE)?;
    set.end()?;
    let oid = attribute.expect(OID)?;
    let value = attribute.expect(UTF8_STRING)?;
    attribute.end()?;
    require(
        oid == [0x55, 0x04, 0x03],
        RULE,
        "the subject has more than a common name",
    )?;
    let is_name = |identifier: &Identifier| matches!(identifier, Identifier::Dns(name) if name.as_str().as_bytes() == value);
    require(
        subject.identifiers.iter().any(is_name),
        "BR 7.1.4.3",
        "the common name is not one of the DNS names",
    )?;
    require(
        value.len() <= 64,
        "RFC 5280 appendix A.1",
        "the common name is longer than 64 octets",
    )?;
    Ok(true)
}

#[cfg(test)]
mod tests;
