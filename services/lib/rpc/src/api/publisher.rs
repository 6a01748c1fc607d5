//! What the publisher is asked.

/// A precertificate to submit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmitPrecertificate {
    /// The name of the log in the publisher's configuration.
    pub log: String,
    /// DER of the precertificate.
    pub precertificate: Vec<u8>,
    /// DER of its issuers, the issuing certificate first.
    pub chain: Vec<Vec<u8>>,
}
