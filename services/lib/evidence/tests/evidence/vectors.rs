//! The vectors, and the tables of docs/receipts.md.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cairn_evidence::{
    Caa, CaaVerdict, Check, Dnssec, EvidenceError, Methods, Outcome, Perspective, Policy, Proof, Receipt,
    ReceiptSigner, Role, Rules, SignedReceipt, Why,
};
use cairn_types::{ErrorKind, Identifier, Thumbprint, Timestamp};
use openssl::pkey::{Id, PKey};
use toml::{Table, Value};

use crate::world::rules;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn vectors(kind: &str) -> Vec<Table> {
    let text = fs::read_to_string(folder().join("receipts-v2.toml")).unwrap();
    let all: Table = text.parse().unwrap();
    let listed = all[kind].as_array().unwrap().iter();
    listed.map(|vector| vector.as_table().unwrap().clone()).collect()
}

fn text(table: &Table, name: &str) -> String {
    let value = table.get(name).map_or("", |value| value.as_str().unwrap());
    value.to_owned()
}

fn octets(table: &Table, name: &str) -> Vec<u8> {
    let digits: String = text(table, name).split_whitespace().collect();
    hex::decode(digits).unwrap()
}

fn list<T: std::str::FromStr<Err: std::fmt::Debug>>(table: &Table, name: &str) -> Vec<T> {
    let values = table.get(name).and_then(Value::as_array);
    let parse = |value: &Value| value.as_str().unwrap().parse().unwrap();
    values.into_iter().flatten().map(parse).collect()
}

fn time(table: &Table, name: &str) -> Timestamp {
    Timestamp::from_millis(table[name].as_integer().unwrap())
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The receipt that the fields describe.
fn described(fields: &Table) -> Receipt {
    let check = fields.get("proof").map_or(Check::CaaOnly, |proof| {
        let proof = proof.as_table().unwrap();
        Check::Validation(Proof {
            token_sha256: octets(proof, "token_sha256").try_into().unwrap(),
            key_authorization_sha256: octets(proof, "key_authorization_sha256").try_into().unwrap(),
            resolved: list(proof, "resolved"),
            contacted: list(proof, "contacted"),
            redirects: list(proof, "redirects"),
            matched: some(text(proof, "matched")),
            dnssec: Dnssec::from_name(&text(proof, "dnssec")),
            valid_until: proof
                .contains_key("valid_until_ms")
                .then(|| time(proof, "valid_until_ms")),
        })
    });
    let caa = fields.get("caa").map(|caa| {
        let caa = caa.as_table().unwrap();
        Caa {
            checked: time(caa, "checked_ms"),
            verdict: CaaVerdict::from_name(&text(caa, "verdict")).unwrap(),
            found_at: some(text(caa, "found_at")),
            records: list(caa, "records"),
            dnssec: Dnssec::from_name(&text(caa, "dnssec")),
        }
    });
    Receipt {
        attempt: octets(fields, "attempt").try_into().unwrap(),
        perspective: text(fields, "perspective"),
        rir: text(fields, "rir").parse().unwrap(),
        software: text(fields, "software"),
        thumbprint: Thumbprint::from_slice(&octets(fields, "thumbprint")).unwrap(),
        account_uri: text(fields, "account_uri"),
        identifier: Identifier::parse(
            &text(fields, "identifier_type"),
            &text(fields, "identifier_value"),
        )
        .unwrap(),
        wildcard: fields.get("wildcard").is_some_and(|it| it.as_bool().unwrap()),
        method: text(fields, "method").parse().unwrap(),
        check,
        caa,
        outcome: some(text(fields, "refused")).map_or(Outcome::Valid, |it| {
            Outcome::Refused(ErrorKind::from_name(&it).unwrap())
        }),
        resolver: text(fields, "resolver"),
        started: time(fields, "started_ms"),
        finished: time(fields, "finished_ms"),
    }
}

#[test]
fn every_vector_is_what_it_says() {
    let listed = vectors("vector");
    assert!(listed.len() >= 8);
    let ed25519 = PKey::private_key_from_raw_bytes(&[3; 32], Id::ED25519).unwrap();
    let ed25519 = ReceiptSigner::from_pem(&ed25519.private_key_to_pem_pkcs8().unwrap()).unwrap();
    for vector in listed {
        let name = text(&vector, "name");
        let signed = octets(&vector, "signed");
        let expected = described(vector["receipt"].as_table().unwrap());
        let perspective = Perspective {
            name: expected.perspective.clone(),
            role: Role::Primary,
            rir: expected.rir,
            public_key_pem: text(&vector, "public_key").into_bytes(),
        };
        let rules = Rules {
            quorum: 0,
            min_regions: 0,
            methods: Methods::same(&[expected.method]),
            ..rules()
        };
        let policy = Policy::new(&[perspective], rules).unwrap();
        assert_eq!(
            SignedReceipt::decode(&signed).unwrap().receipt,
            expected,
            "{name}"
        );
        if vector["authentic"].as_bool().unwrap() {
            assert_eq!(policy.authenticate(&signed), Ok(expected.clone()), "{name}");
            // Ed25519 signs the same in the same way: the encoding is what it was.
            if name.ends_with("Ed25519") {
                assert_eq!(ed25519.sign(&expected).unwrap(), signed, "{name}");
            }
        } else {
            assert_eq!(policy.authenticate(&signed), Err(Why::Signature), "{name}");
        }
    }
}

#[test]
fn malformed_vectors_are_refused() {
    let listed = vectors("malformed");
    assert!(listed.len() >= 8);
    for vector in listed {
        let decoded = SignedReceipt::decode(&octets(&vector, "signed"));
        let refused = matches!(decoded, Err(EvidenceError::Malformed(_)));
        assert!(refused, "{}", text(&vector, "name"));
    }
}

/// The rows `| tag | field | type | … |` below a heading.
fn documented(page: &str, heading: &str) -> Vec<(String, String)> {
    let start = page.find(heading).unwrap() + heading.len();
    let section = page[start..].split("\n#").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| "));
    rows.filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let (tag, field) = (cells.next()?, cells.next()?);
        tag.parse::<u32>().ok()?;
        Some((tag.to_owned(), field.trim_matches('`').to_owned()))
    })
    .collect()
}

