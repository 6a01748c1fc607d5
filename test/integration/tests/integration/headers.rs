//! What HTTP itself asks for: CORS, HEAD, OPTIONS, methods, request ids (RFC 8555 sections 6.1 to 6.3).

use bytes::Bytes;
use cairn_testkit::client::Connection;
use http::{Method, Request};

use crate::support::{account, assert_problem, client, stack};

#[tokio::test]
async fn scripts_of_other_origins_may_read_everything() -> anyhow::Result<()> {
    let mut account = account().await?;
    let (directory, own) = (account.client.shared_directory(), account.url().to_owned());
    let answers = [
        account.client.connection().get(&stack()?.directory_url()).await?,
        account.client.connection().head(&directory.new_nonce).await?,
        account.get(&own).await?,
        account.post(&directory.new_order, b"{}").await?,
        account
            .client
            .connection()
            .get(&format!("{}/nowhere", directory.new_order))
            .await?,
    ];
    for answer in answers {
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("*"),
            "{}",
            answer.url
        );
        let exposed = answer.header("access-control-expose-headers").unwrap();
        for header in ["Link", "Location", "Replay-Nonce", "Retry-After"] {
            assert!(exposed.contains(header), "{exposed}");
        }
        assert_eq!(answer.header("x-request-id").unwrap().len(), 32);
    }
    Ok(())
}

#[tokio::test]
async fn a_preflight_request_is_answered() -> anyhow::Result<()> {
    let mut client = client().await?;
    let url = client.directory().new_order.clone();
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri(&url)
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type")
        .body(Bytes::new());
    let answer = client.connection().send(&url, request).await?.ok()?;
    assert!(
        answer
            .header("access-control-allow-methods")
            .unwrap()
            .contains("POST")
    );
    assert!(
        answer
            .header("access-control-allow-headers")
            .unwrap()
            .eq_ignore_ascii_case("content-type")
    );
    Ok(())
}

#[tokio::test]
async fn only_the_methods_that_mean_something() -> anyhow::Result<()> {
    let mut account = account().await?;
    let directory = account.client.shared_directory();
    let renewal = format!("{}/AA.AA", directory.renewal_info.as_deref().unwrap());
    let own = account.url().to_owned();
    let cases: Vec<(&str, Vec<Method>)> = vec![
        (
            &directory.new_account,
            vec![
                Method::GET,
                Method::HEAD,
                Method::PUT,
                Method::DELETE,
                Method::PATCH,
            ],
        ),
        (&directory.new_order, vec![Method::GET, Method::HEAD]),
        (&directory.revoke_cert, vec![Method::GET]),
        (&directory.key_change, vec![Method::GET]),
        (&own, vec![Method::GET, Method::DELETE]),
        (&renewal, vec![Method::POST, Method::PUT]),
        (&directory.new_nonce, vec![Method::PUT, Method::DELETE]),
    ];
    for (url, methods) in cases {
        for method in methods {
            let answer = account.client.connection().request(method.clone(), url).await?;
            assert_eq!(answer.status, 405, "{method} {url}");
            assert!(
                !answer.header("allow").unwrap().contains(method.as_str()),
                "{method} {url}"
            );
            if method != Method::HEAD {
                assert_problem(&answer, 405, "malformed")?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_answer_but_the_directory_links_to_it() -> anyhow::Result<()> {
    let mut account = account().await?;
    let (directory, own) = (account.client.shared_directory(), account.url().to_owned());
    let index = stack()?.directory_url();
    for answer in [
        account.get(&own).await?,
        account.post(&directory.new_order, b"nonsense").await?,
        account.client.connection().get(&directory.new_account).await?,
    ] {
        assert_eq!(
            answer.links("index"),
            std::slice::from_ref(&index),
            "{}",
            answer.url
        );
    }
    Ok(())
}

#[tokio::test]
async fn one_connection_serves_many_requests_and_many_serve_one_client() -> anyhow::Result<()> {
    let url = stack()?.directory_url();
    let connections = (0..20).map(|_| async {
        let mut connection = Connection::new(stack()?.trust()?);
        for _ in 0..5 {
            connection.get(&url).await?.ok()?;
        }
        anyhow::Ok(())
    });
    for result in futures_util::future::join_all(connections).await {
        result?;
    }
    Ok(())
}
