//! Policies: what makes sense, and what the Baseline Requirements ask of a public one.

use cairn_evidence::{
    EvidenceConfig, Perspective, Policy, PolicyError, ProfileTerms, ReceiptSigner, Rir, Role, Rules,
};
use cairn_policy::AddressClass;
use cairn_types::{ChallengeType, Duration};
use openssl::pkey::PKey;

use crate::world::{rules, world};

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn policies_that_make_no_sense() {
    let world = world();
    let made = |change: &dyn Fn(&mut Rules)| {
        let mut rules = rules();
        change(&mut rules);
        Policy::new(&world.perspectives, rules).unwrap_err()
    };
    assert!(matches!(made(&|r| r.quorum = 4), PolicyError::Quorum { .. }));
    for regions in [0, 3] {
        let refused = made(&|r| r.min_regions = regions);
        assert!(matches!(refused, PolicyError::Regions { .. }), "{refused}");
    }
    let refused = made(&|r| (r.quorum, r.min_regions) = (1, 2));
    assert!(matches!(refused, PolicyError::Regions { .. }), "{refused}");
    assert_eq!(
        made(&|r| r.max_caa_age = Duration::from_secs(8 * 3600 + 1)),
        PolicyError::CaaAge
    );
    let none = |r: &mut Rules| r.methods = cairn_evidence::Methods::same(&[]);
    assert_eq!(made(&none), PolicyError::NoMethods);
    let mut changed = world.perspectives.clone();
    changed[1].public_key_pem = changed[0].public_key_pem.clone();
    let duplicate = PolicyError::Duplicate("lima".to_owned());
    assert_eq!(Policy::new(&changed, rules()).unwrap_err(), duplicate);
    changed[1].public_key_pem = PKey::generate_x25519().unwrap().public_key_to_pem().unwrap();
    let refused = Policy::new(&changed, rules()).unwrap_err();
    assert!(matches!(refused, PolicyError::Key { .. }));
    let refused = Policy::new(&world.perspectives[1..], rules()).unwrap_err();
    assert_eq!(refused, PolicyError::NoPrimary);
}

/// A primary and six remotes in two regions, and their keys.
pub(crate) fn public_world() -> (Vec<Perspective>, Vec<ReceiptSigner>) {
    (0..7)
        .map(|index| {
            let key = PKey::generate_ed25519().unwrap();
            let perspective = Perspective {
                name: format!("p{index}"),
                role: if index == 0 { Role::Primary } else { Role::Remote },
                rir: if index % 2 == 0 { Rir::Ripe } else { Rir::Arin },
                public_key_pem: key.public_key_to_pem().unwrap(),
            };
            let signer = ReceiptSigner::from_pem(&key.private_key_to_pem_pkcs8().unwrap()).unwrap();
            (perspective, signer)
        })
        .unzip()
}

pub(crate) fn public_rules() -> Rules {
    Rules {
        quorum: 4,
        max_validation_age: DAY * 200,
        require_dnssec_validation: true,
        public: true,
        ..rules()
    }
}

#[test]
fn a_public_policy_keeps_the_baseline_requirements() {
    let (perspectives, _) = public_world();
    Policy::new(&perspectives, public_rules()).unwrap();
    let refused = |perspectives: &[Perspective], change: &dyn Fn(&mut Rules)| {
        let mut rules = public_rules();
        change(&mut rules);
        let refused = Policy::new(perspectives, rules.clone()).unwrap_err();
        rules.public = false;
        Policy::new(perspectives, rules).unwrap();
        refused.to_string()
    };
    for (count, change, said) in [
        (
            7,
            &(|r: &mut Rules| r.quorum = 3) as &dyn Fn(&mut Rules),
            "quorum: 3 of 6 is too few, 4",
        ),
        (6, &|r| r.quorum = 3, "quorum: 3 of 5 is too few, 4"),
        (5, &|_| {}, "perspectives: 4 are remote, and 5"),
        (7, &|r| r.min_regions = 1, "min_regions: 1"),
        (
            7,
            &|r| r.special_addresses = vec![AddressClass::Private],
            "addresses.allow",
        ),
        (
            7,
            &|r| r.caa_exempt_suffixes = vec!["test".to_owned()],
            "caa_exempt_suffixes",
        ),
        (
            7,
            &|r| r.require_dnssec_validation = false,
            "require_dnssec_validation",
        ),
        (7, &|r| r.max_validation_age = DAY * 201, "max_validation_age"),
    ] {
        let text = refused(&perspectives[..count], change);
        assert!(text.starts_with("a public profile: "), "{text}");
        assert!(text.contains(said), "{text}");
    }
}

