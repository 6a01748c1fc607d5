//! Whose a receipt is.

use crate::policy::Member;
use crate::{Bundle, EvidenceError, Policy, Receipt, SignedReceipt, Why};

/// A receipt that was looked at.
pub(super) struct Opened<'a> {
    /// None if it cannot be read.
    pub(super) receipt: Option<Receipt>,
    /// Who signed it, or why it is nobody's word.
    pub(super) signer: Result<&'a Member, Why>,
}

impl Policy {
    /// Checks form and signature of every receipt. One that fails counts for nothing and does no harm: whoever could
    /// add it could have left out the one in its place.
    pub fn open<B: AsRef<[u8]>>(&self, receipts: &[B]) -> Bundle<'_> {
        Bundle {
            policy: self,
            opened: receipts
                .iter()
                .map(|bytes| self.open_one(bytes.as_ref()))
                .collect(),
        }
    }

    /// The receipt, if one of the perspectives signed it about itself.
    pub fn authenticate(&self, bytes: &[u8]) -> Result<Receipt, Why> {
        let Opened { receipt, signer } = self.open_one(bytes);
        signer?;
        receipt.ok_or(Why::UnknownKey)
    }

    fn open_one(&self, bytes: &[u8]) -> Opened<'_> {
        match SignedReceipt::decode(bytes) {
            Ok(signed) => Opened {
                signer: self.signer(&signed),
                receipt: Some(signed.receipt),
            },
            Err(error) => Opened {
                receipt: None,
                signer: Err(Why::Malformed(match error {
                    EvidenceError::Malformed(why) => why,
                    _ => "it cannot be read",
                })),
            },
        }
    }

    fn signer(&self, signed: &SignedReceipt) -> Result<&Member, Why> {
        let member = self.members.get(&signed.key_id).ok_or(Why::UnknownKey)?;
        if !signed.is_signed_by(&member.key) {
            return Err(Why::Signature);
        }
        if signed.receipt.perspective != member.name || signed.receipt.rir != member.rir {
            return Err(Why::Impostor);
        }
        Ok(member)
    }
}
