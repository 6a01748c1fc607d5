//! Whether it holds, as of the moment when the certificate was prepared.

use std::collections::BTreeMap;

use cairn_acme::{KeyHistory, KeyReference, ParsedJws, PublicKey, finalize, paths};
use cairn_evidence::{
    CLOCK_SKEW, Check, Dnssec, EvidenceError, Expectation, Outcome, Policy, Receipt, SignedReceipt, Skipped,
    VerifiedEvidence,
};
use cairn_rpc::api::sa::AuthorizationEvidence;
use cairn_types::{Identifier, Thumbprint, Timestamp};
use cairn_x509::{CertificateRequest, CertificateView};

use super::policy::CaConfig;
use super::report::{Caa, Content, Name, Report, Seen};
use super::stored::Stored;

/// Verifies everything again. An error: the policy of the profile cannot be had.
pub(super) fn judge(config: &CaConfig, stored: &Stored) -> anyhow::Result<Report> {
    let certificate = &stored.certificate;
    let policy = config.policy(&certificate.profile)?;
    let account_uri = format!("{}{}", config.base_url, paths::account(certificate.account));
    let mut faults = Vec::new();
    let keys = PublicKey::from_jwk(stored.account.jwk.as_bytes())
        .map_err(|error| error.to_string())
        .and_then(|key| {
            KeyHistory::verify(key, &account_uri, &stored.key_changes).map_err(|error| error.to_string())
        });
    let thumbprints = match &keys {
        Ok(keys) => {
            faults.extend(request_fault(config, stored, keys, &account_uri));
            keys.thumbprints()
        }
        Err(why) => {
            faults.push(format!("the account's keys: {why}"));
            Vec::new()
        }
    };
    let identifiers = match CertificateView::from_der(&certificate.der) {
        Ok(view) => {
            let is_stored = view.serial().is_ok_and(|serial| serial == certificate.serial);
            if !is_stored || view.identifiers() != certificate.identifiers {
                faults.push("the certificate is not the one that it is stored as".to_owned());
            }
            view.identifiers()
        }
        Err(error) => {
            faults.push(format!("the certificate: {error}"));
            certificate.identifiers.clone()
        }
    };
    let claim = Claim {
        policy: &policy,
        thumbprints,
        account_uri: &account_uri,
        now: certificate.prepared,
    };
    let names: Vec<_> = identifiers
        .iter()
        .map(|identifier| {
            let known = stored
                .evidence
                .iter()
                .find(|known| known.authorization.ordered_identifier() == *identifier);
            claim.judge(identifier, known)
        })
        .collect();
    Ok(Report {
        holds: faults.is_empty() && !names.is_empty() && names.iter().all(|name| name.holds),
        serial: certificate.serial.to_string(),
        profile: certificate.profile.to_string(),
        issuer: certificate.issuer.clone(),
        prepared: certificate.prepared.to_rfc3339(),
        order: stored.order.id.to_string(),
        account: account_uri,
        faults,
        names,
    })
}

/// What is wrong with the request: the account's holder must have asked, for this order, for this key.
fn request_fault(config: &CaConfig, stored: &Stored, keys: &KeyHistory, account_uri: &str) -> Option<String> {
    let url = format!("{}{}", config.base_url, paths::finalize(stored.order.id));
    let verified = keys.keys().iter().rev().find_map(|key| {
        let request = ParsedJws::parse(&stored.request).ok()?;
        request.verify(key).ok()
    });
    let Some(verified) = verified else {
        return Some("the finalize request is not signed by a key of the account".to_owned());
    };
    let by_account = matches!(verified.header().key(), KeyReference::Kid(kid) if *kid == account_uri);
    if !by_account || verified.header().url() != url {
        return Some("the finalize request is another account's or was made for another order".to_owned());
    }
    let asked = finalize::csr(&verified)
        .ok()
        .and_then(|csr| CertificateRequest::parse(&csr).ok())
        .map(|csr| csr.public_key().hash());
    let certified = CertificateView::from_der(&stored.certificate.der)
        .ok()
        .map(|view| view.spki_hash());
    (asked.is_none() || asked != certified)
        .then(|| "the key of the certificate is not the one that the account asked for".to_owned())
}

