//! From start to end of a server: health, drain, metrics.

use tokio::sync::{Notify, mpsc};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::certificates::Authority;
use super::*;

fn about(service: &str) -> tonic::Request<HealthCheckRequest> {
    context().request(HealthCheckRequest {
        service: service.to_owned(),
    })
}

#[tokio::test]
async fn a_drain_ends_calls_in_flight_and_takes_no_more() {
    let hub = Hub::new();
    let (reached, mut arrivals) = mpsc::unbounded_channel();
    let (go, gate) = shared(Notify::new());
    let echo = Echo::new(move |_| {
        reached.send(()).unwrap();
        let gate = Arc::clone(&gate);
        async move {
            gate.notified().await;
            Ok("done".to_owned())
        }
    });
    let server = start(&hub.transport("sa.cairn"), configuration(), echo).await;
    let channel = memory_channel(&hub, "ra.cairn");
    let mut health = HealthClient::new(channel.clone());
    let mut states = health.watch(about(Echo::NAME)).await.unwrap().into_inner();
    let state = async |states: &mut tonic::Streaming<_>| {
        let answer: Option<tonic_health::pb::HealthCheckResponse> = states.message().await.unwrap();
        answer.map(|answer| answer.status())
    };
    let serving = tonic_health::pb::health_check_response::ServingStatus::Serving;
    let not_serving = tonic_health::pb::health_check_response::ServingStatus::NotServing;
    assert_eq!(state(&mut states).await, Some(serving));

    let call = tokio::spawn({
        let channel = channel.clone();
        async move { say(&channel, "hello").await }
    });
    arrivals.recv().await.unwrap();
    server.shutdown.cancel();
    assert_eq!(state(&mut states).await, Some(not_serving));
    assert_eq!(state(&mut states).await, None);
    // The listener is gone: another server may take the name while the first still drains.
    eventually(async || hub.listen("sa.cairn").is_ok()).await;
    go.notify_one();
    assert_eq!(call.await.unwrap(), Ok("done".to_owned()));
    server.task.await.unwrap();
}

#[tokio::test]
async fn a_drain_has_an_end() {
    let hub = Hub::new();
    let (reached, mut arrivals) = mpsc::unbounded_channel();
    let echo = Echo::new(move |_| {
        reached.send(()).unwrap();
        std::future::pending()
    });
    let mut config = configuration();
    config.drain_timeout = Duration::from_millis(10);
    let server = start(&hub.transport("sa.cairn"), config, echo).await;
    let channel = memory_channel(&hub, "ra.cairn");
    let call = tokio::spawn(async move { say(&channel, "hello").await });
    arrivals.recv().await.unwrap();
    server.stop().await;
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), cairn_types::ErrorKind::Unavailable);
}

#[tokio::test]
async fn health_is_told_to_every_caller() {
    let hub = Hub::new();
    let _server = start(&hub.transport("sa.cairn"), configuration(), answering("yes")).await;
    let mut health = HealthClient::new(memory_channel(&hub, "whoever"));
    for service in ["", Echo::NAME] {
        let answer = health.check(about(service)).await.unwrap().into_inner();
        assert_eq!(answer.status, ServingStatus::Serving as i32);
    }
    let status = health.check(about("cairn.test.v1.Other")).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::NotFound);
}

#[tokio::test]
async fn a_name_is_listened_at_once() {
    let hub = Hub::new();
    let transport = hub.transport("sa.cairn");
    let _server = start(&transport, configuration(), answering("yes")).await;
    let second = Server::new(configuration())
        .service(answering("no"))
        .bind(&transport)
        .await;
    assert!(matches!(second, Err(crate::ServerError::Listen(..))));
}

#[tokio::test]
async fn calls_are_counted_at_both_ends() {
    let authority = Authority::new();
    let metrics = cairn_kit::Metrics::new();
    let both = Transport::tls(&authority.issue(&["sa.cairn", "ra.cairn"]), &metrics).unwrap();
    let server = start(&both, configuration(), answering("yes")).await;
    let channel = both.channel(SA, &server.client()).unwrap();
    say(&channel, "hello").await.unwrap();
    echo::raw(
        &channel,
        context().request(String::new()),
        "/cairn.test.v1.Else/Say",
    )
    .await
    .unwrap_err();
    eventually(async || {
        let text = metrics.encode();
        ["server", "client"].into_iter().all(|side| {
            let line = format!(
                "cairn_grpc_{side}_handled_total{{service=\"cairn.test.v1.Echo\",method=\"Say\",code=\"OK\"}} 1"
            );
            let timed = format!(
                "cairn_grpc_{side}_handling_seconds_count{{service=\"cairn.test.v1.Echo\",method=\"Say\"}} 1"
            );
            text.contains(&line) && text.contains(&timed)
        })
    })
    .await;
    assert!(!metrics.encode().contains("cairn.test.v1.Else\",method=\"Say\""));
}
