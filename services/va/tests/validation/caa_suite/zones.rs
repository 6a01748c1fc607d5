//! The zones of the suite.

use std::fmt::Write as _;
use std::sync::OnceLock;

use cairn_servers::dns::{Denial, Dns, Ds, Hosting, Security, Times, Zone};

/// The servers of all tests.
pub(crate) fn dns() -> &'static Dns {
    static DNS: OnceLock<Dns> = OnceLock::new();
    DNS.get_or_init(|| Dns::start(&zones()).unwrap())
}

/// What each zone with the cases has.
pub(super) fn records() -> String {
    let mut text = RECORDS.to_owned();
    for number in 0..1001 {
        writeln!(text, "big CAA 0 issue \"ca{number}.other.example\"").unwrap();
        writeln!(text, "big-allow CAA 0 issue \"ca{number}.other.example\"").unwrap();
    }
    text.push_str("big-allow CAA 0 issue \"ca.example\"\n");
    // One record that fits into no UDP answer.
    writeln!(text, "long CAA 0 issue \"{}\" ", "x".repeat(250)).unwrap();
    for number in 0..20 {
        writeln!(text, "long CAA 0 issue \"{}.{number}\"", "x".repeat(200)).unwrap();
    }
    text
}

const RECORDS: &str = r#"
empty A 192.0.2.1
x.ent A 192.0.2.1
allow CAA 0 issue "ca.example"
allow-mixed CAA 0 issue "CA.Example"
deny CAA 0 issue "other.example"
mixed-case CAA 0 IsSuE "other.example"
nobody CAA 0 issue ";"
empty-value CAA 0 issue ""
malformed CAA 0 issue "%%%%%"
xss CAA 0 issue "<script>alert('x')</script>"
control CAA 0 issue "\007other.example"
critical128 CAA 128 tbs "unknown"
critical130 CAA 130 tbs "unknown"
unknown CAA 0 tbs "unknown"
unknown-flags CAA 3 tbs "unknown"
critical-known CAA 128 issue "ca.example"
critical-known CAA 128 iodef "mailto:security@example"
iodef CAA 0 iodef "mailto:security@example"
child.deny A 192.0.2.1
grand.child.deny A 192.0.2.1
allow.deny CAA 0 issue "ca.example"
deny.allow CAA 0 issue "other.example"
*.star CAA 0 issue "other.example"
web A 127.0.0.1
_acme-challenge.proved TXT "E3qVsqPlzY1jkpbMhQ42Zrj1xsCz1v4ZO-F_SCYzyiA"
_acme-challenge.elsewhere CNAME _acme-challenge.proved.plain.test.
*.open CAA 0 issue "ca.example"
deny.open CAA 0 issue "other.example"
deny-wild CAA 0 issuewild "other.example"
child.deny-wild A 192.0.2.1
allow-wild CAA 0 issue ";"
allow-wild CAA 0 issuewild "ca.example"
cname-deny CNAME deny
cname-cname-deny CNAME cname-deny
cname-empty CNAME empty
cname-nowhere CNAME nothing-there
cname-allow.deny CNAME allow
cname-empty.deny CNAME empty
across CNAME deny.plain.test.
loop CNAME loop2
loop2 CNAME loop
dname DNAME target
x.target CAA 0 issue "other.example"
y.target A 192.0.2.1
account CAA 0 issue "ca.example; accounturi=https://ca.example/acme/account/1"
account-other CAA 0 issue "ca.example; accounturi=https://ca.example/acme/account/2"
account-twice CAA 0 issue "ca.example; accounturi=https://ca.example/acme/account/1; accounturi=https://ca.example/acme/account/1"
account-either CAA 0 issue "ca.example; accounturi=https://ca.example/acme/account/2"
account-either CAA 0 issue "ca.example; accounturi=https://ca.example/acme/account/1"
method CAA 0 issue "ca.example; validationmethods=tls-alpn-01,http-01"
method-upper CAA 0 issue "ca.example; ValidationMethods=http-01"
method-other CAA 0 issue "ca.example; validationmethods=dns-01"
method-malformed CAA 0 issue "ca.example; validationmethods=http-01,"
both CAA 0 issue "ca.example; validationmethods=http-01; accounturi=https://ca.example/acme/account/1"
both-other CAA 0 issue "ca.example; validationmethods=http-01; accounturi=https://ca.example/acme/account/2"
"#;

fn zones() -> Vec<Zone> {
    let broken = |times, ds| Security::Signed {
        denial: Denial::Nsec,
        times,
        ds,
        tamper: str::to_owned,
    };
    let tampered = |tamper| Security::Signed {
        denial: Denial::Nsec,
        times: Times::Now,
        ds: Ds::Right,
        tamper,
    };
    let zone = |name: &str, security| Zone {
        name: name.to_owned(),
        records: records(),
        security,
        hosting: Hosting::Served,
    };
    let unkept = |name: &str, hosting| Zone {
        hosting,
        ..zone(name, Security::Unsigned)
    };
    vec![
        Zone {
            records: String::new(),
            ..zone("test", Security::signed(Denial::Nsec))
        },
        zone("plain.test", Security::Unsigned),
        zone("nsec.test", Security::signed(Denial::Nsec)),
        zone("nsec3.test", Security::signed(Denial::Nsec3)),
        zone("opt-out.test", Security::signed(Denial::OptOut)),
        zone("sub.opt-out.test", Security::Unsigned),
        zone("no-ds.test", broken(Times::Now, Ds::None)),
        zone("expired.test", broken(Times::Past, Ds::Right)),
        zone("future.test", broken(Times::Future, Ds::Right)),
        zone("stripped.test", Security::Stripped),
        zone("other-ds.test", broken(Times::Now, Ds::Wrong)),
        zone("changed.test", tampered(with_allow_changed)),
        zone("unproved.test", tampered(without_proofs)),
        zone("bare.test", tampered(without_signatures_of_caa)),
        unkept("lost.test", Hosting::Lost),
        unkept("refused.test", Hosting::Unknown),
        unkept("silent.test", Hosting::Silent),
    ]
}

/// The record of `allow` names another CA than when it was signed. (Those that have conditions stay.)
fn with_allow_changed(text: &str) -> String {
    text.replace("\"ca.example\"", "\"ab.example\"")
}

fn without_proofs(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !line.contains("\tNSEC\t")).collect()
}

/// A signature goes over several lines, in parentheses.
fn without_signatures_of_caa(text: &str) -> String {
    let mut kept = String::new();
    let mut is_left_out = false;
    for line in text.split_inclusive('\n') {
        if line.contains("RRSIG\tCAA ") {
            is_left_out = true;
        }
        if !is_left_out {
            kept.push_str(line);
        }
        if line.contains(')') {
            is_left_out = false;
        }
    }
    kept
}
