use std::path::Path;

use cairn_kit::config;
use openssl::pkey::PKey;

use super::*;

/// The sample, changed, with the files that it names.
fn read(change: impl FnOnce(String) -> String) -> Result<Config, String> {
    let directory = tempfile::tempdir().unwrap();
    for folder in ["tls", "va"] {
        std::fs::create_dir(directory.path().join(folder)).unwrap();
    }
    let key = PKey::generate_ed25519()
        .unwrap()
        .private_key_to_pem_pkcs8()
        .unwrap();
    std::fs::write(directory.path().join("va/receipt.key"), key).unwrap();
    std::fs::write(directory.path().join("tls/va.key"), "unread here").unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/va.toml");
    let text = change(std::fs::read_to_string(sample).unwrap());
    config::parse::<Config>(&text, &directory.path().join("va.toml"))
        .map(|loaded| loaded.service)
        .map_err(|error| error.to_string())
}

#[test]
fn the_sample_is_read_and_shows_the_defaults() {
    let sample = read(|text| text).unwrap();
    let (dns, limits) = (Dns::default(), Limits::default());
    assert_eq!(
        (sample.dns.timeout, sample.dns.attempts),
        (dns.timeout, dns.attempts)
    );
    assert_eq!(
        (sample.limits.attempt, sample.limits.connect),
        (limits.attempt, limits.connect)
    );
    assert_eq!(sample.limits.concurrent, limits.concurrent);
    assert_eq!((sample.http_01.port, sample.tls_alpn_01.port), (80, 443));
    assert_eq!(sample.perspective.rir, Rir::Ripe);
}

#[test]
fn what_makes_no_sense_is_refused_by_key() {
    for (from, to, key) in [
        (
            "identities = [\"ca.example\"]",
            "identities = [\"CA.example\"]",
            "caa.identities",
        ),
        (
            "identities = [\"ca.example\"]",
            "identities = [\"*.example\"]",
            "caa.identities",
        ),
        (
            "loopback_suffixes = []",
            "loopback_suffixes = [\"test\"]",
            "dns.loopback_suffixes",
        ),
        (
            "loopback_suffixes = []",
            "loopback_suffixes = [\".test\"]",
            "dns.loopback_suffixes",
        ),
        ("allow = []", "allow = [\"link-local\"]", "link-local"),
        ("attempts = 3", "attempts = 0", "dns.attempts"),
        ("timeout = \"3s\"", "timeout = \"0s\"", "dns.timeout"),
        ("port = 80", "port = 0", "http_01.port"),
        ("name = \"primary\"", "name = \"\"", "perspective.name"),
        ("rir = \"ripe\"", "rir = \"mars\"", "mars"),
        ("va/receipt.key", "tls/va.key", "perspective.receipt_key"),
        ("port = 80", "port = 80\nprot = 80", "prot"),
    ] {
        let error = read(|text| text.replacen(from, to, 1))
            .map(|_| ())
            .expect_err(key);
        assert!(error.contains(key), "{key}: {error}");
    }
    read(|text| {
        text.replace("loopback_suffixes = []", "loopback_suffixes = [\"test\"]")
            .replace("allow = []", "allow = [\"loopback\", \"private\", \"shared\"]")
    })
    .unwrap();
}
