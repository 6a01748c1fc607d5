//! From queries to answers.

use std::net::IpAddr;
use std::str::FromStr;

use hickory_proto::op::{Header, HeaderCounts};
use hickory_proto::op::{MessageType, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, NULL, TXT};
use hickory_proto::rr::{LowerName, Name, RData, Record, RecordType};
use hickory_server::net::runtime::Time;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;

use super::zone::{Data, Fault, Kind, Zone};

/// Tests change records all the time.
const TTL: u32 = 0;

pub(super) struct Handler(Zone);

impl Handler {
    pub(super) const fn new(zone: Zone) -> Self {
        Self(zone)
    }
}

#[async_trait::async_trait]
impl RequestHandler for Handler {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        response: R,
    ) -> ResponseInfo {
        let Ok(info) = request.request_info() else {
            return reply(request, response, ResponseCode::FormErr, &[]).await;
        };
        let name = info.query.name();
        let (fault, data) = self.0.look_up(&text(name), kind(info.query.query_type()));
        let code = match fault {
            None => ResponseCode::NoError,
            Some(Fault::ServFail) => ResponseCode::ServFail,
            Some(Fault::NxDomain) => ResponseCode::NXDomain,
            Some(Fault::Refused) => ResponseCode::Refused,
            Some(Fault::Delay(delay)) => {
                tokio::time::sleep(delay).await;
                ResponseCode::NoError
            }
            Some(Fault::Silence) => std::future::pending().await,
        };
        let records = if code == ResponseCode::NoError {
            records(&name.into(), data)
        } else {
            Vec::new()
        };
        reply(request, response, code, &records).await
    }
}

async fn reply<R: ResponseHandler>(
    request: &Request,
    mut response: R,
    code: ResponseCode,
    records: &[Record],
) -> ResponseInfo {
    let mut metadata = Metadata::response_from_request(&request.metadata);
    metadata.response_code = code;
    metadata.authoritative = true;
    let message = MessageResponseBuilder::from_message_request(request).build(metadata, records, [], [], []);
    // A resolver that has gone away wants no answer.
    response.send_response(message).await.unwrap_or_else(|_| {
        ResponseInfo::from(Header {
            metadata: Metadata::new(request.metadata.id, MessageType::Response, OpCode::Query),
            counts: HeaderCounts::default(),
        })
    })
}

fn text(name: &LowerName) -> String {
    name.to_string().trim_end_matches('.').to_owned()
}

const fn kind(record_type: RecordType) -> Option<Kind> {
    match record_type {
        RecordType::A => Some(Kind::A),
        RecordType::AAAA => Some(Kind::Aaaa),
        RecordType::CNAME => Some(Kind::Cname),
        RecordType::TXT => Some(Kind::Txt),
        RecordType::CAA => Some(Kind::Caa),
        _ => None,
    }
}

fn records(name: &Name, data: Vec<Data>) -> Vec<Record> {
    data.into_iter()
        .map(|data| Record::from_rdata(name.clone(), TTL, rdata(data)))
        .collect()
}

fn rdata(data: Data) -> RData {
    match data {
        Data::Address(IpAddr::V4(address)) => RData::A(A(address)),
        Data::Address(IpAddr::V6(address)) => RData::AAAA(AAAA(address)),
        Data::Alias(target) => RData::CNAME(CNAME(Name::from_str(&target).unwrap_or_default())),
        Data::Txt(strings) => RData::TXT(TXT::new(strings)),
        Data::Caa(flags, tag, value) => {
            // By hand, so that it can be anything.
            let mut octets = vec![flags, tag.len() as u8];
            octets.extend(tag.into_bytes());
            octets.extend(value.into_bytes());
            RData::Unknown {
                code: RecordType::CAA,
                rdata: NULL::with(octets),
            }
        }
    }
}
