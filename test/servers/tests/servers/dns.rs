//! A DNS of one's own.

use std::process::Command;

use anyhow::{Result, ensure};
use cairn_servers::dns::{Denial, Dns, Hosting, Security, Zone};

fn zone(name: &str, security: Security, hosting: Hosting) -> Zone {
    Zone {
        name: name.to_owned(),
        records: "www A 192.0.2.1\n".to_owned(),
        security,
        hosting,
    }
}

#[test]
fn zones_are_signed_from_the_root_down() -> Result<()> {
    let dns = Dns::start(&[
        zone("test", Security::signed(Denial::Nsec), Hosting::Served),
        zone("signed.test", Security::signed(Denial::Nsec3), Hosting::Served),
        zone("plain.test", Security::Unsigned, Hosting::Served),
        zone("refused.test", Security::Unsigned, Hosting::Unknown),
    ])?;
    let ask = |name: &str, kind: &str| -> Result<String> {
        let at = [
            format!("@{}", dns.resolver().ip()),
            format!("-p{}", dns.resolver().port()),
        ];
        let output = Command::new("kdig")
            .args(at)
            .args(["+dnssec", name, kind])
            .output()?;
        ensure!(output.status.success(), "kdig");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for (name, kind, parts) in [
        (".", "DNSKEY", &["NOERROR", "257 3 13", "RRSIG"][..]),
        ("signed.test", "DS", &["NOERROR", "13 2", "RRSIG"]),
        ("www.signed.test", "A", &["192.0.2.1", "RRSIG"]),
        ("none.signed.test", "A", &["NXDOMAIN", "NSEC3"]),
        ("plain.test", "DS", &["NOERROR", "NSEC"]),
        ("www.plain.test", "A", &["192.0.2.1"]),
        ("www.refused.test", "A", &["SERVFAIL"]),
    ] {
        let said = ask(name, kind)?;
        for part in parts {
            ensure!(said.contains(part), "{name} {kind}: no {part} in\n{said}");
        }
    }
    ensure!(std::fs::read_to_string(dns.trust_anchor())?.starts_with(". IN DS "));
    Ok(())
}
