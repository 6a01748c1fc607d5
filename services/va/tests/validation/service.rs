//! The service around the attempts.

use std::time::Duration;

use cairn_kit::Env;
use cairn_rpc::client::VaClient;
use cairn_rpc::{ClientConfig, Context, Hub};
use cairn_types::{CaaCheck, ChallengeType, ErrorKind};

use crate::http_server::{Answer, HttpServer};
use crate::stage::{ACCOUNT, Stage, THUMBPRINT, config, identifier};

#[tokio::test]
async fn requests_that_make_no_sense() {
    let stage = Stage::start(config());
    for (method, name, wildcard) in [
        (ChallengeType::Dns01, "127.0.0.1", false),
        (ChallengeType::DnsAccount01, "127.0.0.1", false),
        (ChallengeType::DnsPersist01, "::1", false),
        (ChallengeType::Http01, "www.shop.test", true),
        (ChallengeType::TlsAlpn01, "www.shop.test", true),
        (ChallengeType::Dns01, "*.shop.test", true),
        (ChallengeType::Http01, "127.0.0.1", true),
    ] {
        let error = stage.try_validate(method, name, wildcard).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{method} {name}");
    }
}

#[tokio::test]
async fn every_attempt_has_an_id_of_its_own() {
    let stage = Stage::start(config());
    let attempts = [
        stage.validate(ChallengeType::Http01, "www.shop.test").await,
        stage.validate(ChallengeType::Http01, "www.shop.test").await,
        stage.check_caa("www.shop.test", false).await,
    ];
    let [first, second, third] = attempts.map(|attempt| attempt.receipt.attempt);
    assert!(first != second && second != third && third != first);
}

#[tokio::test]
async fn only_listed_callers() {
    let hub = Hub::new();
    let env = Env::system();
    let (transport, serving) = (hub.transport("va.cairn"), env.clone());
    tokio::spawn(async move { cairn_va::serve_over(&transport, config(), serving).await });
    let channel = hub
        .transport("wfe.cairn")
        .channel(VaClient::TARGET, &ClientConfig::new(["va:1"]))
        .unwrap();
    let check = CaaCheck {
        identifier: identifier("www.shop.test"),
        wildcard: false,
        method: ChallengeType::Http01,
        thumbprint: THUMBPRINT,
        account_uri: ACCOUNT.to_owned(),
    };
    let context = Context::new(&*env.rng, Duration::from_secs(10));
    let error = VaClient::new(channel)
        .check_caa(&context, check)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn attempts_beyond_the_limit_wait_and_are_told() {
    let server = HttpServer::start(|_| Answer::Hang(Vec::new())).await;
    let mut config = config();
    config.http_01.port = server.port;
    config.limits.concurrent = 1;
    config.limits.attempt = Duration::from_millis(400);
    let stage = Stage::start(config);
    // The second starts when the first has run out of time, and still gets its whole time.
    let validate = || stage.validate(ChallengeType::Http01, "www.shop.test");
    let (first, second) = tokio::join!(validate(), validate());
    for attempt in [first, second] {
        attempt
            .refused(ErrorKind::Connection, &["ran out while waiting for the answer"])
            .transient(true);
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn long_account_urls_are_an_error_and_no_panic() {
    let stage = Stage::start(config());
    let check = CaaCheck {
        identifier: identifier("www.shop.test"),
        wildcard: false,
        method: ChallengeType::Http01,
        thumbprint: THUMBPRINT,
        account_uri: "x".repeat(5000),
    };
    let context = Context::new(&cairn_kit::SystemRng, Duration::from_secs(10));
    let error = stage.client.check_caa(&context, check).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServerInternal);
}
