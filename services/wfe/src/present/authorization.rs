//! Authorizations and challenges.

use cairn_acme::ProblemDocument;
use cairn_acme::objects::{AuthorizationObject, ChallengeObject, IdentifierObject};
use cairn_types::{
    Authorization, AuthorizationId, AuthorizationStatus, Challenge, ChallengeStatus, Problem, Timestamp,
};

use super::Persist;
use crate::urls::Urls;

/// The authorization object (RFC 8555 section 7.1.4).
pub(crate) fn authorization(
    authorization: &Authorization,
    now: Timestamp,
    urls: &Urls,
    persist: &Persist,
) -> AuthorizationObject {
    let status = authorization.status_at(now);
    AuthorizationObject {
        identifier: IdentifierObject::from(&authorization.identifier),
        status,
        expires: Some(authorization.expires),
        challenges: shown(authorization, status)
            .map(|it| challenge(authorization.id, it, urls, persist))
            .collect(),
        wildcard: authorization.wildcard,
    }
}

/// While pending, all challenges; afterwards the one that decided, if there is one.
fn shown(authorization: &Authorization, status: AuthorizationStatus) -> impl Iterator<Item = &Challenge> {
    let decided = match status {
        AuthorizationStatus::Pending => None,
        AuthorizationStatus::Invalid => Some(ChallengeStatus::Invalid),
        AuthorizationStatus::Valid
        | AuthorizationStatus::Deactivated
        | AuthorizationStatus::Expired
        | AuthorizationStatus::Revoked => Some(ChallengeStatus::Valid),
    };
    let decided = decided.filter(|wanted| authorization.challenges.iter().any(|it| it.status == *wanted));
    authorization
        .challenges
        .iter()
        .filter(move |it| decided.is_none_or(|wanted| it.status == wanted))
}

/// The challenge object (RFC 8555 section 7.1.5).
pub(crate) fn challenge(
    authorization: AuthorizationId,
    challenge: &Challenge,
    urls: &Urls,
    persist: &Persist,
) -> ChallengeObject {
    let object = ChallengeObject {
        kind: challenge.kind,
        url: urls.challenge(authorization, challenge.id),
        status: challenge.status,
        token: challenge.token.as_str().to_owned(),
        issuer_domain_names_01: Vec::new(),
        issuer_domain_names: Vec::new(),
        validated: challenge.validated,
        error: challenge
            .error
            .as_ref()
            .map(|problem| failure(problem, &urls.explanation(authorization, challenge.id))),
    };
    if challenge.kind.has_token() {
        object
    } else {
        persist.complete(object)
    }
}

/// Why a challenge failed, and the page that tells more. Many clients print the detail alone, so it names the page too.
fn failure(problem: &Problem, page: &str) -> ProblemDocument {
    let mut document = ProblemDocument::from(problem);
    if !problem.observations.is_empty() {
        document.detail = format!("{}. See {page}", document.detail);
    }
    document.instance = Some(page.to_owned());
    document
}

/// Whether a client does well to look again soon.
pub(crate) fn is_validating(authorization: &Authorization, now: Timestamp) -> bool {
    authorization.status_at(now) == AuthorizationStatus::Pending
        && authorization
            .challenges
            .iter()
            .any(|it| it.status == ChallengeStatus::Processing)
}

#[cfg(test)]
mod tests {
    use cairn_acme::persist::{Draft, Settings};
    use cairn_types::{AccountId, ChallengeType, Identifier};

    use super::*;

    fn persist(draft: Draft) -> Persist {
        let settings = Settings {
            draft,
            ..Settings::default()
        };
        Persist::new(&settings, &["ca.example".to_owned()])
    }

    /// The drafts have different fields, and neither has a token; all other challenges have one.
    #[test]
    fn a_persistent_record_has_no_token() {
        let urls = Urls::new("https://ca.example".to_owned(), None);
        let made = make(AuthorizationStatus::Pending, &[ChallengeStatus::Pending; 5]);
        for (draft, field) in [
            (Draft::V01, "issuer-domain-names"),
            (Draft::V02, "issuerDomainNames"),
        ] {
            for made in &made.challenges {
                let object = challenge(
                    "0198c2f4-0000-7000-8000-000000000009".parse().unwrap(),
                    made,
                    &urls,
                    &persist(draft),
                );
                let json = serde_json::to_value(&object).unwrap();
                let fields: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
                if made.kind == ChallengeType::DnsPersist01 {
                    assert_eq!(fields, [field, "status", "type", "url"]);
                    assert_eq!(json[field], serde_json::json!(["ca.example"]));
                } else {
                    assert_eq!(fields, ["status", "token", "type", "url"], "{}", made.kind);
                }
            }
        }
    }

    fn make(status: AuthorizationStatus, challenges: &[ChallengeStatus]) -> Authorization {
        let id = |last: usize| format!("0198c2f4-0000-7000-8000-00000000000{last}");
        let challenges = challenges.iter().enumerate().map(|(index, status)| Challenge {
            id: id(index).parse().unwrap(),
            kind: ChallengeType::ALL[index],
            token: "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA".parse().unwrap(),
            status: *status,
            validated: None,
            error: None,
        });
        Authorization {
            id: id(9).parse().unwrap(),
            account: id(8).parse::<AccountId>().unwrap(),
            identifier: Identifier::parse("dns", "a.example").unwrap(),
            wildcard: false,
            status,
            expires: Timestamp::from_secs(100),
            challenges: challenges.collect(),
            validated_by: None,
            created: Timestamp::from_secs(0),
        }
    }

    #[test]
    fn the_challenge_that_decided_is_shown() {
        use AuthorizationStatus as A;
        use ChallengeStatus as C;
        let urls = Urls::new("https://ca.example".to_owned(), None);
        for (status, challenges, now, expected) in [
            (
                A::Pending,
                [C::Pending, C::Processing],
                0,
                vec![C::Pending, C::Processing],
            ),
            (A::Valid, [C::Pending, C::Valid], 0, vec![C::Valid]),
            (A::Valid, [C::Pending, C::Valid], 100, vec![C::Valid]),
            (A::Invalid, [C::Invalid, C::Pending], 0, vec![C::Invalid]),
            (
                A::Pending,
                [C::Pending, C::Pending],
                100,
                vec![C::Pending, C::Pending],
            ),
            (
                A::Deactivated,
                [C::Pending, C::Pending],
                0,
                vec![C::Pending, C::Pending],
            ),
        ] {
            let made = make(status, &challenges);
            let object = authorization(&made, Timestamp::from_secs(now), &urls, &persist(Draft::V01));
            let shown: Vec<_> = object.challenges.iter().map(|it| it.status).collect();
            assert_eq!(shown, expected, "{status}");
        }
    }

    #[test]
    fn only_what_moves_is_worth_waiting_for() {
        use AuthorizationStatus as A;
        use ChallengeStatus as C;
        let now = Timestamp::from_secs(0);
        assert!(is_validating(
            &make(A::Pending, &[C::Pending, C::Processing]),
            now
        ));
        assert!(!is_validating(&make(A::Pending, &[C::Pending, C::Pending]), now));
        assert!(!is_validating(
            &make(A::Invalid, &[C::Processing, C::Invalid]),
            now
        ));
        assert!(!is_validating(
            &make(A::Pending, &[C::Processing]),
            Timestamp::from_secs(100)
        ));
    }
}
