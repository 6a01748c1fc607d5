//! Challenges: what is tried again, what is final, what the janitor resumes.

use cairn_kit::{SystemClock, SystemRng};
use cairn_rpc::api::ra::AnswerChallenge;
use cairn_rpc::api::sa::ClaimedValidation;
use cairn_types::{
    Authorization, AuthorizationStatus, ChallengeType, Clock, Duration, Error, ErrorKind, Lease, LeaseId,
    Problem, ValidationOutcome,
};

use crate::fakes::Call;
use crate::stage::{Stage, context, in_an_hour};

fn answer(stage: &Stage, authorization: &Authorization) -> AnswerChallenge {
    AnswerChallenge {
        account: stage.account.id,
        authorization: authorization.id,
        challenge: authorization.challenges[0].id,
    }
}

fn failure(kind: ErrorKind, transient: bool) -> ValidationOutcome {
    let problem = Problem {
        kind,
        detail: "no".to_owned(),
        subproblems: vec![],
        observations: Vec::new(),
    };
    ValidationOutcome {
        problem: Some(problem),
        transient,
        receipts: vec![b"refusal".to_vec()],
        observations: Vec::new(),
        valid_until: None,
    }
}

/// The names of the calls so far.
fn calls(stage: &Stage) -> Vec<&'static str> {
    stage.fakes.world(|world| {
        let name = |call: &Call| match call {
            Call::BeginValidation(_) => "begin",
            Call::Validate(_) => "validate",
            Call::RecordAttempt(_) => "record",
            Call::FinishValidation(finish) if finish.problem.is_none() => "valid",
            Call::FinishValidation(_) => "invalid",
            _ => "another",
        };
        world.calls.iter().map(name).collect()
    })
}

#[tokio::test]
async fn a_wrong_answer_is_final_and_a_timeout_is_not() {
    for (outcomes, expected) in [
        (vec![], &["begin", "validate", "valid"][..]),
        (
            vec![failure(ErrorKind::IncorrectResponse, false)],
            &["begin", "validate", "invalid"],
        ),
        (
            vec![failure(ErrorKind::Connection, true)],
            &["begin", "validate", "record", "validate", "valid"],
        ),
        (
            vec![failure(ErrorKind::Connection, true); 3],
            &[
                "begin", "validate", "record", "validate", "record", "validate", "invalid",
            ],
        ),
    ] {
        let stage = Stage::new().await;
        let authorization = stage.authorization(AuthorizationStatus::Pending);
        stage
            .fakes
            .world(|world| world.outcomes.extend(outcomes.into_iter().map(Ok)));
        stage
            .ra
            .answer_challenge(&context(), answer(&stage, &authorization))
            .await
            .unwrap();
        assert_eq!(calls(&stage), expected);
    }
}

#[tokio::test]
async fn the_validator_is_told_what_to_look_for() {
    let stage = Stage::new().await;
    let authorization = stage.authorization(AuthorizationStatus::Pending);
    stage
        .ra
        .answer_challenge(&context(), answer(&stage, &authorization))
        .await
        .unwrap();
    stage.fakes.world(|world| {
        let [
            Call::BeginValidation(begun),
            Call::Validate(asked),
            Call::FinishValidation(finish),
        ] = world.calls.as_slice()
        else {
            panic!("{:?}", world.calls)
        };
        assert_eq!(
            begun.account, stage.account.id,
            "whose it is, the storage authority looks at"
        );
        assert_eq!(asked.token, authorization.challenges[0].token);
        assert_eq!(asked.thumbprint, stage.account.thumbprint);
        assert_eq!(
            asked.account_uri,
            format!("{}{}", crate::stage::ACCOUNTS, stage.account.id)
        );
        assert_eq!(begun.lease.id, finish.lease);
        assert_eq!(finish.receipts, [b"receipt"]);
    });
}

/// What a client may use again it may use for a month, here; ten days where a record stays; and never for longer than
/// the record says.
#[tokio::test]
async fn an_authorization_ends_with_what_proved_it() {
    let days = |count: u64| Duration::from_secs(count * 86_400);
    for (kind, seen, lasts) in [
        (ChallengeType::Http01, None, days(30)),
        (ChallengeType::DnsPersist01, None, days(10)),
        (ChallengeType::DnsPersist01, Some(days(20)), days(10)),
        (ChallengeType::DnsPersist01, Some(days(2)), days(2)),
    ] {
        let stage = Stage::new().await;
        let mut authorization = stage.authorization(AuthorizationStatus::Pending);
        authorization.challenges[0].kind = kind;
        let before = SystemClock.now();
        stage.fakes.world(|world| {
            world.authorizations = vec![authorization.clone()];
            world.outcomes.push_back(Ok(ValidationOutcome {
                problem: None,
                transient: false,
                receipts: Vec::new(),
                observations: Vec::new(),
                valid_until: seen.map(|seen| before + seen),
            }));
        });
        let ask = answer(&stage, &authorization);
        stage.ra.answer_challenge(&context(), ask).await.unwrap();
        let after = SystemClock.now();
        stage.fakes.world(|world| {
            let Some(Call::FinishValidation(finish)) = world.calls.last() else {
                panic!("{:?}", world.calls)
            };
            let span = (before + lasts).floor_secs()..=(after + lasts).floor_secs();
            assert!(
                span.contains(&finish.expires),
                "{kind} {seen:?}: {:?}",
                finish.expires
            );
        });
    }
}

