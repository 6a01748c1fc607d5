//! What fuzzing programs do with the answer of a web server: `test/fuzz`.

use cairn_types::{DnsName, Identifier};
use http::HeaderValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::fetch::{MAX_BODY, exchange};
use super::{Ports, Reply, Target};
use crate::net::{Bounded, Host};
use crate::trace::Trace;

const PORTS: Ports = Ports { http: 80, https: 443 };

/// Whether the octets are an answer to a request for a token that is judged by its body, or a redirect that is followed.
pub fn answers(octets: &[u8]) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let (Ok(runtime), Ok(name)) = (runtime, DnsName::parse("a.example")) else {
        return false;
    };
    let identifier = Identifier::Dns(name.clone());
    let target = Target::challenge(Host::Name(name), "token", PORTS);
    let agent = HeaderValue::from_static("fuzz");
    let mut trace = Trace::default();
    let follow = |location: &str| target.redirect(location, &identifier, PORTS);
    let (near, mut far) = tokio::io::duplex(16 * 1024);
    let exchange = exchange(Bounded::new(near), &target, &agent, &mut trace);
    // What comes before the request is no answer.
    let server = async move {
        let _ = far.read(&mut [0; 1024]).await;
        let _ = far.write_all(octets).await;
    };
    match runtime.block_on(async { tokio::join!(exchange, server).0 }) {
        Ok(Reply::Body(body)) => {
            assert!(body.len() <= MAX_BODY);
            true
        }
        Ok(Reply::Redirect(location)) => follow(&location).is_ok_and(|next| {
            assert!([80, 443].contains(&next.port));
            assert_eq!(
                follow(&next.to_string()).as_ref(),
                Ok(&next),
                "it leads where it says"
            );
            true
        }),
        Ok(Reply::Status(_, body)) => {
            assert!(body.len() <= MAX_BODY + 1);
            false
        }
        Err(refusal) => {
            assert!(!refusal.what.contains(char::is_control), "{refusal:?}");
            false
        }
    }
}
