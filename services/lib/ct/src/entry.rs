//! What a log signs for a precertificate (RFC 6962 section 3.2).

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Encode, Header, Reader, SliceReader, Tag, TagNumber, Tagged};
use openssl::sha::sha256;

/// The extension that makes a precertificate useless as a certificate (RFC 6962 section 3.1).
const POISON: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.3");
/// ASN.1 NULL, the poison's value.
const NULL: &[u8] = &[0x05, 0x00];
/// Where extensions are in a to-be-signed certificate.
const EXTENSIONS: Tag = Tag::ContextSpecific {
    constructed: true,
    number: TagNumber(3),
};
/// Where the version is, if it is not the first.
const VERSION: Tag = Tag::ContextSpecific {
    constructed: true,
    number: TagNumber(0),
};

/// A precertificate as a log enters it: without poison, and with the key of its issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrecertEntry {
    issuer_key_hash: [u8; 32],
    tbs: Vec<u8>,
}

/// Why certificates make no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Not DER, or not a certificate.
    #[error("not a DER encoded certificate: {0}")]
    Encoding(#[from] der::Error),
    /// No poison, more than one, or not a critical NULL.
    #[error("not a precertificate: it must have one critical poison extension whose value is NULL")]
    Poison,
    /// More than 16 MiB.
    #[error("the certificate is too long")]
    TooLong,
}

impl PrecertEntry {
    /// The entry for a precertificate that `issuer` signs. Both are DER of certificates.
    pub fn new(precertificate: &[u8], issuer: &[u8]) -> Result<Self, EntryError> {
        let tbs = without_poison(precertificate)?;
        if tbs.len() >= 1 << 24 {
            return Err(EntryError::TooLong);
        }
        Ok(Self {
            issuer_key_hash: sha256(&public_key(issuer)?),
            tbs,
        })
    }

    /// The octets that stand for the entry in what a log signs: its type, the hash of the issuer's key, and
    /// the to-be-signed certificate with its length.
    pub(crate) fn signed_part(&self) -> Vec<u8> {
        const PRECERT_ENTRY: [u8; 2] = [0, 1];
        let mut bytes = PRECERT_ENTRY.to_vec();
        bytes.extend_from_slice(&self.issuer_key_hash);
        bytes.extend_from_slice(&self.tbs.len().to_be_bytes()[size_of::<usize>() - 3..]);
        bytes.extend_from_slice(&self.tbs);
        bytes
    }
}

/// The elements of a constructed value's content.
fn elements(content: &[u8]) -> der::Result<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(content)?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        found.push(AnyRef::decode(&mut reader)?);
    }
    Ok(found)
}

fn sequence(content: &[u8]) -> der::Result<Vec<AnyRef<'_>>> {
    let any = AnyRef::from_der(content)?;
    any.tag().assert_eq(Tag::Sequence)?;
    elements(any.value())
}

/// The fields of a certificate's signed part.
fn fields(certificate: &[u8]) -> der::Result<Vec<AnyRef<'_>>> {
    let outer = sequence(certificate)?;
    let [tbs, _algorithm, _signature] = outer.as_slice() else {
        return Err(Tag::Sequence.value_error().into());
    };
    tbs.tag().assert_eq(Tag::Sequence)?;
    elements(tbs.value())
}

/// The DER of the public key: the sixth field, not counting the version.
fn public_key(certificate: &[u8]) -> der::Result<Vec<u8>> {
    let fields = fields(certificate)?;
    let mut unversioned = fields.iter().skip_while(|field| field.tag() == VERSION);
    let key = unversioned.nth(5);
    key.ok_or_else(|| Tag::Sequence.value_error())?.to_der()
}

/// The signed part of a precertificate, without its poison and otherwise to the byte as it was.
fn without_poison(precertificate: &[u8]) -> Result<Vec<u8>, EntryError> {
    let mut content = Vec::new();
    let mut poisons = 0;
    for field in fields(precertificate)? {
        if field.tag() == EXTENSIONS {
            let kept = clean(field.value(), &mut poisons)?;
            let list = encode(Tag::Sequence, &kept)?;
            content.extend(encode(EXTENSIONS, &list)?);
        } else {
            content.extend(field.to_der()?);
        }
    }
    if poisons == 1 {
        Ok(encode(Tag::Sequence, &content)?)
    } else {
        Err(EntryError::Poison)
    }
}

