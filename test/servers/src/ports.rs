//! Ports on 127.0.0.1.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};

use crate::random;

/// Below the ports that systems give to clients: a server that is stopped for a while finds its port free
/// when it starts again.
const FIRST: u16 = 15_000;
const COUNT: u16 = 15_000;

/// A port that nobody listens on at this moment.
pub(crate) fn free() -> Result<u16> {
    let start = random::number()? % COUNT;
    (0..COUNT)
        .map(|step| FIRST + (start + step) % COUNT)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .context("no port is free")
}
