//! Logs, their keys, and the signatures they make.

use std::fmt;

use cairn_types::{Duration, Timestamp};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::sha::sha256;
use openssl::sign::Verifier;

use crate::{PrecertEntry, Sct, SctError};

/// SHA-256 in the registry of RFC 5246 section 7.4.1.4.1.
const SHA256: u8 = 4;

/// How far a log's clock may run ahead of ours.
const SKEW: Duration = Duration::from_secs(60);

/// A log's id: SHA-256 over the DER of its public key (RFC 6962 section 3.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(pub [u8; 32]);

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("log ")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The public key of a log: ECDSA on P-256, or RSA of at least 2048 bits (RFC 6962 section 2.1.4).
#[derive(Clone)]
pub struct LogKey {
    id: LogId,
    key: PKey<Public>,
    /// The hash and signature algorithms of its signatures (RFC 5246 section 7.4.1.4.1).
    algorithms: [u8; 2],
}

/// Why octets are not the key of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogKeyError {
    /// Not DER of a SubjectPublicKeyInfo.
    #[error("not a DER encoded public key")]
    Encoding,
    /// A kind of key that logs may not have.
    #[error("a log's key is ECDSA on P-256, or RSA of at least 2048 bits")]
    Kind,
}

/// Why an SCT is worth nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It is another log's.
    #[error("the SCT is of {0:?}, not of the log that was asked")]
    OtherLog(LogId),
    /// Its algorithms are not those of the log's key.
    #[error("the SCT is signed with algorithms {0:?}, which are not those of the log's key")]
    Algorithms([u8; 2]),
    /// Its timestamp is in the future.
    #[error("the timestamp {0:?} of the SCT is in the future")]
    Future(Timestamp),
    /// The signature is not the log's over this certificate.
    #[error("the signature of the SCT is wrong")]
    Signature,
    /// It is not well-formed.
    #[error(transparent)]
    Malformed(#[from] SctError),
}

impl LogKey {
    /// The key in the DER of a SubjectPublicKeyInfo.
    pub fn from_spki(der: &[u8]) -> Result<Self, LogKeyError> {
        let key = PKey::public_key_from_der(der).map_err(|_| LogKeyError::Encoding)?;
        // The id is a hash over the key's encoding, of which there must be only one.
        if key.public_key_to_der().ok().as_deref() != Some(der) {
            return Err(LogKeyError::Encoding);
        }
        let signature = match key.id() {
            Id::EC
                if key
                    .ec_key()
                    .is_ok_and(|key| key.group().curve_name() == Some(Nid::X9_62_PRIME256V1)) =>
            {
                3
            }
            Id::RSA if key.bits() >= 2048 => 1,
            _ => return Err(LogKeyError::Kind),
        };
        Ok(Self {
            id: LogId(sha256(der)),
            key,
            algorithms: [SHA256, signature],
        })
    }

    /// The log's id.
    pub const fn id(&self) -> LogId {
        self.id
    }

    /// Checks that an SCT is this log's over this entry, made no later than `now`.
    pub fn verify(&self, sct: &Sct, entry: &PrecertEntry, now: Timestamp) -> Result<(), VerifyError> {
        if sct.log != self.id {
            return Err(VerifyError::OtherLog(sct.log));
        }
        let (algorithms, signature) = sct.signature_parts()?;
        if algorithms != self.algorithms {
            return Err(VerifyError::Algorithms(algorithms));
        }
        if sct.timestamp > now + SKEW {
            return Err(VerifyError::Future(sct.timestamp));
        }
        let signed = signed_octets(sct, entry)?;
        // OpenSSL tells a malformed signature apart from a wrong one; here they are the same.
        if self.verify_signature(signature, &signed).unwrap_or(false) {
            Ok(())
        } else {
            Err(VerifyError::Signature)
        }
    }

    fn verify_signature(&self, signature: &[u8], signed: &[u8]) -> Result<bool, ErrorStack> {
        Verifier::new(MessageDigest::sha256(), &self.key)?.verify_oneshot(signature, signed)
    }
}

