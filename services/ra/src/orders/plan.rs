//! Which authorizations an order uses: pure, so that every case is a line in a table.

use cairn_types::{
    Account, Authorization, AuthorizationId, AuthorizationStatus, Challenge, ChallengeId, ChallengeStatus,
    Clock, Duration, Identifier, Rng, Timestamp, Token,
};

use cairn_policy::offered;

/// How long authorizations live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetimes {
    /// An unanswered authorization.
    pub pending: Duration,
    /// An order, from its creation.
    pub order: Duration,
    /// What a valid authorization must have left to be used again.
    pub reuse_margin: Duration,
}

/// What an order is made of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// One authorization per identifier, in their order.
    pub authorizations: Vec<AuthorizationId>,
    /// Those among them that are to be made.
    pub new: Vec<Authorization>,
    /// When the order expires: with its lifetime, or with the first authorization that it reuses.
    pub expires: Timestamp,
}

/// Decides what to reuse and what to make. `valid` are valid authorizations of the account; one that is not good
/// for `reuse_margin` longer, or is for something else, is passed over.
pub(crate) fn plan(
    account: &Account,
    identifiers: &[Identifier],
    valid: &[Authorization],
    lifetimes: Lifetimes,
    clock: &dyn Clock,
    rng: &dyn Rng,
) -> Plan {
    let now = clock.now();
    let mut plan = Plan {
        authorizations: Vec::with_capacity(identifiers.len()),
        new: Vec::new(),
        expires: (now + lifetimes.order).floor_secs(),
    };
    for identifier in identifiers {
        let reusable = valid
            .iter()
            .filter(|known| known.account == account.id && known.ordered_identifier() == *identifier)
            .filter(|known| known.status_at(now + lifetimes.reuse_margin) == AuthorizationStatus::Valid)
            .max_by_key(|known| known.expires);
        if let Some(known) = reusable {
            plan.expires = plan.expires.min(known.expires);
            plan.authorizations.push(known.id);
        } else {
            let made = new_authorization(account, identifier, now + lifetimes.pending, clock, rng);
            plan.authorizations.push(made.id);
            plan.new.push(made);
        }
    }
    plan
}

/// A pending authorization with the challenges that its identifier allows.
pub(crate) fn new_authorization(
    account: &Account,
    identifier: &Identifier,
    expires: Timestamp,
    clock: &dyn Clock,
    rng: &dyn Rng,
) -> Authorization {
    let challenge = |kind| Challenge {
        id: ChallengeId::new(clock, rng),
        kind,
        token: Token::new(rng),
        status: ChallengeStatus::Pending,
        validated: None,
        error: None,
    };
    Authorization {
        id: AuthorizationId::new(clock, rng),
        account: account.id,
        identifier: identifier.base(),
        wildcard: identifier.is_wildcard(),
        status: AuthorizationStatus::Pending,
        expires: expires.floor_secs(),
        challenges: offered(identifier).into_iter().map(challenge).collect(),
        validated_by: None,
        created: clock.now(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use cairn_types::{AccountId, AccountStatus, ChallengeType, Thumbprint};

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

    fn valid(account: &Account, name: &str, left: u64, rng: &Counting) -> Authorization {
        let expires = Fixed.now() + Duration::from_secs(left);
        let mut authorization = new_authorization(account, &dns(name), expires, &Fixed, rng);
        authorization.status = AuthorizationStatus::Valid;
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
        assert_eq!(kinds, [ChallengeType::Dns01], "a wildcard is proved by DNS alone");
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
            LIFETIMES,
            &Fixed,
            &rng,
        );
        assert_eq!(made.authorizations[0], known[1].id, "the longest-lived one");
        assert_eq!(made.expires, known[1].expires);
    }
}
