//! Control: which receipts count, and how many are enough.

use cairn_evidence::{CaaVerdict, Check, Claim, Dnssec, Outcome, Proof, Receipt, Rir, Skipped, Why};
use cairn_policy::AddressClass;
use cairn_types::{ChallengeType, Duration, ErrorKind, Identifier, Thumbprint, Timestamp};

use crate::world::{NOW, ago, caa_only, expectation, name, receipt, shortage, world};

fn proof(receipt: &mut Receipt) -> &mut Proof {
    match &mut receipt.check {
        Check::Validation(proof) => proof,
        Check::CaaOnly => panic!("a validation"),
    }
}

#[test]
fn a_good_bundle_verifies() {
    let world = world();
    let evidence = world
        .policy()
        .verify(&world.bundle(|_, _| {}), &expectation())
        .unwrap();
    assert_eq!(evidence.primary(), "oslo");
    assert_eq!(evidence.remotes(), ["lima", "rome", "turin"]);
    assert_eq!(evidence.quorum(), "3/3");
    assert_eq!(evidence.method(), ChallengeType::Http01);
    assert_eq!(evidence.thumbprint(), Thumbprint([7; 32]));
    assert_eq!(evidence.validated(), ago(600));
    assert_eq!(evidence.identifier(), &name("www.example.org"));
    assert_eq!(evidence.disregarded(), []);
}

#[test]
fn receipts_of_other_names_do_no_harm_and_no_good() {
    let world = world();
    let mut bundle = world.bundle(|_, receipt| receipt.identifier = name("other.example"));
    let missing = shortage(world.policy().verify(&bundle, &expectation()));
    assert_eq!((missing.primary, missing.counted), (false, 0));
    bundle.extend(world.bundle(|_, _| {}));
    world.policy().verify(&bundle, &expectation()).unwrap();
}

#[test]
fn the_primary_and_enough_remotes_in_enough_regions() {
    let world = world();
    let policy = world.policy();
    let bundle = world.bundle(|_, _| {});
    let pick = |picked: &[usize]| {
        let picked: Vec<_> = picked.iter().map(|index| &bundle[*index]).collect();
        policy.verify(&picked, &expectation())
    };
    for enough in [&[0, 1, 2][..], &[0, 1, 3], &[3, 2, 1, 0], &[0, 1, 2, 2, 0]] {
        pick(enough).unwrap();
    }
    for (few, primary, counted, regions) in [
        (&[][..], false, 0, 0),
        (&[0], true, 0, 0),
        (&[1, 2, 3], false, 3, 2),
        (&[0, 1], true, 1, 1),
        (&[0, 1, 1], true, 1, 1),
        (&[0, 2, 3], true, 2, 1),
        (&[0, 0, 0], true, 0, 0),
    ] {
        let missing = shortage(pick(few));
        let found = (missing.primary, missing.counted, missing.regions);
        assert_eq!(found, (primary, counted, regions), "{few:?}");
        assert_eq!((missing.needed, missing.needed_regions), (2, 2));
        assert_eq!(missing.claim, Claim::Control);
    }
}

#[test]
fn the_primary_alone_where_nobody_else_is_asked() {
    let world = world();
    let policy = world.policy_with(|rules| (rules.quorum, rules.min_regions) = (0, 0));
    let bundle = world.bundle(|_, _| {});
    let evidence = policy.verify(&bundle[..1], &expectation()).unwrap();
    assert!(evidence.remotes().is_empty());
    assert!(policy.verify(&bundle[1..], &expectation()).is_err());
}

