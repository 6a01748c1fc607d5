use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use cairn_types::{Clock, Rng, Serial, Timestamp};
use cairn_x509::Validity;
use cairn_x509::authority::{AuthorityName, root};
use openssl::pkey::PKey;

use super::*;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_800_000_000)
    }
}

impl Rng for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(1);
    }
}

fn sample() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/ca.toml");
    fs::read_to_string(path).unwrap()
}

fn certificate(key: &SoftwareKey) -> String {
    let name = AuthorityName {
        country: None,
        organization: "Org".to_owned(),
        common_name: "CA".to_owned(),
    };
    let validity = Validity {
        not_before: Fixed.now(),
        not_after: Fixed.now() + Duration::from_secs(86_400),
    };
    let serial = Serial::new(1, &Fixed, &Fixed).unwrap();
    pem::encode(&root(&name, key, serial, validity).unwrap())
}

static EC: LazyLock<SoftwareKey> = LazyLock::new(|| SoftwareKey::generate(KeyType::P256).unwrap());
static RSA: LazyLock<SoftwareKey> = LazyLock::new(|| SoftwareKey::generate(KeyType::Rsa).unwrap());

/// Parses as if the text stood beside the files that it names.
fn parse(text: &str) -> Result<Config, String> {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write("tls/ca-service.key", b"key");
    for (id, key) in [("e1", &*EC), ("r1", &*RSA)] {
        write(&format!("issuers/{id}.key"), &key.to_pem().unwrap());
        write(&format!("issuers/{id}.pem"), certificate(key).as_bytes());
    }
    for name in ["primary", "ashburn", "singapore", "seattle"] {
        let key = PKey::generate_ed25519().unwrap();
        let path = format!("perspectives/{name}.pub");
        write(&path, &key.public_key_to_pem().unwrap());
    }
    cairn_kit::config::parse::<Config>(text, &directory.path().join("ca.toml"))
        .map(|loaded| loaded.service)
        .map_err(|error| error.to_string())
}

#[test]
fn the_sample_is_complete_and_accepted() {
    let config = parse(&sample()).unwrap();
    assert_eq!(config.issuers.len(), 2);
    let classic = &config.profiles[&"classic".parse().unwrap()];
    assert_eq!(classic.methods, ChallengeType::defaults());
}

/// A perspective with the key of the one that follows.
const TWIN: &str = r#"
[[evidence.perspectives]]
name = "twin"
region = "arin"
public_key = "perspectives/primary.pub"
[[evidence.perspectives]]"#;

#[test]
fn nonsense_is_refused_by_name() {
    for (find, replace, said) in [
        (
            "base_url = \"https://ca.example\"",
            "base_url = \"https://ca.example/\"",
            "base_url",
        ),
        ("base_url = \"https:", "base_url = \"http:", "base_url"),
        ("serial_prefix = 1", "serial_prefix = 128", "serial_prefix"),
        ("id = \"r1\"", "id = \"e1\"", "not unique"),
        ("[\"rsa\"]", "[\"rsa\", \"p384\"]", "two issuers"),
        ("[\"rsa\"]", "[\"dsa\"]", "key type"),
        (
            "issuers/r1.key",
            "issuers/e1.key",
            "not that of the CA certificate",
        ),
        (
            "issuers/r1.pem",
            "issuers/e1.pem",
            "not that of the CA certificate",
        ),
        ("issuers/r1.pem", "perspectives/primary.pub", "line 1"),
        (
            "http://ca.example/issuer/r1",
            "https://ca.example/issuer/r1",
            "http URL",
        ),
        ("quorum = 2", "quorum = 4", "quorum"),
        ("min_regions = 2", "min_regions = 3", "min_regions"),
        ("min_regions = 2", "min_regions = 0", "min_regions"),
        ("role = \"primary\"", "role = \"remote\"", "role = \"primary\""),
        ("role = \"primary\"", "role = \"second\"", "second"),
        (
            "addresses = { allow = [] }",
            "addresses = { allow = [\"any\"] }",
            "any",
        ),
        (
            "public = false",
            "public = true",
            "perspectives: 3 are remote, and 5 are needed",
        ),
        ("max_caa_age = \"8h\"", "max_caa_age = \"9h\"", "8 hours"),
        ("[[evidence.perspectives]]", TWIN, "another"),
        ("region = \"ripe\"", "region = \"moon\"", "afrinic"),
        ("validity = \"90d\"", "validity = \"30m\"", "profiles.classic"),
        ("backdate = \"1h\"", "backdate = \"3d\"", "profiles.classic"),
        ("[\"server-auth\"]", "[]", "profiles.classic"),
        ("[\"server-auth\"]", "[\"code-signing\"]", "code-signing"),
        ("2.23.140.1.2.1", "2.23.140.1.2.x", "policies"),
        (
            "[\"http-01\", \"dns-01\", \"tls-alpn-01\", \"dns-account-01\"]",
            "[]",
            "no validation method",
        ),
        ("key_encipherment", "key_encryption", "key_encryption"),
    ] {
        let text = sample();
        assert!(text.contains(find), "{find}");
        let refused = parse(&text.replacen(find, replace, 1)).unwrap_err();
        assert!(refused.contains(said), "{replace}: {refused}");
    }
}
