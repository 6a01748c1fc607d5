//! The doubles do what they say: the DNS server and the responders, over the wire.

use std::net::Ipv4Addr;
use std::str::FromStr;

use cairn_testkit::client::{Connection, Trust};
use cairn_testkit::dns::{Data, DnsServer, Fault, Kind};
use cairn_testkit::responder::{AlpnCertificate, Http01, Reply, TlsAlpn01};
use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use hickory_proto::serialize::binary::BinDecodable;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use tokio::net::UdpSocket;

async fn query(server: &DnsServer, name: &str, kind: RecordType) -> anyhow::Result<Message> {
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(Name::from_str(name)?, kind));
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    socket.send_to(&message.to_vec()?, server.address()).await?;
    let mut answer = [0; 4096];
    let size = socket.recv(&mut answer).await?;
    Ok(Message::from_bytes(&answer[..size])?)
}

#[tokio::test]
async fn dns_answers_as_told() {
    let server = DnsServer::start().await.unwrap();
    let zone = server.zone();
    let loopback = query(&server, "any.example.", RecordType::A).await.unwrap();
    assert_eq!(
        loopback.answers[0].data.ip_addr(),
        Some(Ipv4Addr::LOCALHOST.into())
    );
    assert!(
        query(&server, "any.example.", RecordType::CAA)
            .await
            .unwrap()
            .answers
            .is_empty()
    );

    zone.add("a.example", Data::issue("ca.example; accounturi=x"));
    zone.add("a.example", Data::Txt(vec!["one".to_owned()]));
    zone.add("a.example", Data::Txt(vec!["two".to_owned()]));
    let caa = query(&server, "A.example.", RecordType::CAA).await.unwrap();
    assert!(
        matches!(&caa.answers[0].data, RData::CAA(caa) if caa.tag == "issue" && caa.value == b"ca.example; accounturi=x")
    );
    assert_eq!(
        query(&server, "a.example.", RecordType::TXT)
            .await
            .unwrap()
            .answers
            .len(),
        2
    );
    assert_eq!(zone.queries("a.example"), 2);

    zone.fail("b.example", Some(Kind::Caa), Fault::ServFail);
    zone.fail("c.example", None, Fault::NxDomain);
    let code = |message: Message| message.metadata.response_code;
    assert_eq!(
        code(query(&server, "b.example.", RecordType::CAA).await.unwrap()),
        ResponseCode::ServFail
    );
    assert_eq!(
        code(query(&server, "b.example.", RecordType::A).await.unwrap()),
        ResponseCode::NoError
    );
    assert_eq!(
        code(query(&server, "c.example.", RecordType::A).await.unwrap()),
        ResponseCode::NXDomain
    );
    zone.remove("c.example");
    assert_eq!(
        code(query(&server, "c.example.", RecordType::A).await.unwrap()),
        ResponseCode::NoError
    );
}

#[tokio::test]
async fn http01_answers_as_told() {
    let server = Http01::start().await.unwrap();
    let url = |token: &str| {
        format!(
            "http://127.0.0.1:{}/.well-known/acme-challenge/{token}",
            server.port()
        )
    };
    let mut connection = Connection::new(Trust::roots(b"").unwrap());
    server.set("good", Reply::Text("good.thumbprint".to_owned()));
    server.set("moved", Reply::Redirect(302, url("good")));
    server.set("large", Reply::Large(5000));
    assert_eq!(
        connection.get(&url("good")).await.unwrap().body,
        "good.thumbprint"
    );
    let moved = connection.get(&url("moved")).await.unwrap();
    assert_eq!(
        (moved.status.as_u16(), moved.location().unwrap()),
        (302, url("good"))
    );
    assert_eq!(connection.get(&url("large")).await.unwrap().body.len(), 5000);
    assert_eq!(connection.get(&url("absent")).await.unwrap().status.as_u16(), 404);
    assert_eq!(server.hosts("good"), [format!("127.0.0.1:{}", server.port())]);
    server.remove("good");
    assert_eq!(connection.get(&url("good")).await.unwrap().status.as_u16(), 404);
}

#[tokio::test]
async fn tls_alpn01_shows_the_certificate_of_the_name() {
    let server = TlsAlpn01::start().await.unwrap();
    server.set("a.test", &AlpnCertificate::good("a.test", [7; 32]));
    server.set("127.0.0.1", &AlpnCertificate::good("127.0.0.1", [7; 32]));
    for (name, is_known) in [
        ("a.test", true),
        ("1.0.0.127.in-addr.arpa", true),
        ("b.test", false),
    ] {
        let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
        connector.set_verify(SslVerifyMode::NONE);
        connector.set_alpn_protos(b"\x0aacme-tls/1").unwrap();
        let ssl = connector.build().configure().unwrap().into_ssl(name).unwrap();
        let stream = tokio::net::TcpStream::connect(("127.0.0.1", server.port()))
            .await
            .unwrap();
        let mut stream = tokio_openssl::SslStream::new(ssl, stream).unwrap();
        let connected = std::pin::Pin::new(&mut stream).connect().await;
        assert_eq!(connected.is_ok(), is_known, "{name}");
        if is_known {
            assert_eq!(stream.ssl().selected_alpn_protocol(), Some(&b"acme-tls/1"[..]));
            let names = stream
                .ssl()
                .peer_certificate()
                .unwrap()
                .subject_alt_names()
                .unwrap();
            assert_eq!(names.len(), 1);
        }
    }
}
