//! Keys in requests (RFC 7517, RFC 7518 section 6, RFC 8037).

use cairn_acme::base64url;
use cairn_testkit::raw::RawJws;
use serde_json::{Map, Value, json};

use super::case::{Case, MALFORMED, case, run};
use super::lab::Lab;
use super::request::{Sent, jwk, signed};

const BAD_KEY: (u16, &str) = (400, "badPublicKey");
const EC: &str = "RFC 7518 section 6.2.1";
const RSA: &str = "RFC 7518 section 6.3.1";
const OKP: &str = "RFC 8037 section 2";
const FORM: &str = "RFC 7517 section 4";

/// The stranger's registration with a changed key.
fn changed(
    what: &str,
    section: &'static str,
    due: (u16, &'static str),
    change: impl Fn(&mut Map<String, Value>) + 'static,
) -> Case {
    case(what, section, due, move |lab, nonce| {
        let url = &lab.directory.new_account;
        let mut header = Lab::jwk_header(&lab.stranger, url, nonce);
        if let Some(members) = header["jwk"].as_object_mut() {
            change(members);
        }
        Sent::post(url, signed(&header, b"{}", &lab.stranger).body())
    })
}

/// A registration with any key, and a signature that nobody gets to check.
fn whole(what: &str, section: &'static str, due: (u16, &'static str), alg: &'static str, key: Value) -> Case {
    case(what, section, due, move |lab, nonce| {
        let url = &lab.directory.new_account;
        let header = json!({"alg": alg, "jwk": key, "nonce": nonce, "url": url});
        Sent::post(
            url,
            RawJws::new(&header.to_string(), b"{}", |_| vec![7; 64]).body(),
        )
    })
}

/// Changes the octets of a member.
fn octets(members: &mut Map<String, Value>, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let text = members[name].as_str().unwrap_or_default();
    let mut octets = base64url::decode(text).unwrap_or_default();
    change(&mut octets);
    members.insert(name.to_owned(), json!(base64url::encode(octets)));
}

