//! The encoding of receipts. Tags are never given a second meaning; a new field means a new version.

use std::net::{IpAddr, SocketAddr};

use cairn_types::{ErrorKind, Identifier, Thumbprint, Timestamp};
use prost::Message;

use crate::receipt::{Caa, CaaVerdict, Check, Dnssec, Outcome, Proof, Receipt};

const VERSION: u32 = 2;

const MAX_TEXT: usize = 2048;
const MAX_RESOLVED: usize = 64;
const MAX_CONTACTED: usize = 32;
const MAX_REDIRECTS: usize = 10;
const MAX_RECORDS: usize = 16;

#[derive(Clone, PartialEq, Message)]
struct WireReceipt {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(string, tag = "2")]
    perspective: String,
    #[prost(string, tag = "3")]
    rir: String,
    #[prost(string, tag = "4")]
    software: String,
    #[prost(bytes = "vec", tag = "5")]
    thumbprint: Vec<u8>,
    #[prost(string, tag = "6")]
    account_uri: String,
    #[prost(string, tag = "7")]
    identifier_type: String,
    #[prost(string, tag = "8")]
    identifier_value: String,
    #[prost(bool, tag = "9")]
    wildcard: bool,
    #[prost(string, tag = "10")]
    method: String,
    /// Absent: CAA alone was checked.
    #[prost(message, optional, tag = "11")]
    proof: Option<WireProof>,
    #[prost(message, optional, tag = "12")]
    caa: Option<WireCaa>,
    /// Empty: valid. Otherwise the name of the problem.
    #[prost(string, tag = "13")]
    refused: String,
    #[prost(string, tag = "14")]
    resolver: String,
    #[prost(int64, tag = "15")]
    started_ms: i64,
    #[prost(int64, tag = "16")]
    finished_ms: i64,
    #[prost(bytes = "vec", tag = "17")]
    attempt: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct WireProof {
    #[prost(bytes = "vec", tag = "1")]
    token_sha256: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    key_authorization_sha256: Vec<u8>,
    #[prost(string, repeated, tag = "3")]
    resolved: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    contacted: Vec<String>,
    #[prost(string, repeated, tag = "5")]
    redirects: Vec<String>,
    #[prost(string, tag = "6")]
    matched: String,
    #[prost(string, tag = "7")]
    dnssec: String,
    #[prost(int64, optional, tag = "8")]
    valid_until_ms: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct WireCaa {
    #[prost(int64, tag = "1")]
    checked_ms: i64,
    #[prost(string, tag = "2")]
    verdict: String,
    #[prost(string, tag = "3")]
    found_at: String,
    #[prost(string, repeated, tag = "4")]
    records: Vec<String>,
    #[prost(string, tag = "5")]
    dnssec: String,
}

/// The one encoding of a receipt.
pub(crate) fn encode(receipt: &Receipt) -> Vec<u8> {
    let texts = |addresses: &[SocketAddr]| addresses.iter().map(SocketAddr::to_string).collect();
    WireReceipt {
        version: VERSION,
        perspective: receipt.perspective.clone(),
        rir: receipt.rir.as_str().to_owned(),
        software: receipt.software.clone(),
        thumbprint: receipt.thumbprint.0.to_vec(),
        account_uri: receipt.account_uri.clone(),
        identifier_type: receipt.identifier.kind().to_owned(),
        identifier_value: receipt.identifier.value(),
        wildcard: receipt.wildcard,
        method: receipt.method.as_str().to_owned(),
        proof: match &receipt.check {
            Check::CaaOnly => None,
            Check::Validation(proof) => Some(WireProof {
                token_sha256: proof.token_sha256.to_vec(),
                key_authorization_sha256: proof.key_authorization_sha256.to_vec(),
                resolved: proof.resolved.iter().map(IpAddr::to_string).collect(),
                contacted: texts(&proof.contacted),
                redirects: proof.redirects.clone(),
                matched: proof.matched.clone().unwrap_or_default(),
                dnssec: dnssec_text(proof.dnssec),
                valid_until_ms: proof.valid_until.map(Timestamp::as_millis),
            }),
        },
        caa: receipt.caa.as_ref().map(|caa| WireCaa {
            checked_ms: caa.checked.as_millis(),
            verdict: caa.verdict.as_str().to_owned(),
            found_at: caa.found_at.clone().unwrap_or_default(),
            records: caa.records.clone(),
            dnssec: dnssec_text(caa.dnssec),
        }),
        refused: match receipt.outcome {
            Outcome::Valid => String::new(),
            Outcome::Refused(kind) => kind.as_str().to_owned(),
        },
        resolver: receipt.resolver.clone(),
        started_ms: receipt.started.as_millis(),
        finished_ms: receipt.finished.as_millis(),
        attempt: receipt.attempt.to_vec(),
    }
    .encode_to_vec()
}

/// Decodes a receipt; the error says what is wrong with the bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<Receipt, &'static str> {
    let wire = WireReceipt::decode(bytes).map_err(|_| "it is not a protocol buffer message")?;
    if wire.version != VERSION {
        return Err("its version is not known");
    }
    let receipt = convert(wire)?;
    if encode(&receipt) != bytes {
        return Err("its encoding is not canonical");
    }
    check(&receipt)?;
    Ok(receipt)
}