#[test]
fn refusals_are_listed_and_do_not_count() {
    let world = world();
    let refuse = |from: usize| {
        world.bundle(|index, r| {
            if index >= from {
                r.outcome = Outcome::Refused(ErrorKind::Connection);
            }
        })
    };
    let error = world.policy().verify(&refuse(2), &expectation()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "control over www.example.org was seen by the primary and 1 of 2 remote perspectives, in 1 of 2 regions; \
         rome: it refused (connection); turin: it refused (connection)"
    );
    let evidence = world.policy().verify(&refuse(3), &expectation()).unwrap();
    assert_eq!(evidence.quorum(), "2/3");
    assert_eq!(
        evidence.disregarded(),
        [Skipped {
            index: 3,
            perspective: Some("turin".to_owned()),
            why: Why::Refused(ErrorKind::Connection),
        }]
    );
}

#[test]
fn a_stranger_counts_for_nothing() {
    let (home, foreign) = (world(), world());
    let mut bundle = foreign.bundle(|_, _| {});
    let missing = shortage(home.policy().verify(&bundle, &expectation()));
    assert_eq!((missing.primary, missing.counted), (false, 0));
    assert!(missing.skipped.iter().all(|it| it.why == Why::UnknownKey));
    bundle.extend(home.bundle(|_, _| {}));
    home.policy().verify(&bundle, &expectation()).unwrap();
}

/// What one perspective does with its key harms nobody but itself, and helps nobody.
#[test]
fn a_perspective_speaks_for_itself_alone() {
    let world = world();
    let good = world.bundle(|_, _| {});
    let another = |change: fn(&mut Receipt)| {
        let mut receipt = receipt(3);
        change(&mut receipt);
        world.signers[3].sign(&receipt).unwrap()
    };
    let mut tampered = good[3].clone();
    *tampered.last_mut().unwrap() ^= 1;
    for (forged, why) in [
        (another(|r| r.perspective = "lima".to_owned()), Why::Impostor),
        (another(|r| r.perspective = "oslo".to_owned()), Why::Impostor),
        (another(|r| r.rir = Rir::Apnic), Why::Impostor),
        (another(|r| r.account_uri.push('0')), Why::Account),
        (another(|r| r.thumbprint = Thumbprint([9; 32])), Why::Account),
        (tampered, Why::Signature),
        (
            vec![1, 2, 3],
            Why::Malformed("its envelope is not a protocol buffer message"),
        ),
    ] {
        let with = |others: &[Vec<u8>]| {
            let bundle = [others, std::slice::from_ref(&forged)].concat();
            world.policy().verify(&bundle, &expectation())
        };
        let evidence = with(&good[..3]).unwrap();
        assert_eq!(evidence.quorum(), "2/3", "{why}");
        assert_eq!(evidence.disregarded()[0].why, why);
        let missing = shortage(with(&good[..2]));
        assert_eq!((missing.counted, missing.skipped[0].why), (1, why));
    }
}

#[test]
fn methods_by_kind_of_identifier() {
    use ChallengeType::{Dns01, Http01, TlsAlpn01};
    let world = world();
    let policy = world.policy_with(|rules| {
        rules.methods.names = vec![Http01, Dns01];
        rules.methods.wildcards = vec![Dns01, Http01];
        rules.methods.addresses = vec![TlsAlpn01, Dns01];
    });
    let strict = world.policy_with(|rules| rules.methods.wildcards.clear());
    let address = Identifier::Ip("2a00::1".parse().unwrap());
    for (ordered, good) in [
        (name("www.example.org"), &[Http01, Dns01][..]),
        (name("*.www.example.org"), &[Dns01]),
        (address, &[TlsAlpn01]),
    ] {
        for method in [Http01, Dns01, TlsAlpn01] {
            let bundle = world.bundle(|_, r| {
                r.identifier = ordered.base();
                r.wildcard = ordered.is_wildcard();
                r.method = method;
                if let Identifier::Ip(_) = ordered {
                    r.caa.as_mut().unwrap().verdict = CaaVerdict::NotApplicable;
                }
            });
            let mut expected = expectation();
            expected.identifier = ordered.clone();
            let verified = policy.verify(&bundle, &expected);
            assert_eq!(verified.is_ok(), good.contains(&method), "{ordered} {method}");
            if ordered.is_wildcard() {
                assert!(strict.verify(&bundle, &expected).is_err());
                assert!(policy.verify(&bundle, &expectation()).is_err());
            }
        }
    }
}

