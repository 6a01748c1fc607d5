//! Every field of a receipt, changed by whoever has the key to sign it again.

use std::sync::LazyLock;

use cairn_evidence::{Caa, CaaVerdict, Check, Dnssec, Outcome, Policy, Proof, Receipt, Rir};
use cairn_types::{ChallengeType, Duration, ErrorKind, Identifier};
use proptest::prelude::*;

use crate::world::{NAMES, NOW, World, ago, expectation, name, receipt, world};

static WORLD: LazyLock<World> = LazyLock::new(world);

/// All remotes must agree; and one of them may fail.
static STRICT: LazyLock<Policy> = LazyLock::new(|| {
    WORLD.policy_with(|rules| {
        rules.quorum = 3;
        rules.require_dnssec_validation = true;
    })
});
static LENIENT: LazyLock<Policy> = LazyLock::new(|| {
    WORLD.policy_with(|rules| {
        (rules.quorum, rules.min_regions) = (2, 1);
        rules.require_dnssec_validation = true;
    })
});

/// A change that depends on a number.
type Change = fn(&mut Receipt, u64);

fn proof(receipt: &mut Receipt) -> &mut Proof {
    if receipt.check == Check::CaaOnly {
        receipt.check = Check::Validation(Proof::default());
    }
    match &mut receipt.check {
        Check::Validation(proof) => proof,
        Check::CaaOnly => unreachable!("just replaced"),
    }
}

fn caa(receipt: &mut Receipt) -> &mut Caa {
    receipt
        .caa
        .get_or_insert_with(|| crate::world::receipt(0).caa.unwrap())
}

fn pick<T: Copy>(choices: &[T], n: u64) -> T {
    choices[usize::try_from(n % choices.len() as u64).unwrap()]
}

fn address(n: u64) -> std::net::Ipv4Addr {
    n.to_le_bytes().first_chunk::<4>().copied().unwrap().into()
}

/// Some octet becomes another.
fn flip(octets: &mut [u8], by: u64) {
    let [at, mask, ..] = by.to_le_bytes();
    octets[usize::from(at) % octets.len()] ^= mask.max(1);
}

/// All that a receipt says happened at one time.
fn at(receipt: &mut Receipt, time: cairn_types::Timestamp) {
    (receipt.started, receipt.finished) = (time, time);
    if let Some(caa) = &mut receipt.caa {
        caa.checked = time;
    }
}

const DAY: u64 = 86_400_000;

/// With any of these a receipt does not count.
const FATAL: &[(&str, Change)] = &[
    ("attempt", |r, n| flip(&mut r.attempt, n)),
    ("perspective", |r, n| {
        let other = pick(&NAMES, n).0;
        r.perspective = if r.perspective == other {
            format!("{other}{n}")
        } else {
            other.to_owned()
        };
    }),
    ("rir", |r, n| {
        let others: Vec<_> = Rir::ALL.into_iter().filter(|rir| *rir != r.rir).collect();
        r.rir = pick(&others, n);
    }),
    ("thumbprint", |r, n| flip(&mut r.thumbprint.0, n)),
    ("account_uri", |r, n| {
        r.account_uri = format!("https://ca.example/acme/account/{}", n.max(2));
    }),
    ("identifier", |r, n| {
        r.identifier = name(&format!("n{n}.example.org"));
    }),
    ("identifier, its parent", |r, _| {
        r.identifier = name("example.org");
    }),
    ("identifier, an address", |r, n| {
        r.identifier = Identifier::Ip(address(n).into());
    }),
    ("wildcard", |r, _| r.wildcard = true),
    ("method", |r, n| {
        let others: Vec<_> = ChallengeType::ALL.iter().filter(|it| **it != r.method).collect();
        r.method = *pick(&others, n);
    }),
    ("check", |r, _| r.check = Check::CaaOnly),
    ("token_sha256", |r, n| flip(&mut proof(r).token_sha256, n)),
    ("key_authorization_sha256", |r, n| {
        flip(&mut proof(r).key_authorization_sha256, n);
    }),
    ("valid_until, past", |r, n| {
        proof(r).valid_until = Some(NOW - Duration::from_millis(1 + n % DAY));
    }),
    ("contacted, special", |r, n| {
        let [a, b, c, ..] = n.to_le_bytes();
        let special = [
            [127, a, b, c],
            [10, a, b, c],
            [169, 254, a, b],
            [192, 168, a, b],
            [224, a, b, c],
        ];
        proof(r).contacted.push((pick(&special, n), 80).into());
    }),
    ("outcome", |r, n| {
        let kinds = [
            ErrorKind::Connection,
            ErrorKind::Dns,
            ErrorKind::Unauthorized,
            ErrorKind::Caa,
            ErrorKind::Tls,
        ];
        r.outcome = Outcome::Refused(pick(&kinds, n));
    }),
    ("caa, none", |r, _| {
        (r.caa, r.outcome) = (None, Outcome::Refused(ErrorKind::Caa));
    }),
    ("caa.verdict, no", |r, n| {
        caa(r).verdict = pick(&[CaaVerdict::Forbidden, CaaVerdict::Failed], n);
        r.outcome = Outcome::Refused(ErrorKind::Caa);
    }),
    ("caa.verdict, unread", |r, n| {
        caa(r).verdict = pick(&[CaaVerdict::NotApplicable, CaaVerdict::LocalName], n);
    }),
    ("caa.checked, old", |r, n| {
        let time = ago(8 * 3600) - Duration::from_millis(1 + n % DAY);
        (r.started, caa(r).checked) = (time, time);
    }),
    ("finished, old", |r, n| {
        at(r, ago(24 * 3600) - Duration::from_millis(1 + n % DAY));
    }),
    ("finished, to come", |r, n| {
        r.finished = NOW + Duration::from_millis(60_001 + n % DAY);
    }),
];

