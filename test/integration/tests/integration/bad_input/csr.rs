//! Finalizing (RFC 8555 sections 7.4 and 11.1, RFC 2986): CSRs that the order does not get a certificate for.

use cairn_testkit::csr::{CsrBuilder, Digest};
use cairn_testkit::der::{self, oid, tag};
use cairn_testkit::keys::KeyKind;
use openssl::pkey::{PKey, Private};

use super::case::{Case, MALFORMED, case, run};
use super::lab::Lab;

const FINALIZE: &str = "RFC 8555 section 7.4";
const FORMAT: &str = "RFC 2986 section 4";
const BAD: (u16, &str) = (400, "badCSR");
const NOT_READY: (u16, &str) = (403, "orderNotReady");

/// A finalize request with a CSR that was made for the names of the ready order.
fn spoiled(
    what: impl Into<String>,
    section: &'static str,
    make: impl Fn(&Lab, CsrBuilder) -> Result<Vec<u8>, openssl::error::ErrorStack> + 'static,
) -> Case {
    case(what, section, BAD, move |lab, nonce| {
        let csr = make(lab, CsrBuilder::for_names(&lab.names()));
        lab.finalize(nonce, &csr.unwrap_or_default())
    })
}

fn names() -> Vec<Case> {
    vec![
        spoiled("no names", FINALIZE, |lab, _| {
            CsrBuilder::new().build(&lab.csr_key)
        }),
        spoiled("one name too few", FINALIZE, |lab, _| {
            CsrBuilder::for_names(&lab.names()[..1]).build(&lab.csr_key)
        }),
        spoiled("one name too many", FINALIZE, |lab, csr| {
            csr.dns("other.test").build(&lab.csr_key)
        }),
        spoiled("other names", FINALIZE, |lab, _| {
            CsrBuilder::for_names(&["a.test", "b.test"]).build(&lab.csr_key)
        }),
        spoiled("another name in the subject", FINALIZE, |lab, csr| {
            csr.common_name("other.test").build(&lab.csr_key)
        }),
        spoiled("no name in the subject's common name", FINALIZE, |lab, csr| {
            csr.common_name("My Server").build(&lab.csr_key)
        }),
        spoiled("a wildcard beside the names", FINALIZE, |lab, csr| {
            let wildcard = format!("*.{}", lab.names()[0]);
            csr.dns(&wildcard).build(&lab.csr_key)
        }),
        spoiled("an address beside the names", "RFC 8738 section 3", |lab, csr| {
            csr.address([127, 0, 0, 1].into()).build(&lab.csr_key)
        }),
        spoiled("a name as an address", "RFC 5280 section 4.2.1.6", |lab, csr| {
            csr.general_name(tag::IP, b"abcdef").build(&lab.csr_key)
        }),
        spoiled("an e-mail address", "CA/B BR 7.1.2.7.12", |lab, csr| {
            csr.general_name(tag::EMAIL, b"a@a.test").build(&lab.csr_key)
        }),
        spoiled("a URI", "CA/B BR 7.1.2.7.12", |lab, csr| {
            csr.general_name(tag::URI, b"https://a.test/").build(&lab.csr_key)
        }),
        spoiled(
            "a name with a zero octet",
            "RFC 5280 section 4.2.1.6",
            |lab, csr| csr.dns("a\0.test").build(&lab.csr_key),
        ),
        spoiled(
            "a name with a trailing dot",
            "RFC 5280 section 4.2.1.6",
            |lab, csr| {
                let dotted = format!("{}.", lab.names()[0]);
                csr.dns(&dotted).build(&lab.csr_key)
            },
        ),
        spoiled("the names twice", "RFC 5280 section 4.2", |lab, csr| {
            let names = der::sequence(&[der::tlv(tag::DNS, lab.names()[0].as_bytes())]);
            csr.extension(oid::SUBJECT_ALT_NAME, &names).build(&lab.csr_key)
        }),
        spoiled("names that are no list", "RFC 5280 section 4.2.1.6", |lab, _| {
            CsrBuilder::new()
                .extension(oid::SUBJECT_ALT_NAME, b"\x05\x00")
                .build(&lab.csr_key)
        }),
        spoiled("two extension requests", FORMAT, |lab, csr| {
            csr.attribute(oid::EXTENSION_REQUEST, &der::sequence(&[]))
                .build(&lab.csr_key)
        }),
        spoiled("the wish to be a CA", "RFC 5280 section 4.2.1.9", |lab, csr| {
            csr.extension(oid::BASIC_CONSTRAINTS, &der::sequence(&[vec![1, 1, 0xff]]))
                .build(&lab.csr_key)
        }),
    ]
}

