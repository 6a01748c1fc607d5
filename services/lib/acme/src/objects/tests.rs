use serde_json::{Value, json};

use super::*;
use crate::json::from_slice;

fn read<'de, T: serde::Deserialize<'de>>(text: &'de str) -> Option<T> {
    from_slice(text.as_bytes()).ok()
}

#[test]
fn requests_ignore_unknown_members() {
    let text = r#"{"identifiers":[{"type":"dns","value":"a.example","x":1}],"notBefore":"2026-01-01T00:00:00Z","y":{}}"#;
    let order: NewOrder = read(text).unwrap();
    assert_eq!(order.identifiers[0].parse().unwrap().value(), "a.example");
    assert_eq!(order.not_before.unwrap().to_rfc3339(), "2026-01-01T00:00:00Z");
    assert_eq!(
        (order.not_after, order.profile, order.replaces),
        (None, None, None)
    );

    let account: NewAccount = read(r#"{"orders":"x","status":7,"externalAccountBinding":{"a":1}}"#).unwrap();
    assert!(!account.terms_of_service_agreed && !account.only_return_existing && account.contact.is_none());
    assert_eq!(account.external_account_binding.unwrap().get(), r#"{"a":1}"#);

    assert!(
        read::<AccountUpdate>(r#"{"status":"deactivated"}"#)
            .unwrap()
            .deactivates()
    );
    assert!(
        !read::<AccountUpdate>(r#"{"status":"valid"}"#)
            .unwrap()
            .deactivates()
    );
    assert!(!read::<AuthorizationUpdate>("{}").unwrap().deactivates());
}

#[test]
fn members_of_the_wrong_type_are_refused() {
    for text in [
        "{}",
        r#"{"identifiers":{}}"#,
        r#"{"identifiers":["a.example"]}"#,
        r#"{"identifiers":[["dns","a.example"]]}"#,
        r#"{"identifiers":[{"type":"dns"}]}"#,
        r#"{"identifiers":[{"type":"dns","value":null}]}"#,
        r#"{"identifiers":[],"notBefore":"yesterday"}"#,
        r#"{"identifiers":[],"notBefore":1}"#,
        r#"{"identifiers":[],"profile":{}}"#,
        r#"{"identifiers":[],"identifiers":[]}"#,
    ] {
        assert!(read::<NewOrder>(text).is_none(), "{text}");
    }
    for text in [
        r#"{"contact":"mailto:a@example.org"}"#,
        r#"{"contact":[1]}"#,
        r#"{"termsOfServiceAgreed":"yes"}"#,
        r#"{"onlyReturnExisting":1}"#,
        "[]",
        "",
    ] {
        assert!(read::<NewAccount>(text).is_none(), "{text}");
    }
    assert!(read::<RevocationPayload>(r#"{"certificate":"AA","reason":1.5}"#).is_none());
    assert!(read::<RevocationPayload>(r#"{"certificate":"AA","reason":"1"}"#).is_none());
    assert_eq!(
        read::<RevocationPayload>(r#"{"certificate":"AA"}"#)
            .unwrap()
            .reason,
        None
    );
}

/// What is written can be read, and says no more than it has to.
fn round_trip<T: serde::Serialize + serde::de::DeserializeOwned>(value: &Value) {
    let object: T = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(object).unwrap(), *value);
}

#[test]
fn responses_round_trip() {
    let identifier = json!({"type": "dns", "value": "a.example"});
    let urls = json!(["https://ca.example/1"]);
    round_trip::<AuthorizationObject>(&json!({
        "identifier": identifier, "status": "pending", "expires": "2026-01-01T00:00:00Z", "wildcard": true,
        "challenges": [{
            "type": "http-01", "url": "https://ca.example/c", "status": "processing", "token": "abc",
            "error": {"type": "urn:ietf:params:acme:error:dns", "detail": "no answer", "status": 400},
        }],
    }));
    round_trip::<OrderObject>(&json!({
        "status": "ready", "expires": "2026-01-01T00:00:00Z", "identifiers": [identifier],
        "authorizations": urls, "finalize": "https://ca.example/f",
    }));
    round_trip::<OrderObject>(&json!({
        "status": "valid", "identifiers": [identifier], "authorizations": urls, "profile": "classic",
        "finalize": "https://ca.example/f", "certificate": "https://ca.example/cert",
    }));
    round_trip::<Directory>(&json!({
        "newNonce": "n", "newAccount": "a", "newOrder": "o", "revokeCert": "r", "keyChange": "k",
        "newAuthz": "z", "renewalInfo": "i",
        "meta": {"termsOfService": "t", "caaIdentities": ["ca.example"], "profiles": {"classic": "90 days"}},
    }));
    round_trip::<OrdersList>(&json!({"orders": urls}));
    round_trip::<RenewalInfo>(&json!({
        "suggestedWindow": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"},
        "explanationURL": "https://ca.example/why",
    }));
}

#[test]
fn accounts_round_trip_with_their_binding() {
    let text = r#"{"status":"valid","contact":["mailto:a@b.example"],"termsOfServiceAgreed":true,"externalAccountBinding":{"payload":"x"},"orders":"o"}"#;
    let account: AccountObject = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&account).unwrap(), text);
}
