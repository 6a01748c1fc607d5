//! A DNS server that says exactly what a test wants, over UDP and TCP.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use cairn_va::config::Resolver;
use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CAA, CNAME, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// How a name misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Code(ResponseCode),
    Silent,
    /// Only the first answer of the UDP server fails.
    ServFailOnce,
    /// Answers over UDP are truncated.
    Truncated,
    /// Answers are truncated over TCP too.
    TruncatedAlways,
    /// The name in the question comes back in lower case.
    LowerCase,
    /// Neither recursion nor authority: a referral.
    Referral,
    /// Octets that are no message after the question.
    Garbage,
    /// An alias is answered without what it leads to.
    AliasOnly,
}

#[derive(Default)]
struct Data {
    records: HashMap<(String, RecordType), Vec<RData>>,
    faults: HashMap<(String, RecordType), Fault>,
    queries: Vec<String>,
}

/// The zone of a test. Names without records do not exist, unless a name under them does.
#[derive(Clone, Default)]
pub(crate) struct Zone(Arc<Mutex<Data>>);

impl Zone {
    pub(crate) fn add(&self, name: &str, record: RData) -> &Self {
        let key = (name.to_owned(), record.record_type());
        self.0
            .lock()
            .unwrap()
            .records
            .entry(key)
            .or_default()
            .push(record);
        self
    }

    pub(crate) fn a(&self, name: &str, address: &str) -> &Self {
        self.add(name, RData::A(A(address.parse().unwrap())))
    }

    pub(crate) fn aaaa(&self, name: &str, address: &str) -> &Self {
        self.add(name, RData::AAAA(AAAA(address.parse().unwrap())))
    }

    pub(crate) fn txt(&self, name: &str, texts: &[&str]) -> &Self {
        self.add(
            name,
            RData::TXT(TXT::new(texts.iter().map(|&text| text.to_owned()).collect())),
        )
    }

    pub(crate) fn cname(&self, name: &str, target: &str) -> &Self {
        self.add(
            name,
            RData::CNAME(CNAME(Name::from_ascii(format!("{target}.")).unwrap())),
        )
    }

    pub(crate) fn caa(&self, name: &str, flags: u8, tag: &str, value: &str) -> &Self {
        let mut record = CAA::new_issue(flags & 128 != 0, None, Vec::new());
        record.reserved_flags = flags & 127;
        tag.clone_into(&mut record.tag);
        record.value = value.as_bytes().to_vec();
        self.add(name, RData::CAA(record))
    }

    pub(crate) fn fault(&self, name: &str, kind: RecordType, fault: Fault) -> &Self {
        self.0
            .lock()
            .unwrap()
            .faults
            .insert((name.to_owned(), kind), fault);
        self
    }

    /// The queries so far, as `udp CAA example.org`, sorted, since look-ups run side by side.
    pub(crate) fn queries(&self) -> Vec<String> {
        let mut queries = self.0.lock().unwrap().queries.clone();
        queries.sort();
        queries
    }

    /// Serves the zone, as a resolver would.
    pub(crate) async fn serve(&self) -> Resolver {
        // A port that is free for UDP may be taken for TCP: then another.
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
                break (udp, tcp);
            }
        };
        let address = udp.local_addr().unwrap();
        let zone = self.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, peer)) = udp.recv_from(&mut buffer).await {
                if let Some(reply) = zone.answer(&buffer[..length], "udp") {
                    let _ = udp.send_to(&reply, peer).await;
                }
            }
        });
        let zone = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = tcp.accept().await {
                let zone = zone.clone();
                tokio::spawn(async move { zone.over_tcp(stream).await });
            }
        });
        address.into()
    }

    async fn over_tcp(&self, mut stream: TcpStream) -> Option<()> {
        let length = stream.read_u16().await.ok()?;
        let mut query = vec![0; usize::from(length)];
        stream.read_exact(&mut query).await.ok()?;
        let reply = self.answer(&query, "tcp")?;
        stream.write_u16(reply.len() as u16).await.ok()?;
        stream.write_all(&reply).await.ok()
    }

    /// The reply to a query; none for silence.
    fn answer(&self, query: &[u8], over: &str) -> Option<Vec<u8>> {
        let mut message = Message::from_vec(query).unwrap();
        let question = message.queries[0].clone();
        let kind = question.query_type();
        let name = question
            .name()
            .to_ascii()
            .trim_end_matches('.')
            .to_ascii_lowercase();
        let mut data = self.0.lock().unwrap();
        data.queries.push(format!("{over} {kind} {name}"));
        let fault = data.faults.get(&(name.clone(), kind)).copied();
        message.metadata.message_type = MessageType::Response;
        message.metadata.recursion_available = true;
        data.resolve(&name, kind, fault == Some(Fault::AliasOnly), &mut message);
        match fault {
            Some(Fault::Silent) => return None,
            Some(Fault::Code(code)) => {
                message.answers.clear();
                message.metadata.response_code = code;
            }
            Some(Fault::ServFailOnce) => {
                data.faults.remove(&(name.clone(), kind));
                message.answers.clear();
                message.metadata.response_code = ResponseCode::ServFail;
            }
            Some(Fault::Truncated | Fault::TruncatedAlways) if over == "udp" => {
                message.answers.clear();
                message.metadata.truncation = true;
            }
            Some(Fault::TruncatedAlways) => message.metadata.truncation = true,
            Some(Fault::Referral) => message.metadata.recursion_available = false,
            _ => {}
        }
        let mut reply = message.to_vec().unwrap();
        match fault {
            Some(Fault::LowerCase) => reply[12..=12 + name.len()].make_ascii_lowercase(),
            Some(Fault::Garbage) => {
                reply[7] = 9;
                reply.truncate(12 + name.len() + 6);
            }
            _ => {}
        }
        Some(reply)
    }
}

impl Data {
    fn resolve(&self, name: &str, kind: RecordType, one_step: bool, message: &mut Message) {
        let mut owner = name.to_owned();
        for _ in 0..20 {
            let to_name = |text: &str| Name::from_ascii(format!("{text}.")).unwrap();
            let found = |kind| {
                self.records
                    .get(&(owner.clone(), kind))
                    .cloned()
                    .unwrap_or_default()
            };
            let records = found(kind);
            let aliases = found(RecordType::CNAME);
            let chosen = if records.is_empty() { &aliases } else { &records };
            message.add_answers(
                chosen
                    .iter()
                    .map(|data| Record::from_rdata(to_name(&owner), 60, data.clone())),
            );
            match aliases.first() {
                Some(RData::CNAME(target)) if records.is_empty() && !one_step => {
                    target.0.to_ascii().trim_end_matches('.').clone_into(&mut owner);
                }
                _ => break,
            }
        }
        let suffix = format!(".{owner}");
        let exists = self
            .records
            .keys()
            .any(|(known, _)| *known == owner || known.ends_with(&suffix));
        if !exists {
            message.metadata.response_code = ResponseCode::NXDomain;
        }
    }
}