fn signatures() -> Vec<Case> {
    let sha1 = |key: PKey<Private>| move |_: &Lab, csr: CsrBuilder| csr.digest(Digest::Sha1).build(&key);
    let rsa = KeyKind::Rsa(2048)
        .generate()
        .unwrap_or_else(|error| panic!("{error}"));
    let ec = KeyKind::P256.generate().unwrap_or_else(|error| panic!("{error}"));
    let (other, md5) = (ec.clone(), rsa.clone());
    vec![
        spoiled("ECDSA with SHA-1", "CA/B BR 7.1.3.2", sha1(ec)),
        spoiled("RSA with SHA-1", "CA/B BR 7.1.3.2", sha1(rsa)),
        spoiled("RSA with MD5", "CA/B BR 7.1.3.2", move |_, csr| {
            csr.digest(Digest::Md5).build(&md5)
        }),
        spoiled("the signature of another key", FORMAT, move |lab, csr| {
            csr.build_signed_by(&lab.csr_key, &other)
        }),
        spoiled("a flipped bit at the end", FORMAT, |lab, csr| {
            let mut csr = csr.build(&lab.csr_key)?;
            if let Some(last) = csr.last_mut() {
                *last ^= 1;
            }
            Ok(csr)
        }),
        spoiled("a changed name under the signature", FORMAT, |lab, csr| {
            let csr = csr.build(&lab.csr_key)?;
            let name = lab.names()[0].as_bytes();
            let at = csr
                .windows(name.len())
                .position(|window| window == name)
                .unwrap_or(0);
            Ok([&csr[..at], b"z", &csr[at + 1..]].concat())
        }),
        spoiled("another version", FORMAT, |lab, csr| {
            csr.version(1).build(&lab.csr_key)
        }),
        spoiled("the key of the account", "RFC 8555 section 11.1", |lab, csr| {
            csr.build(lab.alice.key.private_key())
        }),
        spoiled(
            "the key of another account",
            "RFC 8555 section 11.1",
            |lab, csr| csr.build(lab.bob.key.private_key()),
        ),
        spoiled("a key that is none", "RFC 5280 section 4.1.2.7", |lab, csr| {
            let spki = der::sequence(&[
                der::sequence(&[der::tlv(tag::OID, oid::COMMON_NAME)]),
                der::bit_string(b"key"),
            ]);
            csr.assemble(&spki, &lab.csr_key)
        }),
        spoiled("a point off the curve", "CA/B BR 6.1.6", |lab, csr| {
            let mut spki = lab.csr_key.public_key_to_der()?;
            if let Some(last) = spki.last_mut() {
                *last ^= 1;
            }
            csr.assemble(&spki, &lab.csr_key)
        }),
        case(
            "must-staple, and no OCSP",
            "RFC 7633 section 4.2.3.1",
            BAD,
            |lab, nonce| {
                let csr =
                    CsrBuilder::for_names(&lab.names()).extension(oid::TLS_FEATURE, b"\x30\x03\x02\x01\x05");
                lab.finalize(nonce, &csr.build(&lab.csr_key).unwrap_or_default())
            },
        ),
    ]
}

