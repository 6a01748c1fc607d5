//! The records of DNSSEC, which the decoder of messages leaves as octets (RFC 4034, RFC 5155).

use hickory_proto::rr::{Name, RData, Record, RecordType};

/// A signature.
#[derive(Debug, Clone)]
pub(super) struct Rrsig {
    pub(super) covered: RecordType,
    pub(super) algorithm: u8,
    /// How many labels the signed name has, without `*`.
    pub(super) labels: u8,
    pub(super) original_ttl: u32,
    pub(super) expiration: u32,
    pub(super) inception: u32,
    pub(super) key_tag: u16,
    pub(super) signer: Name,
    pub(super) signature: Vec<u8>,
    /// The fields before the signer's name, which are signed too.
    pub(super) fixed: [u8; 18],
}

/// A key of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dnskey {
    pub(super) algorithm: u8,
    pub(super) public_key: Vec<u8>,
    pub(super) tag: u16,
    /// Whether it may sign the records of its zone: a zone key of protocol 3 that is not revoked.
    pub(super) may_sign: bool,
    /// The record's data.
    pub(super) octets: Vec<u8>,
}

/// The digest of a key, which the parent zone signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ds {
    pub(super) key_tag: u16,
    pub(super) algorithm: u8,
    pub(super) digest_type: u8,
    pub(super) digest: Vec<u8>,
}

/// The types of records that a name has.
#[derive(Debug, Clone)]
pub(super) struct Types(Vec<u8>);

/// The next name that exists.
#[derive(Debug, Clone)]
pub(super) struct Nsec {
    pub(super) next: Name,
    pub(super) types: Types,
}

/// The next hash of a name that exists.
#[derive(Debug, Clone)]
pub(super) struct Nsec3 {
    pub(super) opt_out: bool,
    pub(super) iterations: u16,
    pub(super) salt: Vec<u8>,
    pub(super) next: Vec<u8>,
    pub(super) types: Types,
}

/// The octets of a record whose type the decoder does not know.
pub(super) fn octets(record: &Record) -> Option<&[u8]> {
    match &record.data {
        RData::Unknown { rdata, .. } => Some(&rdata.anything),
        _ => None,
    }
}

/// Reads from the front; none where octets are missing.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// A name; these are never compressed.
    fn name(&mut self) -> Option<Name> {
        let mut labels = Vec::new();
        loop {
            match usize::from(self.u8()?) {
                0 => return Name::from_labels(labels).ok(),
                length @ 1..=63 => labels.push(self.take(length)?),
                _ => return None,
            }
        }
    }

    fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0).to_vec()
    }
}

/// The one name that the data consists of.
pub(super) fn only_name(octets: &[u8]) -> Option<Name> {
    let mut reader = Reader(octets);
    let name = reader.name()?;
    reader.0.is_empty().then_some(name)
}

impl Rrsig {
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let mut reader = Reader(octets);
        Some(Self {
            fixed: octets.get(..18)?.try_into().ok()?,
            covered: RecordType::from(reader.u16()?),
            algorithm: reader.u8()?,
            labels: reader.u8()?,
            original_ttl: reader.u32()?,
            expiration: reader.u32()?,
            inception: reader.u32()?,
            key_tag: reader.u16()?,
            signer: reader.name()?,
            signature: reader.rest(),
        })
    }
}

impl Dnskey {
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        const ZONE: u16 = 0x0100;
        const REVOKED: u16 = 0x0080;
        let mut reader = Reader(octets);
        let (flags, protocol, algorithm) = (reader.u16()?, reader.u8()?, reader.u8()?);
        Some(Self {
            algorithm,
            public_key: reader.rest(),
            tag: key_tag(octets),
            may_sign: flags & ZONE != 0 && flags & REVOKED == 0 && protocol == 3,
            octets: octets.to_vec(),
        })
    }
}

