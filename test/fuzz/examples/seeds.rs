//! Writes the seeds of the corpora anew: `cargo run -p cairn-fuzz --example seeds`. Their keys are random,
//! so this is only for a change of format; what a fuzzer found stays beside them.

use std::path::Path;

use cairn_acme::nonce::Nonces;
use cairn_acme::{Algorithm, MacAlgorithm, SignAs, SigningKey, sign_external_account_binding};
use cairn_fuzz::{NONCE_KEY, NONCE_MINTED};
use cairn_types::{Duration, Error, ErrorKind, Identifier, Rng, Subproblem};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::stack::Stack;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, SubjectAlternativeName, SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Name, X509NameBuilder, X509ReqBuilder};

const ACCOUNT: &str = "https://ca.example/acme/account/0192f0c0-0000-7000-8000-000000000000";
const NONCE: &str = "AZuqyyEAaTKXwpI3GfkEUlFaQnk";

fn write(target: &str, name: &str, content: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join(name), content)?)
}

fn main() -> anyhow::Result<()> {
    requests()?;
    messages()?;
    let rsa = PKey::from_rsa(Rsa::generate(2048)?)?;
    for (kind, key) in [
        (
            "p256",
            SigningKey::generate(Algorithm::Es256)?.private_key().clone(),
        ),
        ("rsa", rsa),
    ] {
        csrs(kind, &key)?;
        write(
            "certificate",
            &format!("good-{kind}"),
            certificate(&key)?.to_der()?,
        )?;
    }
    write(
        "certificate_id",
        "good-rfc9773",
        "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE",
    )?;
    write("certificate_id", "no-serial", "aYhba4dGQEHhs3uEe6CuLN4ByNQ.")?;
    let nonces = Nonces::new(&NONCE_KEY, None, Duration::from_secs(60))?;
    let nonce = nonces.mint(NONCE_MINTED, &Sevens);
    write("nonce", "good-minted", &nonce)?;
    write("nonce", "other-mac", format!("{}AAAA", &nonce[..nonce.len() - 4]))?;
    error_details()
}

/// Randomness that is none.
struct Sevens;

