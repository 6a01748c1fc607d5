//! Each party in the hands of an attacker, who does whatever that party can: no issuer's key is used. Counted at
//! the key.
//!
//! The publisher has no turn: it cannot call the certificate authority, and nothing of it goes into a certificate.

use std::sync::atomic::{AtomicUsize, Ordering};

use cairn_acme::{Algorithm, SigningKey};
use cairn_evidence::{CaaVerdict, Check, Outcome, Receipt};
use cairn_rpc::api::ca::{IdentifierEvidence, Issue};
use cairn_rpc::api::sa::Unsigned;
use cairn_types::{ErrorKind, KeyType, Order};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokio::runtime::Runtime;

use crate::stack::{Client, Stack, certificate_key, csr, dns};

fn pick<T: Clone>(choices: &[T], n: u64) -> T {
    choices[usize::try_from(n % choices.len() as u64).unwrap()].clone()
}

fn flip(octets: &mut [u8], n: u64) {
    if let Some(at) = (n >> 8).checked_rem(octets.len() as u64) {
        octets[usize::try_from(at).unwrap()] ^= n.to_le_bytes()[0].max(1);
    }
}

fn client(names: &[&str]) -> Client {
    let mut client = Client::new(KeyType::P256, names);
    client.order.profile = "corroborated".parse().unwrap();
    client
}

impl Stack {
    /// What the perspectives saw, if they are honest and `client` controls the names of the order.
    fn proved(&self, client: &Client, order: &Order) -> Vec<IdentifierEvidence> {
        let proved = |name: &cairn_types::Identifier| IdentifierEvidence {
            identifier: name.clone(),
            receipts: self.signed_by_all(&client.receipt(name), |_, _| {}),
        };
        order.identifiers.iter().map(proved).collect()
    }

    fn honest(&self, client: &Client) -> Issue {
        Issue {
            evidence: self.proved(client, &client.order),
            ..client.finalize(&self.validator)
        }
    }
}

/// What an attacker has: an account, a key, and a name under its control. The victim's keys it has not, nor those of
/// perspectives, unless it is said.
struct Attacker {
    account: Client,
    /// For the same order, but of its own.
    proved: Vec<IdentifierEvidence>,
}

impl Attacker {
    fn new(stack: &Stack) -> Self {
        let account = client(&["evil.test"]);
        let proved = stack.proved(&account, &account.order);
        Self { account, proved }
    }

    /// A request for the order by the attacker's key, for a certificate of its own.
    fn request(&self, issue: &mut Issue, url_account: &Client) {
        issue.csr = csr(&self.account.certificate_key, &issue.order.identifiers);
        let thief = Client {
            key: self.account.key.clone(),
            certificate_key: self.account.certificate_key.clone(),
            order: issue.order.clone(),
            account: url_account.account,
        };
        issue.request = thief.request(issue.order.id, &issue.csr);
    }
}

type Forge = fn(&mut Issue, &Attacker, &Client, u64);

/// What a front end passes on of the account's holder, and what it says of it.
const FRONT_END: &[(&str, Forge)] = &[
    ("another CSR", |issue, attacker, _, _| {
        issue.csr = csr(&attacker.account.certificate_key, &issue.order.identifiers);
    }),
    ("a CSR for more", |issue, _, _, n| {
        let mut names = issue.order.identifiers.clone();
        names.push(dns(&format!("n{n}.test")));
        issue.csr = csr(&certificate_key(KeyType::P256), &names);
    }),
    ("a request by another key", |issue, attacker, victim, _| {
        attacker.request(issue, victim);
    }),
    ("a request of another account", |issue, attacker, _, _| {
        attacker.request(issue, &attacker.account);
    }),
    ("octets of the request", |issue, _, _, n| {
        flip(&mut issue.request, n);
    }),
    ("octets of the CSR", |issue, _, _, n| flip(&mut issue.csr, n)),
    ("the request for another order", |issue, _, victim, _| {
        let other = client(&["a.test"]).order.id;
        issue.request = victim.request(other, &issue.csr);
    }),
    ("another account", |issue, attacker, _, _| {
        issue.order.account = attacker.account.account;
    }),
    ("another name", |issue, _, _, n| {
        issue.order.identifiers[0] = dns(&format!("n{n}.test"));
    }),
    ("a name more", |issue, _, _, n| {
        issue.order.identifiers.push(dns(&format!("n{n}.test")));
    }),
];

