use std::sync::OnceLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::base64url;
use crate::jwk::PublicKey;

const URL: &str = "https://ca.example/acme/new-order";
const KID: &str = "https://ca.example/acme/account/1";

fn keys() -> &'static [SigningKey; 5] {
    static KEYS: OnceLock<[SigningKey; 5]> = OnceLock::new();
    KEYS.get_or_init(|| Algorithm::ALL.map(|algorithm| SigningKey::generate(algorithm).unwrap()))
}

fn flattened(protected: &str, payload: &str, signature: &str) -> String {
    json!({ "protected": protected, "payload": payload, "signature": signature }).to_string()
}

#[test]
fn every_algorithm_verifies_its_own_signatures_and_no_others() {
    for key in keys() {
        let body = key.sign(SignAs::Account(KID), "bm9uY2U", URL, b"{}").unwrap();
        for other in keys() {
            let outcome = ParsedJws::parse(body.as_bytes()).unwrap().verify(other.public());
            if other.public() == key.public() {
                assert_eq!(outcome.unwrap().payload(), b"{}");
            } else {
                assert_eq!(
                    outcome.unwrap_err(),
                    JwsError::Mismatch(key.algorithm(), other.public().kind())
                );
            }
        }
        let twin = SigningKey::generate(key.algorithm()).unwrap();
        let outcome = ParsedJws::parse(body.as_bytes()).unwrap().verify(twin.public());
        assert_eq!(outcome.unwrap_err(), JwsError::Signature);
        assert!(openssl::error::ErrorStack::get().errors().is_empty());
    }
}

#[test]
fn the_key_in_the_header_counts() {
    for key in keys() {
        let body = key.sign(SignAs::Jwk, "bm9uY2U", URL, b"").unwrap();
        let (verified, own) = ParsedJws::parse(body.as_bytes())
            .unwrap()
            .verify_by_own_key()
            .unwrap();
        assert_eq!(own, *key.public());
        assert_eq!(verified.header().nonce(), Some("bm9uY2U"));
        assert_eq!(verified.header().url(), URL);
        assert!(verified.payload().is_empty());
    }
}

