//! Fuzz targets: every parser that reads bytes from outside.
//!
//! A target takes any bytes, must not panic, checks what ought to hold of whatever is accepted, and says
//! whether that is the case. `test/fuzz/run` mutates inputs by libFuzzer; the ordinary tests replay the
//! corpora.

use std::num::NonZeroU8;
use std::sync::LazyLock;

use bytes::Bytes;
use cairn_acme::nonce::Nonces;
use cairn_acme::objects::{
    AccountUpdate, FinalizePayload, KeyChangePayload, NewAccount, NewAuthorization, NewOrder,
    RevocationPayload,
};
use cairn_acme::persist::Record;
use cairn_acme::{CertificateId, ExternalAccountBinding, KeyChange, ParsedJws, PublicKey, base64url, json};
use cairn_types::{Duration, Identifier, Timestamp};
use cairn_x509::{CertificateRequest, CertificateView};
use tonic::{Code, Status};

/// A target's function.
pub type Target = fn(&[u8]) -> bool;

/// All targets by name, which is also that of the folder of their corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("caa", caa),
    ("certificate", certificate),
    ("certificate_id", certificate_id),
    ("csr", csr),
    ("dns_answer", dns_answer),
    ("error_detail", error_detail),
    ("http_answer", http_answer),
    ("jws", jws),
    ("jws_header", jws_header),
    ("message", message),
    ("nonce", nonce),
    ("persist_record", persist_record),
];

/// When the seeds of [`nonce`] were minted, and by which key.
pub const NONCE_MINTED: Timestamp = Timestamp::from_secs(1_800_000_000);
/// See [`NONCE_MINTED`].
pub const NONCE_KEY: [u8; 32] = [7; 32];
const NONCE_LIFETIME: Duration = Duration::from_secs(3600);

/// When the signatures in the seeds of [`dns_answer`] hold: they do for years.
const DNS_ASKED: Timestamp = Timestamp::from_secs(1_800_000_000);

/// CAA records, in the form of `cairn_va::fuzz::caa_records`. Accepted if they name this CA, and allow it to issue.
pub fn caa(data: &[u8]) -> bool {
    let Some(records) = cairn_va::fuzz::caa_records(data) else {
        return false;
    };
    let [plain, wild] = [false, true].map(|wildcard| cairn_va::fuzz::permits(&records, wildcard));
    plain || wild
}

/// Two messages from a resolver, the first after its length in two octets: one with the keys of a zone, and one about
/// something else. Accepted if the keys vouch for what the second says.
pub fn dns_answer(data: &[u8]) -> bool {
    let split = |data: &'_ [u8]| {
        let (length, rest) = data.split_first_chunk::<2>()?;
        let (keys, response) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        Some(cairn_va::fuzz::authenticates(keys, response, DNS_ASKED))
    };
    split(data).unwrap_or(false)
}

/// What a web server sends that was asked for a token. Accepted if its body is looked at, or its redirect followed.
pub fn http_answer(data: &[u8]) -> bool {
    cairn_va::fuzz::answers(data)
}

/// A TXT record of dns-persist-01. Accepted if it follows the grammar.
pub fn persist_record(data: &[u8]) -> bool {
    let Ok(record) = Record::parse(data) else {
        return false;
    };
    assert!(!record.account_uri.is_empty() && !record.issuer.is_empty());
    assert_eq!(Record::parse(record.to_string().as_bytes()), Ok(record));
    true
}

/// The body of a POST request, to its verified payload. Accepted if the signature is by the key in it.
pub fn jws(data: &[u8]) -> bool {
    let _ = KeyChange::verify(data);
    let _ = ExternalAccountBinding::parse(data);
    let Ok(parsed) = ParsedJws::parse(data) else {
        return false;
    };
    assert!(!parsed.header().url().is_empty());
    parsed.verify_by_own_key().is_ok()
}

