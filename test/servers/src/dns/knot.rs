//! Knot DNS, the authoritative server.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};

use super::sign::file_name;
use super::zone::{Hosting, Zone};
use super::{START, answers, free_port, program};
use crate::home::home;
use crate::process::Process;

/// Starts it with the root zone and all zones that are served.
pub(super) fn start(process: &Process, zones: &[Zone]) -> Result<SocketAddr> {
    let zones = zones
        .iter()
        .filter(|zone| matches!(zone.hosting, Hosting::Served | Hosting::Lost));
    let names: Vec<_> = zones.map(|zone| zone.name.as_str()).chain([""]).collect();
    start_with(process, &names)
}

/// Starts it with these zones, each from its file, if there is one.
pub(super) fn start_with(process: &Process, zones: &[&str]) -> Result<SocketAddr> {
    let dir = process.dir();
    for folder in ["run", "db"] {
        home()?.directory(&dir.join(folder))?;
    }
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let path = dir.display();
    let mut config = format!(
        "server:\n    rundir: \"{path}/run\"\n    listen: \"127.0.0.1@{port}\"\n\
         database:\n    storage: \"{path}/db\"\n\
         log:\n  - target: stderr\n    any: notice\n\
         template:\n  - id: default\n    storage: \"{path}/zones\"\n    zonefile-load: whole\n    \
         journal-content: none\n\
         zone:\n",
        port = address.port(),
    );
    for name in zones {
        writeln!(
            config,
            "  - domain: \"{name}.\"\n    file: \"{}\"",
            file_name(name)
        )?;
    }
    let file = dir.join("knot.conf");
    home()?.write(&file, config)?;
    let file = file.to_str().context("the path is no text")?;
    process.start(&program("knotd")?, &["-c", file], START, |_| answers(address))?;
    Ok(address)
}
