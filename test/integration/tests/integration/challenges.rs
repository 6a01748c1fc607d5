//! The challenges (RFC 8555 section 8, RFC 8737, RFC 8738), good and failing.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::{Context, Result};
use cairn_acme::objects::{AuthorizationObject, ChallengeObject};
use cairn_acme::{dns01_record, key_authorization, key_authorization_digest};
use cairn_testkit::client::{Account, PATIENCE, Prover};
use cairn_testkit::dns::{Data, Fault, Kind, challenge_name};
use cairn_testkit::names;
use cairn_testkit::responder::{AlpnCertificate, Reply};
use cairn_types::{AuthorizationStatus, ChallengeStatus, ChallengeType, OrderStatus, Thumbprint, Token};

use crate::support::{account, doubles, leaf_names};

/// An order for one name, up to its challenge.
struct Attempt {
    account: Account,
    order: String,
    authorization: String,
    challenge: ChallengeObject,
    token: Token,
    thumbprint: Thumbprint,
}

impl Attempt {
    async fn new(identifier: &str, kind: ChallengeType) -> Result<Self> {
        let mut account = account().await?;
        let order = account.order_names(&[identifier]).await?;
        let authorization = order.object.authorizations[0].clone();
        let challenges = account.authorization(&authorization).await?.challenges;
        let challenge = challenges
            .into_iter()
            .find(|it| it.kind == kind)
            .context("not offered")?;
        Ok(Self {
            token: challenge.token.parse().map_err(|_| anyhow::anyhow!("token"))?,
            thumbprint: account.thumbprint(),
            account,
            order: order.url,
            authorization,
            challenge,
        })
    }

    fn key_authorization(&self) -> String {
        key_authorization(&self.token, &self.thumbprint)
    }

    /// Answers the challenge and waits for the end.
    async fn end(&mut self) -> Result<AuthorizationObject> {
        self.account.answer_challenge(&self.challenge.url).await?;
        Ok(self
            .account
            .settled_authorization(&self.authorization, PATIENCE)
            .await?)
    }

    /// That it fails with this error type, and the order with it; returns the explanation.
    async fn fails(&mut self, kind: &str) -> Result<String> {
        let authorization = self.end().await?;
        assert_eq!(authorization.status, AuthorizationStatus::Invalid);
        let challenge = &authorization.challenges[0];
        assert_eq!(challenge.status, ChallengeStatus::Invalid);
        let error = challenge.error.clone().context("no error")?;
        assert_eq!(error.short_type(), kind, "{}", error.detail);
        let order = self.account.order(&self.order).await?;
        assert_eq!(order.object.status, OrderStatus::Invalid);
        assert!(order.object.error.is_some(), "the order says why");
        Ok(error.detail)
    }
}

#[tokio::test]
async fn every_challenge_proves_names_and_addresses() -> Result<()> {
    let doubles = doubles()?;
    let (http, alpn, dns) = (
        names::fresh("http"),
        names::fresh("alpn"),
        names::fresh_resolved("dns"),
    );
    let wildcard = format!("*.{dns}");
    let provers: [&dyn Prover; 3] = [&doubles.http, &doubles.alpn, &doubles.dns];
    for (names, prover) in [
        (vec![http.as_str(), "127.0.0.1"], provers[0]),
        (vec![alpn.as_str(), "127.0.0.1"], provers[1]),
        (vec![wildcard.as_str(), dns.as_str()], provers[2]),
    ] {
        let issued = account().await?.issue(&names, prover).await?;
        let mut expected = names.clone();
        expected.sort_unstable();
        assert_eq!(leaf_names(&issued.chain.leaf()?)?, expected);
    }
    Ok(())
}

