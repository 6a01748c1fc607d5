//! Signed certificate timestamps (RFC 6962 section 3.2).

use cairn_types::Timestamp;

use crate::LogId;

/// Version 1, as it is written.
const V1: u8 = 0;

/// A log's promise to include a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sct {
    /// The log.
    pub log: LogId,
    /// When it promised.
    pub timestamp: Timestamp,
    /// What the log added, opaque to others; part of what is signed.
    pub extensions: Vec<u8>,
    /// The signature, with its algorithms: a `DigitallySigned` (RFC 5246 section 4.7).
    pub signature: Vec<u8>,
}

/// Why octets are no SCT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SctError {
    /// They end too early, or too late.
    #[error("an SCT has the wrong length")]
    Length,
    /// Not version 1.
    #[error("SCT version {0} is not known")]
    Version(u8),
    /// A moment that cannot be expressed.
    #[error("the timestamp of an SCT is out of range")]
    Timestamp,
    /// Extensions or signature do not fit into 65,535 octets.
    #[error("the extensions or the signature of an SCT are too long")]
    TooLong,
}

impl Sct {
    /// Decodes a `SignedCertificateTimestamp`, all of `bytes`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SctError> {
        let mut rest = bytes;
        match *take::<1>(&mut rest)? {
            [V1] => {}
            [version] => return Err(SctError::Version(version)),
        }
        let log = LogId(*take::<32>(&mut rest)?);
        let timestamp = timestamp(u64::from_be_bytes(*take::<8>(&mut rest)?))?;
        let length = u16::from_be_bytes(*take::<2>(&mut rest)?);
        let extensions = take_slice(&mut rest, usize::from(length))?.to_vec();
        let (_, signed) = parts(rest)?;
        if signed.len() + 4 != rest.len() {
            return Err(SctError::Length);
        }
        Ok(Self {
            log,
            timestamp,
            extensions,
            signature: rest.to_vec(),
        })
    }

    /// Encodes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SctError> {
        let mut bytes = vec![V1];
        bytes.extend_from_slice(&self.log.0);
        self.write_timestamp_and_extensions(&mut bytes, &[])?;
        bytes.extend_from_slice(&self.signature);
        Ok(bytes)
    }

    /// The timestamp, then `between`, then the extensions with their length.
    pub(crate) fn write_timestamp_and_extensions(
        &self,
        bytes: &mut Vec<u8>,
        between: &[u8],
    ) -> Result<(), SctError> {
        let millis = u64::try_from(self.timestamp.as_millis()).map_err(|_| SctError::Timestamp)?;
        bytes.extend_from_slice(&millis.to_be_bytes());
        bytes.extend_from_slice(between);
        let length = u16::try_from(self.extensions.len()).map_err(|_| SctError::TooLong)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&self.extensions);
        Ok(())
    }

    /// The hash and signature algorithms, and the bare signature.
    pub(crate) fn signature_parts(&self) -> Result<([u8; 2], &[u8]), SctError> {
        let (algorithms, signature) = parts(&self.signature)?;
        if signature.len() + 4 == self.signature.len() {
            Ok((algorithms, signature))
        } else {
            Err(SctError::Length)
        }
    }
}

/// The moment of an SCT timestamp, which counts milliseconds without a sign.
pub(crate) fn timestamp(millis: u64) -> Result<Timestamp, SctError> {
    i64::try_from(millis)
        .map(Timestamp::from_millis)
        .map_err(|_| SctError::Timestamp)
}

/// The start of a `DigitallySigned`.
fn parts(mut bytes: &[u8]) -> Result<([u8; 2], &[u8]), SctError> {
    let algorithms = *take::<2>(&mut bytes)?;
    let length = u16::from_be_bytes(*take::<2>(&mut bytes)?);
    let signature = take_slice(&mut bytes, usize::from(length))?;
    Ok((algorithms, signature))
}

fn take<'b, const N: usize>(rest: &mut &'b [u8]) -> Result<&'b [u8; N], SctError> {
    let (taken, after) = rest.split_first_chunk().ok_or(SctError::Length)?;
    *rest = after;
    Ok(taken)
}

fn take_slice<'b>(rest: &mut &'b [u8], length: usize) -> Result<&'b [u8], SctError> {
    let (taken, after) = rest.split_at_checked(length).ok_or(SctError::Length)?;
    *rest = after;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn example() -> Sct {
        Sct {
            log: LogId([7; 32]),
            timestamp: Timestamp::from_millis(0x0102_0304_0506),
            extensions: vec![0xee; 3],
            signature: vec![4, 3, 0, 2, 0xaa, 0xbb],
        }
    }

    #[test]
    fn the_encoding_is_that_of_the_rfc() {
        let mut expected = vec![0];
        expected.extend([7; 32]);
        expected.extend([0, 0, 1, 2, 3, 4, 5, 6]);
        expected.extend([0, 3, 0xee, 0xee, 0xee]);
        expected.extend([4, 3, 0, 2, 0xaa, 0xbb]);
        assert_eq!(example().to_bytes().unwrap(), expected);
        assert_eq!(Sct::from_bytes(&expected), Ok(example()));
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let bytes = example().to_bytes().unwrap();
        for length in 0..bytes.len() {
            assert_eq!(
                Sct::from_bytes(&bytes[..length]),
                Err(SctError::Length),
                "{length}"
            );
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(Sct::from_bytes(&longer), Err(SctError::Length));
        let mut other = bytes.clone();
        other[0] = 1;
        assert_eq!(Sct::from_bytes(&other), Err(SctError::Version(1)));
        let mut late = bytes;
        late[33] = 0x80;
        assert_eq!(Sct::from_bytes(&late), Err(SctError::Timestamp));
    }

    prop_compose! {
        fn sct()(
            log: [u8; 32],
            millis in 0_i64..i64::MAX,
            extensions in prop::collection::vec(any::<u8>(), 0..300),
            algorithms: [u8; 2],
            signature in prop::collection::vec(any::<u8>(), 0..300),
        ) -> Sct {
            let length = u16::try_from(signature.len()).unwrap().to_be_bytes();
            Sct {
                log: LogId(log),
                timestamp: Timestamp::from_millis(millis),
                extensions,
                signature: [&algorithms, &length, signature.as_slice()].concat(),
            }
        }
    }

    proptest! {
        #[test]
        fn every_sct_round_trips(sct in sct()) {
            prop_assert_eq!(Sct::from_bytes(&sct.to_bytes().unwrap()), Ok(sct));
        }

        #[test]
        fn whatever_parses_encodes_to_itself(sct in sct(), at: prop::sample::Index, value: u8) {
            let mut bytes = sct.to_bytes().unwrap();
            let at = at.index(bytes.len());
            bytes[at] = value;
            if let Ok(sct) = Sct::from_bytes(&bytes) {
                prop_assert_eq!(sct.to_bytes().unwrap(), bytes);
            }
        }
    }
}
