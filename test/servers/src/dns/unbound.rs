//! Unbound, the recursive resolver.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};

use super::zone::{Hosting, Zone};
use super::{START, answers, free_port, program};
use crate::home::home;
use crate::process::Process;
use crate::tls::tls;

/// Servers of zones that are not well kept.
pub(super) struct Elsewhere {
    /// Knows none of the zones.
    pub(super) ignorant: SocketAddr,
    /// Says nothing.
    pub(super) silent: SocketAddr,
}

/// Where it is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    /// Over UDP and TCP.
    pub(super) plain: SocketAddr,
    pub(super) tls: SocketAddr,
    pub(super) https: SocketAddr,
}

/// Starts it: it is told where each zone is served, since delegations lead to port 53, and neither validates nor
/// caches.
pub(super) fn start(
    process: &Process,
    zones: &[Zone],
    authority: SocketAddr,
    elsewhere: &Elsewhere,
) -> Result<Addresses> {
    let dir = process.dir();
    let tls = tls()?;
    let [plain, secure, web] = [free_port()?, free_port()?, free_port()?];
    let mut config = format!(
        "server:\n  interface: 127.0.0.1@{plain}\n  interface: 127.0.0.1@{secure}\n  interface: 127.0.0.1@{web}\n  \
         tls-port: {secure}\n  https-port: {web}\n  tls-service-key: \"{key}\"\n  tls-service-pem: \"{certificate}\"\n  \
         directory: \"{dir}\"\n  username: \"\"\n  chroot: \"\"\n  \
         pidfile: \"\"\n  do-daemonize: no\n  use-syslog: no\n  logfile: \"\"\n  num-threads: 1\n  \
         module-config: \"iterator\"\n  do-not-query-localhost: no\n  do-ip6: no\n  qname-minimisation: no\n  \
         cache-max-ttl: 0\n  cache-max-negative-ttl: 0\n  infra-host-ttl: 0\n  access-control: 127.0.0.0/8 allow\n  \
         local-zone: \"test.\" nodefault\n",
        key = tls.key.display(),
        certificate = tls.certificate.display(),
        dir = dir.display(),
    );
    let names = zones.iter().map(|zone| (zone.name.as_str(), zone.hosting));
    for (name, hosting) in names.chain([("", Hosting::Served)]) {
        let at = match hosting {
            Hosting::Served | Hosting::Lost => authority,
            Hosting::Unknown => elsewhere.ignorant,
            Hosting::Silent => elsewhere.silent,
        };
        writeln!(
            config,
            "stub-zone:\n  name: \"{name}.\"\n  stub-addr: 127.0.0.1@{}\n  stub-no-cache: yes",
            at.port()
        )?;
    }
    let file = dir.join("unbound.conf");
    home()?.write(&file, config)?;
    let file = file.to_str().context("the path is no text")?;
    let [plain, tls, https] = [plain, secure, web].map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    process.start(&program("unbound")?, &["-d", "-c", file], START, |_| {
        answers(plain)
    })?;
    Ok(Addresses { plain, tls, https })
}
