//! Keys that are what they should be, and weak (CA/B BR 6.1.1.3, 6.1.5 and 6.1.6).

use anyhow::{Context, Result};
use cairn_acme::SigningKey;
use cairn_testkit::csr::CsrBuilder;
use cairn_testkit::keys::KeyKind;
use openssl::bn::{BigNum, BigNumContext, MsbOption};
use openssl::pkey::{PKey, Private};
use openssl::rsa::RsaPrivateKeyBuilder;

use super::case::{Case, case, run};
use super::lab::Lab;
use super::request::{Sent, signed};

/// An RSA key from its primes.
fn rsa(one: &BigNum, other: &BigNum) -> Result<PKey<Private>> {
    let mut context = BigNumContext::new()?;
    let (mut modulus, mut order, mut private) = (BigNum::new()?, BigNum::new()?, BigNum::new()?);
    modulus.checked_mul(one, other, &mut context)?;
    // (p - 1)(q - 1) = pq - p - q + 1
    order.checked_sub(&modulus, one)?;
    let mut rest = BigNum::new()?;
    rest.checked_sub(&order, other)?;
    rest.add_word(1)?;
    let exponent = BigNum::from_u32(65537)?;
    private.mod_inverse(&exponent, &rest, &mut context)?;
    Ok(PKey::from_rsa(
        RsaPrivateKeyBuilder::new(modulus, exponent, private)?.build(),
    )?)
}

/// A prime of that many bits which a public exponent of 65537 goes with.
fn prime(bits: i32) -> Result<BigNum> {
    let mut prime = BigNum::new()?;
    loop {
        prime.generate_prime(bits, false, None, None)?;
        if prime.mod_word(65537)? != 1 && prime.is_bit_set(bits - 2) {
            return Ok(prime);
        }
    }
}

/// Two primes so close that Fermat's method finds them at once.
fn neighbours() -> Result<PKey<Private>> {
    let p = prime(1024)?;
    let mut context = BigNumContext::new()?;
    let mut q = p.as_ref().to_owned()?;
    loop {
        q.add_word(2)?;
        if q.is_prime_fasttest(20, &mut context, true)? && q.mod_word(65537)? != 1 {
            return rsa(&p, &q);
        }
    }
}

/// A prime as the library of CVE-2017-15361 made them: k * M + (65537^a mod M), M being the product of many small
/// primes.
fn patterned() -> Result<BigNum> {
    let mut context = BigNumContext::new()?;
    let mut primorial = BigNum::from_u32(1)?;
    let is_prime = |number: &u32| {
        (2..*number)
            .take_while(|it| it * it <= *number)
            .all(|it| !number.is_multiple_of(it))
    };
    for small in (2..).filter(is_prime).take(126) {
        primorial.mul_word(small)?;
    }
    let (generator, mut power) = (BigNum::from_u32(65537)?, BigNum::new()?);
    loop {
        let mut exponent = BigNum::new()?;
        exponent.rand(62, MsbOption::MAYBE_ZERO, false)?;
        let mut residue = BigNum::new()?;
        residue.mod_exp(&generator, &exponent, &primorial, &mut context)?;
        let mut k = BigNum::new()?;
        k.rand(1024 - primorial.num_bits(), MsbOption::TWO_ONES, false)?;
        power.checked_mul(&k, &primorial, &mut context)?;
        let mut candidate = BigNum::new()?;
        candidate.checked_add(&power, &residue)?;
        if candidate.num_bits() == 1024 && candidate.is_prime_fasttest(10, &mut context, true)? {
            return Ok(candidate);
        }
    }
}

fn roca() -> Result<PKey<Private>> {
    loop {
        let key = rsa(&patterned()?, &patterned()?)?;
        if key.bits() == 2048 {
            return Ok(key);
        }
    }
}

fn small_factor() -> Result<PKey<Private>> {
    let p = BigNum::from_u32(743)?;
    loop {
        let key = rsa(&p, &prime(2038)?)?;
        if key.bits() == 2048 {
            return Ok(key);
        }
    }
}

/// For an account and for a certificate.
fn cases(what: &'static str, section: &'static str, key: PKey<Private>) -> Result<Vec<Case>> {
    let account = SigningKey::new(key.clone()).context(what)?;
    Ok(vec![
        case(
            format!("account key: {what}"),
            section,
            (400, "badPublicKey"),
            move |lab, nonce| {
                let url = &lab.directory.new_account;
                Sent::post(
                    url,
                    signed(&Lab::jwk_header(&account, url, nonce), b"{}", &account).body(),
                )
            },
        ),
        certificate_case(what, section, key),
    ])
}

fn certificate_case(what: &'static str, section: &'static str, key: PKey<Private>) -> Case {
    case(
        format!("certificate key: {what}"),
        section,
        (400, "badCSR"),
        move |lab, nonce| {
            let csr = CsrBuilder::for_names(&lab.names())
                .build(&key)
                .unwrap_or_default();
            lab.finalize(nonce, &csr)
        },
    )
}

#[tokio::test]
async fn weak_keys() -> Result<()> {
    let all = [
        cases(
            "RSA with 1024 bits",
            "CA/B BR 6.1.5",
            KeyKind::Rsa(1024).generate()?,
        )?,
        cases(
            "RSA with 2040 bits",
            "CA/B BR 6.1.5",
            KeyKind::Rsa(2040).generate()?,
        )?,
        cases(
            "RSA with the exponent 3",
            "CA/B BR 6.1.6",
            KeyKind::RsaExponent3(2048).generate()?,
        )?,
        cases("RSA with primes side by side", "CA/B BR 6.1.1.3", neighbours()?)?,
        cases(
            "RSA with the pattern of ROCA",
            "CA/B BR 6.1.1.3, CVE-2017-15361",
            roca()?,
        )?,
        cases("RSA with a small factor", "CA/B BR 6.1.6", small_factor()?)?,
        vec![
            certificate_case(
                "P-521",
                "CA/B BR 6.1.5 as narrowed by policy",
                KeyKind::P521.generate()?,
            ),
            certificate_case("secp256k1", "CA/B BR 6.1.5", KeyKind::Secp256k1.generate()?),
            certificate_case("Ed25519", "CA/B BR 6.1.5", KeyKind::Ed25519.generate()?),
        ],
    ];
    run(all.into_iter().flatten().collect()).await
}
