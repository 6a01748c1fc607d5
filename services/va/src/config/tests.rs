use std::path::Path;

use cairn_evidence::Rir;
use cairn_kit::config;
use openssl::pkey::PKey;

use super::*;

/// The sample, changed, with the files that it names.
fn read(change: impl FnOnce(String) -> String) -> Result<Config, String> {
    read_file("va.toml", change)
}

fn read_file(file: &str, change: impl FnOnce(String) -> String) -> Result<Config, String> {
    let directory = tempfile::tempdir().unwrap();
    for folder in ["tls", "va", "perspectives"] {
        std::fs::create_dir(directory.path().join(folder)).unwrap();
    }
    let key = PKey::generate_ed25519().unwrap();
    let private = key.private_key_to_pem_pkcs8().unwrap();
    let public = key.public_key_to_pem().unwrap();
    for name in ["va/receipt.key", "va/ashburn.key"] {
        std::fs::write(directory.path().join(name), &private).unwrap();
    }
    for name in ["ashburn", "singapore", "seattle"] {
        let path = directory.path().join(format!("perspectives/{name}.pub"));
        std::fs::write(path, &public).unwrap();
    }
    for name in ["tls/va.key", "tls/va-ashburn.key"] {
        std::fs::write(directory.path().join(name), "unread here").unwrap();
    }
    let sample = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../deploy/config")
        .join(file);
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
    assert_eq!(sample.dns.dnssec, dns.dnssec);
    assert_eq!(
        (sample.limits.attempt, sample.limits.connect),
        (limits.attempt, limits.connect)
    );
    assert_eq!(sample.limits.concurrent, limits.concurrent);
    assert_eq!((sample.http_01.port, sample.tls_alpn_01.port), (80, 443));
    assert_eq!(sample.perspective.rir, Rir::Ripe);
    let quorum = sample.quorum.unwrap();
    assert_eq!(quorum.patience, Quorum::default().patience);
    let (remotes, defaults) = (sample.remotes.len(), Quorum::default());
    assert_eq!(quorum.min_regions(remotes), defaults.min_regions(remotes));
    assert_eq!(
        quorum.allowed_failures(remotes),
        defaults.allowed_failures(remotes)
    );
}

#[test]
fn the_sample_of_a_remote_is_one_of_the_primarys_remotes() {
    let primary = read(|text| text).unwrap();
    let remote = read_file("va-remote.toml", |text| text).unwrap();
    assert_eq!(
        (primary.perspective.role, remote.perspective.role),
        (Role::Primary, Role::Remote)
    );
    let known = &primary.remotes[0];
    assert_eq!(
        (&known.name, known.rir),
        (&remote.perspective.name, remote.perspective.rir)
    );
    assert_eq!(known.addresses, [remote.grpc.listen.to_string()]);
}

/// The part of a text before that one.
fn before<'t>(text: &'t str, end: &str) -> &'t str {
    &text[..text.find(end).unwrap()]
}

#[test]
fn a_role_that_contradicts_the_rest_is_refused() {
    for (file, from, to, said) in [
        (
            "va.toml",
            "role = \"primary\"",
            "role = \"remote\"",
            "no [[remotes]]",
        ),
        (
            "va.toml",
            "cairn.va.v1.DryRun",
            "cairn.va.v1.Perspective",
            "only a remote",
        ),
        (
            "va-remote.toml",
            "role = \"remote\"",
            "role = \"primary\"",
            "only a remote",
        ),
        ("va-remote.toml", "va.v1.Perspective", "va.v1.Validation", "alone"),
        ("va-remote.toml", "role = \"remote\"", "role = \"third\"", "third"),
        (
            "va-remote.toml",
            "[caa]",
            "[quorum]\nallowed_failures = 0\n[caa]",
            "no [quorum]",
        ),
    ] {
        let error = read_file(file, |text| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        })
        .map(|_| ())
        .expect_err(to);
        assert!(error.contains(said), "{said}: {error}");
    }
}

#[test]
fn a_primary_may_be_alone() {
    let alone = |text: String| {
        let tail = text[text.find("[caa]").unwrap()..].to_owned();
        format!("{}{tail}", before(&text, "# Remote perspectives"))
    };
    assert_eq!(read(alone).unwrap().remotes.len(), 0);
    let error = read(|text| alone(text).replacen("[caa]", "[quorum]\n[caa]", 1))
        .map(|_| ())
        .unwrap_err();
    assert!(error.contains("quorum"), "{error}");
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
        ("allow = []", "allow = [\"loopback\"]", "addresses.allow"),
        ("dnssec = \"validate\"", "dnssec = \"maybe\"", "maybe"),
        ("\"127.0.0.1:53\"]", "\"localhost:53\"]", "localhost:53"),
        (
            "\"127.0.0.1:53\"]",
            "\"tls://127.0.0.1\"]",
            "the name that its certificate must be for",
        ),
        (
            "# trust_anchor = \"va/root.key\"",
            "trust_anchor = \"va/receipt.key\"",
            "dns.trust_anchor",
        ),
        (
            "# trust_anchor = \"va/root.key\"",
            "trust_anchor = \"va/none\"",
            "dns.trust_anchor",
        ),
        (
            "resolvers = [\"127.0.0.1:53\"]",
            "resolvers = [\"tls://a.example@127.0.0.1\"]\nca = \"va/receipt.key\"",
            "dns.ca",
        ),
        ("attempts = 3", "attempts = 0", "dns.attempts"),
        ("timeout = \"3s\"", "timeout = \"0s\"", "dns.timeout"),
        ("port = 80", "port = 0", "http_01.port"),
        ("name = \"primary\"", "name = \"\"", "perspective.name"),
        ("rir = \"ripe\"", "rir = \"mars\"", "mars"),
        ("va/receipt.key", "tls/va.key", "perspective.receipt_key"),
        ("name = \"singapore\"", "name = \"ashburn\"", "remotes.name"),
        ("name = \"singapore\"", "name = \"primary\"", "remotes.name"),
        ("va-seattle.cairn", "va-ashburn.cairn", "remotes.server_name"),
        ("127.0.0.1:9023", "127.0.0.1", "remotes.addresses"),
        ("perspectives/seattle.pub", "tls/va.key", "remotes.public_key"),
        ("perspectives/seattle.pub", "nowhere.pub", "remotes.public_key"),
        ("rir = \"apnic\"", "rir = \"mars\"", "mars"),
        ("allowed_failures = 1", "allowed_failures = 3", "allowed_failures"),
        ("min_regions = 2", "min_regions = 3", "quorum.min_regions"),
        ("min_regions = 2", "min_regions = 0", "quorum.min_regions"),
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