#[tokio::test]
async fn http01_asks_for_the_name_and_follows_redirects() -> Result<()> {
    let http = &doubles()?.http;
    let name = names::fresh("redirect");
    let mut attempt = Attempt::new(&name, ChallengeType::Http01).await?;
    let target = names::random_hex(8);
    let elsewhere = format!(
        "http://{name}:{}/.well-known/acme-challenge/{target}",
        http.port()
    );
    http.set(&attempt.challenge.token, Reply::Redirect(302, elsewhere));
    http.set(
        &target,
        Reply::Text(format!("{}  \r\n", attempt.key_authorization())),
    );
    assert_eq!(
        attempt.end().await?.status,
        AuthorizationStatus::Valid,
        "trailing white space is ignored"
    );
    let hosts = http.hosts(&attempt.challenge.token);
    assert!(hosts[0].starts_with(&name), "{hosts:?}");
    Ok(())
}

#[tokio::test]
async fn http01_says_what_it_saw_and_what_to_put_there() -> Result<()> {
    let http = &doubles()?.http;
    let port = http.port();
    let elsewhere = format!("http://127.0.0.1:{port}/");
    let cases = [
        (
            Reply::Text("something else".to_owned()),
            "incorrectResponse",
            "something else",
        ),
        (Reply::Status(404), "incorrectResponse", "404"),
        (Reply::Large(100_000), "incorrectResponse", ""),
        (
            Reply::Redirect(302, "ftp://a.test/".to_owned()),
            "connection",
            "scheme",
        ),
        (Reply::Redirect(302, elsewhere), "connection", "address"),
        (
            Reply::Redirect(301, "http://a.test:22/".to_owned()),
            "connection",
            "port 22",
        ),
    ];
    for (reply, kind, said) in cases {
        let mut attempt = Attempt::new(&names::fresh("wrong"), ChallengeType::Http01).await?;
        http.set(&attempt.challenge.token, reply.clone());
        let detail = attempt.fails(kind).await.with_context(|| format!("{reply:?}"))?;
        assert!(detail.contains(said), "{reply:?}: {detail}");
        if kind == "incorrectResponse" {
            assert!(
                detail.contains(&attempt.key_authorization()),
                "what would be right: {detail}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn dns01_finds_its_record_among_others() -> Result<()> {
    let zone = doubles()?.dns.zone();
    let name = names::fresh_resolved("txt");
    let mut attempt = Attempt::new(&name, ChallengeType::Dns01).await?;
    let record = challenge_name(&name);
    zone.add(&record, Data::Txt(vec!["some other text".to_owned()]));
    let (first, rest) = dns01_record(&attempt.token, &attempt.thumbprint)
        .split_at(20)
        .to_owned_pair();
    zone.add(&record, Data::Txt(vec![first, rest]));
    assert_eq!(attempt.end().await?.status, AuthorizationStatus::Valid);
    Ok(())
}

trait ToOwnedPair {
    fn to_owned_pair(self) -> (String, String);
}

impl ToOwnedPair for (&str, &str) {
    fn to_owned_pair(self) -> (String, String) {
        (self.0.to_owned(), self.1.to_owned())
    }
}

#[tokio::test]
async fn dns01_names_the_record_that_is_missing() -> Result<()> {
    let zone = doubles()?.dns.zone();
    for (data, fault, kind) in [
        (None, None, "unauthorized"),
        (Some(Data::Txt(vec!["wrong".to_owned()])), None, "unauthorized"),
        (None, Some(Fault::NxDomain), "dns"),
        (None, Some(Fault::ServFail), "dns"),
    ] {
        let name = names::fresh_resolved("missing");
        let record = challenge_name(&name);
        let mut attempt = Attempt::new(&name, ChallengeType::Dns01).await?;
        if let Some(data) = data.clone() {
            zone.add(&record, data);
        }
        if let Some(fault) = fault {
            zone.fail(&record, Some(Kind::Txt), fault);
        }
        let detail = attempt
            .fails(kind)
            .await
            .with_context(|| format!("{data:?} {fault:?}"))?;
        let expected = dns01_record(&attempt.token, &attempt.thumbprint);
        assert!(detail.contains(&record) && detail.contains(&expected), "{detail}");
    }
    Ok(())
}

/// Makes a certificate wrong.
type Spoil = fn(&mut AlpnCertificate);

#[tokio::test]
async fn tls_alpn01_accepts_the_one_right_certificate() -> Result<()> {
    let alpn = &doubles()?.alpn;
    let cases: [(&str, &str, Spoil); 6] = [
        ("another digest", "unauthorized", |it| it.digest = Some([0; 32])),
        ("no digest", "unauthorized", |it| it.digest = None),
        ("not critical", "unauthorized", |it| it.critical = false),
        ("a second name", "unauthorized", |it| {
            it.names.push("b.test".to_owned());
        }),
        ("another name", "unauthorized", |it| {
            it.names = vec!["b.test".to_owned()];
        }),
        ("another protocol", "tls", |it| it.alpn = false),
    ];
    for (what, kind, spoil) in cases {
        let name = names::fresh("alpn");
        let mut attempt = Attempt::new(&name, ChallengeType::TlsAlpn01).await?;
        let digest = key_authorization_digest(&attempt.token, &attempt.thumbprint);
        let mut certificate = AlpnCertificate::good(&name, digest);
        spoil(&mut certificate);
        alpn.set(&name, &certificate);
        attempt.fails(kind).await.context(what)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_tried_again() -> Result<()> {
    // Nobody listens on 127.0.0.77.
    let zone = doubles()?.dns.zone();
    let unreachable = Data::Address(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 77)));
    let name = names::fresh_resolved("down");
    zone.add(&name, unreachable);
    let mut attempt = Attempt::new(&name, ChallengeType::Http01).await?;
    doubles()?
        .http
        .set(&attempt.challenge.token, Reply::Text(attempt.key_authorization()));
    let answer = attempt.account.post(&attempt.challenge.url, b"{}").await?.ok()?;
    let processing: ChallengeObject = answer.json()?;
    if processing.status == ChallengeStatus::Processing {
        assert!(answer.retry_after().is_some(), "RFC 8555 section 8.2");
    }
    zone.remove(&name);
    let authorization = attempt
        .account
        .settled_authorization(&attempt.authorization, PATIENCE)
        .await?;
    assert_eq!(
        authorization.status,
        AuthorizationStatus::Valid,
        "{:?}",
        authorization.challenges
    );

    let name = names::fresh_resolved("down");
    zone.add(&name, Data::Address(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 77))));
    let mut attempt = Attempt::new(&name, ChallengeType::Http01).await?;
    attempt.fails("connection").await?;
    Ok(())
}

#[tokio::test]
async fn names_that_do_not_resolve_fail_by_dns() -> Result<()> {
    let zone = doubles()?.dns.zone();
    for fault in [Fault::NxDomain, Fault::ServFail, Fault::Refused] {
        let name = names::fresh_resolved("gone");
        zone.fail(&name, None, fault);
        let mut attempt = Attempt::new(&name, ChallengeType::Http01).await?;
        let detail = attempt.fails("dns").await.with_context(|| format!("{fault:?}"))?;
        assert!(detail.contains(&name), "{detail}");
    }
    Ok(())
}

#[tokio::test]
async fn answering_twice_is_answering_once() -> Result<()> {
    let mut attempt = Attempt::new(&names::fresh("twice"), ChallengeType::Http01).await?;
    doubles()?
        .http
        .set(&attempt.challenge.token, Reply::Text(attempt.key_authorization()));
    let mut racing = Vec::new();
    for _ in 0..4 {
        let (mut account, url) = (attempt.account.another(), attempt.challenge.url.clone());
        racing.push(async move { account.answer_challenge(&url).await });
    }
    for answer in futures_util::future::join_all(racing).await {
        assert_ne!(answer?.status, ChallengeStatus::Invalid);
    }
    assert_eq!(attempt.end().await?.status, AuthorizationStatus::Valid);
    Ok(())
}
