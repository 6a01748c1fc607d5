use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::jws::{Algorithm, SigningKey};

/// RFC 7638 section 3.1.
const RFC7638: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;

/// RFC 7515 appendix A.3, without its private member.
const P256: [&str; 2] = [
    "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
];

/// RFC 8037 appendix A.2.
const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn parse(jwk: &Value) -> Result<PublicKey, JwkError> {
    PublicKey::from_jwk(jwk.to_string().as_bytes())
}

#[test]
fn thumbprints_of_the_rfcs() {
    for (jwk, kind, thumbprint) in [
        (
            RFC7638,
            KeyKind::Rsa,
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        ),
        (
            ED25519,
            KeyKind::Ed25519,
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        ),
    ] {
        let key = PublicKey::from_jwk(jwk.as_bytes()).unwrap();
        assert_eq!(
            (key.kind(), base64url::encode(key.thumbprint().0).as_str()),
            (kind, thumbprint)
        );
    }
}

#[test]
fn the_canonical_form_is_a_fixed_point() {
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap().public().clone();
        let again = PublicKey::from_jwk(key.jwk().as_bytes()).unwrap();
        assert_eq!((again.jwk(), &again), (key.jwk(), &key));
        assert_eq!(PublicKey::from_pkey(key.pkey()).unwrap().jwk(), key.jwk());
        let members: Vec<String> = serde_json::from_str::<serde_json::Map<_, _>>(key.jwk())
            .unwrap()
            .into_iter()
            .map(|m| m.0)
            .collect();
        assert!(members.is_sorted(), "{members:?}");
    }
}

#[test]
fn bad_keys() {
    let [x, y] = P256;
    let ec = |x: &str, y: &str| json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
    assert!(parse(&ec(x, y)).is_ok());
    // The field's prime plus the x coordinate of a point: another text for the same point, were it allowed.
    let beyond = base64url::encode([0xff; 32]);
    let zero = base64url::encode([0; 32]);
    let n = base64url::encode([0xff; 256]);
    let rsa = |n: &str, e: &str| json!({"kty": "RSA", "n": n, "e": e});
    assert!(parse(&rsa(&n, "AQAB")).is_ok());
    let with = |mut jwk: Value, name: &str| {
        jwk[name] = json!("AQAB");
        jwk
    };
    for (what, jwk) in [
        ("a private EC key", with(ec(x, y), "d")),
        ("a private RSA key", with(rsa(&n, "AQAB"), "p")),
        ("a symmetric key", json!({"kty": "oct", "k": "AQAB"})),
        ("no key type", json!({"crv": "P-256", "x": x, "y": y})),
        ("an unknown key type", json!({"kty": "DSA"})),
        (
            "an unknown curve",
            json!({"kty": "EC", "crv": "secp256k1", "x": x, "y": y}),
        ),
        (
            "Ed25519 as EC",
            json!({"kty": "EC", "crv": "Ed25519", "x": x, "y": y}),
        ),
        ("P-256 as OKP", json!({"kty": "OKP", "crv": "P-256", "x": x})),
        ("X25519", json!({"kty": "OKP", "crv": "X25519", "x": x})),
        ("no curve", json!({"kty": "EC", "x": x, "y": y})),
        (
            "a point of another curve",
            json!({"kty": "EC", "crv": "P-384", "x": x, "y": y}),
        ),
        ("a point off the curve", ec(x, x)),
        ("the point (0, 0)", ec(&zero, &zero)),
        ("coordinates beyond the prime", ec(&beyond, &beyond)),
        ("a short coordinate", ec("AQAB", y)),
        ("no y", json!({"kty": "EC", "crv": "P-256", "x": x})),
        ("padding", ec(&format!("{x}="), y)),
        (
            "a null member",
            json!({"kty": "EC", "crv": "P-256", "x": null, "y": y}),
        ),
        (
            "a short Ed25519 key",
            json!({"kty": "OKP", "crv": "Ed25519", "x": "AQAB"}),
        ),
        (
            "a leading zero",
            rsa(
                &base64url::encode([[0; 1].as_slice(), &[0xff; 256]].concat()),
                "AQAB",
            ),
        ),
        ("a leading zero in e", rsa(&n, "AAEAAQ")),
        ("an empty modulus", rsa("", "AQAB")),
        (
            "a modulus of 8200 bits",
            rsa(&base64url::encode([0xff; 1025]), "AQAB"),
        ),
        ("an exponent of 72 bits", rsa(&n, &base64url::encode([0xff; 9]))),
        ("an array", json!(["RSA", n, "AQAB"])),
    ] {
        assert!(parse(&jwk).is_err(), "{what}");
    }
    let twice = format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","x":"{x}","y":"{y}"}}"#);
    assert!(
        PublicKey::from_jwk(twice.as_bytes()).is_err(),
        "a repeated member"
    );
}

#[test]
fn other_certificate_keys_are_refused_by_name() {
    let group = openssl::ec::EcGroup::from_curve_name(Nid::SECP256K1).unwrap();
    let key = PKey::from_ec_key(openssl::ec::EcKey::generate(&group).unwrap()).unwrap();
    assert_eq!(
        PublicKey::from_pkey(&key),
        Err(JwkError::Unsupported {
            member: "crv",
            value: "secp256k1".to_owned()
        })
    );
}

proptest! {
    #[test]
    fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = PublicKey::from_jwk(&bytes);
    }

    #[test]
    fn nothing_panics_inside_members(
        kty in "RSA|EC|OKP|oct", crv in "P-256|P-384|P-521|Ed25519|", a in "[A-Za-z0-9_=-]{0,100}", b in "\\PC{0,50}",
    ) {
        let _ = parse(&json!({"kty": kty, "crv": crv, "x": a, "y": b, "n": a, "e": b}));
        let _ = parse(&json!({"kty": kty, "crv": crv, "x": a, "y": a, "n": a, "e": a}));
    }
}