/// The extensions of a list without the poison, which is counted.
fn clean(list: &[u8], poisons: &mut usize) -> Result<Vec<u8>, EntryError> {
    let mut kept = Vec::new();
    for extension in sequence(list)? {
        let parts = elements(extension.value())?;
        let name = parts.first().ok_or(EntryError::Poison)?;
        if name.decode_as::<ObjectIdentifier>()? != POISON {
            kept.extend(extension.to_der()?);
            continue;
        }
        *poisons += 1;
        let [_, critical, value] = parts.as_slice() else {
            return Err(EntryError::Poison);
        };
        let value_fits = value.tag() == Tag::OctetString && value.value() == NULL;
        if !critical.decode_as::<bool>()? || !value_fits {
            return Err(EntryError::Poison);
        }
    }
    Ok(kept)
}

fn encode(tag: Tag, content: &[u8]) -> der::Result<Vec<u8>> {
    let mut bytes = Header::new(tag, der::Length::try_from(content.len())?).to_der()?;
    bytes.extend_from_slice(content);
    Ok(bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
    use openssl::hash::MessageDigest;
    use openssl::pkey::{PKey, Private};
    use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
    use openssl::x509::{X509, X509Builder, X509Extension, X509NameBuilder};
    use proptest::prelude::*;

    use super::*;

    /// A certificate of a fixed time with this poison, if any, among its extensions.
    pub(crate) fn certificate(key: &PKey<Private>, poisons: &[(bool, &[u8])]) -> X509 {
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(2).unwrap();
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", "example.org").unwrap();
        let name = name.build();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_pubkey(key).unwrap();
        builder
            .set_not_before(&Asn1Time::from_unix(1_800_000_000).unwrap())
            .unwrap();
        builder
            .set_not_after(&Asn1Time::from_unix(1_800_100_000).unwrap())
            .unwrap();
        builder
            .append_extension(BasicConstraints::new().critical().build().unwrap())
            .unwrap();
        for (critical, value) in poisons {
            let oid = Asn1Object::from_str("1.3.6.1.4.1.11129.2.4.3").unwrap();
            let value = Asn1OctetString::new_from_bytes(value).unwrap();
            builder
                .append_extension(X509Extension::new_from_der(&oid, *critical, &value).unwrap())
                .unwrap();
        }
        let context = builder.x509v3_context(None, None);
        let names = SubjectAlternativeName::new()
            .dns("example.org")
            .build(&context)
            .unwrap();
        builder.append_extension(names).unwrap();
        builder.sign(key, MessageDigest::sha256()).unwrap();
        builder.build()
    }

    pub(crate) fn key() -> PKey<Private> {
        let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
        PKey::from_ec_key(openssl::ec::EcKey::generate(&group).unwrap()).unwrap()
    }

    #[test]
    fn the_poison_is_taken_out_and_nothing_else() {
        let key = key();
        let poisoned = certificate(&key, &[(true, NULL)]).to_der().unwrap();
        let clean = certificate(&key, &[]).to_der().unwrap();
        let issuer = certificate(&key, &[]).to_der().unwrap();
        let entry = PrecertEntry::new(&poisoned, &issuer).unwrap();
        let outer = AnyRef::from_der(&clean).unwrap();
        let mut reader = SliceReader::new(outer.value()).unwrap();
        assert_eq!(entry.tbs, reader.tlv_bytes().unwrap());
        assert_eq!(entry.issuer_key_hash, sha256(&key.public_key_to_der().unwrap()));
    }

    #[test]
    fn what_is_no_precertificate_is_refused() {
        let key = key();
        let issuer = certificate(&key, &[]).to_der().unwrap();
        let cases: [&[(bool, &[u8])]; 4] = [
            &[],
            &[(true, NULL), (true, NULL)],
            &[(false, NULL)],
            &[(true, &[0x05, 0x01, 0x00])],
        ];
        for poisons in cases {
            let der = certificate(&key, poisons).to_der().unwrap();
            assert_eq!(
                PrecertEntry::new(&der, &issuer),
                Err(EntryError::Poison),
                "{poisons:?}"
            );
        }
        let poisoned = certificate(&key, &[(true, NULL)]).to_der().unwrap();
        for (certificate, issuer) in [
            (&poisoned[1..], issuer.as_slice()),
            (&poisoned, &[]),
            (&[], &issuer),
            (&[0x30, 0x00], &issuer),
        ] {
            let error = PrecertEntry::new(certificate, issuer).unwrap_err();
            assert!(matches!(error, EntryError::Encoding(_)), "{error}");
        }
    }

    proptest! {
        #[test]
        fn damaged_certificates_never_panic(at in 0_usize..400, value: u8) {
            let der = include_bytes!("../testdata/precertificate.der");
            let mut damaged = der.to_vec();
            let at = at % damaged.len();
            damaged[at] = value;
            let _ = PrecertEntry::new(&damaged, der);
            let _ = PrecertEntry::new(der, &damaged);
            let _ = PrecertEntry::new(&damaged[..at], &damaged[..at]);
        }
    }
}