fn octets() -> Vec<Case> {
    vec![
        spoiled("nothing", FORMAT, |_, _| Ok(Vec::new())),
        spoiled("an empty sequence", FORMAT, |_, _| Ok(vec![0x30, 0])),
        spoiled("noise", FORMAT, |_, _| Ok(vec![0xa5; 500])),
        spoiled("cut off", FORMAT, |lab, csr| {
            csr.build(&lab.csr_key).map(|csr| csr[..csr.len() / 2].to_vec())
        }),
        spoiled("something behind it", FORMAT, |lab, csr| {
            csr.build(&lab.csr_key).map(|csr| [csr, vec![0; 3]].concat())
        }),
        spoiled("a length that is a lie", FORMAT, |_, _| {
            Ok(vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x30, 0])
        }),
        spoiled("an indefinite length", "X.690 section 10.1", |lab, csr| {
            let csr = csr.build(&lab.csr_key)?;
            Ok([&[0x30, 0x80], &csr[4..], &[0, 0]].concat())
        }),
        spoiled("deep nesting", FORMAT, |_, _| Ok([0x30, 0x80].repeat(7000))),
        spoiled("a certificate", FORMAT, |lab, _| {
            Ok(lab.issued.der().unwrap_or_default())
        }),
        spoiled("a key", FORMAT, |lab, _| lab.csr_key.public_key_to_der()),
        spoiled("PEM", FORMAT, |_, _| {
            Ok(b"-----BEGIN CERTIFICATE REQUEST-----".to_vec())
        }),
        spoiled("larger than any that is needed", FORMAT, |lab, csr| {
            csr.subject(oid::ORGANIZATION, &"x".repeat(33_500))
                .build(&lab.csr_key)
        }),
        spoiled("more names than an order may have", FINALIZE, |lab, csr| {
            (0..300)
                .fold(csr, |csr, index| csr.dns(&format!("n{index}.test")))
                .build(&lab.csr_key)
        }),
    ]
}

fn payloads() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        "",
        "{}",
        "null",
        "[]",
        r#"{"csr":null}"#,
        r#"{"csr":1}"#,
        r#"{"csr":["MAA"]}"#,
        r#"{"csr":"MAA="}"#,
        r#"{"csr":"MA A"}"#,
        r#"{"csr":"+/+/"}"#,
        r#"{"csr":"MAB"}"#,
        r#"{"csr":"MAA","csr":"MAA"}"#,
        r#"{"csr":"-----BEGIN CERTIFICATE REQUEST-----"}"#,
    ]
    .into_iter()
    .map(|payload| {
        case(
            format!("finalizing with {payload}"),
            FINALIZE,
            MALFORMED,
            move |lab, nonce| lab.request(&lab.ready.object.finalize, nonce, payload),
        )
    })
    .collect();
    cases.push(case(
        "an order that waits for its authorization",
        FINALIZE,
        NOT_READY,
        |lab, nonce| {
            let name = &lab.pending.object.identifiers[0].value;
            let csr = CsrBuilder::for_names(&[name])
                .build(&lab.csr_key)
                .unwrap_or_default();
            let payload = format!("{{\"csr\":\"{}\"}}", cairn_acme::base64url::encode(csr));
            lab.request(&lab.pending.object.finalize, nonce, payload)
        },
    ));
    cases.push(case(
        "an order that has its certificate",
        FINALIZE,
        NOT_READY,
        |lab, nonce| {
            let name = &lab.issued.order.object.identifiers[0].value;
            let csr = CsrBuilder::for_names(&[name])
                .build(&lab.csr_key)
                .unwrap_or_default();
            let payload = format!("{{\"csr\":\"{}\"}}", cairn_acme::base64url::encode(csr));
            lab.request(&lab.issued.order.object.finalize, nonce, payload)
        },
    ));
    cases
}

#[tokio::test]
async fn names_that_are_not_those_of_the_order() -> anyhow::Result<()> {
    run(names()).await
}

#[tokio::test]
async fn keys_and_signatures() -> anyhow::Result<()> {
    run(signatures()).await
}

#[tokio::test]
async fn octets_that_are_no_csr() -> anyhow::Result<()> {
    run(octets().into_iter().chain(payloads()).collect()).await
}
