//! Attempts that prove nothing, for operators.

use std::time::Duration;

use cairn_rpc::ClientConfig;
use cairn_rpc::api::va::{DryRun, Observe};
use cairn_rpc::client::PerspectiveClient;
use cairn_types::{ChallengeType, ErrorKind, ValidationOutcome};

use super::world::Sees::{Attacker, Control, Forbidden};
use super::world::{NAME, World, client, request, server_name};
use crate::stage::{THUMBPRINT, TOKEN, identifier};

fn dry_run(method: Option<ChallengeType>) -> DryRun {
    DryRun {
        identifier: identifier(NAME),
        wildcard: false,
        method,
        token: Some(TOKEN.parse().unwrap()),
        thumbprint: Some(THUMBPRINT),
        account_uri: String::new(),
    }
}

async fn perform(world: &World, request: DryRun) -> ValidationOutcome {
    let operator = client(&world.hub, "operator.cairn");
    let outcome = operator
        .dry_run(&world.context(Duration::from_secs(20)), request)
        .await
        .unwrap();
    assert!(outcome.receipts.is_empty());
    if let Some(problem) = &outcome.problem {
        assert_eq!(problem.observations, outcome.observations);
    }
    outcome
}

fn kinds(outcome: &ValidationOutcome) -> Vec<Option<ErrorKind>> {
    outcome.observations.iter().map(|seen| seen.kind).collect()
}

#[tokio::test]
async fn all_perspectives_are_asked_whatever_the_primary_sees() {
    let world = World::start(&[Attacker, Control, Forbidden]).await;
    let outcome = perform(&world, dry_run(Some(ChallengeType::Http01))).await;
    assert_eq!(
        kinds(&outcome),
        [Some(ErrorKind::IncorrectResponse), None, Some(ErrorKind::Caa)]
    );
    assert_eq!(outcome.problem.unwrap().kind, ErrorKind::IncorrectResponse);

    let world = World::start(&[Control, Control, Attacker]).await;
    let outcome = perform(&world, dry_run(Some(ChallengeType::Http01))).await;
    assert_eq!(kinds(&outcome), [None, None, Some(ErrorKind::IncorrectResponse)]);
    assert_eq!(outcome.problem, None);
}

#[tokio::test]
async fn caa_alone_and_what_is_left_out() {
    let world = World::start(&[Control, Control, Forbidden]).await;
    let outcome = perform(&world, dry_run(None)).await;
    assert_eq!(kinds(&outcome), [None, None, Some(ErrorKind::Caa)]);
    let made_up = DryRun {
        token: None,
        thumbprint: None,
        ..dry_run(Some(ChallengeType::Http01))
    };
    // The same for all of them, and nobody has it.
    let outcome = perform(&world, made_up).await;
    assert_eq!(kinds(&outcome), [Some(ErrorKind::IncorrectResponse); 3]);
    let addresses = DryRun {
        identifier: identifier("127.0.0.1"),
        ..dry_run(None)
    };
    assert_eq!(kinds(&perform(&world, addresses).await), [None; 3]);
}

#[tokio::test]
async fn only_for_operators_and_they_for_nothing_else() {
    let world = World::start(&[Control]).await;
    let context = world.context(Duration::from_secs(10));
    let error = world.client.dry_run(&context, dry_run(None)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let operator = client(&world.hub, "operator.cairn");
    let error = operator.validate(&context, request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let nonsense = DryRun {
        wildcard: true,
        ..dry_run(Some(ChallengeType::Http01))
    };
    let error = operator.dry_run(&context, nonsense).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
}

#[tokio::test]
async fn a_remote_signs_nothing_in_a_dry_run() {
    let world = World::start(&[Control, Control]).await;
    let config = ClientConfig {
        server_name: Some(server_name(1)),
        ..ClientConfig::new(["in memory:0"])
    };
    let channel = world
        .hub
        .transport("va.cairn")
        .channel(PerspectiveClient::TARGET, &config);
    let remote = PerspectiveClient::new(channel.unwrap());
    let context = world.context(Duration::from_secs(10));
    for dry_run in [true, false] {
        let observe = Observe {
            attempt: [1; 16],
            request: request(),
            dry_run,
        };
        let outcome = remote.observe(&context, observe).await.unwrap();
        assert_eq!(outcome.problem, None);
        assert_eq!(outcome.receipts.is_empty(), dry_run);
    }
}
