//! Answers that come late: they are waited for as long as they can change the verdict.

use std::time::Duration;

use cairn_types::ErrorKind;
use tokio::sync::watch;

use super::liars::Liar;
use super::world::Sees::{Attacker, Control, Faked};
use super::world::{World, until};

/// One has refused, two have confirmed, and the last one decides.
#[tokio::test]
async fn a_straggler_that_decides_is_waited_for() {
    for (last, valid) in [(Control, true), (Attacker, false)] {
        let world = World::start(&[Control, Attacker, Control, Control, Faked]).await;
        if last == Attacker {
            world.zones[4].caa("victim.example", 0, "issue", "other.example");
        }
        let (gate, entry) = watch::channel(false);
        Liar::serve(&world, 4, entry, Box::new(Ok));
        let answered = || {
            let count = |remote: u8, outcome: &str| {
                world.count(&format!(
                    "cairn_perspective_seconds_count{{perspective=\"remote-{remote}\",operation=\"validation\",outcome=\"{outcome}\"}}"
                ))
            };
            count(1, "incorrectResponse") + count(2, "valid") + count(3, "valid") == 3
        };
        let (seen, ()) = tokio::join!(world.validate(), async {
            until("three have answered", answered).await;
            gate.send(true).unwrap();
        });
        assert_eq!(seen.outcome.problem.is_none(), valid, "{}", seen.detail());
        assert_eq!(seen.receipts.len(), 5);
    }
}

/// Those that were late the last time are not waited for once the verdict is certain, however patient the primary.
#[tokio::test]
async fn a_straggler_that_cannot_change_anything_is_waited_for_once() {
    let world = World::start_with(&[Control, Control, Faked], |primary| {
        primary.quorum.as_mut().unwrap().patience = Duration::from_secs(3600);
    })
    .await;
    let (gate, entry) = watch::channel(false);
    Liar::serve(&world, 2, entry, Box::new(Ok));
    for within in [Duration::from_secs(2), Duration::from_secs(3600)] {
        let seen = world.validate_within(within).await;
        assert_eq!(seen.outcome.problem, None);
        assert_eq!(seen.receipts.len(), 2);
        let missing = seen.observation("remote-2");
        assert_eq!(missing.kind, Some(ErrorKind::Unavailable));
        assert!(!missing.summary.is_empty());
    }
    // It answers again, is heard all the same, and is waited for again.
    gate.send(true).unwrap();
    let heard = || {
        world.count(
            "cairn_perspective_seconds_count{perspective=\"remote-2\",operation=\"validation\",outcome=\"valid\"}",
        ) > 0
    };
    until("the straggler is heard", heard).await;
    let seen = world.validate().await;
    assert_eq!(seen.receipts.len(), 3);
}
