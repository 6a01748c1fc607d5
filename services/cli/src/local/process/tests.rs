use std::fs;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;

struct Kept {
    dir: TempDir,
    events: mpsc::Receiver<(Service, Event)>,
    stop: CancellationToken,
}

/// Keeps a shell script running as if it were a service.
fn keep(script: &str) -> Kept {
    let dir = tempfile::tempdir().unwrap();
    let binary = dir.path().join("cairn-sa");
    fs::write(&binary, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
    let launch = Launch {
        service: Service::Sa,
        binary,
        config: dir.path().join("sa.toml"),
        log: dir.path().join("sa.log"),
        debug: ([127, 0, 0, 1], 9).into(),
    };
    let (sender, events) = mpsc::channel(8);
    let stop = CancellationToken::new();
    tokio::spawn(launch.keep(sender, stop.clone()));
    Kept { dir, events, stop }
}

impl Kept {
    async fn next(&mut self) -> Event {
        self.events.recv().await.unwrap().1
    }

    /// Polls, for what a process does has no event here; the test's own time limit is the deadline.
    async fn logged(&self, text: &str) {
        let log = self.dir.path().join("sa.log");
        while !fs::read_to_string(&log).is_ok_and(|log| log.contains(text)) {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn one_that_dies_is_started_again() {
    let mut kept = keep("echo working >&2; echo \"no disk\" >&2; exit 3");
    let mut pauses = Vec::new();
    for _ in 0..2 {
        assert!(matches!(kept.next().await, Event::Started(_)));
        let Event::Died {
            status,
            last_line,
            again_in,
        } = kept.next().await
        else {
            panic!("it died")
        };
        assert_eq!(
            (status.as_str(), last_line.as_str()),
            ("exit status 3", "no disk")
        );
        pauses.push(again_in);
    }
    assert!(pauses[1] > pauses[0], "{pauses:?}");
    kept.stop.cancel();
}

#[tokio::test]
async fn a_signal_is_named() {
    let mut kept = keep("kill -9 $$");
    assert!(matches!(kept.next().await, Event::Started(_)));
    let Event::Died { status, .. } = kept.next().await else {
        panic!("it died")
    };
    assert_eq!(status, "SIGKILL");
}

#[tokio::test]
async fn stopping_waits_for_an_orderly_end() {
    let mut kept =
        keep("trap 'echo drained >&2; kill $!; exit 0' TERM; sleep 600 2>/dev/null & echo up >&2; wait $!");
    assert!(matches!(kept.next().await, Event::Started(_)));
    kept.logged("up").await;
    kept.stop.cancel();
    assert!(matches!(kept.next().await, Event::Stopped { orderly: true }));
    kept.logged("drained").await;
}

#[test]
fn pauses_grow_to_a_bound_and_start_over() {
    let mut backoff = Backoff::default();
    let pauses: Vec<u128> = (0..8).map(|_| backoff.after(false).as_millis()).collect();
    assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    assert_eq!(backoff.after(true).as_millis(), 100);
}