/// What a registration authority can send besides: everything.
const REGISTRATION: &[(&str, Forge)] = &[
    ("another account's key", |issue, attacker, victim, n| {
        let thief = SigningKey::generate(pick(&[Algorithm::Es256, Algorithm::EdDsa], n)).unwrap();
        thief.public().jwk().clone_into(&mut issue.jwk);
        if n.is_multiple_of(2) {
            attacker.account.key.public().jwk().clone_into(&mut issue.jwk);
            attacker.request(issue, victim);
        }
    }),
    ("all of another account", |issue, attacker, _, _| {
        issue.order.account = attacker.account.account;
        issue.account_uri = attacker.account.uri();
        attacker.account.key.public().jwk().clone_into(&mut issue.jwk);
        attacker.request(issue, &attacker.account);
    }),
    ("another account's URL", |issue, attacker, _, _| {
        issue.account_uri = attacker.account.uri();
    }),
    ("key changes", |issue, _, _, n| {
        issue.key_changes.push(n.to_le_bytes().to_vec());
    }),
    ("no evidence", |issue, _, _, _| issue.evidence.clear()),
    ("evidence of one name", |issue, _, _, n| {
        let kept = usize::from(!n.is_multiple_of(2));
        issue.evidence.remove(kept);
    }),
    ("receipts of another name", |issue, _, _, _| {
        issue.evidence[1].receipts = issue.evidence[0].receipts.clone();
    }),
    ("receipts of another account", |issue, attacker, _, _| {
        issue.evidence[0]
            .receipts
            .clone_from(&attacker.proved[0].receipts);
    }),
    ("too few remotes", |issue, _, _, n| {
        let receipts = &mut issue.evidence[0].receipts;
        let kept = receipts[1 + usize::from(!n.is_multiple_of(2))].clone();
        *receipts = vec![receipts[0].clone(), kept.clone(), kept];
    }),
    ("too few regions", |issue, _, _, _| {
        issue.evidence[0].receipts.remove(1);
    }),
    ("no primary", |issue, _, _, _| {
        issue.evidence[0].receipts.remove(0);
    }),
    ("octets of the primary's receipt", |issue, _, _, n| {
        flip(&mut issue.evidence[0].receipts[0], n);
    }),
    ("octets of two remotes' receipts", |issue, _, _, n| {
        flip(&mut issue.evidence[1].receipts[2], n);
        flip(&mut issue.evidence[1].receipts[3], n);
    }),
];