/// The protected header, payload, signature and key of published examples. None of them has the members
/// that ACME requires, so they are checked below the parser.
#[test]
fn examples_of_the_rfcs() {
    let joe =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let cases = [
        // RFC 7515 appendix A.2.
        (
            r#"{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}"#,
            "eyJhbGciOiJSUzI1NiJ9",
            joe,
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        ),
        // RFC 7515 appendix A.3.
        (
            r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
            "eyJhbGciOiJFUzI1NiJ9",
            joe,
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
        // RFC 7515 appendix A.4.
        (
            r#"{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#,
            "eyJhbGciOiJFUzUxMiJ9",
            "UGF5bG9hZA",
            "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
        ),
        // RFC 8037 appendix A.4.
        (
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            "eyJhbGciOiJFZERTQSJ9",
            "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ),
    ];
    for (jwk, protected, payload, signature) in cases {
        let key = PublicKey::from_jwk(jwk.as_bytes()).unwrap();
        let signature = base64url::decode(signature).unwrap();
        let input = format!("{protected}.{payload}");
        assert_eq!(
            verify::signature(&key, input.as_bytes(), &signature),
            Ok(()),
            "{jwk}"
        );
        assert!(
            verify::signature(&key, payload.as_bytes(), &signature).is_err(),
            "{jwk}"
        );
    }
    // RFC 7515 appendix A.1, the MAC.
    let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let input = format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{joe}");
    let mac = base64url::decode("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
    let key = base64url::decode(key).unwrap();
    assert_eq!(
        verify::check_mac(MacAlgorithm::Hs256, &key, input.as_bytes(), &mac),
        Ok(())
    );
}

#[test]
fn bodies_of_the_wrong_form() {
    let good = keys()[1]
        .sign(SignAs::Account(KID), "bm9uY2U", URL, b"{}")
        .unwrap();
    let value: Value = serde_json::from_str(&good).unwrap();
    let member = |name: &str| value[name].as_str().unwrap().to_owned();
    let (protected, payload, signature) = (member("protected"), member("payload"), member("signature"));
    let with = |name: &str, to: Value| {
        let mut changed = value.clone();
        changed[name] = to;
        changed.to_string()
    };
    for (what, body) in [
        ("nothing", String::new()),
        ("cut short", good[..good.len() - 1].to_owned()),
        ("two bodies", format!("{good}{good}")),
        ("the compact form", format!("{protected}.{payload}.{signature}")),
        ("an array", json!([protected, payload, signature]).to_string()),
        ("an unprotected header", with("header", json!({}))),
        ("several signatures", with("signatures", json!([]))),
        ("an unknown member", with("x", json!(1))),
        (
            "no payload",
            json!({ "protected": protected, "signature": signature }).to_string(),
        ),
        ("a null payload", with("payload", Value::Null)),
        ("a number for a signature", with("signature", json!(7))),
        ("padding", with("payload", json!("e30="))),
        ("the other base64", with("signature", json!("+/+/"))),
        ("left-over bits", with("payload", json!("e31"))),
        (
            "a repeated member",
            good.replacen('{', "{\"payload\":\"e30\",", 1),
        ),
        (
            "not UTF-8 inside",
            flattened(&base64url::encode(b"{\"alg\":\"\xff\"}"), "", ""),
        ),
        (
            "a header that is no object",
            flattened(&base64url::encode("[]"), "", ""),
        ),
    ] {
        assert!(ParsedJws::parse(body.as_bytes()).is_err(), "{what}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn headers_that_break_a_rule() {
    let key = &keys()[1];
    let jwk = key.public();
    for (what, header, error) in [
        ("no alg", json!({"nonce": "AA", "url": URL, "kid": KID}), None),
        (
            "no nonce",
            json!({"alg": "ES256", "url": URL, "kid": KID}),
            Some("malformed"),
        ),
        (
            "an empty nonce",
            json!({"alg": "ES256", "nonce": "", "url": URL, "kid": KID}),
            Some("malformed"),
        ),
        (
            "a nonce of other letters",
            json!({"alg": "ES256", "nonce": "?", "url": URL, "kid": KID}),
            Some("malformed"),
        ),
        (
            "a null nonce",
            json!({"alg": "ES256", "nonce": null, "url": URL, "kid": KID}),
            Some("malformed"),
        ),
        (
            "no url",
            json!({"alg": "ES256", "nonce": "AA", "kid": KID}),
            Some("malformed"),
        ),
        (
            "a number for a url",
            json!({"alg": "ES256", "nonce": "AA", "url": 1, "kid": KID}),
            Some("malformed"),
        ),
        (
            "no key",
            json!({"alg": "ES256", "nonce": "AA", "url": URL}),
            Some("malformed"),
        ),
        (
            "two keys",
            json!({"alg": "ES256", "nonce": "AA", "url": URL, "kid": KID, "jwk": jwk}),
            Some("malformed"),
        ),
        (
            "crit",
            json!({"alg": "ES256", "nonce": "AA", "url": URL, "kid": KID, "crit": ["b64"]}),
            Some("malformed"),
        ),
        (
            "a null crit",
            json!({"alg": "ES256", "nonce": "AA", "url": URL, "kid": KID, "crit": null}),
            Some("malformed"),
        ),
        (
            "b64",
            json!({"alg": "ES256", "nonce": "AA", "url": URL, "kid": KID, "b64": false}),
            Some("malformed"),
        ),
        (
            "none",
            json!({"alg": "none", "nonce": "AA", "url": URL, "kid": KID}),
            Some("badSignatureAlgorithm"),
        ),
        (
            "a MAC",
            json!({"alg": "HS256", "nonce": "AA", "url": URL, "kid": KID}),
            Some("badSignatureAlgorithm"),
        ),
        (
            "PS256",
            json!({"alg": "PS256", "nonce": "AA", "url": URL, "jwk": jwk}),
            Some("badSignatureAlgorithm"),
        ),
        (
            "a bad key",
            json!({"alg": "ES256", "nonce": "AA", "url": URL, "jwk": {"kty": "EC"}}),
            Some("badPublicKey"),
        ),
        (
            "no object",
            json!({"alg": "ES256", "nonce": "AA", "url": URL, "jwk": "x"}),
            Some("malformed"),
        ),
    ] {
        let body = key.sign_with_header(&header, b"{}").unwrap();
        let refused = ParsedJws::parse(body.as_bytes())
            .err()
            .unwrap_or_else(|| panic!("{what} was accepted"));
        let kind = cairn_types::Error::from(refused).kind();
        assert_eq!(kind.as_str(), error.unwrap_or("malformed"), "{what}");
    }
    let unknown = json!({"alg": "ES256", "nonce": "AA", "url": URL, "kid": KID, "typ": "JWT"});
    let body = key.sign_with_header(&unknown, b"{}").unwrap();
    assert!(
        ParsedJws::parse(body.as_bytes()).is_ok(),
        "members that are not critical are ignored"
    );
}

#[test]
fn an_algorithm_that_is_not_the_keys_is_a_bad_key() {
    let header = json!({"alg": "RS256", "nonce": "AA", "url": URL, "jwk": keys()[1].public()});
    let body = keys()[1].sign_with_header(&header, b"").unwrap();
    let error = ParsedJws::parse(body.as_bytes())
        .unwrap()
        .verify_by_own_key()
        .unwrap_err();
    assert_eq!(
        cairn_types::Error::from(error).kind(),
        cairn_types::ErrorKind::BadPublicKey
    );
}

#[test]
fn inner_signatures_have_no_nonce() {
    let with = keys()[1].sign(SignAs::Jwk, "AA", URL, b"").unwrap();
    assert!(ParsedJws::parse_inner(with.as_bytes()).is_err());
    let without = keys()[1].sign_inner(URL, b"").unwrap();
    assert!(ParsedJws::parse_inner(without.as_bytes()).is_ok());
    assert!(ParsedJws::parse(without.as_bytes()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_signed_verifies(which in 0_usize..5, payload in prop::collection::vec(any::<u8>(), 0..200)) {
        let key = &keys()[which];
        let body = key.sign(SignAs::Account(KID), "AA", URL, &payload).unwrap();
        let verified = ParsedJws::parse(body.as_bytes()).unwrap().verify(key.public()).unwrap();
        prop_assert_eq!(verified.payload(), &payload[..]);
    }

    /// Any change of one octet of the three members is noticed. (White space between members may change.)
    #[test]
    fn what_was_changed_never_verifies(which in 0_usize..5, place in any::<prop::sample::Index>(), flip in 1_u8..=255) {
        let key = &keys()[which];
        let body = key.sign(SignAs::Account(KID), "AA", URL, b"{\"contact\":[]}").unwrap();
        let original = ParsedJws::parse(body.as_bytes()).unwrap().verify(key.public()).unwrap();
        let mut changed = body.into_bytes();
        let place = place.index(changed.len());
        changed[place] ^= flip;
        if let Ok(verified) = ParsedJws::parse(&changed).and_then(|jws| jws.verify(key.public())) {
            prop_assert_eq!(verified.payload(), original.payload());
            prop_assert_eq!(verified.header().url(), original.header().url());
        }
    }

    #[test]
    fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = ParsedJws::parse(&bytes);
        let _ = ParsedMacJws::parse(&bytes);
        let _ = crate::KeyChange::verify(&bytes);
    }

    #[test]
    fn nothing_panics_inside(header in "\\PC{0,80}", payload in "\\PC{0,40}", signature in "[A-Za-z0-9_-]{0,90}") {
        let body = flattened(&base64url::encode(header), &base64url::encode(payload), &signature);
        let _ = ParsedJws::parse(body.as_bytes());
    }

    #[test]
    fn signatures_of_any_length_are_refused(which in 0_usize..5, signature in prop::collection::vec(any::<u8>(), 0..300)) {
        let key = keys()[which].public();
        prop_assert_eq!(verify::signature(key, b"input", &signature), Err(JwsError::Signature));
    }
}
