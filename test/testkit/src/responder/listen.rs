//! Loopback listeners on one port, IPv4 and, where the machine has it, IPv6.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use tokio::net::TcpListener;

/// How many ports are tried until one is free in both families.
const TRIES: usize = 20;

/// Listens on a free port of both loopback addresses.
pub(crate) async fn on_loopback() -> io::Result<(u16, Vec<TcpListener>)> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..TRIES {
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = four.local_addr()?.port();
        match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
            Ok(six) => return Ok((port, vec![four, six])),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = error,
            Err(_) => return Ok((port, vec![four])),
        }
    }
    Err(last)
}
