//! The sample is complete, and nonsense is told by name.

use std::path::Path;

use super::*;

fn sample() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/ra.toml");
    std::fs::read_to_string(path).unwrap()
}

/// Parses as if the text stood beside the key that it names.
fn parse(text: &str) -> Result<Config, String> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("tls")).unwrap();
    std::fs::write(directory.path().join("tls/ra.key"), "key").unwrap();
    cairn_kit::config::parse::<Config>(text, &directory.path().join("ra.toml"))
        .map(|loaded| loaded.service)
        .map_err(|error| error.to_string())
}

#[test]
fn the_sample_is_complete_and_accepted() {
    let config = parse(&sample()).unwrap();
    assert_eq!(config.settings().unwrap().validation_retries.len(), 2);
}

#[test]
fn nonsense_is_refused_by_name() {
    for (find, replace, said) in [
        (
            "default_profile = \"classic\"",
            "default_profile = \"gold\"",
            "default_profile",
        ),
        (
            "caa_recheck_after = \"7h\"",
            "caa_recheck_after = \"9h\"",
            "caa_recheck_after",
        ),
        (
            "external_account_required = false",
            "external_account_required = true",
            "external_account_keys",
        ),
        ("validity = \"90d\"", "validity = \"1h\"", "profiles.classic"),
        (
            "methods = [\"http-01\", \"dns-01\", \"tls-alpn-01\", \"dns-account-01\"]",
            "methods = []",
            "profiles.classic.methods",
        ),
        ("base_url = \"https:", "base_url = \"http:", "base_url"),
        ("lease = \"10s\"", "lease = \"10ms\"", "lease"),
        (
            "[janitor]",
            "[limits.newOrdersPerAccount]\ncount = 1\nperiod = \"1h\"\n[janitor]",
            "limits.newOrdersPerAccount",
        ),
        ("[janitor]", "[janitor]\nspeed = 1", "speed"),
    ] {
        let text = sample();
        assert!(text.contains(find), "{find}");
        let refused = parse(&text.replace(find, replace)).unwrap_err();
        assert!(refused.contains(said), "{refused}");
    }
}

#[test]
fn the_samples_of_both_authorities_grant_the_same() {
    let signer = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/ca.toml");
    let signer: toml::Table = std::fs::read_to_string(signer).unwrap().parse().unwrap();
    let own: toml::Table = sample().parse().unwrap();
    let granted = |file: &toml::Table| {
        let mut profiles = file["profiles"].as_table().unwrap().clone();
        for (_, profile) in &mut profiles {
            let known = ["validity", "backdate", "max_validation_age", "methods"];
            profile
                .as_table_mut()
                .unwrap()
                .retain(|key, _| known.contains(&key));
        }
        profiles
    };
    assert_eq!(granted(&own), granted(&signer));
}
