//! Logs that do not do what they should.

use super::*;

#[tokio::test]
async fn nothing_but_a_true_sct_is_passed_on() {
    let pair = Pair::new();
    let log = ToyLog::start(&pair).await;
    let stage = Stage::new(&[("one", &log)], patient());
    for behaviour in [
        Behaviour::WrongSignature,
        Behaviour::OtherLogId,
        Behaviour::FutureTimestamp,
        Behaviour::Garbage,
        Behaviour::Endless,
        Behaviour::Status(400),
        Behaviour::Status(302),
        Behaviour::Status(500),
        Behaviour::Hangup,
    ] {
        log.behave(behaviour);
        let error = stage.submit("one", &pair).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{behaviour:?}");
    }
    log.behave(Behaviour::Sign);
    stage.submit("one", &pair).await.unwrap();
}

#[tokio::test]
async fn a_busy_log_says_when_to_try_again() {
    let pair = Pair::new();
    let log = ToyLog::start(&pair).await;
    let stage = Stage::new(&[("one", &log)], patient());
    log.behave(Behaviour::Status(429));
    let error = stage.submit("one", &pair).await.unwrap_err();
    assert_eq!(error.retry_after, Some(Duration::from_secs(17)));
}

#[tokio::test]
async fn a_silent_log_is_waited_for_only_so_long() {
    let pair = Pair::new();
    let log = ToyLog::start(&pair).await;
    let hasty = Submission {
        timeout: Duration::from_millis(50),
        ..patient()
    };
    let stage = Stage::new(&[("one", &log)], hasty);
    log.behave(Behaviour::Silence);
    let error = stage.submit("one", &pair).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let metrics = stage.env.metrics.encode();
    assert!(metrics.contains("outcome=\"failure\""), "{metrics}");
}

#[tokio::test]
async fn a_log_that_is_gone_is_unavailable() {
    let pair = Pair::new();
    let mut log = ToyLog::start(&pair).await;
    // Port 1 of the loopback interface: nobody listens there.
    log.url = "http://127.0.0.1:1/".to_owned();
    let stage = Stage::new(&[("one", &log)], patient());
    let error = stage.submit("one", &pair).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}
