//! What verifies, and everything that does not.

mod common;

use cairn_evidence::{
    Caa, CaaVerdict, Check, EvidenceError, Outcome, Policy, PolicyError, Proof, Receipt, ReceiptSigner, Rir,
    Rules, SignedReceipt, Why,
};
use cairn_types::{ChallengeType, Duration, ErrorKind, Identifier, Thumbprint};
use common::{ago, caa_only, expectation, name, receipt, rules, world};
use openssl::pkey::PKey;
use proptest::prelude::*;

#[test]
fn a_good_bundle_verifies() {
    let world = world();
    let evidence = world
        .policy()
        .verify(&world.bundle(|_, _| {}), &expectation())
        .unwrap();
    assert_eq!(evidence.perspectives(), ["lima", "oslo", "rome"]);
    assert_eq!(evidence.method(), ChallengeType::Http01);
    assert_eq!(evidence.thumbprint(), Thumbprint([7; 32]));
    assert_eq!(evidence.validated(), ago(600));
    assert_eq!(evidence.identifier(), &name("www.example.org"));
}

#[test]
fn receipts_of_other_names_do_no_harm_and_no_good() {
    let world = world();
    let mut bundle = world.bundle(|_, receipt| receipt.identifier = name("other.example"));
    let missing = world.policy().verify(&bundle, &expectation()).unwrap_err();
    assert!(
        matches!(missing, EvidenceError::NotEnough { counted: 0, .. }),
        "{missing}"
    );
    bundle.extend(world.bundle(|_, _| {}));
    world.policy().verify(&bundle, &expectation()).unwrap();
}

/// Every field, signed again by the right key, that must not pass.
#[test]
fn each_field_counts() {
    type Change = fn(usize, &mut Receipt);
    let changes: &[(&str, Change)] = &[
        ("one attempt each", |index, r| r.attempt = [index as u8; 16]),
        ("perspective", |_, r| r.perspective = "oslo".to_owned()),
        ("region", |_, r| r.rir = Rir::Apnic),
        ("thumbprint", |_, r| r.thumbprint = Thumbprint([9; 32])),
        ("account", |_, r| r.account_uri.push('0')),
        ("identifier", |_, r| r.identifier = name("example.org")),
        ("kind", |_, r| {
            r.identifier = Identifier::Ip("192.0.2.1".parse().unwrap());
        }),
        ("wildcard", |_, r| r.wildcard = true),
        ("check", |_, r| r.check = Check::CaaOnly),
        ("token", |index, r| {
            if let Check::Validation(proof) = &mut r.check {
                proof.token_sha256 = [index as u8; 32];
            }
        }),
        ("key authorization", |index, r| {
            if let Check::Validation(proof) = &mut r.check {
                proof.key_authorization_sha256 = [index as u8; 32];
            }
        }),
        ("one method each", |index, r| r.method = ChallengeType::ALL[index]),
        ("one thumbprint each", |index, r| {
            r.thumbprint = Thumbprint([7 + u8::from(index == 1); 32]);
        }),
        ("outcome", |_, r| {
            r.outcome = Outcome::Refused(ErrorKind::Connection);
        }),
        ("no CAA", |_, r| {
            r.caa = None;
            r.outcome = Outcome::Refused(ErrorKind::Caa);
        }),
        ("CAA not applicable", |_, r| {
            r.caa.as_mut().unwrap().verdict = CaaVerdict::NotApplicable;
        }),
        ("CAA of a local name", |_, r| {
            r.caa.as_mut().unwrap().verdict = CaaVerdict::LocalName;
        }),
        ("old CAA", |_, r| {
            r.started = ago(9 * 3600);
            r.caa.as_mut().unwrap().checked = ago(9 * 3600);
        }),
        ("old", |_, r| {
            r.started = ago(25 * 3600);
            r.finished = ago(25 * 3600);
            r.caa.as_mut().unwrap().checked = ago(25 * 3600);
        }),
        ("future", |_, r| {
            r.finished = common::NOW + Duration::from_secs(61);
        }),
    ];
    let world = world();
    for (field, change) in changes {
        let bundle = world.bundle(change);
        assert!(world.policy().verify(&bundle, &expectation()).is_err(), "{field}");
    }
}