/// RFC 4034 appendix B.
fn key_tag(octets: &[u8]) -> u16 {
    let sum = octets.chunks(2).fold(0_u32, |sum, pair| {
        let low = pair.get(1).copied().unwrap_or(0);
        sum.wrapping_add(u32::from(u16::from_be_bytes([pair[0], low])))
    });
    (sum + (sum >> 16)) as u16
}

impl Ds {
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let mut reader = Reader(octets);
        Some(Self {
            key_tag: reader.u16()?,
            algorithm: reader.u8()?,
            digest_type: reader.u8()?,
            digest: reader.rest(),
        })
    }
}

impl Types {
    /// Blocks of bits, in order (RFC 4034 section 4.1.2).
    fn read(octets: &[u8]) -> Option<Self> {
        let mut reader = Reader(octets);
        let mut last = None;
        while !reader.0.is_empty() {
            let (window, length) = (reader.u8()?, usize::from(reader.u8()?));
            if last >= Some(window) || !(1..=32).contains(&length) {
                return None;
            }
            reader.take(length)?;
            last = Some(window);
        }
        Some(Self(octets.to_vec()))
    }

    pub(super) fn has(&self, kind: RecordType) -> bool {
        let [window, low] = u16::from(kind).to_be_bytes();
        let mut rest = &self.0[..];
        while let [block, length, bits @ ..] = rest {
            let (bits, after) = bits.split_at(usize::from(*length).min(bits.len()));
            if *block == window {
                let byte = bits.get(usize::from(low / 8)).copied().unwrap_or(0);
                return byte & (0x80 >> (low % 8)) != 0;
            }
            rest = after;
        }
        false
    }

    /// Whether the name is where another zone begins, seen from above.
    pub(super) fn is_delegation(&self) -> bool {
        self.has(RecordType::NS) && !self.has(RecordType::SOA)
    }
}

impl Nsec {
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let mut reader = Reader(octets);
        Some(Self {
            next: reader.name()?,
            types: Types::read(reader.0)?,
        })
    }
}

impl Nsec3 {
    /// None also for a hash other than SHA-1 and for unknown flags, which are to be ignored (RFC 5155 section 8.2).
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let mut reader = Reader(octets);
        let (hash, flags, iterations) = (reader.u8()?, reader.u8()?, reader.u16()?);
        let length = reader.u8()?.into();
        let salt = reader.take(length)?.to_vec();
        let length = reader.u8()?.into();
        let next = reader.take(length)?.to_vec();
        let types = Types::read(reader.0)?;
        (hash == 1 && flags & !1 == 0).then_some(Self {
            opt_out: flags == 1,
            iterations,
            salt,
            next,
            types,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_bits_in_blocks() {
        // A, MX, RRSIG, NSEC and TYPE1234: the example of RFC 4034 section 4.3, after the name.
        let mut octets = vec![0x00, 0x06, 0x40, 0x01, 0x00, 0x00, 0x00, 0x03, 0x04, 0x1b];
        octets.extend([0; 26]);
        octets.push(0x20);
        let types = Types::read(&octets).unwrap();
        for kind in [
            RecordType::A,
            RecordType::MX,
            RecordType::RRSIG,
            RecordType::from(1234),
        ] {
            assert!(types.has(kind), "{kind}");
        }
        for kind in [RecordType::NS, RecordType::CAA, RecordType::from(1233)] {
            assert!(!types.has(kind), "{kind}");
        }
        for broken in [&[0, 0][..], &[0, 33], &[0, 2, 1], &[1, 1, 1, 0, 1, 1], &[0]] {
            assert!(Types::read(broken).is_none(), "{broken:?}");
        }
    }

    #[test]
    fn names_are_not_compressed() {
        assert_eq!(only_name(b"\x01a\x00").unwrap().to_ascii(), "a.");
        for broken in [&b"\x01a"[..], b"\xc0\x0c", b"\x01a\x00x", b""] {
            assert!(only_name(broken).is_none(), "{broken:?}");
        }
    }
}
