//! Who may call.

use cairn_types::{Error, ErrorKind};
use tokio::sync::mpsc;
use tonic::Code;

use super::*;
use crate::{Peer, ServerError};

#[tokio::test]
async fn a_caller_on_the_list_is_served_and_known() {
    let hub = Hub::new();
    let (calls, mut seen) = mpsc::unbounded_channel();
    let echo = Echo::new(move |request| {
        let context = Context::of(&request);
        calls
            .send((context.unwrap(), Peer::of(&request).cloned().unwrap()))
            .unwrap();
        async move { Ok(request.into_inner()) }
    });
    let _server = start(&hub.transport("sa.cairn"), configuration(), echo).await;
    let channel = memory_channel(&hub, "ra.cairn");
    let context = context();
    let answer = echo::say(&channel, context.request("hello".to_owned())).await;
    assert_eq!(answer, Ok("hello".to_owned()));
    let (served, peer) = seen.recv().await.unwrap();
    assert_eq!(served.request_id(), context.request_id());
    assert!(served.remaining() < PATIENCE);
    assert_eq!(peer.name(), "ra.cairn");
}

#[tokio::test]
async fn another_caller_is_refused_before_the_handler() {
    let hub = Hub::new();
    let echo = Echo::new(|_| async { panic!("must not be called") });
    let _server = start(&hub.transport("sa.cairn"), configuration(), echo).await;
    for caller in ["wfe.cairn", "ra.cairn.evil", "ra", ""] {
        let error = say(&memory_channel(&hub, caller), "hello").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{caller}");
    }
}

#[tokio::test]
async fn what_is_not_served_is_unimplemented() {
    let hub = Hub::new();
    let _server = start(&hub.transport("sa.cairn"), configuration(), answering("yes")).await;
    let channel = memory_channel(&hub, "ra.cairn");
    for path in ["/cairn.test.v1.Other/Say", "/", "/cairn.test.v1.Echo"] {
        let status = echo::raw(&channel, context().request(String::new()), path)
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{path}");
    }
}

#[tokio::test]
async fn lists_and_services_must_agree() {
    let bind = async |config: ServerConfig| -> Result<(), ServerError> {
        let transport = Hub::new().transport("sa.cairn");
        let server = Server::new(config).service(answering("yes"));
        server.bind(&transport).await.map(drop)
    };
    let unknown = ServerConfig::loopback([
        (Echo::NAME, ["ra.cairn"].as_slice()),
        ("cairn.test.v1.Ecko", ["ra.cairn"].as_slice()),
    ]);
    assert_eq!(
        bind(unknown).await.unwrap_err().to_string(),
        "allow: this server has no gRPC service \"cairn.test.v1.Ecko\"; it has cairn.test.v1.Echo"
    );
    assert_eq!(
        bind(ServerConfig::loopback([])).await.unwrap_err().to_string(),
        "allow: no list of callers for \"cairn.test.v1.Echo\""
    );
    bind(configuration()).await.unwrap();
}

#[tokio::test]
async fn a_service_without_the_server_has_no_context() {
    let bare: Result<Context, Error> = Context::of(&tonic::Request::new(()));
    assert_eq!(bare.unwrap_err().kind(), ErrorKind::ServerInternal);
}