#[test]
fn some_methods_age_sooner() {
    let world = world();
    let policy = world.policy_with(|rules| {
        rules.max_method_ages = [(ChallengeType::Dns01, Duration::from_secs(599))].into();
    });
    for (method, good) in [(ChallengeType::Http01, true), (ChallengeType::Dns01, false)] {
        let bundle = world.bundle(|_, r| r.method = method);
        let verified = policy.verify(&bundle, &expectation());
        assert_eq!(verified.is_ok(), good, "{method}");
    }
}

/// Whatever the policy has among its methods, the table of types decides; and a record that stays proves control for
/// ten days, and no longer than it says itself.
#[test]
fn the_table_of_types_decides() {
    let world = world();
    let policy = world.policy();
    let address = Identifier::Ip("2a00::1".parse().unwrap());
    for ordered in [name("www.example.org"), name("*.www.example.org"), address] {
        for method in ChallengeType::ALL {
            let bundle = world.bundle(|_, r| {
                r.identifier = ordered.base();
                r.wildcard = ordered.is_wildcard();
                r.method = *method;
                if let Identifier::Ip(_) = ordered {
                    r.caa.as_mut().unwrap().verdict = CaaVerdict::NotApplicable;
                }
            });
            let mut expected = expectation();
            expected.identifier = ordered.clone();
            let verified = policy.verify(&bundle, &expected);
            assert_eq!(verified.is_ok(), method.may_prove(&ordered), "{ordered} {method}");
        }
    }
}

#[test]
fn what_was_seen_may_end_by_its_own_words() {
    let world = world();
    for (until, good) in [(None, true), (Some(NOW), true), (Some(ago(1)), false)] {
        let bundle = world.bundle(|_, r| {
            r.method = ChallengeType::DnsPersist01;
            proof(r).valid_until = until;
        });
        let verified = world.policy().verify(&bundle, &expectation());
        assert_eq!(verified.is_ok(), good, "{until:?}: {verified:?}");
    }
    let policy = world.policy_with(|rules| rules.max_validation_age = Duration::from_secs(398 * 86_400));
    let ten_days = 10 * 86_400;
    for (method, age, good) in [
        (ChallengeType::DnsPersist01, ten_days, true),
        (ChallengeType::DnsPersist01, ten_days + 1, false),
        (ChallengeType::DnsAccount01, ten_days + 1, true),
    ] {
        let old = |_: usize, r: &mut Receipt| {
            r.method = method;
            (r.started, r.finished) = (ago(age), ago(age));
            r.caa.as_mut().unwrap().checked = ago(age);
        };
        let mut bundle = world.bundle(old);
        for (index, signer) in world.signers.iter().enumerate() {
            let check = Receipt {
                method,
                attempt: [4; 16],
                ..caa_only(index, 60, CaaVerdict::Allowed)
            };
            bundle.push(signer.sign(&check).unwrap());
        }
        let verified = policy.verify(&bundle, &expectation());
        assert_eq!(verified.is_ok(), good, "{method} {age}: {verified:?}");
    }
}

