use openssl::bn::{BigNum, BigNumContext, BigNumRef, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::pkey::{PKey, Public};
use openssl::rsa::Rsa;
use proptest::prelude::*;

use super::*;

fn rsa(n: &BigNumRef, e: u32) -> PKey<Public> {
    let e = BigNum::from_u32(e).unwrap();
    PKey::from_rsa(Rsa::from_public_components(n.to_owned().unwrap(), e).unwrap()).unwrap()
}

fn public<T: openssl::pkey::HasPublic>(key: &PKeyRef<T>) -> PKey<Public> {
    PKey::public_key_from_der(&key.public_key_to_der().unwrap()).unwrap()
}

fn next_prime(mut from: BigNum) -> BigNum {
    let context = &mut BigNumContext::new().unwrap();
    from.set_bit(0).unwrap();
    while !from.is_prime_fasttest(20, context, true).unwrap() {
        from.add_word(2).unwrap();
    }
    from
}

fn random(bits: i32) -> BigNum {
    let mut n = BigNum::new().unwrap();
    n.rand(bits, MsbOption::TWO_ONES, true).unwrap();
    n
}

fn product(a: &BigNumRef, b: &BigNumRef) -> BigNum {
    a * b
}

#[test]
fn good_keys() {
    for bits in [2048, 3072] {
        let key = public(&PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap());
        assert_eq!(check_certificate_key(&key), Ok(KeyType::Rsa));
        assert_eq!(check_account_key(&key), Ok(()));
    }
    for (curve, kind) in [
        (Nid::X9_62_PRIME256V1, Some(KeyType::P256)),
        (Nid::SECP384R1, Some(KeyType::P384)),
        (Nid::SECP521R1, None),
    ] {
        let group = EcGroup::from_curve_name(curve).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        assert_eq!(check_certificate_key(&key).ok(), kind);
        assert_eq!(check_account_key(&key), Ok(()));
    }
    let key = PKey::generate_ed25519().unwrap();
    assert_eq!(check_account_key(&key), Ok(()));
    assert!(matches!(
        check_certificate_key(&key),
        Err(KeyFault::Kind("Ed25519 keys", _))
    ));
}

#[test]
fn other_kinds_are_refused() {
    let secp256k1 = EcGroup::from_curve_name(Nid::SECP256K1).unwrap();
    for key in [
        PKey::from_ec_key(EcKey::generate(&secp256k1).unwrap()).unwrap(),
        PKey::generate_ed448().unwrap(),
        PKey::generate_x25519().unwrap(),
    ] {
        assert!(matches!(check_account_key(&key), Err(KeyFault::Kind(..))));
        assert!(matches!(check_certificate_key(&key), Err(KeyFault::Kind(..))));
    }
}

#[test]
fn rsa_sizes_and_exponents() {
    for bits in [512, 1024, 2047, 2049, 2056, 3071, 4095, 8192] {
        assert_eq!(
            check_certificate_key(&rsa(&random(bits), 65537)),
            Err(KeyFault::RsaSize(bits))
        );
    }
    for e in [1, 3, 17, 65536, 65539] {
        let fault = check_certificate_key(&rsa(&random(2048), e));
        assert_eq!(fault, Err(KeyFault::RsaExponent));
    }
}

#[test]
fn small_factors_are_found() {
    for prime in [2, 3, 5, 379, 743, 751] {
        let mut n = random(2048);
        while n.mod_word(prime).unwrap() != 0 {
            n.sub_word(1).unwrap();
        }
        let Err(KeyFault::SmallFactor(found)) = check_account_key(&rsa(&n, 65537)) else {
            panic!("{prime} was not found");
        };
        assert_eq!(n.mod_word(found).unwrap(), 0);
        assert!(found <= prime);
    }
}

/// k·M + (65537^a mod M), M the product of the first 39 primes, as the flawed library made its primes.
fn roca_prime(exponent: u32) -> BigNum {
    let context = &mut BigNumContext::new().unwrap();
    let mut primorial = BigNum::from_u32(2).unwrap();
    for (prime, _) in small_primes::residues(&primorial).unwrap() {
        if prime <= 167 {
            primorial.mul_word(prime).unwrap();
        }
    }
    let mut power = BigNum::new().unwrap();
    let (generator, exponent) = (
        BigNum::from_u32(65537).unwrap(),
        BigNum::from_u32(exponent).unwrap(),
    );
    power.mod_exp(&generator, &exponent, &primorial, context).unwrap();
    let k = random(1024 - primorial.num_bits() + 1);
    let mut candidate = &product(&k, &primorial) + &power;
    while candidate.num_bits() < 1024 || !candidate.is_prime_fasttest(20, context, true).unwrap() {
        candidate = &candidate + &primorial;
    }
    candidate
}

#[test]
fn roca_keys_are_found() {
    let modulus = || product(&roca_prime(123_456_789), &roca_prime(987_654_321));
    // Some of these primes have 1025 bits.
    let n = std::iter::repeat_with(modulus)
        .find(|n| n.num_bits() == 2048)
        .unwrap();
    assert_eq!(check_account_key(&rsa(&n, 65537)), Err(KeyFault::Roca));
}

#[test]
fn close_primes_are_found() {
    let p = next_prime(random(1024));
    let mut after = p.to_owned().unwrap();
    after.add_word(2).unwrap();
    let q = next_prime(after);
    assert_eq!(
        check_account_key(&rsa(&product(&p, &q), 65537)),
        Err(KeyFault::Fermat)
    );
    assert_eq!(
        check_account_key(&rsa(&product(&p, &p), 65537)),
        Err(KeyFault::Fermat)
    );

    // Primes that differ below bit 512 + 4 need some rounds; those that differ at bit 600 are safe from it.
    for (bit, found) in [(515, true), (600, false)] {
        let mut far = p.to_owned().unwrap();
        let step = {
            let mut step = BigNum::new().unwrap();
            step.lshift(&BigNum::from_u32(1).unwrap(), bit).unwrap();
            step
        };
        far = &far + &step;
        let n = product(&p, &next_prime(far));
        assert_eq!(
            check_account_key(&rsa(&n, 65537)) == Err(KeyFault::Fermat),
            found,
            "bit {bit}"
        );
    }
}

#[test]
fn useless_ed25519_keys_are_refused() {
    let mut encodings = vec![[0; 32], [0xff; 32]];
    encodings[0][0] = 1;
    let mut beyond = [0xff; 32];
    beyond[0] = 0xed;
    beyond[31] = 0x7f;
    encodings.push(beyond);
    let mut negative_zero = [0; 32];
    negative_zero[31] = 0x80;
    encodings.push(negative_zero);
    for encoding in encodings {
        let key = PKey::public_key_from_raw_bytes(&encoding, Id::ED25519).unwrap();
        assert_eq!(check_account_key(&key), Err(KeyFault::Point), "{encoding:02x?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_modulus_gets_a_verdict(mut bytes in proptest::collection::vec(any::<u8>(), 256)) {
        bytes[0] |= 0x80;
        let n = BigNum::from_slice(&bytes).unwrap();
        let has_factor = (2..752).any(|factor| n.mod_word(factor).unwrap() == 0);
        match check_certificate_key(&rsa(&n, 65537)) {
            Ok(KeyType::Rsa) => prop_assert!(!has_factor),
            Err(KeyFault::SmallFactor(factor)) => prop_assert_eq!(n.mod_word(factor).unwrap(), 0),
            other => prop_assert!(false, "{:?}", other),
        }
    }
}