#[test]
fn a_malformed_receipt_is_never_signed() {
    let signer = &world().signers[0];
    let refused = |change: &dyn Fn(&mut Receipt)| {
        let mut receipt = receipt(0);
        change(&mut receipt);
        assert!(
            matches!(signer.sign(&receipt), Err(EvidenceError::Unsignable(_))),
            "{receipt:?}"
        );
    };
    refused(&|r| r.finished = ago(700));
    refused(&|r| r.caa = None);
    refused(&|r| r.caa.as_mut().unwrap().verdict = CaaVerdict::Forbidden);
    refused(&|r| r.caa.as_mut().unwrap().verdict = CaaVerdict::Failed);
    refused(&|r| r.caa.as_mut().unwrap().checked = ago(1));
    refused(&|r| r.identifier = name("*.example.org"));
    refused(&|r| r.perspective = String::new());
    refused(&|r| r.resolver = "x".repeat(3000));
    refused(&|r| {
        r.check = Check::Validation(Proof {
            redirects: vec!["http://a/".to_owned(); 11],
            ..Proof::default()
        });
    });
}

#[test]
fn quorum_and_regions() {
    let world = world();
    let policy = world.policy();
    let bundle = world.bundle(|_, _| {});
    policy.verify(&bundle[..2], &expectation()).unwrap();
    let same_region = [&bundle[0], &bundle[2]];
    let error = policy.verify(&same_region, &expectation()).unwrap_err();
    assert!(
        matches!(
            error,
            EvidenceError::NotEnough {
                counted: 2,
                regions: 1,
                ..
            }
        ),
        "{error}"
    );
    let same_perspective = [&bundle[0], &bundle[0], &bundle[0]];
    let error = policy.verify(&same_perspective, &expectation()).unwrap_err();
    assert!(
        matches!(error, EvidenceError::NotEnough { counted: 1, .. }),
        "{error}"
    );
    assert!(policy.verify::<Vec<u8>>(&[], &expectation()).is_err());
}

#[test]
fn refusals_are_listed_and_do_not_count() {
    let world = world();
    let bundle = world.bundle(|index, r| {
        if index != 0 {
            r.outcome = Outcome::Refused(ErrorKind::Connection);
        }
    });
    let error = world.policy().verify(&bundle, &expectation()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "www.example.org is corroborated by 1 of 2 perspectives in 1 of 2 regions; \
         lima: it refused (connection); rome: it refused (connection)"
    );
}

#[test]
fn a_stranger_counts_for_nothing() {
    let (home, foreign) = (world(), world());
    let mut bundle = foreign.bundle(|_, _| {});
    let error = home.policy().verify(&bundle, &expectation()).unwrap_err();
    let EvidenceError::NotEnough {
        counted: 0, skipped, ..
    } = error
    else {
        panic!("{error}")
    };
    assert!(skipped.iter().all(|skipped| skipped.why == Why::UnknownKey));
    bundle.extend(home.bundle(|_, _| {}));
    home.policy().verify(&bundle, &expectation()).unwrap();
}

#[test]
fn one_perspective_cannot_speak_for_another() {
    let world = world();
    let mut bundle = world.bundle(|_, _| {});
    bundle[1] = world.signers[0].sign(&receipt(1)).unwrap();
    let error = world.policy().verify(&bundle, &expectation()).unwrap_err();
    assert!(
        matches!(error, EvidenceError::Impostor { index: 1, .. }),
        "{error}"
    );
}

#[test]
fn wildcards_only_by_dns() {
    let world = world();
    let mut expected = expectation();
    expected.identifier = name("*.www.example.org");
    for (method, good) in [
        (ChallengeType::Dns01, true),
        (ChallengeType::Http01, false),
        (ChallengeType::TlsAlpn01, false),
    ] {
        let bundle = world.bundle(|_, r| {
            r.wildcard = true;
            r.method = method;
        });
        assert_eq!(
            world.policy().verify(&bundle, &expected).is_ok(),
            good,
            "{method}"
        );
        assert!(
            world.policy().verify(&bundle, &expectation()).is_err(),
            "{method}"
        );
    }
}

