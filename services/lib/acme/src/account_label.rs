//! Where dns-account-01 looks for its record (draft-ietf-acme-dns-account-label).

use openssl::sha::sha256;

/// How much of the digest names the account, in octets: 16 characters.
const LENGTH: usize = 10;

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The name of the TXT record by which an account proves control over `name`. The account's URL is the one that the
/// server gave it in the Location header: clients compute the same from it.
pub fn dns_account01_name(account_url: &str, name: &str) -> String {
    let digest = sha256(account_url.as_bytes());
    let label = base32(&digest[..LENGTH]);
    format!("_{label}._acme-challenge.{name}")
}

/// In lower case, of a multiple of five octets: there is nothing to pad.
fn base32(octets: &[u8]) -> String {
    let character = |bits: u64, index: u32| char::from(BASE32[usize::from((bits >> (5 * index)) as u8 & 31)]);
    octets
        .chunks(5)
        .flat_map(|chunk| {
            let bits = chunk.iter().fold(0, |bits, octet| bits << 8 | u64::from(*octet));
            (0..8).rev().map(move |index| character(bits, index))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_is_that_of_the_draft() {
        assert_eq!(
            dns_account01_name("https://example.com/acme/acct/ExampleAccount", "example.org"),
            "_ujmmovf2vn55tgye._acme-challenge.example.org"
        );
    }

    #[test]
    fn other_accounts_have_other_labels() {
        let name = |url| dns_account01_name(url, "a.example");
        let urls = [
            "https://ca.example/acme/account/1",
            "https://ca.example/acme/account/2",
            "https://ca.example/acme/account/1/",
            "https://CA.example/acme/account/1",
            "http://ca.example/acme/account/1",
        ];
        for (index, url) in urls.iter().enumerate() {
            assert!(
                urls[..index].iter().all(|other| name(other) != name(url)),
                "{url}"
            );
        }
    }
}
