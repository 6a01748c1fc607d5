//! The victim's web server, and the attacker's in its place.

use std::collections::BTreeSet;
use std::net::{IpAddr, TcpListener};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::network::{Network, listen};
use crate::perspectives::Who;

/// Both servers.
pub(crate) struct Web {
    /// Who is left waiting by the victim's.
    slow: Arc<Mutex<BTreeSet<IpAddr>>>,
}

impl Web {
    /// Starts both. Each serves the key authorization of its owner's account for whatever is asked.
    pub(crate) fn start(_network: &Network) -> Self {
        let slow = Arc::new(Mutex::new(BTreeSet::new()));
        serve(listen(false), Who::Victim, Arc::clone(&slow));
        serve(listen(true), Who::Attacker, Arc::default());
        Self { slow }
    }

    /// Leaves exactly these waiting.
    pub(crate) fn slow(&self, addresses: impl Iterator<Item = IpAddr>) {
        *self.slow.lock().unwrap() = addresses.collect();
    }
}

fn serve(listener: TcpListener, who: Who, slow: Arc<Mutex<BTreeSet<IpAddr>>>) {
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, peer)) = listener.accept().await {
            let is_slow = slow.lock().unwrap().contains(&peer.ip());
            tokio::spawn(answer(stream, who, is_slow));
        }
    });
}

async fn answer(mut stream: TcpStream, who: Who, is_slow: bool) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    if is_slow {
        // Until the other side has had enough.
        let _ = stream.read_u8().await;
        return None;
    }
    let body = who.key_authorization();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}
