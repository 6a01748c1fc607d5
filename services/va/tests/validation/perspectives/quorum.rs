//! Who fails, and what the verdict is.

use std::time::Duration;

use cairn_types::ErrorKind;

use super::world::Sees::{Attacker, Control, Down, Forbidden, Silence};
use super::world::{NAME, Sees, World};

#[tokio::test]
async fn who_fails_and_what_follows() {
    let cases: &[(&[Sees], Option<&str>)] = &[
        (&[Control], None),
        (&[Control, Control], None),
        (&[Control, Attacker], Some("1 of 1 remote perspectives")),
        (&[Control, Control, Attacker], None),
        (&[Control, Attacker, Attacker], Some("2 of 2 remote perspectives")),
        (&[Control, Control, Control, Attacker, Control], None),
        (
            &[Control, Attacker, Control, Attacker, Control],
            Some("2 of 4 remote perspectives"),
        ),
        (&[Control, Silence, Control, Control], None),
        (
            &[Control, Silence, Forbidden, Control],
            Some("2 of 3 remote perspectives"),
        ),
        (
            &[Control, Attacker, Attacker, Control, Control, Control, Control],
            None,
        ),
        (
            &[Control, Attacker, Attacker, Attacker, Control, Control, Control],
            Some("3 of 6 remote perspectives"),
        ),
    ];
    for (sees, refusal) in cases {
        let world = World::start(sees).await;
        let seen = world.validate().await;
        match refusal {
            None => assert_eq!(seen.outcome.problem, None, "{sees:?}"),
            Some(said) => {
                let expected = format!("{said} could not confirm control over {NAME}. Seen from primary");
                assert!(
                    seen.detail().starts_with(&expected),
                    "{sees:?}: {}",
                    seen.detail()
                );
            }
        }
        assert_eq!(seen.outcome.observations.len(), sees.len());
        assert_eq!(seen.receipts.len(), sees.len(), "{sees:?}");
    }
}

#[tokio::test]
async fn what_the_primary_refuses_no_remote_is_asked() {
    let world = World::start(&[Attacker, Control, Control]).await;
    let seen = world.validate().await;
    assert_eq!(
        seen.outcome.problem.as_ref().unwrap().kind,
        ErrorKind::IncorrectResponse
    );
    assert_eq!((seen.receipts.len(), seen.outcome.observations.len()), (1, 1));
    assert!(world.zones[1].queries().is_empty() && world.zones[2].queries().is_empty());
}

#[tokio::test]
async fn the_kind_is_that_of_most_and_transient_what_may_pass() {
    for (sees, kind, transient) in [
        ([Control, Attacker, Silence, Silence], ErrorKind::Connection, true),
        (
            [Control, Attacker, Attacker, Silence],
            ErrorKind::IncorrectResponse,
            false,
        ),
        (
            [Control, Control, Silence, Forbidden],
            ErrorKind::Connection,
            true,
        ),
    ] {
        let seen = World::start(&sees).await.validate().await;
        assert_eq!(seen.outcome.problem.as_ref().unwrap().kind, kind, "{sees:?}");
        assert_eq!(seen.outcome.transient, transient, "{sees:?}");
    }
}

#[tokio::test]
async fn those_who_confirm_stand_in_enough_regions() {
    // Two of the three stand in one region.
    let world = World::start(&[Control, Control, Control, Attacker]).await;
    assert_eq!(world.validate().await.outcome.problem, None);
    let seen = World::start(&[Control, Control, Attacker, Control])
        .await
        .validate()
        .await;
    let expected = format!(
        "the remote perspectives that confirmed control over {NAME} stand in 1 of the 2 regions needed"
    );
    assert!(seen.detail().starts_with(&expected), "{}", seen.detail());
}

#[tokio::test]
async fn no_answer_is_no_confirmation() {
    let world = World::start(&[Control, Down]).await;
    let seen = world.validate_within(Duration::from_secs(2)).await;
    assert_eq!(
        seen.outcome.problem.as_ref().unwrap().kind,
        ErrorKind::Unavailable
    );
    assert!(seen.outcome.transient);
    assert_eq!(
        seen.observation("remote-1").summary,
        "it could not be reached or did not answer in time"
    );
    assert_eq!(seen.receipts.len(), 1);
}

#[tokio::test]
async fn caa_checks_are_asked_of_all() {
    let world = World::start(&[Control, Control, Control]).await;
    let seen = world.check_caa().await;
    assert_eq!((seen.outcome.problem, seen.receipts.len()), (None, 3));
    assert!((world.zones.iter()).all(|zone| zone.queries().iter().all(|query| query.contains("CAA"))));

    let seen = World::start(&[Control, Forbidden, Forbidden])
        .await
        .check_caa()
        .await;
    assert_eq!(seen.outcome.problem.as_ref().unwrap().kind, ErrorKind::Caa);
    let expected = format!(
        "2 of 2 remote perspectives could not confirm that CAA permits issuance for {NAME}. Seen from primary"
    );
    assert!(seen.detail().starts_with(&expected), "{}", seen.detail());
}

#[tokio::test]
async fn each_perspective_asks_its_own_resolver_and_one_place_is_enough() {
    let few = |primary: &mut cairn_va::Config| {
        primary.limits.concurrent = 1;
        primary.limits.attempt = Duration::from_secs(5);
    };
    let world = World::start_with(&[Control, Control, Control], few).await;
    let all = (0..8).map(|_| world.validate());
    for seen in futures_util::future::join_all(all).await {
        assert_eq!(seen.outcome.problem, None);
    }
    let queries: Vec<usize> = world.zones.iter().map(|zone| zone.queries().len()).collect();
    assert!(queries.iter().all(|count| *count >= 8 * 2), "{queries:?}");
}