fn convert(wire: WireReceipt) -> Result<Receipt, &'static str> {
    Ok(Receipt {
        attempt: octets(wire.attempt)?,
        perspective: wire.perspective,
        rir: wire.rir.parse().map_err(|_| "its region is not known")?,
        software: wire.software,
        thumbprint: Thumbprint(octets(wire.thumbprint)?),
        account_uri: wire.account_uri,
        identifier: Identifier::parse(&wire.identifier_type, &wire.identifier_value)
            .map_err(|_| "its identifier is not one")?,
        wildcard: wire.wildcard,
        method: wire.method.parse().map_err(|_| "its method is not known")?,
        check: match wire.proof {
            None => Check::CaaOnly,
            Some(proof) => Check::Validation(proof_from(proof)?),
        },
        caa: wire.caa.map(caa_from).transpose()?,
        outcome: if wire.refused.is_empty() {
            Outcome::Valid
        } else {
            Outcome::Refused(ErrorKind::from_name(&wire.refused).ok_or("its problem is not known")?)
        },
        resolver: wire.resolver,
        started: Timestamp::from_millis(wire.started_ms),
        finished: Timestamp::from_millis(wire.finished_ms),
    })
}

fn proof_from(wire: WireProof) -> Result<Proof, &'static str> {
    Ok(Proof {
        token_sha256: octets(wire.token_sha256)?,
        key_authorization_sha256: octets(wire.key_authorization_sha256)?,
        resolved: addresses(&wire.resolved)?,
        contacted: addresses(&wire.contacted)?,
        redirects: wire.redirects,
        matched: (!wire.matched.is_empty()).then_some(wire.matched),
        dnssec: dnssec_from(&wire.dnssec)?,
        valid_until: wire.valid_until_ms.map(Timestamp::from_millis),
    })
}

fn caa_from(wire: WireCaa) -> Result<Caa, &'static str> {
    Ok(Caa {
        checked: Timestamp::from_millis(wire.checked_ms),
        verdict: CaaVerdict::from_name(&wire.verdict).ok_or("its CAA verdict is not known")?,
        found_at: (!wire.found_at.is_empty()).then_some(wire.found_at),
        records: wire.records,
        dnssec: dnssec_from(&wire.dnssec)?,
    })
}

fn dnssec_text(state: Option<Dnssec>) -> String {
    state.map_or("", Dnssec::as_str).to_owned()
}

/// Empty: no state.
fn dnssec_from(text: &str) -> Result<Option<Dnssec>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    Dnssec::from_name(text)
        .map(Some)
        .ok_or("its DNSSEC state is not known")
}

fn octets<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N], &'static str> {
    bytes
        .try_into()
        .map_err(|_| "a digest or id in it has not the right length")
}

fn addresses<A: std::str::FromStr>(texts: &[String]) -> Result<Vec<A>, &'static str> {
    texts
        .iter()
        .map(|text| text.parse().map_err(|_| "an address in it is not one"))
        .collect()
}

/// What holds for every receipt, whoever signed it.
pub(crate) fn check(receipt: &Receipt) -> Result<(), &'static str> {
    if receipt.perspective.is_empty() || receipt.account_uri.is_empty() {
        return Err("its perspective or account is empty");
    }
    if receipt.identifier.is_wildcard() {
        return Err("its identifier starts with *.");
    }
    if receipt.finished < receipt.started {
        return Err("it ends before it begins");
    }
    check_bounds(receipt)?;
    let during = |caa: &Caa| receipt.started <= caa.checked && caa.checked <= receipt.finished;
    if !receipt.caa.as_ref().is_none_or(during) {
        return Err("CAA was checked outside its time");
    }
    let permitted = receipt
        .caa
        .as_ref()
        .is_some_and(|caa| !matches!(caa.verdict, CaaVerdict::Forbidden | CaaVerdict::Failed));
    if receipt.outcome == Outcome::Valid && !permitted {
        return Err("it is valid without permission by CAA");
    }
    Ok(())
}

fn check_bounds(receipt: &Receipt) -> Result<(), &'static str> {
    let no_texts = Vec::new();
    let (resolved, contacted, redirects) = match &receipt.check {
        Check::Validation(proof) => (proof.resolved.len(), proof.contacted.len(), &proof.redirects),
        Check::CaaOnly => (0, 0, &no_texts),
    };
    let matched = match &receipt.check {
        Check::Validation(proof) => proof.matched.as_ref(),
        Check::CaaOnly => None,
    };
    let records = receipt.caa.as_ref().map_or(&no_texts, |caa| &caa.records);
    let short = |text: &String| text.len() <= MAX_TEXT;
    let bounded = resolved <= MAX_RESOLVED
        && contacted <= MAX_CONTACTED
        && redirects.len() <= MAX_REDIRECTS
        && records.len() <= MAX_RECORDS
        && redirects.iter().chain(records).chain(matched).all(short)
        && [
            &receipt.perspective,
            &receipt.software,
            &receipt.account_uri,
            &receipt.resolver,
        ]
        .into_iter()
        .all(short);
    if bounded {
        Ok(())
    } else {
        Err("a part of it is too large")
    }
}
