use std::sync::LazyLock;

use openssl::ec::PointConversionForm;
use proptest::prelude::*;

use super::*;
use crate::{Sign, SoftwareKey};

/// RSA keys take a while.
static KEYS: LazyLock<[PublicKey; 3]> = LazyLock::new(|| {
    [KeyType::Rsa, KeyType::P256, KeyType::P384]
        .map(|kind| SoftwareKey::generate(kind).unwrap().public_key().clone())
});

#[test]
fn the_accepted_kinds_round_trip() {
    let ec = |curve| {
        let group = EcGroup::from_curve_name(curve).unwrap();
        PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
    };
    for (key, kind) in [
        (ec(Nid::X9_62_PRIME256V1), KeyType::P256),
        (ec(Nid::SECP384R1), KeyType::P384),
        (
            PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
            KeyType::Rsa,
        ),
    ] {
        let der = key.public_key_to_der().unwrap();
        let parsed = PublicKey::from_der(&der).unwrap();
        assert_eq!((parsed.kind(), parsed.as_der()), (kind, &der[..]));
        assert!(parsed.as_pkey().public_eq(&key));
        let mut longer = der.clone();
        longer.push(0);
        assert!(PublicKey::from_der(&longer).is_err());
        assert!(PublicKey::from_der(&der[..der.len() - 1]).is_err());
    }
}

#[test]
fn other_keys_and_other_encodings_are_refused() {
    let mut group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    group.set_asn1_flag(openssl::ec::Asn1Flag::EXPLICIT_CURVE);
    let explicit = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let p521 = EcGroup::from_curve_name(Nid::SECP521R1).unwrap();
    let p521 = PKey::from_ec_key(EcKey::generate(&p521).unwrap()).unwrap();
    for key in [explicit, p521, PKey::generate_ed25519().unwrap()] {
        let der = key.public_key_to_der().unwrap();
        assert_eq!(PublicKey::from_der(&der), Err(PublicKeyError::Unsupported));
    }
    assert_eq!(PublicKey::from_der(&[]), Err(PublicKeyError::Unsupported));
}

#[test]
fn a_point_off_the_curve_is_refused() {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = EcKey::generate(&group).unwrap();
    let mut context = openssl::bn::BigNumContext::new().unwrap();
    let mut point = key
        .public_key()
        .to_bytes(&group, PointConversionForm::UNCOMPRESSED, &mut context)
        .unwrap();
    point[64] ^= 1;
    let der = [&P256_PREFIX[..], &point[1..]].concat();
    assert_eq!(PublicKey::from_der(&der), Err(PublicKeyError::Malformed));
}

#[test]
fn a_coordinate_beyond_the_field_is_refused() {
    let der = [&P256_PREFIX[..], &[0xff; 64]].concat();
    assert_eq!(PublicKey::from_der(&der), Err(PublicKeyError::Malformed));
}

proptest! {
    /// Whatever is accepted is what OpenSSL reads, and the only way in which OpenSSL writes it.
    #[test]
    fn openssl_agrees(
        kind in 0..KEYS.len(),
        at in any::<proptest::sample::Index>(),
        mask in 0..=255_u8,
    ) {
        let mut der = KEYS[kind].as_der().to_vec();
        let at = at.index(der.len());
        der[at] ^= mask;
        if let Ok(parsed) = PublicKey::from_der(&der) {
            let theirs = PKey::public_key_from_der(&der).unwrap();
            prop_assert!(parsed.as_pkey().public_eq(&theirs));
            prop_assert_eq!(theirs.public_key_to_der().unwrap(), der);
        } else {
            prop_assert_ne!(mask, 0);
        }
    }
}
