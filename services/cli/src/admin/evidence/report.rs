//! What was found. As JSON, it is the report for programs.

use serde::Serialize;

/// What a certificate rests on.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Whether the request and the evidence of every name hold.
    pub(super) holds: bool,
    pub(super) serial: String,
    pub(super) profile: String,
    pub(super) issuer: String,
    /// When it was prepared: everything is judged as of then.
    pub(super) prepared: String,
    pub(super) order: String,
    pub(super) account: String,
    /// What is wrong with the certificate or its request; empty if nothing is.
    pub(super) faults: Vec<String>,
    pub(super) names: Vec<Name>,
}

/// The evidence for a name.
#[derive(Debug, Default, Serialize)]
pub(super) struct Name {
    /// As ordered.
    pub(super) identifier: String,
    pub(super) holds: bool,
    /// Why it does not hold.
    pub(super) fault: Option<String>,
    pub(super) authorization: Option<String>,
    /// How control was proved, if it holds.
    pub(super) method: Option<String>,
    /// When the first perspective that counts saw it.
    pub(super) validated: Option<String>,
    pub(super) primary: Option<String>,
    /// The remote perspectives that corroborate the primary.
    pub(super) remotes: Vec<String>,
    /// How many of them do, as in 3/4.
    pub(super) quorum: Option<String>,
    pub(super) receipts: Vec<Seen>,
}

/// A receipt.
#[derive(Debug, Serialize)]
pub(super) struct Seen {
    /// Why it does not count; none if it does.
    pub(super) disregarded: Option<String>,
    /// None if it cannot be read.
    pub(super) content: Option<Content>,
}

/// What a receipt says.
#[derive(Debug, Serialize)]
pub(super) struct Content {
    pub(super) perspective: String,
    pub(super) region: String,
    /// SHA-256 of the key's SubjectPublicKeyInfo.
    pub(super) key: String,
    pub(super) attempt: String,
    /// The challenge, or `caa` for a check of CAA alone.
    pub(super) check: String,
    pub(super) method: String,
    pub(super) wildcard: bool,
    /// `valid`, or the kind of the refusal.
    pub(super) outcome: String,
    pub(super) started: String,
    pub(super) finished: String,
    pub(super) software: String,
    pub(super) resolver: String,
    pub(super) resolved: Vec<String>,
    pub(super) contacted: Vec<String>,
    pub(super) redirects: Vec<String>,
    pub(super) matched: Option<String>,
    pub(super) dnssec: Option<&'static str>,
    /// Until when what matched proves control by its own words.
    pub(super) valid_until: Option<String>,
    pub(super) caa: Option<Caa>,
}

/// What the CAA records said.
#[derive(Debug, Serialize)]
pub(super) struct Caa {
    pub(super) checked: String,
    pub(super) verdict: &'static str,
    pub(super) found_at: Option<String>,
    pub(super) records: Vec<String>,
    pub(super) dnssec: Option<&'static str>,
}
