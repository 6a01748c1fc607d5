//! CAA: whose permission counts, and for how long.

use cairn_evidence::{Caa, CaaVerdict, Claim, Outcome, Receipt, Why};
use cairn_types::{ChallengeType, ErrorKind};

use crate::world::{ago, caa_only, expectation, name, receipt, shortage, world};

/// Validated 20 hours ago, with the CAA answers of then.
fn old(_: usize, receipt: &mut Receipt) {
    (receipt.started, receipt.finished) = (ago(20 * 3600), ago(20 * 3600));
    receipt.caa.as_mut().unwrap().checked = ago(20 * 3600);
}

/// A permission by a later attempt.
fn allowed(index: usize, seconds: u64) -> Receipt {
    Receipt {
        attempt: [9; 16],
        ..caa_only(index, seconds, CaaVerdict::Allowed)
    }
}

#[test]
fn a_later_check_freshens_or_spoils() {
    let world = world();
    let with = |checks: &[Receipt]| {
        let mut bundle = world.bundle(old);
        bundle.extend(checks.iter().map(|check| world.sign(check)));
        world.policy().verify(&bundle, &expectation())
    };
    let missing = shortage(with(&[]));
    assert_eq!(
        (missing.claim, missing.skipped[0].why),
        (Claim::Permission, Why::CaaStale)
    );
    let evidence = with(&[allowed(0, 60), allowed(1, 60), allowed(2, 60)]).unwrap();
    assert_eq!(evidence.validated(), ago(20 * 3600));
    for few in [
        vec![allowed(0, 60), allowed(1, 60)],
        vec![allowed(1, 60), allowed(2, 60), allowed(3, 60)],
        vec![allowed(0, 60), allowed(2, 60), allowed(3, 60)],
        vec![allowed(0, 60), allowed(1, 60), allowed(2, 9 * 3600)],
    ] {
        assert_eq!(shortage(with(&few)).claim, Claim::Permission, "{few:?}");
    }
    let three = [allowed(0, 60), allowed(1, 60), allowed(2, 60)];
    let and = |more: Receipt| with(&[&three[..], &[more]].concat());
    for verdict in [CaaVerdict::Forbidden, CaaVerdict::Failed] {
        assert!(and(caa_only(2, 30, verdict)).is_err());
        assert!(and(caa_only(2, 60, verdict)).is_err());
        assert!(and(caa_only(2, 90, verdict)).is_ok());
        assert!(and(caa_only(3, 30, verdict)).is_ok());
        assert!(and(caa_only(0, 30, verdict)).is_err());
    }
    let unread = Receipt {
        caa: None,
        ..caa_only(2, 30, CaaVerdict::Failed)
    };
    assert!(and(unread).is_err());
}

#[test]
fn permissions_of_several_attempts_or_methods_do_not_add_up() {
    let world = world();
    let with = |checks: &[Receipt]| {
        let mut bundle = world.bundle(old);
        bundle.extend(checks.iter().map(|check| world.sign(check)));
        world.policy().verify(&bundle, &expectation())
    };
    let other_attempt = Receipt {
        attempt: [8; 16],
        ..allowed(2, 60)
    };
    let other_method = Receipt {
        method: ChallengeType::Dns01,
        ..allowed(2, 60)
    };
    for other in [other_attempt, other_method] {
        assert!(with(&[allowed(0, 60), allowed(1, 60), other]).is_err());
    }
    // A refusal for another reason does not lend its CAA answer.
    let refused = Receipt {
        attempt: [9; 16],
        outcome: Outcome::Refused(ErrorKind::Connection),
        caa: Some(Caa {
            checked: ago(60),
            ..receipt(2).caa.unwrap()
        }),
        started: ago(60),
        finished: ago(60),
        ..receipt(2)
    };
    assert!(with(&[allowed(0, 60), allowed(1, 60), refused]).is_err());
}

/// One perspective may fail at the validation, and another at a later check: each attempt has its quorum.
#[test]
fn different_perspectives_may_fail_in_different_attempts() {
    let world = world();
    let mut bundle = world.bundle(|index, receipt| {
        old(index, receipt);
        if index == 3 {
            receipt.outcome = Outcome::Refused(ErrorKind::Connection);
            receipt.caa = None;
        }
    });
    bundle.extend([0, 1, 3].map(|index| world.sign(&allowed(index, 60))));
    let evidence = world.policy().verify(&bundle, &expectation()).unwrap();
    assert_eq!(evidence.remotes(), ["lima", "rome"]);
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
        let policy = world.policy_with(|rules| {
            rules.caa_exempt_suffixes = suffixes.into_iter().map(str::to_owned).collect();
        });
        assert_eq!(policy.verify(&bundle, &expected).is_ok(), good);
    }
}
