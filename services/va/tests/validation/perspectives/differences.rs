//! What perspectives see differently is counted.

use super::world::Sees::{Attacker, Control, Elsewhere, Forbidden};
use super::world::World;

#[tokio::test]
async fn what_differs_is_counted() {
    let cases = [
        ([Control, Control, Control], [0, 0, 0]),
        ([Control, Control, Elsewhere], [0, 1, 0]),
        ([Control, Control, Attacker], [1, 0, 0]),
        ([Control, Forbidden, Control], [1, 0, 1]),
    ];
    for (sees, expected) in cases {
        let world = World::start(&sees).await;
        let seen = world.validate().await;
        assert_eq!(seen.outcome.problem, None, "{sees:?}");
        let counts = ["outcome", "addresses", "caa"]
            .map(|what| world.count(&format!("cairn_perspective_differences_total{{what=\"{what}\"}}")));
        assert_eq!(counts, expected, "{sees:?}");
    }
}
