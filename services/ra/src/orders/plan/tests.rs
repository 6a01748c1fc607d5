//! What is reused, what is made, and when an order expires.

use std::sync::atomic::{AtomicU64, Ordering};

use cairn_types::{AccountId, AccountStatus, Thumbprint};
use cairn_x509::Period;

use super::*;

struct Fixed;
impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_800_000_000)
    }
}

#[derive(Default)]
struct Counting(AtomicU64);
impl Rng for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            chunk.copy_from_slice(&next[8 - chunk.len()..]);
        }
    }
}

const LIFETIMES: Lifetimes = Lifetimes {
    pending: Duration::from_secs(1000),
    order: Duration::from_secs(2000),
    reuse_margin: Duration::from_secs(100),
};

/// Grants everything that [`LIFETIMES`] does.
fn profile() -> Profile {
    Profile {
        name: "classic".parse().unwrap(),
        period: Period {
            validity: Duration::from_secs(86_400),
            backdate: Duration::ZERO,
        },
        max_validation_age: Duration::from_secs(100_000),
        methods: ChallengeType::ALL.to_vec(),
    }
}

fn account(rng: &Counting) -> Account {
    Account {
        id: AccountId::new(&Fixed, rng),
        jwk: String::new(),
        thumbprint: Thumbprint([0; 32]),
        status: AccountStatus::Valid,
        contact: vec![],
        terms_agreed: None,
        external_account_binding: None,
        created: Fixed.now(),
    }
}

fn dns(name: &str) -> Identifier {
    Identifier::parse("dns", name).unwrap()
}

/// Validated now by the first challenge that is offered.
fn valid(account: &Account, name: &str, left: u64, rng: &Counting) -> Authorization {
    let expires = Fixed.now() + Duration::from_secs(left);
    let methods = ChallengeType::ALL;
    let mut authorization = new_authorization(account, &dns(name), methods, expires, &Fixed, rng);
    authorization.status = AuthorizationStatus::Valid;
    authorization.challenges[0].status = ChallengeStatus::Valid;
    authorization.challenges[0].validated = Some(Fixed.now());
    authorization
}

#[test]
fn nothing_known_means_everything_new() {
    let rng = Counting::default();
    let account = account(&rng);
    let made = plan(
        &account,
        &[dns("*.a.test"), dns("b.test")],
        &[],
        &profile(),
        LIFETIMES,
        &Fixed,
        &rng,
    );
    assert_eq!(
        made.authorizations,
        made.new.iter().map(|new| new.id).collect::<Vec<_>>()
    );
    assert_eq!(made.expires, Fixed.now() + LIFETIMES.order);
    assert_eq!(made.new[0].identifier, dns("a.test"));
    assert!(made.new[0].wildcard && !made.new[1].wildcard);
    let kinds: Vec<_> = made.new[0]
        .challenges
        .iter()
        .map(|challenge| challenge.kind)
        .collect();
    let by_dns = [
        ChallengeType::Dns01,
        ChallengeType::DnsAccount01,
        ChallengeType::DnsPersist01,
    ];
    assert_eq!(kinds, by_dns, "a wildcard is proved by DNS alone");
    assert_ne!(made.new[1].challenges[0].token, made.new[1].challenges[1].token);
}

#[test]
fn only_what_fits_and_lasts_is_reused() {
    let rng = Counting::default();
    let account = account(&rng);
    let other = self::account(&rng);
    let mut pending = valid(&account, "a.test", 5000, &rng);
    pending.status = AuthorizationStatus::Pending;
    for (known, reused) in [
        (valid(&account, "a.test", 5000, &rng), true),
        (valid(&account, "a.test", 100, &rng), false),
        (valid(&account, "*.a.test", 5000, &rng), false),
        (valid(&account, "b.test", 5000, &rng), false),
        (valid(&other, "a.test", 5000, &rng), false),
        (pending, false),
    ] {
        let made = plan(
            &account,
            &[dns("a.test")],
            std::slice::from_ref(&known),
            &profile(),
            LIFETIMES,
            &Fixed,
            &rng,
        );
        assert_eq!(made.authorizations[0] == known.id, reused, "{known:?}");
        assert_eq!(made.new.is_empty(), reused);
    }
}

#[test]
fn an_order_does_not_outlive_what_it_reuses() {
    let rng = Counting::default();
    let account = account(&rng);
    let known = [
        valid(&account, "a.test", 300, &rng),
        valid(&account, "a.test", 500, &rng),
    ];
    let made = plan(
        &account,
        &[dns("a.test"), dns("b.test")],
        &known,
        &profile(),
        LIFETIMES,
        &Fixed,
        &rng,
    );
    assert_eq!(made.authorizations[0], known[1].id, "the longest-lived one");
    assert_eq!(made.expires, known[1].expires);
}

#[test]
fn what_is_too_old_for_the_signer_is_not_reused() {
    let rng = Counting::default();
    let account = account(&rng);
    let strict = Profile {
        max_validation_age: Duration::from_secs(1000),
        methods: vec![ChallengeType::Dns01, ChallengeType::Http01],
        ..profile()
    };
    let seen = |ago: u64, kind: ChallengeType| {
        let mut known = valid(&account, "a.test", 5000, &rng);
        known.challenges[0].kind = kind;
        known.challenges[0].validated = Some(Fixed.now() - Duration::from_secs(ago));
        known
    };
    // Good for 1000 s, less a minute for storing; then less a margin of 100 s.
    for (known, left) in [
        (seen(0, ChallengeType::Http01), Some(940)),
        (seen(839, ChallengeType::Dns01), Some(101)),
        (seen(840, ChallengeType::Dns01), None),
        (seen(0, ChallengeType::TlsAlpn01), None),
    ] {
        let known = [known];
        let names = [dns("a.test")];
        let made = plan(&account, &names, &known, &strict, LIFETIMES, &Fixed, &rng);
        assert_eq!(made.new.is_empty(), left.is_some(), "{known:?}");
        let expires = Fixed.now() + Duration::from_secs(left.unwrap_or(1000));
        assert_eq!(made.expires, expires, "{known:?}");
    }
}

#[test]
fn a_record_that_stays_is_not_reused_for_longer_than_ten_days() {
    let rng = Counting::default();
    let account = account(&rng);
    let lax = Profile {
        max_validation_age: Duration::from_secs(398 * 86_400),
        ..profile()
    };
    for (ago, kind, reused) in [
        (9, ChallengeType::DnsPersist01, true),
        (10, ChallengeType::DnsPersist01, false),
        (10, ChallengeType::DnsAccount01, true),
    ] {
        let mut known = valid(&account, "a.test", 5000, &rng);
        known.challenges[0].kind = kind;
        known.challenges[0].validated = Some(Fixed.now() - Duration::from_secs(ago * 86_400));
        let made = plan(
            &account,
            &[dns("a.test")],
            &[known],
            &lax,
            LIFETIMES,
            &Fixed,
            &rng,
        );
        assert_eq!(made.new.is_empty(), reused, "{kind} after {ago} days");
    }
}

#[test]
fn only_challenges_of_the_profile_are_offered() {
    let rng = Counting::default();
    let account = account(&rng);
    let strict = Profile {
        methods: vec![ChallengeType::TlsAlpn01],
        ..profile()
    };
    let made = plan(&account, &[dns("a.test")], &[], &strict, LIFETIMES, &Fixed, &rng);
    let kinds: Vec<_> = made.new[0].challenges.iter().map(|known| known.kind).collect();
    assert_eq!(kinds, strict.methods);
}
