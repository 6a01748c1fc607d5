//! Why a challenge failed: in its problem document, and in a page for people.

use cairn_testkit::client::Account;
use cairn_types::{AuthorizationStatus, ChallengeStatus, ErrorKind, Observation, Problem};

use crate::accounts::{place, refused};
use crate::world::World;

fn observation(perspective: &str, kind: Option<ErrorKind>) -> Observation {
    let wrong = kind.is_some();
    let text = |text: &str| wrong.then(|| text.to_owned());
    Observation {
        perspective: perspective.to_owned(),
        rir: "ripe".to_owned(),
        kind,
        summary: text("the answer of http://a.example/x is not the key authorization").unwrap_or_default(),
        expected: text("TOKEN.THUMBPRINT"),
        found: text("\"<script>alert('1')</script>\""),
        remedy: text("Serve the text `TOKEN.THUMBPRINT` at `http://a.example/x`, as the whole body"),
        steps: vec!["looked up A of a.example: 192.0.2.1".to_owned()],
    }
}

/// The URLs of a challenge that failed and of its page.
async fn failed(world: &World, account: &mut Account, observations: Vec<Observation>) -> (String, String) {
    let order = place(account, world).await;
    let problem = Problem {
        kind: ErrorKind::IncorrectResponse,
        detail: "that was wrong. Do it right".to_owned(),
        subproblems: Vec::new(),
        observations,
    };
    world.known.with(|state| {
        let authorization = &mut state.authorizations[0];
        authorization.status = AuthorizationStatus::Invalid;
        authorization.challenges[0].status = ChallengeStatus::Invalid;
        authorization.challenges[0].error = Some(problem);
    });
    let order: cairn_acme::objects::OrderObject = account.get(&order).await.unwrap().json().unwrap();
    let authorization = account.authorization(&order.authorizations[0]).await.unwrap();
    let url = authorization.challenges[0].url.clone();
    let page = url.replace("/acme/challenge/", "/explain/");
    (url, page)
}

#[tokio::test]
async fn the_document_has_the_observations_and_points_at_the_page() {
    let world = World::new().await;
    let mut account = world.account().await;
    let kind = Some(ErrorKind::IncorrectResponse);
    let seen = vec![observation("primary", kind), observation("remote", None)];
    let (url, page) = failed(&world, &mut account, seen).await;
    let challenge: cairn_acme::objects::ChallengeObject = account.get(&url).await.unwrap().json().unwrap();
    let error = challenge.error.unwrap();
    assert_eq!(error.instance.as_ref(), Some(&page));
    assert_eq!(error.detail, format!("that was wrong. Do it right. See {page}"));
    let kinds: Vec<_> = error.observations.iter().map(|it| it.kind.as_deref()).collect();
    assert_eq!(
        kinds,
        [Some("urn:ietf:params:acme:error:incorrectResponse"), None]
    );
}

#[tokio::test]
async fn the_page_tells_it_all_and_runs_nothing() {
    let world = World::new().await;
    let mut account = world.account().await;
    let kind = Some(ErrorKind::IncorrectResponse);
    let seen = vec![observation("primary", kind), observation("remote", None)];
    let (_, url) = failed(&world, &mut account, seen).await;
    world.known.calls();
    let page = account.client.connection().get(&url).await.unwrap();
    assert_eq!(world.known.calls(), ["sa.get_authorization"]);
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"),
        "{policy}"
    );
    let text = String::from_utf8(page.body.to_vec()).unwrap();
    for part in [
        "The challenge http-01 failed",
        "1 of 2 perspectives",
        "The answer of http://a.example/x is not the key authorization.",
        "<pre tabindex=\"0\">TOKEN.THUMBPRINT</pre>",
        "&quot;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;",
        "<li>looked up A of a.example: 192.0.2.1</li>",
        "remote <span class=\"soft\">(RIPE)</span>: <span class=\"good\">passed",
        "order again",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("<script"), "{text}");
    let head = account.client.connection().head(&url).await.unwrap();
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    refused(&account.post(&url, b"").await.unwrap(), "malformed", 405);
}

#[tokio::test]
async fn what_is_not_there_or_not_tried_is_told_in_a_page_too() {
    let world = World::new().await;
    let mut account = world.account().await;
    let (_, url) = failed(&world, &mut account, Vec::new()).await;
    let page = account.client.connection().get(&url).await.unwrap();
    let text = String::from_utf8(page.body.to_vec()).unwrap();
    assert!(text.contains("<p>that was wrong. Do it right</p>"), "{text}");
    let (authz, id) = url.rsplit_once('/').unwrap();
    for unknown in [
        format!("{authz}/0198c2f4-0000-7000-8000-000000000000"),
        world.url(&format!("/explain/0198c2f4-0000-7000-8000-000000000000/{id}")),
        world.url("/explain/1/2"),
        world.url("/explain/"),
    ] {
        let page = account.client.connection().get(&unknown).await.unwrap();
        assert_eq!(page.status, 404, "{unknown}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    }
    for (status, told) in [
        (ChallengeStatus::Pending, "has not been tried"),
        (ChallengeStatus::Processing, "is being tried"),
        (ChallengeStatus::Valid, "succeeded"),
    ] {
        world.known.with(|state| {
            let challenge = &mut state.authorizations[0].challenges[0];
            challenge.status = status;
            challenge.error = None;
        });
        let page = account.client.connection().get(&url).await.unwrap();
        let text = String::from_utf8(page.body.to_vec()).unwrap();
        assert!(text.contains(told), "{text}");
    }
}
