//! Perspectives as they are meant to be: processes with networks of their own, some of which somebody has hijacked.
//!
//! Every perspective is a real `cairn-va` in a network namespace with an address and a resolver of its own, all joined
//! by a bridge. A hijacked one has a route for the victim's address that leads to an attacker, who answers in the
//! victim's place. For all of this no privileges are needed: the test runs itself within a user namespace, in which it
//! may make networks.

#![expect(clippy::unwrap_used, reason = "a test fails by it, as it should")]

mod network;
mod perspectives;
mod tls;
mod web;

use std::io::Write as _;
use std::process::Command;

use cairn_types::ErrorKind;

use perspectives::{Perspectives, Seen, Who};
use web::Web;

/// The primary, and then the remotes.
const REMOTES: usize = 5;

/// What makes the namespaces, and then runs a program in them.
const UNSHARE: [&str; 5] = ["--user", "--map-root-user", "--net", "--mount", "--"];

/// What the kernel must be able to do: namespaces for ordinary users, pairs of virtual interfaces, and bridges.
const PROBE: &str = "ip link add probe0 type veth peer name probe1 && ip link add probe2 type bridge";

/// The test, for the process that it starts within the namespaces.
const TEST: &str = "hijacked_slow_and_dead_perspectives";

/// Tells the test that it is within the namespaces. Elsewhere it would take the machine's own network apart.
const INSIDE: &str = "CAIRN_TEST_INSIDE";

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the environment is how the test tells itself where it is"
)]
fn hijacked_slow_and_dead_perspectives() {
    if std::env::var_os(INSIDE).is_some() {
        inside();
    } else {
        outside();
    }
}

/// Makes the namespaces, and runs the test again within them.
fn outside() {
    let probe = Command::new("unshare")
        .args(UNSHARE)
        .args(["sh", "-ec", PROBE])
        .output();
    let missing = match &probe {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(missing) = missing {
        // Past the test harness, which shows what is printed only of tests that fail.
        let mut stderr = std::io::stderr();
        let _ = writeln!(
            stderr,
            "NOT TESTED: perspectives in network namespaces, which need `unshare --user --net` and `ip` with veth and \
             bridge: {}",
            missing.trim()
        );
        return;
    }
    let inside = Command::new("unshare")
        .args(UNSHARE)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env(INSIDE, "yes")
        .output()
        .unwrap();
    let told =
        String::from_utf8_lossy(&inside.stdout).into_owned() + &String::from_utf8_lossy(&inside.stderr);
    assert!(inside.status.success() && told.contains("1 passed"), "{told}");
}

/// A case: who is in whose hands, who orders, and what comes of it.
struct Case {
    orders: Who,
    hijacked: &'static [usize],
    slow: &'static [usize],
    dead: &'static [usize],
    /// The start of the problem's text; none if control is proved.
    refused: Option<&'static str>,
}

const CASE: Case = Case {
    orders: Who::Victim,
    hijacked: &[],
    slow: &[],
    dead: &[],
    refused: None,
};

const CASES: [Case; 13] = [
    CASE,
    // The attacker is in the way of the victim's own order, and of too few to stop it.
    Case {
        hijacked: &[1],
        ..CASE
    },
    Case {
        hijacked: &[1, 3],
        refused: Some("2 of 5 remote perspectives could not confirm control over www.victim.example"),
        ..CASE
    },
    Case {
        hijacked: &[0],
        refused: Some("the server at 44.0.2.80 answered http://www.victim.example/"),
        ..CASE
    },
    Case { slow: &[2], ..CASE },
    Case {
        slow: &[2],
        hijacked: &[4],
        refused: Some("2 of 5 remote perspectives"),
        ..CASE
    },
    // The attacker orders a certificate for the victim's name.
    Case {
        orders: Who::Attacker,
        refused: Some("the server at 44.0.2.80 answered http://www.victim.example/"),
        ..CASE
    },
    Case {
        orders: Who::Attacker,
        hijacked: &[1, 2, 3, 4, 5],
        refused: Some("the server at 44.0.2.80 answered http://www.victim.example/"),
        ..CASE
    },
    Case {
        orders: Who::Attacker,
        hijacked: &[0],
        refused: Some("5 of 5 remote perspectives"),
        ..CASE
    },
    Case {
        orders: Who::Attacker,
        hijacked: &[0, 1, 2, 3],
        refused: Some("2 of 5 remote perspectives"),
        ..CASE
    },
    // What no quorum stops: somebody in the way of all of it.
    Case {
        orders: Who::Attacker,
        hijacked: &[0, 1, 2, 3, 4],
        ..CASE
    },
    // From here on one is dead, and stays so.
    Case { dead: &[5], ..CASE },
    Case {
        hijacked: &[1],
        dead: &[5],
        refused: Some("2 of 5 remote perspectives"),
        ..CASE
    },
];

fn inside() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut network = network::Network::new(REMOTES + 1);
        let web = Web::start(&network);
        let mut perspectives = Perspectives::start(&network, REMOTES).await;
        for case in &CASES {
            network.hijack(case.hijacked);
            web.slow(case.slow.iter().map(|index| network::address(*index)));
            perspectives.kill(case.dead);
            let seen = perspectives.validate(case.orders).await;
            check(case, &seen);
        }
    });
}

fn check(case: &Case, seen: &Seen) {
    let who = format!(
        "ordered by the {:?}, hijacked {:?}, slow {:?}, dead {:?}: {:?}",
        case.orders, case.hijacked, case.slow, case.dead, seen.outcome
    );
    let problem = seen.outcome.problem.as_ref();
    match (case.refused, problem) {
        (None, None) => {}
        (Some(expected), Some(problem)) => assert!(problem.detail.starts_with(expected), "{who}"),
        _ => panic!("{who}"),
    }
    // The signer thinks the same of it.
    assert_eq!(seen.verified, case.refused.is_none(), "{who}");
    if case.orders == Who::Victim && !case.hijacked.contains(&0) {
        for (index, observation) in seen.outcome.observations.iter().enumerate() {
            let expected = match index {
                _ if case.hijacked.contains(&index) => Some(ErrorKind::IncorrectResponse),
                _ if case.slow.contains(&index) => Some(ErrorKind::Connection),
                _ if case.dead.contains(&index) => Some(ErrorKind::Unavailable),
                _ => None,
            };
            assert_eq!(observation.kind, expected, "{}: {who}", observation.perspective);
        }
    }
}