fn elliptic() -> Vec<Case> {
    vec![
        changed("no kty", FORM, MALFORMED, |jwk| drop(jwk.remove("kty"))),
        changed("kty is a number", FORM, MALFORMED, |jwk| {
            drop(jwk.insert("kty".to_owned(), json!(1)));
        }),
        changed("x is null", EC, MALFORMED, |jwk| {
            drop(jwk.insert("x".to_owned(), Value::Null));
        }),
        changed("an unknown kty", FORM, BAD_KEY, |jwk| {
            drop(jwk.insert("kty".to_owned(), json!("XX")));
        }),
        changed("no crv", EC, BAD_KEY, |jwk| drop(jwk.remove("crv"))),
        changed("an unknown crv", EC, BAD_KEY, |jwk| {
            drop(jwk.insert("crv".to_owned(), json!("P-224")));
        }),
        changed("the crv of cryptocurrencies", "RFC 8812", BAD_KEY, |jwk| {
            jwk.insert("crv".to_owned(), json!("secp256k1"));
        }),
        changed("another crv", EC, BAD_KEY, |jwk| {
            drop(jwk.insert("crv".to_owned(), json!("P-384")));
        }),
        changed("no y", EC, BAD_KEY, |jwk| drop(jwk.remove("y"))),
        changed("an empty x", EC, BAD_KEY, |jwk| {
            drop(jwk.insert("x".to_owned(), json!("")));
        }),
        changed("a short x", EC, BAD_KEY, |jwk| {
            octets(jwk, "x", |x| x.truncate(31));
        }),
        changed("a long x", EC, BAD_KEY, |jwk| {
            octets(jwk, "x", |x| x.insert(0, 0));
        }),
        changed(
            "a point off the curve",
            "RFC 8555 section 6.2, SEC 1 section 3.2.2",
            BAD_KEY,
            |jwk| {
                octets(jwk, "y", |y| y[31] ^= 1);
            },
        ),
        changed(
            "a coordinate beyond the field",
            "SEC 1 section 3.2.2",
            BAD_KEY,
            |jwk| {
                octets(jwk, "x", |x| x.fill(0xff));
            },
        ),
        changed("the point zero", "SEC 1 section 3.2.2", BAD_KEY, |jwk| {
            octets(jwk, "x", |x| x.fill(0));
            octets(jwk, "y", |y| y.fill(0));
        }),
        changed("x with padding", "RFC 7518 section 2", BAD_KEY, |jwk| {
            let x = format!("{}=", jwk["x"].as_str().unwrap_or_default());
            jwk.insert("x".to_owned(), json!(x));
        }),
        changed("the private part", "RFC 8555 section 6.2", BAD_KEY, |jwk| {
            jwk.insert("d".to_owned(), json!("AAAA"));
        }),
        changed("a symmetric part", "RFC 8555 section 6.2", BAD_KEY, |jwk| {
            drop(jwk.insert("k".to_owned(), json!("AA")));
        }),
        case("a key with a repeated member", FORM, MALFORMED, |lab, nonce| {
            let url = &lab.directory.new_account;
            let text = Lab::jwk_header(&lab.stranger, url, nonce).to_string().replacen(
                "\"kty\"",
                "\"kty\":\"EC\",\"kty\"",
                1,
            );
            let jws = RawJws::signed_text(&text, b"{}", lab.stranger.private_key());
            Sent::post(url, jws.map(|jws| jws.body()).unwrap_or_default())
        }),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn others() -> Vec<Case> {
    let modulus = |size: usize| base64url::encode(vec![0xc1; size]);
    let n = modulus(256);
    vec![
        whole("the key is null", FORM, MALFORMED, "ES256", Value::Null),
        whole("the key is a text", FORM, MALFORMED, "ES256", json!("key")),
        whole(
            "the key is an array",
            FORM,
            MALFORMED,
            "ES256",
            json!(["EC", "P-256", "AA", "AA"]),
        ),
        whole("the key is empty", FORM, MALFORMED, "ES256", json!({})),
        whole(
            "a symmetric key",
            "RFC 8555 section 6.2",
            BAD_KEY,
            "RS256",
            json!({"kty": "oct", "k": "AAAA"}),
        ),
        whole(
            "RSA without n",
            RSA,
            BAD_KEY,
            "RS256",
            json!({"kty": "RSA", "e": "AQAB"}),
        ),
        whole(
            "RSA without e",
            RSA,
            BAD_KEY,
            "RS256",
            json!({"kty": "RSA", "n": n}),
        ),
        whole(
            "RSA with an empty n",
            RSA,
            BAD_KEY,
            "RS256",
            json!({"kty": "RSA", "n": "", "e": "AQAB"}),
        ),
        whole(
            "RSA with a leading zero",
            RSA,
            BAD_KEY,
            "RS256",
            json!({"kty": "RSA", "n": n, "e": "AAEAAQ"}),
        ),
        whole(
            "RSA with 16384 bits",
            "RFC 8555 section 6.2",
            BAD_KEY,
            "RS256",
            json!({"kty": "RSA", "n": modulus(2048), "e": "AQAB"}),
        ),
        whole(
            "RSA with a huge exponent",
            "RFC 8555 section 6.2",
            BAD_KEY,
            "RS256",
            json!({"kty": "RSA", "n": n, "e": modulus(64)}),
        ),
        whole(
            "RSA with its private exponent",
            "RFC 8555 section 6.2",
            BAD_KEY,
            "RS256",
            json!({"kty": "RSA", "n": n, "e": "AQAB", "d": "AA"}),
        ),
        whole(
            "Ed25519 with 31 octets",
            OKP,
            BAD_KEY,
            "EdDSA",
            json!({"kty": "OKP", "crv": "Ed25519", "x": modulus(31)}),
        ),
        whole(
            "Ed25519 without x",
            OKP,
            BAD_KEY,
            "EdDSA",
            json!({"kty": "OKP", "crv": "Ed25519"}),
        ),
        whole(
            "X25519, which does not sign",
            OKP,
            BAD_KEY,
            "EdDSA",
            json!({"kty": "OKP", "crv": "X25519", "x": modulus(32)}),
        ),
        whole(
            "Ed448",
            OKP,
            BAD_KEY,
            "EdDSA",
            json!({"kty": "OKP", "crv": "Ed448", "x": modulus(57)}),
        ),
    ]
}

#[tokio::test]
async fn keys_that_are_none() -> anyhow::Result<()> {
    run(elliptic().into_iter().chain(others()).collect()).await
}

#[tokio::test]
async fn a_good_key_with_members_that_mean_nothing_is_good() -> anyhow::Result<()> {
    let lab = Lab::new().await?;
    let mut client = lab.client().await?;
    let (url, nonce) = (&lab.directory.new_account, client.nonce().await?);
    let key = cairn_acme::SigningKey::generate(cairn_acme::Algorithm::Es256)?;
    let mut header = Lab::jwk_header(&key, url, &nonce);
    header["jwk"] = jwk(&key);
    header["jwk"]["use"] = json!("sig");
    header["jwk"]["kid"] = json!("mine");
    header["typ"] = json!("whatever");
    let answer = client.post_body(url, signed(&header, b"{}", &key).body()).await?;
    assert_eq!(answer.status, 201);
    Ok(())
}