/// The protected header of a request, which mutations of a whole request seldom reach through its base64.
/// Accepted if it can be read.
pub fn jws_header(data: &[u8]) -> bool {
    let protected = base64url::encode(data);
    let body = format!(r#"{{"protected":"{protected}","payload":"","signature":"AAAA"}}"#);
    let _ = PublicKey::from_jwk(data).map(|key| {
        let again = PublicKey::from_jwk(key.jwk().as_bytes()).map(|again| again.thumbprint());
        assert_eq!(again, Ok(key.thumbprint()));
    });
    ParsedJws::parse(body.as_bytes()).is_ok()
}

/// The payload of a request as each of the messages that it might be. Accepted if it is one of them.
pub fn message(data: &[u8]) -> bool {
    let order = json::from_slice::<NewOrder>(data);
    if let Ok(order) = &order {
        for identifier in &order.identifiers {
            round_trip(&identifier.kind, &identifier.value);
        }
        for date in [order.not_before, order.not_after].into_iter().flatten() {
            assert_eq!(
                Timestamp::parse_rfc3339(&date.to_rfc3339()),
                Some(date.floor_secs())
            );
        }
    }
    let authorization = json::from_slice::<NewAuthorization>(data);
    if let Ok(NewAuthorization { identifier }) = &authorization {
        round_trip(&identifier.kind, &identifier.value);
    }
    order.is_ok()
        || authorization.is_ok()
        || json::from_slice::<NewAccount>(data).is_ok()
        || json::from_slice::<AccountUpdate>(data).is_ok()
        || json::from_slice::<FinalizePayload>(data).is_ok()
        || json::from_slice::<KeyChangePayload>(data).is_ok()
        || json::from_slice::<RevocationPayload>(data).is_ok()
}

/// An identifier that is accepted is written as it is read.
fn round_trip(kind: &str, value: &str) {
    if let Ok(identifier) = Identifier::parse(kind, value) {
        assert_eq!(
            Identifier::parse(identifier.kind(), &identifier.value()),
            Ok(identifier)
        );
    }
}

/// A certificate request. Accepted if its signature is good.
pub fn csr(data: &[u8]) -> bool {
    let Ok(request) = CertificateRequest::parse(data) else {
        return false;
    };
    let names = request.identifiers();
    assert!(!names.is_empty());
    assert!(names.is_sorted() && names.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(request.common_name().is_none_or(|name| names.contains(name)));
    true
}

/// A certificate, as clients send it to have it revoked. Accepted if it can be read.
pub fn certificate(data: &[u8]) -> bool {
    let Ok(view) = CertificateView::from_der(data) else {
        return false;
    };
    assert_eq!(view.as_der(), data);
    let _ = (
        view.serial(),
        view.key_id(),
        view.authority_key_id(),
        view.identifiers(),
        view.is_authority(),
    );
    let _ = view.public_key().map(|key| view.is_signed_by(&key));
    true
}

/// A certificate id in the URL of its renewal information. Accepted if it is one.
pub fn certificate_id(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else {
        return false;
    };
    let Ok(id) = text.parse::<CertificateId>() else {
        return false;
    };
    assert_eq!(id.to_string(), text);
    true
}

/// A nonce. Accepted if it is one of ours.
pub fn nonce(data: &[u8]) -> bool {
    static NONCES: LazyLock<Option<Nonces>> =
        LazyLock::new(|| Nonces::new(&NONCE_KEY, None, NONCE_LIFETIME).ok());
    let (Ok(text), Some(nonces)) = (std::str::from_utf8(data), &*NONCES) else {
        return false;
    };
    let Ok(recognized) = nonces.recognize(text, NONCE_MINTED) else {
        return false;
    };
    assert_eq!(recognized.minted, NONCE_MINTED);
    true
}

/// The detail of an error from another service, after an octet for its gRPC status. Accepted if it is
/// itself the detail of what is understood.
pub fn error_detail(data: &[u8]) -> bool {
    let Some((code, detail)) = data.split_first() else {
        return false;
    };
    let code = NonZeroU8::new(*code).map_or(Code::Unknown, |code| Code::from(i32::from(code.get())));
    let status = Status::with_details(code, "message", Bytes::copy_from_slice(detail));
    let understood = cairn_rpc::from_status(&status);
    let again = cairn_rpc::from_status(&cairn_rpc::to_status(understood.clone()));
    assert_eq!(again.problem, understood.problem);
    cairn_rpc::to_status(understood).details() == detail
}
