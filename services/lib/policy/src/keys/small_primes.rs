//! What the residues modulo small primes say about a modulus.

use openssl::bn::BigNumRef;
use openssl::error::ErrorStack;

/// BR 6.1.6: no factors smaller than 752.
const LIMIT: usize = 752;
/// The odd primes below [`LIMIT`].
const PRIMES: [u32; 132] = odd_primes();
/// The largest prime whose residues the ROCA fingerprint looks at.
const ROCA_LIMIT: u32 = 167;

const fn odd_primes() -> [u32; 132] {
    let mut primes = [0; 132];
    let mut found = 0;
    let mut candidate = 3;
    while candidate < LIMIT {
        let mut divisor = 3;
        while divisor * divisor <= candidate && candidate % divisor != 0 {
            divisor += 2;
        }
        if divisor * divisor > candidate {
            primes[found] = candidate as u32;
            found += 1;
        }
        candidate += 2;
    }
    assert!(found == primes.len());
    primes
}

/// The residue of `n` modulo each odd prime below 752. One division of the big number by a product of
/// several primes serves them all.
pub(super) fn residues(n: &BigNumRef) -> Result<Vec<(u32, u32)>, ErrorStack> {
    let mut residues = Vec::with_capacity(PRIMES.len());
    let mut rest = &PRIMES[..];
    while !rest.is_empty() {
        let mut product = 1_u32;
        let mut taken = 0;
        while let Some(larger) = rest.get(taken).and_then(|prime| product.checked_mul(*prime)) {
            product = larger;
            taken += 1;
        }
        let residue = n.mod_word(product)?;
        let (group, later) = rest.split_at(taken);
        residues.extend(
            group
                .iter()
                .map(|prime| (*prime, (residue % u64::from(*prime)) as u32)),
        );
        rest = later;
    }
    Ok(residues)
}

/// The fingerprint of CVE-2017-15361: the library made primes of the form k·M + (65537^a mod M), M the product
/// of the first primes, so the modulus is a power of 65537 modulo each of those primes. A modulus of
/// another origin passes for one with a probability of about 2^-27.
pub(super) fn looks_like_roca(residues: &[(u32, u32)]) -> bool {
    residues
        .iter()
        .take_while(|(prime, _)| *prime <= ROCA_LIMIT)
        .all(|(prime, residue)| is_power_of_65537(*residue, *prime))
}

fn is_power_of_65537(residue: u32, prime: u32) -> bool {
    let generator = 65537 % prime;
    let mut power = 1;
    loop {
        if power == residue {
            return true;
        }
        power = power * generator % prime;
        if power == 1 {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use openssl::bn::BigNum;

    use super::*;

    #[test]
    fn the_primes_are_the_primes() {
        assert_eq!((PRIMES[0], PRIMES[36], PRIMES[131]), (3, 163, 751));
    }

    #[test]
    fn residues_agree_with_division() {
        let n =
            BigNum::from_hex_str("c0ffee0123456789abcdef00000000000000000000000000000000feedface1").unwrap();
        for (prime, residue) in residues(&n).unwrap() {
            assert_eq!(n.mod_word(prime).unwrap(), u64::from(residue));
        }
    }
}