/// What the signature of an SCT is over (RFC 6962 section 3.2).
fn signed_octets(sct: &Sct, entry: &PrecertEntry) -> Result<Vec<u8>, SctError> {
    const V1_CERTIFICATE_TIMESTAMP: [u8; 2] = [0, 0];
    let mut octets = V1_CERTIFICATE_TIMESTAMP.to_vec();
    sct.write_timestamp_and_extensions(&mut octets, &entry.signed_part())?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use openssl::pkey::Private;
    use openssl::rsa::Rsa;
    use openssl::sign::Signer;

    use super::*;
    use crate::entry::tests::{certificate, key};

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn log_key(key: &PKey<Private>) -> LogKey {
        LogKey::from_spki(&key.public_key_to_der().unwrap()).unwrap()
    }

    fn entry() -> PrecertEntry {
        let key = key();
        let der = |poison: &[(bool, &[u8])]| certificate(&key, poison).to_der().unwrap();
        PrecertEntry::new(&der(&[(true, &[5, 0])]), &der(&[])).unwrap()
    }

    /// The SCT of a log with this key.
    fn promise(key: &PKey<Private>, entry: &PrecertEntry) -> Sct {
        let log = log_key(key);
        let mut sct = Sct {
            log: log.id(),
            timestamp: NOW,
            extensions: vec![1, 2, 3],
            signature: Vec::new(),
        };
        let octets = signed_octets(&sct, entry).unwrap();
        let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
        let signature = signer.sign_oneshot_to_vec(&octets).unwrap();
        sct.signature = log.algorithms.to_vec();
        sct.signature
            .extend(u16::try_from(signature.len()).unwrap().to_be_bytes());
        sct.signature.extend(signature);
        sct
    }

    #[test]
    fn what_a_log_signs_verifies_and_nothing_else() {
        let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        for key in [key(), rsa] {
            let (log, entry) = (log_key(&key), entry());
            let sct = promise(&key, &entry);
            assert_eq!(log.verify(&sct, &entry, NOW), Ok(()));
            let read = Sct::from_bytes(&sct.to_bytes().unwrap()).unwrap();
            assert_eq!(log.verify(&read, &entry, NOW), Ok(()));

            let other = self::entry();
            assert_eq!(log.verify(&sct, &other, NOW), Err(VerifyError::Signature));
            let mut earlier = sct.clone();
            earlier.timestamp = NOW - Duration::from_millis(1);
            assert_eq!(log.verify(&earlier, &entry, NOW), Err(VerifyError::Signature));
            let mut extended = sct.clone();
            extended.extensions.push(4);
            assert_eq!(log.verify(&extended, &entry, NOW), Err(VerifyError::Signature));
            let mut garbled = sct.clone();
            garbled.signature.truncate(4);
            garbled.signature[2..].copy_from_slice(&[0, 0]);
            assert_eq!(log.verify(&garbled, &entry, NOW), Err(VerifyError::Signature));
            let mut cut = sct.clone();
            cut.signature.pop();
            assert_eq!(log.verify(&cut, &entry, NOW), Err(SctError::Length.into()));
            let mut weak = sct.clone();
            weak.signature[0] = 2;
            let algorithms = [2, weak.signature[1]];
            assert_eq!(
                log.verify(&weak, &entry, NOW),
                Err(VerifyError::Algorithms(algorithms))
            );
        }
    }

    #[test]
    fn another_log_and_another_time_are_refused() {
        let (ours, theirs, entry) = (key(), key(), entry());
        let sct = promise(&theirs, &entry);
        let log = log_key(&ours);
        assert_eq!(
            log.verify(&sct, &entry, NOW),
            Err(VerifyError::OtherLog(log_key(&theirs).id()))
        );
        let sct = promise(&ours, &entry);
        assert_eq!(log.verify(&sct, &entry, NOW - SKEW), Ok(()));
        let earlier = NOW - SKEW - Duration::from_millis(1);
        assert_eq!(log.verify(&sct, &entry, earlier), Err(VerifyError::Future(NOW)));
    }

    #[test]
    fn only_keys_that_logs_may_have_are_taken() {
        let refusal = |key: &PKey<Private>| LogKey::from_spki(&key.public_key_to_der().unwrap()).err();
        let p384 = openssl::ec::EcGroup::from_curve_name(Nid::SECP384R1).unwrap();
        let p384 = PKey::from_ec_key(openssl::ec::EcKey::generate(&p384).unwrap()).unwrap();
        let short = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
        for key in [p384, short, PKey::generate_ed25519().unwrap()] {
            assert_eq!(refusal(&key), Some(LogKeyError::Kind));
        }
        let mut trailing = key().public_key_to_der().unwrap();
        trailing.push(0);
        assert_eq!(LogKey::from_spki(&trailing).err(), Some(LogKeyError::Encoding));
        assert_eq!(LogKey::from_spki(&[]).err(), Some(LogKeyError::Encoding));
    }
}