/// The fields of a message in the code.
fn coded(source: &str, message: &str) -> Vec<(String, String)> {
    let start = source.find(&format!("struct {message} {{")).unwrap();
    let body = source[start..].split("\n}").next().unwrap();
    let mut tag = None;
    let mut fields = Vec::new();
    for line in body.lines().skip(1).map(str::trim) {
        if let Some((_, rest)) = line.split_once("tag = \"") {
            tag = rest.split('"').next().map(str::to_owned);
        } else if let Some((field, _)) = line.split_once(':').filter(|_| !line.starts_with('/')) {
            fields.push((tag.take().unwrap(), field.to_owned()));
        }
    }
    fields
}

#[test]
fn the_tables_of_the_documentation_are_those_of_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../../../docs/receipts.md")).unwrap();
    let (wire, signed) = (
        include_str!("../../src/wire.rs"),
        include_str!("../../src/signed.rs"),
    );
    for (heading, source, message, count) in [
        ("## Envelope\n", signed, "WireSigned", 3),
        ("## Receipt\n", wire, "WireReceipt", 17),
        ("### Proof\n", wire, "WireProof", 8),
        ("### CAA\n", wire, "WireCaa", 5),
    ] {
        let fields = coded(source, message);
        assert_eq!(fields.len(), count, "{message}");
        assert_eq!(documented(&page, heading), fields, "{message}");
    }
}

/// Where Python has the package `cryptography`, and says so where it has not.
#[test]
fn an_independent_verifier_agrees() {
    let python = |arguments: &[&str]| {
        let output = Command::new("python3").arg("-B").args(arguments).output().ok()?;
        Some((
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        ))
    };
    if !python(&["-c", "import cryptography, tomllib"]).is_some_and(|(found, _)| found) {
        eprintln!("not run: python3 with the package cryptography is not here");
        return;
    }
    let script = folder().join("verify.py").display().to_string();
    let (agrees, said) = python(&[&script]).unwrap();
    assert!(agrees && said.contains("\n8 vectors"), "{said}");
}
