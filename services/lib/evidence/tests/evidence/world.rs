//! A primary and three remote perspectives in two regions, and a good receipt to spoil.

use std::collections::BTreeMap;

use cairn_evidence::{
    Caa, CaaVerdict, Check, Dnssec, EvidenceError, Expectation, Methods, Outcome, Perspective, Policy, Proof,
    Receipt, ReceiptSigner, Rir, Role, Rules, Shortage, VerifiedEvidence,
};
use cairn_types::{ChallengeType, DnsName, Duration, Identifier, Thumbprint, Timestamp};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);
pub(crate) const ACCOUNT: &str = "https://ca.example/acme/account/1";

/// The primary, then the remotes.
pub(crate) const NAMES: [(&str, Rir); 4] = [
    ("oslo", Rir::Ripe),
    ("lima", Rir::Lacnic),
    ("rome", Rir::Ripe),
    ("turin", Rir::Ripe),
];

pub(crate) struct World {
    pub(crate) signers: Vec<ReceiptSigner>,
    pub(crate) perspectives: Vec<Perspective>,
}

/// Ed25519 keys, and one on P-256.
pub(crate) fn world() -> World {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let keys = [
        PKey::generate_ed25519().unwrap(),
        PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap(),
        PKey::generate_ed25519().unwrap(),
        PKey::generate_ed25519().unwrap(),
    ];
    let signers: Vec<_> = keys
        .iter()
        .map(|key| ReceiptSigner::from_pem(&key.private_key_to_pem_pkcs8().unwrap()).unwrap())
        .collect();
    let perspectives = NAMES
        .iter()
        .zip(&signers)
        .enumerate()
        .map(|(index, ((name, rir), signer))| Perspective {
            name: (*name).to_owned(),
            role: if index == 0 { Role::Primary } else { Role::Remote },
            rir: *rir,
            public_key_pem: signer.public_key_pem().unwrap(),
        })
        .collect();
    World {
        signers,
        perspectives,
    }
}

/// Two remotes in two regions: turin and rome alone will not do.
pub(crate) fn rules() -> Rules {
    Rules {
        quorum: 2,
        min_regions: 2,
        max_validation_age: Duration::from_secs(24 * 3600),
        max_method_ages: BTreeMap::new(),
        max_caa_age: Duration::from_secs(8 * 3600),
        methods: Methods::same(ChallengeType::ALL),
        special_addresses: Vec::new(),
        caa_exempt_suffixes: Vec::new(),
        require_dnssec_validation: false,
        public: false,
    }
}

impl World {
    pub(crate) fn policy(&self) -> Policy {
        self.policy_with(|_| {})
    }

    pub(crate) fn policy_with(&self, change: impl FnOnce(&mut Rules)) -> Policy {
        let mut rules = rules();
        change(&mut rules);
        Policy::new(&self.perspectives, rules).unwrap()
    }

    /// The receipt, signed by the perspective that it names.
    pub(crate) fn sign(&self, receipt: &Receipt) -> Vec<u8> {
        let index = NAMES.iter().position(|(name, _)| *name == receipt.perspective);
        self.signers[index.unwrap()].sign(receipt).unwrap()
    }

    /// A bundle of one receipt per perspective, each changed by `change`.
    pub(crate) fn bundle(&self, change: impl Fn(usize, &mut Receipt)) -> Vec<Vec<u8>> {
        (0..NAMES.len())
            .map(|index| {
                let mut receipt = receipt(index);
                change(index, &mut receipt);
                self.signers[index].sign(&receipt).unwrap()
            })
            .collect()
    }
}

pub(crate) fn name(text: &str) -> Identifier {
    Identifier::Dns(DnsName::parse(text).unwrap())
}

pub(crate) fn expectation() -> Expectation {
    Expectation {
        thumbprints: vec![Thumbprint([8; 32]), Thumbprint([7; 32])],
        account_uri: ACCOUNT.to_owned(),
        identifier: name("www.example.org"),
        now: NOW,
    }
}

pub(crate) fn ago(seconds: u64) -> Timestamp {
    NOW - Duration::from_secs(seconds)
}

/// A receipt of ten minutes ago.
pub(crate) fn receipt(index: usize) -> Receipt {
    Receipt {
        attempt: [3; 16],
        perspective: NAMES[index].0.to_owned(),
        rir: NAMES[index].1,
        software: "cairn-va 1.0.0".to_owned(),
        thumbprint: Thumbprint([7; 32]),
        account_uri: ACCOUNT.to_owned(),
        identifier: name("www.example.org"),
        wildcard: false,
        method: ChallengeType::Http01,
        check: Check::Validation(Proof {
            token_sha256: [1; 32],
            key_authorization_sha256: [2; 32],
            resolved: vec!["11.0.0.1".parse().unwrap(), "2a00::1".parse().unwrap()],
            contacted: vec!["[2a00::1]:80".parse().unwrap()],
            redirects: vec!["http://example.org/x".to_owned()],
            matched: Some("http://example.org/x".to_owned()),
            dnssec: Some(Dnssec::Insecure),
            valid_until: None,
        }),
        caa: Some(Caa {
            checked: ago(601),
            verdict: CaaVerdict::Allowed,
            found_at: Some("example.org".to_owned()),
            records: vec!["0 issue \"ca.example\"".to_owned()],
            dnssec: Some(Dnssec::Secure),
        }),
        outcome: Outcome::Valid,
        resolver: "192.0.2.53:53".to_owned(),
        started: ago(602),
        finished: ago(600),
    }
}

/// A CAA check alone, at that many seconds before now.
pub(crate) fn caa_only(index: usize, seconds: u64, verdict: CaaVerdict) -> Receipt {
    let allowed = verdict == CaaVerdict::Allowed;
    Receipt {
        check: Check::CaaOnly,
        caa: Some(Caa {
            checked: ago(seconds),
            verdict,
            found_at: None,
            records: Vec::new(),
            dnssec: None,
        }),
        outcome: if allowed {
            Outcome::Valid
        } else {
            Outcome::Refused(cairn_types::ErrorKind::Caa)
        },
        started: ago(seconds),
        finished: ago(seconds),
        ..receipt(index)
    }
}

/// What is missing.
pub(crate) fn shortage(verified: Result<VerifiedEvidence, EvidenceError>) -> Shortage {
    match verified {
        Err(EvidenceError::NotEnough(shortage)) => *shortage,
        other => panic!("{other:?}"),
    }
}