#[test]
fn addresses_never_by_dns_and_without_caa() {
    let world = world();
    let address = Identifier::Ip("2001:db8::1".parse().unwrap());
    let mut expected = expectation();
    expected.identifier = address.clone();
    for (method, good) in [
        (ChallengeType::Http01, true),
        (ChallengeType::TlsAlpn01, true),
        (ChallengeType::Dns01, false),
    ] {
        let bundle = world.bundle(|_, r| {
            r.identifier = address.clone();
            r.method = method;
            r.caa.as_mut().unwrap().verdict = CaaVerdict::NotApplicable;
        });
        assert_eq!(
            world.policy().verify(&bundle, &expected).is_ok(),
            good,
            "{method}"
        );
    }
}

#[test]
fn a_later_caa_check_freshens_or_spoils() {
    let world = world();
    let old = |_: usize, r: &mut Receipt| {
        (r.started, r.finished) = (ago(20 * 3600), ago(20 * 3600));
        r.caa.as_mut().unwrap().checked = ago(20 * 3600);
    };
    let with = |checks: &[Receipt]| {
        let mut bundle = world.bundle(old);
        for check in checks {
            let signer = common::NAMES
                .iter()
                .position(|(name, _)| *name == check.perspective)
                .unwrap();
            bundle.push(world.signers[signer].sign(check).unwrap());
        }
        world.policy().verify(&bundle, &expectation())
    };
    let allowed = |index, seconds| caa_only(index, seconds, CaaVerdict::Allowed);
    assert!(with(&[]).is_err());
    let evidence = with(&[allowed(0, 60), allowed(1, 60)]).unwrap();
    assert_eq!(evidence.perspectives(), ["lima", "oslo"]);
    assert!(with(&[allowed(0, 60)]).is_err());
    assert!(with(&[allowed(0, 60), allowed(1, 9 * 3600)]).is_err());
    let forbidden = caa_only(1, 30, CaaVerdict::Forbidden);
    assert!(with(&[allowed(0, 60), allowed(1, 60), forbidden]).is_err());
    let failed_before = caa_only(1, 90, CaaVerdict::Failed);
    assert!(with(&[allowed(0, 60), allowed(1, 60), failed_before]).is_ok());
    let other_method = Receipt {
        method: ChallengeType::Dns01,
        ..allowed(1, 60)
    };
    assert!(with(&[allowed(0, 60), other_method]).is_err());
    // A refusal for another reason does not lend its CAA answer.
    let refused = Receipt {
        outcome: Outcome::Refused(ErrorKind::Connection),
        caa: Some(Caa {
            checked: ago(60),
            ..receipt(1).caa.unwrap()
        }),
        started: ago(60),
        finished: ago(60),
        ..receipt(1)
    };
    assert!(with(&[allowed(0, 60), refused]).is_err());
}

#[test]
fn local_names_only_where_the_policy_says_so() {
    let world = world();
    let bundle = world.bundle(|_, r| {
        r.identifier = name("www.shop.test");
        r.caa.as_mut().unwrap().verdict = CaaVerdict::LocalName;
    });
    let mut expected = expectation();
    expected.identifier = name("www.shop.test");
    for (suffixes, good) in [(vec![], false), (vec!["test"], true), (vec!["op.test"], false)] {
        let rules = Rules {
            caa_exempt_suffixes: suffixes.into_iter().map(str::to_owned).collect(),
            ..rules()
        };
        let policy = Policy::new(&world.perspectives, rules).unwrap();
        assert_eq!(policy.verify(&bundle, &expected).is_ok(), good);
    }
}

