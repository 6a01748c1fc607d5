//! Writes the seeds of `dns_answer` and `caa` anew, from real servers: `cargo run -p cairn-fuzz --example dns_seeds`.

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use cairn_servers::dns::{Denial, Dns, Ds, Hosting, Security, Times, Zone};

const RECORDS: &str = "
www A 192.0.2.1
www A 192.0.2.2
www TXT \"one\" \"two\"
www CAA 0 issue \"ca.example\"
alias CNAME www
moved DNAME www
*.star CAA 0 issue \"ca.example\"
x.ent A 192.0.2.1
";

const QUESTIONS: [(&str, &str, u16); 10] = [
    ("address", "www", 1),
    ("text", "www", 16),
    ("caa", "www", 257),
    ("alias", "alias", 257),
    ("dname", "moved", 39),
    ("wildcard", "a.b.star", 257),
    ("no-data", "www", 28),
    ("no-name", "nothing", 257),
    ("no-ds", "www", 43),
    ("part", "ent", 257),
];

fn main() -> Result<()> {
    let zone = |name: &str, denial| Zone {
        name: name.to_owned(),
        records: RECORDS.to_owned(),
        security: Security::Signed {
            denial,
            times: Times::Years,
            ds: Ds::Right,
            tamper: str::to_owned,
        },
        hosting: Hosting::Served,
    };
    let dns = Dns::start(&[zone("nsec", Denial::Nsec), zone("nsec3", Denial::OptOut)])?;
    // The keys of one zone say nothing about another.
    let keys = ask(dns.authority(), "nsec", 48)?;
    let answer = ask(dns.authority(), "www.nsec3", 257)?;
    let length = u16::try_from(keys.len())?.to_be_bytes();
    write(
        "dns_answer",
        "other-zone",
        &[&length, &keys[..], &answer].concat(),
    )?;
    for zone in ["nsec", "nsec3"] {
        let keys = ask(dns.authority(), zone, 48)?;
        for (name, below, kind) in QUESTIONS {
            let answer = ask(dns.authority(), &format!("{below}.{zone}"), kind)?;
            let length = u16::try_from(keys.len())?.to_be_bytes();
            write(
                "dns_answer",
                &format!("good-{zone}-{name}"),
                &[&length, &keys[..], &answer].concat(),
            )?;
        }
    }
    for (name, records) in [
        ("good-issue", &[(0, "issue", "ca.example")][..]),
        (
            "good-wild",
            &[(0, "issue", ";"), (128, "IssueWild", "CA.example")],
        ),
        (
            "good-parameters",
            &[(
                0,
                "issue",
                "ca.example; accounturi=https://ca.example/acme/account/1 ;validationmethods=dns-01,http-01",
            )],
        ),
        ("critical", &[(0, "issue", "ca.example"), (128, "tbs", "unknown")]),
        ("malformed", &[(0, "issue", "ca.example; accounturi")]),
    ] {
        write("caa", name, &caa(records)?)?;
    }
    Ok(())
}

fn write(target: &str, name: &str, content: &[u8]) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join(name), content)?)
}

/// See `cairn_va::fuzz::caa_records`.
fn caa(records: &[(u8, &str, &str)]) -> Result<Vec<u8>> {
    let mut octets = Vec::new();
    for (flags, tag, value) in records {
        octets.push(*flags);
        for text in [tag, value] {
            octets.push(u8::try_from(text.len())?);
            octets.extend(text.as_bytes());
        }
    }
    Ok(octets)
}

/// Asks over UDP, with DNSSEC.
fn ask(server: SocketAddr, name: &str, kind: u16) -> Result<Vec<u8>> {
    let mut query = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    for label in name.split('.') {
        query.push(u8::try_from(label.len())?);
        query.extend(label.as_bytes());
    }
    query.push(0);
    query.extend(kind.to_be_bytes());
    query.extend([0, 1, 0, 0, 41, 16, 0, 0, 0, 0x80, 0, 0, 0]);
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    socket.connect(server)?;
    socket.send(&query)?;
    let mut reply = vec![0; 4096];
    let length = socket.recv(&mut reply).context(name.to_owned())?;
    reply.truncate(length);
    Ok(reply)
}
