//! Algorithms and signatures (RFC 8555 section 6.2, RFC 7518, RFC 8037).

use cairn_acme::{Algorithm, SigningKey, base64url};
use cairn_testkit::raw::{RawJws, mac, signature};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use serde_json::json;

use super::case::{Case, MALFORMED, case, run};
use super::lab::Lab;
use super::request::{Sent, signed};

const ALGORITHMS: &str = "RFC 8555 section 6.2";
const UNSUPPORTED: (u16, &str) = (400, "badSignatureAlgorithm");
const MISMATCH: (u16, &str) = (400, "badPublicKey");
const SIGNATURE: &str = "RFC 7515 section 5.2";

/// A registration by `key` whose header says `alg`, signed by what `sign` makes of the input.
fn register(
    lab: &Lab,
    nonce: &str,
    key: &SigningKey,
    alg: &str,
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Sent {
    let url = &lab.directory.new_account;
    let mut header = Lab::jwk_header(key, url, nonce);
    header["alg"] = json!(alg);
    Sent::post(url, RawJws::new(&header.to_string(), b"{}", sign).body())
}

#[expect(clippy::expect_used, reason = "a test cannot go on without its signature")]
fn made(key: &PKey<Private>, digest: MessageDigest, input: &[u8]) -> Vec<u8> {
    signature(key, digest, input).expect("OpenSSL signs")
}

#[expect(clippy::expect_used, reason = "a test cannot go on without its key")]
fn generate(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(algorithm).expect("OpenSSL makes a key")
}

fn unsupported() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        "", "es256", "ES256 ", "RS384", "PS256", "ES256K", "ES521", "Ed448", "RSA1_5",
    ]
    .into_iter()
    .map(|alg| {
        case(
            format!("alg {alg:?}"),
            ALGORITHMS,
            UNSUPPORTED,
            move |lab, nonce| {
                let sign = |input: &[u8]| made(lab.stranger.private_key(), MessageDigest::sha256(), input);
                register(lab, nonce, &lab.stranger, alg, sign)
            },
        )
    })
    .collect();
    cases.push(case(
        "alg none without a signature",
        ALGORITHMS,
        UNSUPPORTED,
        |lab, nonce| register(lab, nonce, &lab.stranger, "none", |_| Vec::new()),
    ));
    cases.push(case(
        "alg None for an account",
        ALGORITHMS,
        UNSUPPORTED,
        |lab, nonce| {
            let mut header = lab.alice.header(&lab.directory.new_order, nonce);
            header["alg"] = json!("None");
            lab.order_body(RawJws::new(&header.to_string(), b"{}", |_| Vec::new()).body())
        },
    ));
    for (alg, digest) in [
        ("HS256", MessageDigest::sha256()),
        ("HS512", MessageDigest::sha512()),
    ] {
        // The attack: a public key, which everybody knows, as the secret of a MAC.
        cases.push(case(
            format!("{alg} with the public key"),
            ALGORITHMS,
            UNSUPPORTED,
            move |lab, nonce| {
                let public = lab.stranger.private_key().public_key_to_pem().unwrap_or_default();
                let sign = |input: &[u8]| mac(&public, digest, input).unwrap_or_default();
                register(lab, nonce, &lab.stranger, alg, sign)
            },
        ));
    }
    cases
}

fn mismatched() -> Vec<Case> {
    let mut cases = Vec::new();
    for (alg, of) in [
        (Algorithm::Rs256, Algorithm::Es256),
        (Algorithm::Es256, Algorithm::Es384),
        (Algorithm::Es384, Algorithm::Es256),
        (Algorithm::Es512, Algorithm::Es256),
        (Algorithm::EdDsa, Algorithm::Es256),
        (Algorithm::Es256, Algorithm::EdDsa),
        (Algorithm::Es256, Algorithm::Rs256),
    ] {
        let key = generate(of);
        cases.push(case(
            format!("{alg} with a key for {of}"),
            ALGORITHMS,
            MISMATCH,
            move |lab, nonce| {
                let sign = |input: &[u8]| made(key.private_key(), MessageDigest::sha256(), input);
                register(lab, nonce, &key, alg.as_str(), sign)
            },
        ));
    }
    cases.push(case(
        "RS256 with the account's EC key",
        ALGORITHMS,
        MISMATCH,
        |lab, nonce| {
            let mut header = lab.alice.header(&lab.directory.new_order, nonce);
            header["alg"] = json!("RS256");
            lab.order_with_header(&header)
        },
    ));
    cases
}

