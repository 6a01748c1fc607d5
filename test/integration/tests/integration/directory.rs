//! The directory and what stands outside ACME proper (RFC 8555 section 7.1.1).

use cairn_testkit::client::{Connection, JOSE};
use http::Method;
use serde_json::Value;

use crate::support::{account, client, stack};

#[tokio::test]
async fn names_every_resource_of_this_server() -> anyhow::Result<()> {
    let url = stack()?.directory_url();
    let mut client = client().await?;
    let answer = client.connection().get(&url).await?.ok()?;
    assert_eq!(answer.content_type(), Some("application/json"));
    assert!(answer.links("index").is_empty(), "the directory is the index");
    let object: Value = answer.json()?;
    let base = url.strip_suffix("/directory").unwrap();
    for name in [
        "newNonce",
        "newAccount",
        "newOrder",
        "newAuthz",
        "revokeCert",
        "keyChange",
        "renewalInfo",
    ] {
        let resource = object[name].as_str().unwrap();
        assert!(
            resource.starts_with(&format!("{base}/acme/")),
            "{name}: {resource}"
        );
    }
    let meta = &object["meta"];
    assert_eq!(meta["caaIdentities"], serde_json::json!(["cairn.localhost"]));
    assert!(!meta["profiles"].as_object().unwrap().is_empty(), "{meta}");
    assert!(meta.get("externalAccountRequired").is_none_or(|it| it == false));
    Ok(())
}

#[tokio::test]
async fn can_be_read_by_post_and_head() -> anyhow::Result<()> {
    let url = stack()?.directory_url();
    let mut account = account().await?;
    let by_get = account.client.connection().get(&url).await?.ok()?;
    let by_post = account.get(&url).await?.ok()?;
    assert_eq!(by_get.body, by_post.body);
    let head = account.client.connection().head(&url).await?.ok()?;
    assert!(head.body.is_empty());
    assert_eq!(
        head.header("content-length"),
        Some(by_get.body.len().to_string().as_str())
    );
    let unsigned = account.client.connection().post(&url, JOSE, "{}".into()).await?;
    assert_eq!(unsigned.status, 400, "a POST is signed");
    Ok(())
}

#[tokio::test]
async fn a_start_page_for_people() -> anyhow::Result<()> {
    let url = stack()?.directory_url().replace("/directory", "/");
    let mut connection = Connection::new(stack()?.trust()?);
    let page = connection.request(Method::GET, &url).await?.ok()?;
    assert!(
        page.content_type().unwrap().starts_with("text/"),
        "{:?}",
        page.content_type()
    );
    assert!(String::from_utf8_lossy(&page.body).contains("/directory"));
    Ok(())
}
