//! Resolvers over UDP, TCP, TLS and HTTPS: Unbound, with the zones of the CAA suite.

use cairn_kit::FilePath;
use cairn_types::ErrorKind;
use cairn_va::config::Resolver;

use crate::caa_suite::{dns, real_config};
use crate::stage::Stage;

/// Asks that resolver alone, and trusts the servers' authority, or those of the system.
fn stage(resolver: &str, trusts: bool) -> Stage {
    let mut config = real_config();
    config.dns.resolvers = vec![resolver.parse::<Resolver>().unwrap()];
    config.dns.ca = trusts.then(|| FilePath::from(dns().ca().unwrap().to_owned()));
    config.dns.attempts = 1;
    Stage::start(config)
}

fn resolvers() -> [String; 5] {
    let dns = dns();
    [
        dns.resolver().to_string(),
        format!("tcp://{}", dns.resolver()),
        format!("tls://localhost@{}", dns.resolver_over_tls()),
        format!("tls://127.0.0.1@{}", dns.resolver_over_tls()),
        format!("https://localhost@{}/dns-query", dns.resolver_over_https()),
    ]
}

#[tokio::test]
async fn every_transport_brings_the_same_answers() {
    for resolver in resolvers() {
        let stage = stage(&resolver, true);
        // Connections are used again.
        for _ in 0..2 {
            let checks = ["allow", "deny", "big", "nothing-here"]
                .map(async |name| (name, stage.check_caa(&format!("{name}.nsec3.test"), false).await));
            for (name, attempt) in futures_util::future::join_all(checks).await {
                let refused = attempt.outcome.problem.as_ref().map(|problem| problem.kind);
                let expected = matches!(name, "deny" | "big").then_some(ErrorKind::Caa);
                assert_eq!(
                    refused, expected,
                    "{resolver} {name} {:?}",
                    attempt.outcome.problem
                );
                assert_eq!(attempt.receipt.resolver, resolver);
            }
        }
    }
}

#[tokio::test]
async fn a_resolver_that_is_not_the_right_one_is_not_believed() {
    let dns = dns();
    let (tls, https) = (dns.resolver_over_tls(), dns.resolver_over_https());
    for (resolver, trusts, why) in [
        (
            format!("tls://other.example@{tls}"),
            true,
            "TLS with other.example: hostname mismatch",
        ),
        (
            format!("tls://127.0.0.2@{tls}"),
            true,
            "TLS with 127.0.0.2: IP address mismatch",
        ),
        (format!("tls://localhost@{tls}"), false, "TLS with localhost: "),
        (
            format!("https://other.example@{https}"),
            true,
            "TLS with other.example: hostname mismatch",
        ),
        (
            format!("https://localhost@{https}"),
            false,
            "TLS with localhost: ",
        ),
        (
            format!("https://localhost@{https}/other"),
            true,
            "HTTP status 404",
        ),
    ] {
        let attempt = stage(&resolver, trusts).check_caa("allow.nsec.test", false).await;
        attempt
            .refused(ErrorKind::Dns, &["the resolver cannot be reached", why])
            .transient(true);
    }
}