/// For every algorithm: a flipped bit, another key, another payload, no signature, and a signature of another length.
fn wrong() -> Vec<Case> {
    type Spoil = fn(&mut Vec<u8>);
    let spoils: [(&str, Spoil); 6] = [
        ("a flipped bit", |made| made[7] ^= 1),
        ("a flipped last bit", |made| {
            *made.last_mut().unwrap_or(&mut 0) ^= 1;
        }),
        ("no signature", Vec::clear),
        ("a short signature", |made| made.truncate(made.len() - 1)),
        ("a long signature", |made| made.push(0)),
        ("zeros", |made| made.fill(0)),
    ];
    let mut cases = Vec::new();
    for algorithm in Algorithm::ALL {
        let key = generate(algorithm);
        for (what, spoil) in spoils {
            let key = key.clone();
            cases.push(case(
                format!("{algorithm}: {what}"),
                SIGNATURE,
                MALFORMED,
                move |lab, nonce| {
                    let url = &lab.directory.new_account;
                    let mut jws = signed(&Lab::jwk_header(&key, url, nonce), b"{}", &key);
                    let mut octets = base64url::decode(&jws.signature).unwrap_or_default();
                    spoil(&mut octets);
                    jws.signature = base64url::encode(octets);
                    Sent::post(url, jws.body())
                },
            ));
        }
        let other = generate(algorithm);
        cases.push(case(
            format!("{algorithm}: another key"),
            SIGNATURE,
            MALFORMED,
            move |lab, nonce| {
                let url = &lab.directory.new_account;
                Sent::post(
                    url,
                    signed(&Lab::jwk_header(&key, url, nonce), b"{}", &other).body(),
                )
            },
        ));
    }
    cases
}

fn of_parts() -> Vec<Case> {
    vec![
        case("another payload", SIGNATURE, MALFORMED, |lab, nonce| {
            let mut jws = lab.order_jws(nonce);
            jws.payload = base64url::encode(r#"{"identifiers":[{"type":"dns","value":"evil.test"}]}"#);
            lab.order_body(jws.body())
        }),
        case("another header", SIGNATURE, MALFORMED, |lab, nonce| {
            let mut jws = lab.order_jws(nonce);
            let mut header = lab.alice.header(&lab.directory.new_order, nonce);
            header["x"] = json!(1);
            jws.protected = base64url::encode(header.to_string());
            lab.order_body(jws.body())
        }),
        case(
            "the signature of another account",
            SIGNATURE,
            MALFORMED,
            |lab, nonce| {
                let header = lab.alice.header(&lab.directory.new_order, nonce);
                lab.order_body(signed(&header, b"{}", &lab.bob.key).body())
            },
        ),
        case(
            "the kid of another account",
            SIGNATURE,
            MALFORMED,
            |lab, nonce| lab.order_with_header(&lab.bob.header(&lab.directory.new_order, nonce)),
        ),
        case(
            "ECDSA in DER in place of r and s",
            "RFC 7518 section 3.4",
            MALFORMED,
            |lab, nonce| {
                let header = lab.alice.header(&lab.directory.new_order, nonce).to_string();
                let key = lab.alice.key.private_key();
                let sign = |input: &[u8]| {
                    openssl::sign::Signer::new(MessageDigest::sha256(), key)
                        .and_then(|mut signer| signer.sign_oneshot_to_vec(input))
                        .unwrap_or_default()
                };
                lab.order_body(RawJws::new(&header, b"{}", sign).body())
            },
        ),
        case(
            "ES256 over SHA-512",
            "RFC 7518 section 3.4",
            MALFORMED,
            |lab, nonce| {
                let header = lab.alice.header(&lab.directory.new_order, nonce).to_string();
                let sign = |input: &[u8]| made(lab.alice.key.private_key(), MessageDigest::sha512(), input);
                lab.order_body(RawJws::new(&header, b"{}", sign).body())
            },
        ),
    ]
}

#[tokio::test]
async fn algorithms_that_are_not_offered() -> anyhow::Result<()> {
    run(unsupported().into_iter().chain(mismatched()).collect()).await
}

#[tokio::test]
async fn signatures_that_do_not_verify() -> anyhow::Result<()> {
    run(wrong().into_iter().chain(of_parts()).collect()).await
}
