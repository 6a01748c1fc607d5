//! The zones of a test.

use std::path::PathBuf;

use anyhow::Result;

use super::sign::Signer;
use crate::home::home;

/// A zone, and how well it is kept.
#[derive(Debug, Clone)]
pub struct Zone {
    /// Its name, without a dot at the end.
    pub name: String,
    /// Its records in the form of a zone file, apart from SOA and NS. Names without a dot at the end are in the zone.
    pub records: String,
    /// Whether and how it is signed.
    pub security: Security,
    /// Who serves it.
    pub hosting: Hosting,
}

/// Whether and how a zone is signed.
#[derive(Debug, Clone, Copy)]
pub enum Security {
    /// It is not, and nobody says so.
    Unsigned,
    /// It is not, although the zone above has DS records for it.
    Stripped,
    /// It is.
    Signed {
        /// How it proves what it has not.
        denial: Denial,
        /// For when its signatures hold.
        times: Times,
        /// What the zone above says of its key.
        ds: Ds,
        /// What is done to the signed zone file.
        tamper: fn(&str) -> String,
    },
}

impl Security {
    /// Signed as it should be.
    pub const fn signed(denial: Denial) -> Self {
        Self::Signed {
            denial,
            times: Times::Now,
            ds: Ds::Right,
            tamper: str::to_owned,
        }
    }
}

/// How a zone proves what it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// By names.
    Nsec,
    /// By hashes of names.
    Nsec3,
    /// By hashes of names, without unsigned delegations.
    OptOut,
}

/// For when signatures hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Since an hour, for a month.
    Now,
    /// Since an hour, until 2040.
    Years,
    /// They ended yesterday.
    Past,
    /// From tomorrow on.
    Future,
}

/// What the zone above says of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ds {
    /// Its digest.
    Right,
    /// Nothing.
    None,
    /// Another digest.
    Wrong,
}

/// Who serves a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosting {
    /// The authoritative server.
    Served,
    /// A server that does not know it: REFUSED.
    Unknown,
    /// A server that has lost its content: SERVFAIL.
    Lost,
    /// A server that is silent.
    Silent,
}

/// Writes all zones, and the root; gives the path of the trust anchor.
pub(super) fn write_all(signer: &Signer<'_>, zones: &[Zone]) -> Result<PathBuf> {
    let mut sorted: Vec<&Zone> = zones.iter().collect();
    // What is below comes first: its key's digest is needed above.
    sorted.sort_by_key(|zone| std::cmp::Reverse(zone.name.split('.').count()));
    let mut delegations: Vec<(String, String)> = Vec::new();
    for zone in &sorted {
        let below = delegated_by(&zone.name, &delegations);
        let text = format!("{}{}{below}", head(&zone.name), zone.records);
        let ds = match zone.hosting {
            Hosting::Served => signer.write(zone, &text)?,
            _ => String::new(),
        };
        let parent = sorted
            .iter()
            .map(|other| other.name.as_str())
            .filter(|other| zone.name.ends_with(&format!(".{other}")))
            .max_by_key(|other| other.len())
            .unwrap_or("");
        delegations.push((parent.to_owned(), format!("{}. NS localhost.\n{ds}", zone.name)));
    }
    let root = Zone {
        name: String::new(),
        records: String::new(),
        security: Security::signed(Denial::Nsec),
        hosting: Hosting::Served,
    };
    let text = format!("{}{}", head(""), delegated_by("", &delegations));
    let ds = signer.write(&root, &text)?;
    let path = signer.dir().join("root.key");
    home()?.write(&path, ds)?;
    Ok(path)
}

/// The records with which a zone delegates those below it.
fn delegated_by(zone: &str, delegations: &[(String, String)]) -> String {
    let mine = delegations.iter().filter(|(parent, _)| parent == zone);
    mine.map(|(_, records)| records.as_str()).collect()
}

/// What every zone begins with.
fn head(name: &str) -> String {
    format!(
        "$ORIGIN {name}.\n$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\n@ NS localhost.\n"
    )
}
