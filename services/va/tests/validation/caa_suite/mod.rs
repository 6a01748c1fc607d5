//! The cases of the public CAA test suite and more, on real servers: Knot with signed and unsigned zones, Unbound
//! before it, and the validation authority with the private root's key.

mod zones;

use cairn_evidence::Dnssec;
use cairn_kit::FilePath;
use cairn_types::ErrorKind;
use cairn_va::Config;
use cairn_va::config::{DnssecMode, Resolver};

use crate::stage::{Attempt, Stage, config};
use zones::records;

pub(crate) use zones::dns;

/// What is to come of a check.
#[derive(Debug, Clone, Copy)]
enum Expected {
    Permitted,
    /// With a part of the explanation.
    Forbidden(&'static str),
    /// The look-up fails, with a part of the explanation.
    Failed(&'static str),
}
use Expected::{Failed, Forbidden, Permitted};

const OTHER: &str = "they name other CAs, or none";
const CRITICAL: &str = "is critical and not understood";

/// Names below the zones of [`records`]; `*.` asks for a wildcard.
const CASES: &[(&str, Expected)] = &[
    // None at all, on a name that exists, does not exist, or is only a part of others.
    ("empty", Permitted),
    ("nothing-here", Permitted),
    ("a.b.c.nothing-here", Permitted),
    ("ent", Permitted),
    ("*.empty", Permitted),
    // Who may issue.
    ("allow", Permitted),
    ("allow-mixed", Permitted),
    ("*.allow", Permitted),
    ("deny", Forbidden(OTHER)),
    ("*.deny", Forbidden(OTHER)),
    ("mixed-case", Forbidden(OTHER)),
    ("nobody", Forbidden(OTHER)),
    ("empty-value", Forbidden(OTHER)),
    ("malformed", Forbidden(OTHER)),
    ("xss", Forbidden("<script>")),
    ("control", Forbidden("\\u{7}")),
    ("big", Forbidden(OTHER)),
    ("big-allow", Permitted),
    ("long", Forbidden(OTHER)),
    // Flags and properties that are not known.
    ("critical128", Forbidden(CRITICAL)),
    ("critical130", Forbidden(CRITICAL)),
    ("unknown", Permitted),
    ("unknown-flags", Permitted),
    ("critical-known", Permitted),
    ("iodef", Permitted),
    // Parents and children.
    ("child.deny", Forbidden(OTHER)),
    ("grand.child.deny", Forbidden(OTHER)),
    ("none.deny", Forbidden(OTHER)),
    ("allow.deny", Permitted),
    ("deny.allow", Forbidden(OTHER)),
    ("x.star", Forbidden(OTHER)),
    ("x.y.star", Forbidden(OTHER)),
    ("x.open", Permitted),
    ("deny.open", Forbidden(OTHER)),
    // Wildcards.
    ("deny-wild", Permitted),
    ("*.deny-wild", Forbidden(OTHER)),
    ("child.deny-wild", Permitted),
    ("*.child.deny-wild", Forbidden(OTHER)),
    ("allow-wild", Forbidden(OTHER)),
    ("*.allow-wild", Permitted),
    // Aliases.
    ("cname-deny", Forbidden(OTHER)),
    ("cname-cname-deny", Forbidden(OTHER)),
    ("cname-empty", Permitted),
    ("cname-nowhere", Permitted),
    ("sub.cname-deny", Forbidden(OTHER)),
    ("cname-allow.deny", Permitted),
    ("cname-empty.deny", Forbidden(OTHER)),
    ("across", Forbidden(OTHER)),
    ("loop", Failed("SERVFAIL")),
    ("child.loop", Failed("SERVFAIL")),
    ("x.dname", Forbidden(OTHER)),
    ("y.dname", Permitted),
    // RFC 8657.
    ("account", Permitted),
    ("account-other", Forbidden("another account (accounturi)")),
    ("account-twice", Forbidden("malformed or repeated")),
    ("account-either", Permitted),
    ("method", Permitted),
    ("method-upper", Permitted),
    ("method-other", Forbidden("do not list the method http-01")),
    ("method-malformed", Forbidden("malformed or repeated")),
    ("*.method", Forbidden("do not list the method dns-01")),
    ("both", Permitted),
    ("both-other", Forbidden("another account (accounturi)")),
];

/// Asks the real resolver, and validates.
pub(crate) fn real_config() -> Config {
    let mut config = config();
    config.dns.resolvers = vec![Resolver::from(dns().resolver())];
    config.dns.dnssec = DnssecMode::Validate;
    config.dns.trust_anchor = Some(FilePath::from(dns().trust_anchor().to_owned()));
    config.dns.loopback_suffixes.clear();
    config
}

async fn check(stage: &Stage, name: &str) -> Attempt {
    match name.strip_prefix("*.") {
        Some(name) => stage.check_caa(name, true).await,
        None => stage.check_caa(name, false).await,
    }
}

#[track_caller]
fn examine(name: &str, attempt: &Attempt, expected: Expected) {
    let detail = attempt
        .outcome
        .problem
        .as_ref()
        .map_or("", |problem| &problem.detail);
    let kind = attempt.outcome.problem.as_ref().map(|problem| problem.kind);
    let (wanted, part) = match expected {
        Permitted => (None, ""),
        Forbidden(part) => (Some(ErrorKind::Caa), part),
        Failed(part) => (Some(ErrorKind::Dns), part),
    };
    assert_eq!(kind, wanted, "{name}: {detail}");
    assert!(detail.contains(part), "{name}: {detail}");
    assert!(!detail.contains(char::is_control), "{name}: {detail}");
}

/// Runs every case in a zone; the answers that were found are in this state.
async fn run(zone: &str, dnssec: Option<Dnssec>) {
    let stage = Stage::start(real_config());
    for (name, expected) in CASES {
        let name = format!("{name}.{zone}");
        let attempt = check(&stage, &name).await;
        examine(&name, &attempt, *expected);
        let caa = attempt.receipt.caa.unwrap();
        if !matches!(expected, Failed(_)) && dnssec.is_some() && !name.starts_with("across") {
            assert_eq!(caa.dnssec, dnssec, "{name}");
        }
    }
}

#[tokio::test]
async fn unsigned() {
    run("plain.test", Some(Dnssec::Insecure)).await;
}

#[tokio::test]
async fn signed_with_nsec() {
    run("nsec.test", Some(Dnssec::Secure)).await;
}

#[tokio::test]
async fn signed_with_nsec3() {
    run("nsec3.test", Some(Dnssec::Secure)).await;
}

#[tokio::test]
async fn signed_with_opt_out() {
    // What exists is proved, what does not exist is not.
    run("opt-out.test", None).await;
}

#[tokio::test]
async fn signed_without_ds_records_is_unsigned() {
    run("no-ds.test", Some(Dnssec::Insecure)).await;
}

#[tokio::test]
async fn below_an_opted_out_delegation() {
    let stage = Stage::start(real_config());
    for (name, expected) in [
        ("deny.sub.opt-out.test", Forbidden(OTHER)),
        ("empty.sub.opt-out.test", Permitted),
    ] {
        let attempt = check(&stage, name).await;
        examine(name, &attempt, expected);
        assert_eq!(attempt.receipt.caa.unwrap().dnssec, Some(Dnssec::Insecure));
    }
}

/// Whatever is wrong, nothing is issued: neither where a record would allow it, nor where there is none.
#[tokio::test]
async fn zones_with_broken_dnssec_fail_and_say_why() {
    let stage = Stage::start(real_config());
    for (zone, why) in [
        (
            "expired.test",
            "DNSKEY records of expired.test in the signed zone expired.test: their signature expired at 20",
        ),
        (
            "future.test",
            "DNSKEY records of future.test in the signed zone future.test: their signature holds only from 20",
        ),
        (
            "stripped.test",
            "DNSKEY records of stripped.test in the signed zone stripped.test: there are none",
        ),
        (
            "other-ds.test",
            "DNSKEY records of other-ds.test in the signed zone other-ds.test: none of them fits the DS records",
        ),
    ] {
        for name in ["allow", "empty", "nothing-here", "deny", "cname-deny"] {
            let name = format!("{name}.{zone}");
            let attempt = check(&stage, &name).await;
            examine(&name, &attempt, Failed(why));
            attempt.refused(
                ErrorKind::Dns,
                &["Repair the DNSSEC of the zone", "nothing may be issued"],
            );
        }
    }
}

#[tokio::test]
async fn single_faults_in_a_signed_zone() {
    let stage = Stage::start(real_config());
    for (name, expected) in [
        // Somebody changed the record after it was signed.
        (
            "allow.changed.test",
            Failed(
                "CAA records of allow.changed.test in the signed zone changed.test: their signature is wrong",
            ),
        ),
        ("deny.changed.test", Forbidden(OTHER)),
        // Somebody took the proofs away.
        (
            "empty.unproved.test",
            Failed("the zone does not prove that there are none"),
        ),
        ("nothing-here.unproved.test", Failed("does not prove")),
        ("deny.unproved.test", Forbidden(OTHER)),
        // Somebody took the signatures of the CAA records away.
        (
            "deny.bare.test",
            Failed("CAA records of deny.bare.test in the signed zone bare.test: they have no signature"),
        ),
        ("empty.bare.test", Permitted),
    ] {
        examine(name, &check(&stage, name).await, expected);
    }
}

#[tokio::test]
async fn servers_that_fail() {
    let mut config = real_config();
    config.dns.timeout = std::time::Duration::from_millis(400);
    config.dns.attempts = 2;
    let stage = Stage::start(config);
    for (name, expected) in [
        ("www.lost.test", Failed("SERVFAIL")),
        ("www.refused.test", Failed("SERVFAIL")),
        ("www.silent.test", Failed("did not answer in time")),
    ] {
        let attempt = check(&stage, name).await;
        examine(name, &attempt, expected);
        attempt.transient(true);
    }
}

#[tokio::test]
async fn a_foreign_trust_anchor_makes_everything_fail() {
    let mut config = real_config();
    config.dns.trust_anchor = None;
    let stage = Stage::start(config);
    for name in ["allow.plain.test", "allow.nsec.test"] {
        let attempt = check(&stage, name).await;
        examine(
            name,
            &attempt,
            Failed("DNSKEY records of . in the signed zone .: none of them fits"),
        );
    }
}

#[tokio::test]
async fn without_validation_signatures_do_not_matter() {
    let mut config = real_config();
    config.dns.trust_anchor = None;
    config.dns.dnssec = DnssecMode::Off;
    let stage = Stage::start(config);
    for name in ["allow.expired.test", "allow.changed.test", "empty.unproved.test"] {
        let attempt = check(&stage, name).await;
        let expected = if name.contains("changed") {
            Forbidden(OTHER)
        } else {
            Permitted
        };
        examine(name, &attempt, expected);
        assert_eq!(attempt.receipt.caa.unwrap().dnssec, Some(Dnssec::NotValidated));
    }
}

#[test]
fn every_case_has_records() {
    for (name, _) in CASES {
        let own = name.trim_start_matches("*.");
        let known = own.split('.').any(|label| records().contains(label));
        assert!(known || own.contains("nothing-here"), "{name}");
    }
}