impl Rng for Sevens {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

fn requests() -> anyhow::Result<()> {
    let url = "https://ca.example/acme/new-account";
    let payload = br#"{"termsOfServiceAgreed":true,"contact":["mailto:admin@example.test"]}"#;
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm)?;
        let body = key.sign(SignAs::Jwk, NONCE, url, payload)?;
        write(
            "jws",
            &format!("good-{}", algorithm.as_str().to_lowercase()),
            &body,
        )?;
        let header = format!(
            r#"{{"alg":"{}","jwk":{},"nonce":"{NONCE}","url":"{url}"}}"#,
            algorithm.as_str(),
            key.public().jwk(),
        );
        write(
            "jws_header",
            &format!("good-{}", algorithm.as_str().to_lowercase()),
            header,
        )?;
    }
    let key = SigningKey::generate(Algorithm::Es256)?;
    write("jws", "kid", key.sign(SignAs::Account(ACCOUNT), NONCE, url, b"")?)?;
    let header = format!(r#"{{"alg":"RS256","kid":"{ACCOUNT}","nonce":"{NONCE}","url":"{url}"}}"#);
    write("jws_header", "good-kid", header)?;
    write("jws_header", "jwk", key.public().jwk())?;
    let change = format!(r#"{{"account":"{ACCOUNT}","oldKey":{}}}"#, key.public().jwk());
    let new_key = SigningKey::generate(Algorithm::Es256)?;
    write("jws", "key-change", new_key.sign_inner(url, change.as_bytes())?)?;
    write("message", "good-key-change", change)?;
    let binding = sign_external_account_binding(MacAlgorithm::Hs256, b"secret", "kid-1", url, key.public())?;
    write("jws", "binding", binding)
}

fn messages() -> anyhow::Result<()> {
    let messages = [
        (
            "good-account",
            r#"{"termsOfServiceAgreed":true,"contact":["mailto:admin@example.test"]}"#,
        ),
        ("good-only-existing", r#"{"onlyReturnExisting":true}"#),
        ("good-deactivated", r#"{"status":"deactivated"}"#),
        (
            "good-order",
            r#"{"identifiers":[{"type":"dns","value":"*.example.test"},{"type":"ip","value":"2001:db8::1"}],"notBefore":"2026-01-01T00:00:00Z","notAfter":"2026-01-08T00:00:00.5+01:00","profile":"classic","replaces":"aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"}"#,
        ),
        (
            "good-authorization",
            r#"{"identifier":{"type":"dns","value":"xn--bcher-kva.example"}}"#,
        ),
        ("good-finalize", r#"{"csr":"MAA"}"#),
        ("good-revocation", r#"{"certificate":"MAA","reason":4}"#),
        ("twice", r#"{"csr":"MAA","csr":"MAA"}"#),
    ];
    messages
        .into_iter()
        .try_for_each(|(name, text)| write("message", name, text))
}

fn subject(name: &str) -> anyhow::Result<X509Name> {
    let mut subject = X509NameBuilder::new()?;
    subject.append_entry_by_text("CN", name)?;
    Ok(subject.build())
}

fn csrs(kind: &str, key: &PKey<Private>) -> anyhow::Result<()> {
    for with_name in [false, true] {
        let mut request = X509ReqBuilder::new()?;
        request.set_pubkey(key)?;
        let mut names = SubjectAlternativeName::new();
        names
            .dns("www.example.test")
            .dns("*.example.test")
            .ip("192.0.2.1")
            .ip("2001:db8::1");
        let mut extensions = Stack::new()?;
        extensions.push(names.build(&request.x509v3_context(None))?)?;
        if with_name {
            request.set_subject_name(&*subject("www.example.test")?)?;
            extensions.push(BasicConstraints::new().critical().build()?)?;
        }
        request.add_extensions(&extensions)?;
        request.sign(key, MessageDigest::sha256())?;
        let suffix = if with_name { "-name" } else { "" };
        write("csr", &format!("good-{kind}{suffix}"), request.build().to_der()?)?;
    }
    Ok(())
}

fn certificate(key: &PKey<Private>) -> anyhow::Result<X509> {
    let mut builder = X509::builder()?;
    let issuer = subject("Example CA")?;
    builder.set_version(2)?;
    builder
        .set_serial_number(&*BigNum::from_hex_str("01020304050607080910111213141516")?.to_asn1_integer()?)?;
    builder.set_subject_name(&issuer)?;
    builder.set_issuer_name(&issuer)?;
    builder.set_not_before(&*Asn1Time::from_str_x509("20260101000000Z")?)?;
    builder.set_not_after(&*Asn1Time::from_str_x509("20260401000000Z")?)?;
    builder.set_pubkey(key)?;
    let extensions = [
        SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?,
        BasicConstraints::new().critical().build()?,
        SubjectAlternativeName::new()
            .dns("www.example.test")
            .build(&builder.x509v3_context(None, None))?,
    ];
    for extension in extensions {
        builder.append_extension(extension)?;
    }
    let authority = AuthorityKeyIdentifier::new()
        .keyid(true)
        .build(&builder.x509v3_context(None, None));
    if let Ok(authority) = authority {
        builder.append_extension(authority)?;
    }
    builder.sign(key, MessageDigest::sha256())?;
    Ok(builder.build())
}

fn error_details() -> anyhow::Result<()> {
    let name = Identifier::parse("dns", "www.example.test")?;
    let detail = "no such name".to_owned();
    let subproblem = Subproblem {
        kind: ErrorKind::Dns,
        detail,
        identifier: Some(name),
    };
    let mut compound = Error::new(ErrorKind::Compound, "two names are refused");
    compound.problem.subproblems = vec![subproblem];
    compound.retry_after = Some(Duration::from_secs(3));
    let errors = [
        ("good-compound", compound),
        ("good-malformed", Error::malformed("the request is not JSON")),
        ("good-unavailable", Error::unavailable("no connection")),
    ];
    for (name, error) in errors {
        let status = cairn_rpc::to_status(error);
        let mut seed = vec![status.code() as u8];
        seed.extend_from_slice(status.details());
        write("error_detail", name, seed)?;
    }
    Ok(())
}