#[test]
fn addresses_for_special_use_only_by_class() {
    let world = world();
    let private = world.policy_with(|rules| rules.special_addresses = vec![AddressClass::Private]);
    let loopback = world.policy_with(|rules| {
        rules.special_addresses = vec![
            AddressClass::Loopback,
            AddressClass::Private,
            AddressClass::Shared,
        ];
    });
    for (address, by_private, by_loopback) in [
        ("11.0.0.1:80", true, true),
        ("10.0.0.1:80", true, true),
        ("[fd00::1]:80", true, true),
        ("127.0.0.1:80", false, true),
        ("100.64.0.1:80", false, true),
        ("169.254.169.254:80", false, false),
        ("[fe80::1]:80", false, false),
        ("[::ffff:127.0.0.1]:80", false, false),
        ("192.0.2.1:80", false, false),
    ] {
        let bundle = world.bundle(|_, r| proof(r).contacted.push(address.parse().unwrap()));
        for (policy, good) in [
            (&world.policy(), address.starts_with("11.")),
            (&private, by_private),
            (&loopback, by_loopback),
        ] {
            let verified = policy.verify(&bundle, &expectation());
            assert_eq!(verified.is_ok(), good, "{address}");
        }
    }
    let bundle = world.bundle(|index, r| {
        if index == 2 {
            proof(r).contacted = vec!["127.0.0.1:80".parse().unwrap()];
        }
    });
    let evidence = world.policy().verify(&bundle, &expectation()).unwrap();
    assert_eq!(
        evidence.disregarded()[0].to_string(),
        "rome: it contacted 127.0.0.1, an address for special use (loopback)"
    );
}

type State = Option<Dnssec>;

#[test]
fn dnssec_where_the_policy_asks_for_it() {
    let world = world();
    let strict = world.policy_with(|rules| rules.require_dnssec_validation = true);
    let verify = |policy: &cairn_evidence::Policy, primary: (State, State), remotes: (State, State)| {
        let bundle = world.bundle(|index, r| {
            let (control, caa) = if index == 0 { primary } else { remotes };
            proof(r).dnssec = control;
            r.caa.as_mut().unwrap().dnssec = caa;
        });
        policy.verify(&bundle, &expectation()).is_ok()
    };
    let (not, insecure, secure) = (
        Some(Dnssec::NotValidated),
        Some(Dnssec::Insecure),
        Some(Dnssec::Secure),
    );
    for (primary, good) in [
        ((secure, secure), true),
        ((insecure, insecure), true),
        ((secure, insecure), true),
        ((not, secure), false),
        ((secure, not), false),
        ((None, secure), false),
        ((secure, None), false),
    ] {
        assert!(verify(&world.policy(), primary, (None, not)));
        assert_eq!(verify(&strict, primary, (None, not)), good, "{primary:?}");
    }
}

#[test]
fn a_public_profile_reuses_as_long_as_the_calendar_says() {
    let world = crate::policy::public_world();
    let day = 86_400;
    let rules = crate::policy::public_rules();
    let policy = cairn_evidence::Policy::new(&world.0, rules).unwrap();
    for (date, days, good) in [
        ("2026-12-15T12:00:00Z", 199, true),
        ("2027-03-15T12:00:00Z", 101, false),
        ("2027-03-15T12:00:00Z", 99, true),
        ("2029-03-15T12:00:00Z", 11, false),
        ("2029-03-15T12:00:00Z", 9, true),
    ] {
        let now = Timestamp::parse_rfc3339(date).unwrap();
        let seen = now - Duration::from_secs(days * day);
        let bundle: Vec<_> = (0..world.0.len())
            .flat_map(|index| {
                let mut validated = receipt(0);
                validated.perspective.clone_from(&world.0[index].name);
                validated.rir = world.0[index].rir;
                let mut check = validated.clone();
                check.check = Check::CaaOnly;
                check.attempt = [4; 16];
                for (receipt, at) in [(&mut validated, seen), (&mut check, now)] {
                    (receipt.started, receipt.finished) = (at, at);
                    receipt.caa.as_mut().unwrap().checked = at;
                }
                [validated, check].map(|receipt| world.1[index].sign(&receipt).unwrap())
            })
            .collect();
        let expected = cairn_evidence::Expectation { now, ..expectation() };
        let verified = policy.verify(&bundle, &expected);
        assert_eq!(verified.is_ok(), good, "{date} {days}: {verified:?}");
    }
    assert!(NOW < Timestamp::parse_rfc3339("2027-03-15T00:00:00Z").unwrap());
}