/// What is to be shown of every name.
struct Claim<'a> {
    policy: &'a Policy,
    thumbprints: Vec<Thumbprint>,
    account_uri: &'a str,
    now: Timestamp,
}

impl Claim<'_> {
    fn judge(&self, identifier: &Identifier, known: Option<&AuthorizationEvidence>) -> Name {
        let mut name = Name {
            identifier: identifier.to_string(),
            ..Name::default()
        };
        let Some(known) = known else {
            name.fault = Some("the order has no authorization for it".to_owned());
            return name;
        };
        name.authorization = Some(known.authorization.id.to_string());
        // What was added later, for other certificates, was not there.
        let is_later = |bytes: &Vec<u8>| {
            SignedReceipt::decode(bytes).is_ok_and(|it| it.receipt.finished > self.now + CLOCK_SKEW)
        };
        let receipts: Vec<_> = known.receipts.iter().filter(|it| !is_later(it)).collect();
        let expected = Expectation {
            thumbprints: self.thumbprints.clone(),
            account_uri: self.account_uri.to_owned(),
            identifier: identifier.clone(),
            now: self.now,
        };
        let skipped = match self.policy.verify(&receipts, &expected) {
            Ok(evidence) => {
                tell(&mut name, &evidence);
                evidence.disregarded().to_vec()
            }
            Err(error) => {
                name.fault = Some(error.to_string());
                match error {
                    EvidenceError::NotEnough(shortage) => shortage.skipped,
                    _ => Vec::new(),
                }
            }
        };
        let skipped: BTreeMap<usize, &Skipped> = skipped.iter().map(|it| (it.index, it)).collect();
        let seen = |(index, bytes): (usize, &&Vec<u8>)| Seen {
            disregarded: skipped.get(&index).map(|it| it.why.to_string()),
            content: SignedReceipt::decode(bytes).ok().map(|signed| content(&signed)),
        };
        name.receipts = receipts.iter().enumerate().map(seen).collect();
        name
    }
}

fn tell(name: &mut Name, evidence: &VerifiedEvidence) {
    name.holds = true;
    name.method = Some(evidence.method().to_string());
    name.validated = Some(evidence.validated().to_rfc3339());
    name.primary = Some(evidence.primary().to_owned());
    name.remotes = evidence.remotes().to_vec();
    name.quorum = Some(evidence.quorum());
}

fn content(signed: &SignedReceipt) -> Content {
    let receipt: &Receipt = &signed.receipt;
    let proof = match &receipt.check {
        Check::Validation(proof) => Some(proof),
        Check::CaaOnly => None,
    };
    let texts = |addresses: &[std::net::SocketAddr]| addresses.iter().map(ToString::to_string).collect();
    Content {
        perspective: receipt.perspective.clone(),
        region: receipt.rir.to_string(),
        key: hex::encode(signed.key_id.0),
        attempt: hex::encode(receipt.attempt),
        check: proof.map_or_else(|| "caa".to_owned(), |_| receipt.method.to_string()),
        method: receipt.method.to_string(),
        wildcard: receipt.wildcard,
        outcome: match receipt.outcome {
            Outcome::Valid => "valid".to_owned(),
            Outcome::Refused(kind) => kind.as_str().to_owned(),
        },
        started: receipt.started.to_rfc3339(),
        finished: receipt.finished.to_rfc3339(),
        software: receipt.software.clone(),
        resolver: receipt.resolver.clone(),
        resolved: proof
            .iter()
            .flat_map(|it| it.resolved.iter().map(ToString::to_string))
            .collect(),
        contacted: proof.map_or_else(Vec::new, |it| texts(&it.contacted)),
        redirects: proof.map_or_else(Vec::new, |it| it.redirects.clone()),
        matched: proof.and_then(|it| it.matched.clone()),
        dnssec: proof.and_then(|it| it.dnssec).map(Dnssec::as_str),
        valid_until: proof.and_then(|it| it.valid_until).map(Timestamp::to_rfc3339),
        caa: receipt.caa.as_ref().map(|caa| Caa {
            checked: caa.checked.to_rfc3339(),
            verdict: caa.verdict.as_str(),
            found_at: caa.found_at.clone(),
            records: caa.records.clone(),
            dnssec: caa.dnssec.map(Dnssec::as_str),
        }),
    }
}