/// Whatever is sent, made of these: nothing is signed.
fn nothing_is_signed(tables: &'static [&'static [(&'static str, Forge)]]) {
    let runtime = Runtime::new().unwrap();
    let stack = runtime.block_on(Stack::start());
    let attacker = Attacker::new(&stack);
    let all: Vec<_> = tables.iter().copied().flatten().collect();
    let count = all.len();
    let tried = AtomicUsize::new(0);
    // One forgery by itself, in turn, and others that any number of them make together.
    let chosen = prop::collection::vec((0..count, any::<u64>()), 0..3);
    TestRunner::new(ProptestConfig::with_cases(96))
        .run(&(any::<u64>(), chosen), |(n, more)| {
            let victim = client(&["a.test", "b.test"]);
            let mut issue = stack.honest(&victim);
            let first = tried.fetch_add(1, Ordering::Relaxed) % count;
            let forged = std::iter::once((first, n)).chain(more);
            let mut what = Vec::new();
            for (index, n) in forged {
                let fits =
                    issue.evidence.len() == 2 && issue.evidence.iter().all(|it| it.receipts.len() == 4);
                if what.is_empty() || fits {
                    all[index].1(&mut issue, &attacker, &victim, n);
                    what.push(all[index].0);
                }
            }
            let answer = runtime.block_on(stack.issue(issue));
            prop_assert!(answer.is_err(), "{what:?} got a certificate");
            prop_assert_eq!(stack.signatures(), 0, "{:?}", what);
            Ok(())
        })
        .unwrap();
    assert!(tried.load(Ordering::Relaxed) >= count);
    // The test would see a signature.
    let victim = client(&["a.test", "b.test"]);
    runtime.block_on(stack.issue(stack.honest(&victim))).unwrap();
    assert_eq!(stack.signatures(), 1);
}

#[test]
fn a_front_end_gets_nothing_signed() {
    nothing_is_signed(&[FRONT_END]);
}

#[test]
fn a_registration_authority_gets_nothing_signed() {
    nothing_is_signed(&[REGISTRATION, FRONT_END]);
}

/// What a perspective that lies may say of a name that the account does not control.
const LIES: &[fn(&mut Receipt, u64)] = &[
    |_, _| {},
    |receipt, n| pick(&["local", "east", "west", "north"], n).clone_into(&mut receipt.perspective),
    |receipt, n| receipt.rir = pick(&cairn_evidence::Rir::ALL, n),
    |receipt, n| flip(&mut receipt.attempt, n),
    |receipt, _| receipt.check = Check::CaaOnly,
    |receipt, n| {
        receipt.caa.as_mut().unwrap().verdict = pick(&[CaaVerdict::Allowed, CaaVerdict::NotApplicable], n);
    },
    |receipt, n| receipt.resolver = n.to_string(),
];

/// One perspective signs what it likes, as often as it likes, while the others tell the truth: they saw no control.
/// The registration authority helps it, and leaves out whose word does not suit.
#[test]
fn one_perspective_gets_nothing_signed_and_stops_nothing() {
    let runtime = Runtime::new().unwrap();
    let stack = runtime.block_on(Stack::start());
    let lies = prop::collection::vec((0..LIES.len(), any::<u64>()), 1..8);
    let honest_signatures = AtomicUsize::new(0);
    TestRunner::new(ProptestConfig::with_cases(96))
        .run(&(0..4usize, lies, any::<u8>()), |(liar, lies, kept)| {
            let thief = client(&["a.test"]);
            let truth = |refuse: bool| {
                stack.signed_by_all(&thief.receipt(&dns("a.test")), |_, receipt| {
                    if refuse {
                        receipt.outcome = Outcome::Refused(ErrorKind::Unauthorized);
                    }
                })
            };
            let forged: Vec<_> = lies
                .iter()
                .map(|(lie, n)| {
                    stack.signed_by_all(&thief.receipt(&dns("a.test")), |_, it| LIES[*lie](it, *n))[liar]
                        .clone()
                })
                .collect();
            let others = |refuse: bool, all: bool| {
                let kept = |index: &usize| all || kept >> index & 1 == 1;
                let signed = truth(refuse);
                let indexes = (0..4).filter(|index| *index != liar).filter(kept);
                indexes.map(|index| signed[index].clone()).collect::<Vec<_>>()
            };
            let mut issue = stack.honest(&thief);
            issue.evidence[0].receipts = [forged.clone(), others(true, false)].concat();
            prop_assert!(runtime.block_on(stack.issue(issue.clone())).is_err());
            let expected = honest_signatures.load(Ordering::Relaxed);
            prop_assert_eq!(stack.signatures(), expected, "liar {}", liar);
            // Two honest remotes in two regions are enough beside a liar; `east` is alone in its region.
            issue.evidence[0].receipts = [forged, others(false, true)].concat();
            if liar > 1 {
                prop_assert!(runtime.block_on(stack.issue(issue)).is_ok());
                honest_signatures.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(stack.signatures(), honest_signatures.into_inner());
}

/// Where the start of validity stands in to-be-signed octets: a `UTCTime`, the first.
fn start_of_validity(tbs: &[u8]) -> std::ops::Range<usize> {
    let at = tbs.windows(2).position(|window| window == [0x17, 13]).unwrap();
    at..at + 15
}

/// The storage authority answers with other octets than were prepared. It may choose a start of validity, within the
/// lint's bounds; anything else is refused.
#[test]
fn a_storage_authority_gets_nothing_else_signed() {
    let runtime = Runtime::new().unwrap();
    let stack = runtime.block_on(Stack::start());
    TestRunner::new(ProptestConfig::with_cases(128))
        .run(&any::<[u64; 2]>(), |[n, m]| {
            let victim = client(&["a.test", "b.test"]);
            stack.sa.lie(move |mut unsigned: Unsigned| {
                let fixed = start_of_validity(&unsigned.tbs);
                let mut changed = unsigned.tbs.clone();
                flip(&mut changed, n);
                changed[fixed.clone()].copy_from_slice(&unsigned.tbs[fixed]);
                if changed == unsigned.tbs {
                    changed.push(m.to_le_bytes()[0]);
                }
                unsigned.tbs = changed;
                if m.is_multiple_of(2) {
                    unsigned.order = client(&["c.test"]).order.id;
                }
                unsigned
            });
            let answer = runtime.block_on(stack.issue(stack.honest(&victim)));
            prop_assert!(answer.is_err());
            prop_assert_eq!(stack.signatures(), 0);
            Ok(())
        })
        .unwrap();
}
