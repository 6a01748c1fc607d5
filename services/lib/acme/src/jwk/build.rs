//! OpenSSL keys from the numbers of a JWK, each number in its one canonical form.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey};
use openssl::rsa::Rsa;

use super::{EcPublicKey, JwkError, KeyKind, PublicKey};

/// A modulus longer than this (8192 bits) makes verification slow; which lengths are wanted is policy.
const MAX_MODULUS: usize = 1024;

/// An exponent longer than this (64 bits) makes verification slow; which exponents are wanted is policy.
const MAX_EXPONENT: usize = 8;

pub(super) fn rsa(n: &[u8], e: &[u8]) -> Result<PublicKey, JwkError> {
    minimal("n", n, MAX_MODULUS)?;
    minimal("e", e, MAX_EXPONENT)?;
    let make = || {
        let key = Rsa::from_public_components(BigNum::from_slice(n)?, BigNum::from_slice(e)?)?;
        PKey::from_rsa(key)
    };
    let pkey = make().map_err(unusable)?;
    Ok(PublicKey::assemble(
        pkey,
        None,
        KeyKind::Rsa,
        &[("e", e), ("n", n)],
    ))
}

/// RFC 7518 section 6.3.1: big endian, in the fewest octets.
fn minimal(member: &'static str, number: &[u8], most: usize) -> Result<(), JwkError> {
    let reason = match number.first() {
        None => "is empty",
        Some(0) => "has leading zeros",
        Some(_) if number.len() > most => "is too large",
        Some(_) => return Ok(()),
    };
    Err(JwkError::Member { member, reason })
}

pub(super) fn ec(kind: KeyKind, x: &[u8], y: &[u8]) -> Result<PublicKey, JwkError> {
    let size = kind.field_octets();
    for (member, coordinate) in [("x", x), ("y", y)] {
        // RFC 7518 section 6.2.1.2: always the full length of the field.
        if coordinate.len() != size {
            let reason = "is not as long as the curve's field";
            return Err(JwkError::Member { member, reason });
        }
    }
    let key = point(kind, x, y)
        .map_err(|_| JwkError::OffCurve)?
        .ok_or(JwkError::OffCurve)?;
    let pkey = PKey::from_ec_key(key.clone()).map_err(unusable)?;
    let ec = EcPublicKey::new(key, size);
    Ok(PublicKey::assemble(pkey, Some(ec), kind, &[("x", x), ("y", y)]))
}

/// The key, none if a coordinate is not below the field's prime. That the point is on the curve is checked
/// when the coordinates are set; the curves have prime order, so there is no subgroup to check for.
fn point(kind: KeyKind, x: &[u8], y: &[u8]) -> Result<Option<EcKey<openssl::pkey::Public>>, ErrorStack> {
    let Some(nid) = kind.curve() else {
        return Ok(None);
    };
    let group = EcGroup::from_curve_name(nid)?;
    let mut context = BigNumContext::new()?;
    let (mut prime, mut unused_a, mut unused_b) = (BigNum::new()?, BigNum::new()?, BigNum::new()?);
    group.components_gfp(&mut prime, &mut unused_a, &mut unused_b, &mut context)?;
    let (x, y) = (BigNum::from_slice(x)?, BigNum::from_slice(y)?);
    if x >= prime || y >= prime {
        return Ok(None);
    }
    let mut point = EcPoint::new(&group)?;
    point.set_affine_coordinates_gfp(&group, &x, &y, &mut context)?;
    EcKey::from_public_key(&group, &point).map(Some)
}

pub(super) fn ed25519(x: &[u8]) -> Result<PublicKey, JwkError> {
    if x.len() != KeyKind::Ed25519.field_octets() {
        return Err(JwkError::Member {
            member: "x",
            reason: "does not have 32 octets",
        });
    }
    let pkey = PKey::public_key_from_raw_bytes(x, Id::ED25519).map_err(unusable)?;
    Ok(PublicKey::assemble(pkey, None, KeyKind::Ed25519, &[("x", x)]))
}

pub(super) fn unusable(_: ErrorStack) -> JwkError {
    JwkError::Unusable
}