#[test]
fn policies_that_make_no_sense() {
    let world = world();
    let made = |change: &dyn Fn(&mut Rules)| {
        let mut rules = rules();
        change(&mut rules);
        Policy::new(&world.perspectives, rules).unwrap_err()
    };
    assert!(matches!(made(&|r| r.quorum = 0), PolicyError::Quorum { .. }));
    assert!(matches!(made(&|r| r.quorum = 4), PolicyError::Quorum { .. }));
    assert!(matches!(made(&|r| r.min_rirs = 0), PolicyError::Quorum { .. }));
    assert!(matches!(made(&|r| r.min_rirs = 3), PolicyError::Quorum { .. }));
    assert_eq!(
        made(&|r| r.max_caa_age = Duration::from_secs(8 * 3600 + 1)),
        PolicyError::CaaAge
    );
    assert_eq!(made(&|r| r.methods.clear()), PolicyError::NoMethods);
    let mut twice = world.perspectives.clone();
    twice[1].public_key_pem = twice[0].public_key_pem.clone();
    assert_eq!(
        Policy::new(&twice, rules()).unwrap_err(),
        PolicyError::Duplicate("lima".to_owned())
    );
    twice[1].public_key_pem = PKey::generate_x25519().unwrap().public_key_to_pem().unwrap();
    assert!(matches!(
        Policy::new(&twice, rules()),
        Err(PolicyError::Key { .. })
    ));
}

#[test]
fn signing_keys_are_ed25519_or_p256() {
    let x25519 = PKey::generate_x25519()
        .unwrap()
        .private_key_to_pem_pkcs8()
        .unwrap();
    assert!(ReceiptSigner::from_pem(&x25519).is_err());
    assert!(ReceiptSigner::from_pem(b"nonsense").is_err());
    let encrypted = PKey::generate_ed25519()
        .unwrap()
        .private_key_to_pem_pkcs8_passphrase(openssl::symm::Cipher::aes_128_cbc(), b"secret")
        .unwrap();
    assert!(ReceiptSigner::from_pem(&encrypted).is_err());
}

/// The encoding is kept for as long as receipts are: a change of it must be a new version.
#[test]
fn version_2_is_what_it_was() {
    let key = PKey::private_key_from_raw_bytes(&[3; 32], openssl::pkey::Id::ED25519).unwrap();
    let signer = ReceiptSigner::from_pem(&key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let bytes = signer.sign(&receipt(0)).unwrap();
    let vector = include_str!("vectors/receipt-v2.hex")
        .split_whitespace()
        .collect::<String>();
    assert_eq!(hex::encode(&bytes), vector);
    assert_eq!(SignedReceipt::decode(&bytes).unwrap().receipt, receipt(0));
}

#[test]
fn no_part_of_a_receipt_can_be_left_out() {
    let bytes = world().signers[0].sign(&receipt(0)).unwrap();
    for end in 0..bytes.len() {
        assert!(
            SignedReceipt::decode(&bytes[..end]).is_err(),
            "{end} of {}",
            bytes.len()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// One changed octet anywhere in any receipt: the quorum of all three is not reached.
    #[test]
    fn no_octet_can_be_changed(which in 0..3usize, at in any::<prop::sample::Index>(), mask in 1..=255u8) {
        let world = world();
        let policy = Policy::new(&world.perspectives, Rules { quorum: 3, ..rules() }).unwrap();
        let mut bundle = world.bundle(|_, _| {});
        prop_assert!(policy.verify(&bundle, &expectation()).is_ok());
        let at = at.index(bundle[which].len());
        bundle[which][at] ^= mask;
        prop_assert!(policy.verify(&bundle, &expectation()).is_err());
    }

    /// Nothing may follow a receipt, and nothing makes the decoder panic.
    #[test]
    fn extended_receipts_are_refused(tail in prop::collection::vec(any::<u8>(), 1..20)) {
        let bytes = world().signers[0].sign(&receipt(0)).unwrap();
        prop_assert!(SignedReceipt::decode(&[&bytes[..], &tail].concat()).is_err());
        let _ = SignedReceipt::decode(&tail);
    }
}
