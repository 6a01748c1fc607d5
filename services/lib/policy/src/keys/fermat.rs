//! Fermat's factorization: finds the primes of a modulus when they are close together.

use openssl::bn::{BigNum, BigNumContext, BigNumContextRef, BigNumRef};
use openssl::error::ErrorStack;

/// BR 6.1.1.3 asks for 100 rounds; keys made with consecutive primes fall in the first few.
const ROUNDS: u32 = 110;

/// Whether the method finds the factors: looks for a, starting at the square root, with a² − n = b².
pub(super) fn factors(n: &BigNumRef) -> Result<bool, ErrorStack> {
    let context = &mut BigNumContext::new()?;
    let mut a = isqrt(n, context)?;
    let mut difference = BigNum::new()?;
    difference.sqr(&a, context)?;
    if *difference == *n {
        return Ok(true);
    }
    for _ in 0..ROUNDS {
        a.add_word(1)?;
        difference.sqr(&a, context)?;
        difference = &difference - n;
        if is_square(&difference, context)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_square(n: &BigNumRef, context: &mut BigNumContextRef) -> Result<bool, ErrorStack> {
    if !may_be_square(n)? {
        return Ok(false);
    }
    let root = isqrt(n, context)?;
    let mut square = BigNum::new()?;
    square.sqr(&root, context)?;
    Ok(*square == *n)
}

/// Squares have few residues: this spares the square root for 99 of 100 numbers.
fn may_be_square(n: &BigNumRef) -> Result<bool, ErrorStack> {
    let is_residue = |value: u64, modulus: u64| (0..=modulus / 2).any(|root| root * root % modulus == value);
    if !is_residue(n.mod_word(64)? % 64, 64) {
        return Ok(false);
    }
    let residue = n.mod_word(63 * 65 * 11)?;
    Ok([63, 65, 11]
        .into_iter()
        .all(|modulus| is_residue(residue % modulus, modulus)))
}

/// The integer square root, by Newton's method from above.
fn isqrt(n: &BigNumRef, context: &mut BigNumContextRef) -> Result<BigNum, ErrorStack> {
    let one = BigNum::from_u32(1)?;
    let mut root = BigNum::new()?;
    root.lshift(&one, (n.num_bits() + 1) / 2)?;
    loop {
        let mut quotient = BigNum::new()?;
        quotient.checked_div(n, &root, context)?;
        quotient = &quotient + &root;
        let mut next = BigNum::new()?;
        next.rshift1(&quotient)?;
        if next >= root {
            return Ok(root);
        }
        root = next;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_root_is_the_floor(n in 0_u64..=u64::MAX) {
            let big = BigNum::from_dec_str(&n.to_string()).unwrap();
            let context = &mut BigNumContext::new().unwrap();
            let root = isqrt(&big, context).unwrap().to_dec_str().unwrap().parse::<u64>().unwrap();
            prop_assert_eq!(root, n.isqrt());
            prop_assert_eq!(is_square(&big, context).unwrap(), root * root == n);
        }

        #[test]
        fn squares_are_recognized(root in 0_u32..=u32::MAX) {
            let square = (u64::from(root) * u64::from(root)).to_string();
            let big = BigNum::from_dec_str(&square).unwrap();
            prop_assert!(is_square(&big, &mut BigNumContext::new().unwrap()).unwrap());
        }
    }
}
