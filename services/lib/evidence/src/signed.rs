//! The envelope: a receipt, its signature, and the id of the key.

use std::fmt;

use cairn_types::SpkiHash;
use openssl::pkey::{PKey, Private};
use prost::Message;

use crate::{EvidenceError, Receipt, key, wire};

/// The longest signed receipt in octets.
pub const MAX_RECEIPT_LEN: usize = 65_536;

#[derive(Clone, PartialEq, Message)]
struct WireSigned {
    #[prost(bytes = "vec", tag = "1")]
    key_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    receipt: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    signature: Vec<u8>,
}

/// A receipt as it was signed. Decoding one checks its form and not its signature: use
/// [`Policy::open`](crate::Policy::open) for anything but display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReceipt {
    /// SHA-256 of the SubjectPublicKeyInfo of the key that it claims to be signed with.
    pub key_id: SpkiHash,
    /// What it says.
    pub receipt: Receipt,
    encoded: Vec<u8>,
    signature: Vec<u8>,
}

impl SignedReceipt {
    /// Decodes the envelope and the receipt in it. Any error is [`EvidenceError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, EvidenceError> {
        let malformed = EvidenceError::Malformed;
        if bytes.len() > MAX_RECEIPT_LEN {
            return Err(malformed("it is too large"));
        }
        let wire = WireSigned::decode(bytes)
            .map_err(|_| malformed("its envelope is not a protocol buffer message"))?;
        if wire.encode_to_vec() != bytes {
            return Err(malformed("the encoding of its envelope is not canonical"));
        }
        if wire.signature.is_empty() {
            return Err(malformed("it is not signed"));
        }
        let key_id =
            SpkiHash::from_slice(&wire.key_id).map_err(|_| malformed("its key id has not 32 octets"))?;
        Ok(Self {
            key_id,
            receipt: wire::decode(&wire.receipt).map_err(malformed)?,
            encoded: wire.receipt,
            signature: wire.signature,
        })
    }

    /// Whether the signature is of this key.
    pub(crate) fn is_signed_by(&self, key: &PKey<openssl::pkey::Public>) -> bool {
        key::verify(key, &self.encoded, &self.signature)
    }
}

/// The private key of a perspective.
pub struct ReceiptSigner {
    key: PKey<Private>,
    key_id: SpkiHash,
}

impl ReceiptSigner {
    /// Reads an Ed25519 or P-256 private key from unencrypted PEM.
    pub fn from_pem(pem: &[u8]) -> Result<Self, EvidenceError> {
        let read = || {
            // The callback answers for an encrypted key: without it OpenSSL would ask the terminal.
            let key = PKey::private_key_from_pem_callback(pem, |_| Ok(0))?;
            let key_id = key::key_id(&key)?;
            Ok(Self { key, key_id })
        };
        let signer =
            read().map_err(|error: openssl::error::ErrorStack| EvidenceError::Key(error.to_string()))?;
        key::sign(&signer.key, b"").map_err(EvidenceError::Key)?;
        Ok(signer)
    }

    /// SHA-256 of the public key's SubjectPublicKeyInfo.
    pub const fn key_id(&self) -> SpkiHash {
        self.key_id
    }

    /// The public key as PEM, for the policies of those who verify.
    pub fn public_key_pem(&self) -> Result<Vec<u8>, EvidenceError> {
        self.key
            .public_key_to_pem()
            .map_err(|error| EvidenceError::Key(error.to_string()))
    }

    /// Signs a receipt and encodes the envelope. Refuses a receipt that verifiers would refuse as malformed.
    pub fn sign(&self, receipt: &Receipt) -> Result<Vec<u8>, EvidenceError> {
        wire::check(receipt).map_err(EvidenceError::Unsignable)?;
        let encoded = wire::encode(receipt);
        let signature = key::sign(&self.key, &encoded).map_err(EvidenceError::Key)?;
        let envelope = WireSigned {
            key_id: self.key_id.0.to_vec(),
            receipt: encoded,
            signature,
        }
        .encode_to_vec();
        if envelope.len() > MAX_RECEIPT_LEN {
            return Err(EvidenceError::Unsignable("it is too large"));
        }
        Ok(envelope)
    }
}

impl fmt::Debug for ReceiptSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "receipt signer with {:?}", self.key_id)
    }
}