/// These are for people: with any of them a receipt still counts.
const MEANINGLESS: &[(&str, Change)] = &[
    ("software", |r, n| r.software = n.to_string()),
    ("resolver", |r, n| r.resolver = n.to_string()),
    ("resolved", |r, n| proof(r).resolved = vec![address(n).into()]),
    ("contacted, ordinary", |r, n| {
        proof(r).contacted = vec![([11, 1, 2, n.to_le_bytes()[0]], 8080).into()];
    }),
    ("redirects", |r, n| {
        proof(r).redirects = vec![n.to_string(); pick(&[0, 1, 9, 10], n)];
    }),
    ("matched", |r, n| {
        proof(r).matched = (!n.is_multiple_of(2)).then(|| n.to_string());
    }),
    ("valid_until, to come", |r, n| {
        proof(r).valid_until = pick(&[None, Some(NOW), Some(NOW + Duration::from_millis(n % DAY))], n);
    }),
    ("dnssec, validated", |r, n| {
        let states = [Some(Dnssec::Secure), Some(Dnssec::Insecure)];
        (proof(r).dnssec, caa(r).dnssec) = (pick(&states, n), pick(&states, n / 2));
    }),
    ("caa.found_at", |r, n| caa(r).found_at = Some(n.to_string())),
    ("caa.records", |r, n| {
        caa(r).records = vec![n.to_string(); pick(&[0, 1, 15, 16], n)];
    }),
    ("times, recent", |r, n| at(r, ago(1 + n % (8 * 3600)))),
    ("started", |r, n| r.started = ago(602 + n % 1_000_000)),
];

/// What the DNSSEC state of a remote is does not matter; the primary must have validated.
const UNVALIDATED: &[(&str, Change)] = &[
    ("proof.dnssec", |r, n| {
        proof(r).dnssec = pick(&[None, Some(Dnssec::NotValidated)], n);
    }),
    ("caa.dnssec", |r, n| {
        caa(r).dnssec = pick(&[None, Some(Dnssec::NotValidated)], n);
    }),
];

fn with(which: usize, change: Change, n: u64) -> Vec<Vec<u8>> {
    WORLD.bundle(|index, receipt| {
        if index == which {
            change(receipt, n);
        }
    })
}

fn holds(policy: &Policy, bundle: &[Vec<u8>]) -> bool {
    policy.verify(bundle, &expectation()).is_ok()
}

/// Receipts that one perspective signs: valid ones with any changes, as many as it likes.
fn lies() -> impl Strategy<Value = Vec<Vec<(usize, u64)>>> {
    let tables = FATAL.len() + MEANINGLESS.len() + UNVALIDATED.len();
    let changes = prop::collection::vec((0..tables, any::<u64>()), 0..4);
    prop::collection::vec(changes, 1..6)
}

fn lie(liar: usize, changes: &[(usize, u64)]) -> Option<Vec<u8>> {
    let mut receipt = receipt(liar);
    for (change, n) in changes {
        let mut all = FATAL.iter().chain(MEANINGLESS).chain(UNVALIDATED);
        all.nth(*change).unwrap().1(&mut receipt, *n);
    }
    // What is malformed cannot be signed with this library; octets that are not receipts are another test.
    WORLD.signers[liar].sign(&receipt).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_field_can_be_changed_that_means_something(n in any::<u64>(), which in 0..NAMES.len()) {
        for (field, change) in FATAL {
            let bundle = with(which, *change, n);
            prop_assert!(!holds(&STRICT, &bundle), "{field} of {which}");
            // Where one remote may fail, it is one that failed.
            prop_assert_eq!(holds(&LENIENT, &bundle), which != 0, "{} of {}", field, which);
        }
        for (field, change) in MEANINGLESS {
            prop_assert!(holds(&STRICT, &with(which, *change, n)), "{field} of {which}");
        }
        for (field, change) in UNVALIDATED {
            prop_assert_eq!(holds(&STRICT, &with(which, *change, n)), which != 0, "{} of {}", field, which);
        }
    }

    /// Whatever one perspective signs, it proves nothing that the others did not see, and where enough of the others
    /// saw it, it stops nothing.
    #[test]
    fn one_liar_decides_nothing(liar in 0..NAMES.len(), lies in lies(), refusal in any::<bool>()) {
        let lies: Vec<_> = lies.iter().filter_map(|changes| lie(liar, changes)).collect();
        let honest = |saw_it: bool| {
            let mut bundle = WORLD.bundle(|_, receipt| {
                if !saw_it {
                    receipt.outcome = Outcome::Refused(ErrorKind::Unauthorized);
                }
            });
            bundle.remove(liar);
            bundle
        };
        let absent = if refusal { honest(false) } else { Vec::new() };
        prop_assert!(!holds(&LENIENT, &[lies.clone(), absent].concat()));
        if liar != 0 {
            prop_assert!(holds(&LENIENT, &[lies, honest(true)].concat()));
        }
    }
}