#[tokio::test]
async fn a_result_waits_for_the_storage_authority() {
    for outcomes in [vec![], vec![failure(ErrorKind::Connection, true)]] {
        let stage = Stage::new().await;
        let authorization = stage.authorization(AuthorizationStatus::Pending);
        let attempts = 1 + outcomes.len();
        stage.fakes.world(|world| {
            world.outages = 2;
            world.outcomes.extend(outcomes.into_iter().map(Ok));
        });
        stage
            .ra
            .answer_challenge(&context(), answer(&stage, &authorization))
            .await
            .unwrap();
        stage
            .until(|world| matches!(world.calls.last(), Some(Call::FinishValidation(_))))
            .await;
        let mut expected = vec!["begin"];
        expected.extend(vec!["validate"; attempts]);
        expected.push("valid");
        assert_eq!(calls(&stage), expected, "nothing is validated again for it");
    }
}

#[tokio::test]
async fn without_a_validator_the_challenge_stays_processing() {
    let stage = Stage::new().await;
    let authorization = stage.authorization(AuthorizationStatus::Pending);
    stage.fakes.world(|world| {
        world
            .outcomes
            .extend([Err(Error::unavailable("down")), Err(Error::unavailable("down"))]);
    });
    stage
        .ra
        .answer_challenge(&context(), answer(&stage, &authorization))
        .await
        .unwrap();
    stage
        .until(|world| matches!(world.calls.last(), Some(Call::FinishValidation(_))))
        .await;
    assert_eq!(
        calls(&stage),
        ["begin", "validate", "validate", "validate", "valid"],
        "not the client's fault"
    );
}

#[tokio::test]
async fn the_janitor_resumes_an_abandoned_validation() {
    let stage = Stage::new().await;
    let authorization = stage.authorization(AuthorizationStatus::Pending);
    let lease = Lease {
        id: LeaseId::new(&SystemClock, &SystemRng),
        owner: "me".to_owned(),
        deadline: in_an_hour(),
    };
    let claimed = ClaimedValidation {
        challenge: authorization.challenges[0].id,
        thumbprint: stage.account.thumbprint,
        authorization,
        lease,
    };
    stage.fakes.world(|world| world.claimed_validations.push(claimed));
    tokio::time::timeout(Duration::from_secs(20), async {
        while calls(&stage) != ["validate", "valid"] {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_call_that_the_validator_refuses_is_not_repeated_for_ever() {
    let stage = Stage::new().await;
    let authorization = stage.authorization(AuthorizationStatus::Pending);
    let fault = Error::internal("no perspective");
    stage.fakes.world(|world| world.outcomes.push_back(Err(fault)));
    stage
        .ra
        .answer_challenge(&context(), answer(&stage, &authorization))
        .await
        .unwrap();
    assert_eq!(calls(&stage), ["begin", "validate", "invalid"]);
    let counted = "cairn_ra_validations_total{method=\"http-01\",outcome=\"serverInternal\"} 1";
    assert!(stage.metrics.encode().contains(counted));
}

#[tokio::test]
async fn a_lease_is_kept_while_the_work_goes_on_and_given_back_when_it_cannot() {
    let stage = Stage::set(|text| text.replace("lease = \"10s\"", "lease = \"1s\"")).await;
    let authorization = stage.authorization(AuthorizationStatus::Pending);
    stage.fakes.world(|world| world.hold = true);
    stage
        .ra
        .answer_challenge(&context(), answer(&stage, &authorization))
        .await
        .unwrap();
    stage
        .until(|world| {
            world
                .renewals
                .iter()
                .any(|deadline| *deadline > SystemClock.now())
        })
        .await;
    stage.shutdown.cancel();
    stage
        .until(|world| world.renewals.last() <= Some(&SystemClock.now()))
        .await;
    assert_eq!(calls(&stage), ["begin", "validate"]);
}

#[tokio::test]
async fn too_many_failures_of_a_name_are_enough() {
    let limit = "[limits.failedValidationsPerAccountAndName]\ncount = 1\nperiod = \"1h\"\n";
    let stage = Stage::set(|text| format!("{text}\n{limit}")).await;
    let authorization = stage.authorization(AuthorizationStatus::Pending);
    let wrong = failure(ErrorKind::IncorrectResponse, false);
    stage.fakes.world(|world| world.outcomes.push_back(Ok(wrong)));
    stage
        .ra
        .answer_challenge(&context(), answer(&stage, &authorization))
        .await
        .unwrap();
    let error = stage
        .ra
        .answer_challenge(&context(), answer(&stage, &authorization))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(error.retry_after > Some(Duration::from_secs(3000)), "{error:?}");
    assert_eq!(calls(&stage), ["begin", "validate", "invalid"]);
}