fn config(text: &str) -> EvidenceConfig<String> {
    toml::from_str(text).unwrap()
}

/// What a profile has of its own comes first, then `[evidence]`, then the defaults.
#[test]
fn from_a_configuration() {
    let (perspectives, _) = public_world();
    let read = |name: &String| {
        let found = perspectives.iter().find(|it| it.name == *name);
        found
            .map(|it| it.public_key_pem.clone())
            .ok_or_else(|| "no such file".to_owned())
    };
    let listed = |count: usize| {
        let line = |it: &Perspective| {
            let role = if it.role == Role::Primary {
                "role = \"primary\"\n"
            } else {
                ""
            };
            let (name, region) = (&it.name, it.rir);
            format!(
                "[[perspectives]]\nname = \"{name}\"\n{role}region = \"{region}\"\npublic_key = \"{name}\"\n"
            )
        };
        perspectives[..count].iter().map(line).collect::<String>()
    };
    let terms = ProfileTerms {
        max_validation_age: DAY,
        methods: &[ChallengeType::Http01, ChallengeType::Dns01],
        public: false,
    };
    let general = "min_regions = 1\nmax_caa_age = \"7h\"\naddresses = { allow = [\"private\"] }\n";
    let general = config(&format!("{general}{}", listed(7)));
    let policy = general.policy(&config(""), terms, read).unwrap();
    let rules = policy.rules();
    assert_eq!((rules.quorum, rules.min_regions), (4, 1));
    assert_eq!(rules.max_caa_age, Duration::from_secs(7 * 3600));
    assert_eq!(rules.special_addresses, [AddressClass::Private]);
    assert_eq!(rules.methods.wildcards, terms.methods);

    let own = "quorum = 6\nmin_regions = 2\nwildcard_methods = [\"dns-01\"]\naddress_methods = []\n\
               addresses = { allow = [] }\nrequire_dnssec_validation = true\nmax_method_ages = { dns-01 = \"1h\" }";
    let policy = general.policy(&config(own), terms, read).unwrap();
    let rules = policy.rules();
    assert_eq!((rules.quorum, rules.min_regions), (6, 2));
    assert_eq!(rules.max_caa_age, Duration::from_secs(7 * 3600));
    assert!(rules.special_addresses.is_empty() && rules.require_dnssec_validation);
    assert_eq!(rules.methods.wildcards, [ChallengeType::Dns01]);
    assert!(rules.methods.addresses.is_empty());
    assert_eq!(
        rules.max_method_ages[&ChallengeType::Dns01],
        Duration::from_secs(3600)
    );

    for (count, quorum, regions) in [(1, 0, 0), (2, 1, 1), (3, 1, 1), (4, 2, 2), (6, 4, 2), (7, 4, 2)] {
        let policy = config(&listed(count)).policy(&config(""), terms, read).unwrap();
        let rules = policy.rules();
        assert_eq!((rules.quorum, rules.min_regions), (quorum, regions), "{count}");
    }
    let own = config(&listed(1));
    assert_eq!(
        general.policy(&own, terms, read).unwrap_err(),
        "min_regions: a quorum of 0 is to stand in 1 regions, and the remote perspectives stand in 0 ()"
    );
    let missing = listed(1).replace("public_key = \"p0\"", "public_key = \"p9\"");
    let refused = general.policy(&config(&missing), terms, read).unwrap_err();
    assert_eq!(refused, "perspectives: p0: no such file");
    for nonsense in [
        "quorums = 1",
        "addresses = { deny = [] }",
        "addresses = { allow = [\"link-local\"] }",
    ] {
        assert!(
            toml::from_str::<EvidenceConfig<String>>(nonsense).is_err(),
            "{nonsense}"
        );
    }
}
