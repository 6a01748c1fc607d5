//! The receipts of one perspective, for whoever acts on them before a policy decides.

use std::fmt;

use cairn_types::SpkiHash;
use openssl::pkey::{PKey, Public};

use crate::{EvidenceError, Perspective, PolicyError, Receipt, Rir, SignedReceipt, Why, key};

/// Verifies that receipts are of one perspective.
pub struct ReceiptVerifier {
    name: String,
    rir: Rir,
    key: PKey<Public>,
    key_id: SpkiHash,
}

impl ReceiptVerifier {
    /// For the receipts of this perspective; an error if its key is unusable.
    pub fn new(perspective: &Perspective) -> Result<Self, PolicyError> {
        let unusable = |reason| PolicyError::Key {
            perspective: perspective.name.clone(),
            reason,
        };
        let key = key::public_from_pem(&perspective.public_key_pem).map_err(unusable)?;
        Ok(Self {
            name: perspective.name.clone(),
            rir: perspective.rir,
            key_id: key::key_id(&key).map_err(|error| unusable(error.to_string()))?,
            key,
        })
    }

    /// What the receipt says, if it has the right form, is signed by this perspective, and names it and its region.
    pub fn verify(&self, bytes: &[u8]) -> Result<Receipt, Why> {
        let signed = SignedReceipt::decode(bytes).map_err(|error| match error {
            EvidenceError::Malformed(why) => Why::Malformed(why),
            _ => Why::Malformed("it cannot be read"),
        })?;
        if signed.key_id != self.key_id {
            return Err(Why::UnknownKey);
        }
        if !signed.is_signed_by(&self.key) {
            return Err(Why::Signature);
        }
        if signed.receipt.perspective != self.name || signed.receipt.rir != self.rir {
            return Err(Why::Impostor);
        }
        Ok(signed.receipt)
    }
}

impl fmt::Debug for ReceiptVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "verifier of {}'s receipts", self.name)
    }
}
