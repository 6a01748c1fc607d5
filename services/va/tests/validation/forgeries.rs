//! Somebody between the validation authority and its resolver, with everything that zones have ever signed at hand:
//! whatever is answered instead of the truth, nothing is issued that the truth forbids.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cairn_types::{ChallengeType, ErrorKind};
use cairn_va::config::Resolver;
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::net::UdpSocket;

use crate::caa_suite::{dns, real_config};
use crate::http_server::{HttpServer, good};
use crate::stage::{Attempt, Stage};

/// What is answered instead of the truth to one question.
#[derive(Clone, Copy)]
struct Forgery {
    what: &'static str,
    /// The question.
    victim: (&'static str, RecordType),
    /// Another one, the true answer to which is made use of.
    donor: (&'static str, RecordType),
    /// From the true answer and that of the donor.
    forge: fn(&mut Message, Message),
    /// What a refusal says, if it is not that of the truth.
    why: &'static str,
}

/// Names end in the zone under attack, unless they end in `test.`; only CAA records of `open` allow anything.
const DENY: (&str, RecordType) = ("deny", RecordType::CAA);
const NOT_PROVED: &str = "does not prove that there are none";

const FORGERIES: [Forgery; 15] = [
    Forgery {
        what: "nothing at all",
        victim: DENY,
        donor: DENY,
        forge: |honest, _| empty(honest),
        why: NOT_PROVED,
    },
    Forgery {
        what: "there is no such name",
        victim: DENY,
        donor: DENY,
        forge: |honest, _| {
            empty(honest);
            honest.metadata.response_code = ResponseCode::NXDomain;
        },
        why: NOT_PROVED,
    },
    Forgery {
        what: "nothing, in the name of an unsigned zone",
        victim: DENY,
        donor: ("empty.plain.test.", RecordType::CAA),
        forge: answer_of_donor,
        why: NOT_PROVED,
    },
    Forgery {
        what: "nothing, by the proof of another name",
        victim: DENY,
        donor: ("empty", RecordType::CAA),
        forge: answer_of_donor,
        why: NOT_PROVED,
    },
    Forgery {
        what: "there is no such name, by the proof of another",
        victim: DENY,
        donor: ("nothing-here", RecordType::CAA),
        forge: answer_of_donor,
        why: NOT_PROVED,
    },
    Forgery {
        what: "nothing, by a proof for another type",
        victim: DENY,
        donor: ("deny", RecordType::A),
        forge: answer_of_donor,
        why: NOT_PROVED,
    },
    Forgery {
        what: "there is no such name, by a proof of the zone above",
        victim: DENY,
        donor: ("no-such-zone.test.", RecordType::CAA),
        forge: answer_of_donor,
        why: NOT_PROVED,
    },
    Forgery {
        what: "the records without their signature",
        victim: DENY,
        donor: DENY,
        forge: |honest, _| {
            honest
                .answers
                .retain(|record| record.record_type() == RecordType::CAA);
        },
        why: "they have no signature",
    },
    Forgery {
        what: "the records of another name",
        victim: DENY,
        donor: ("allow", RecordType::CAA),
        forge: renamed_answer_of_donor,
        why: "their signature is wrong",
    },
    Forgery {
        what: "an alias that is another name's",
        victim: DENY,
        donor: ("cname-empty", RecordType::CAA),
        forge: renamed_answer_of_donor,
        why: "their signature is wrong",
    },
    Forgery {
        what: "an alias without a signature",
        victim: DENY,
        donor: ("cname-empty", RecordType::CAA),
        forge: |honest, donor| {
            renamed_answer_of_donor(honest, donor);
            honest
                .answers
                .retain(|record| record.record_type() == RecordType::CNAME);
        },
        why: "they have no signature",
    },
    Forgery {
        what: "records made from a wildcard, for a name that has its own",
        victim: ("deny.open", RecordType::CAA),
        donor: ("x.open", RecordType::CAA),
        forge: renamed_answer_of_donor,
        why: "does not prove that no closer name exists",
    },
    Forgery {
        what: "an alias whose end is left out",
        victim: ("cname-deny", RecordType::CAA),
        donor: DENY,
        forge: |honest, _| {
            honest
                .answers
                .retain(|record| matches!(record.record_type(), RecordType::CNAME | RecordType::RRSIG));
        },
        // The name at its end is asked for, and the truth comes out.
        why: "they name other CAs, or none",
    },
    Forgery {
        what: "the zone is not signed, as another is not",
        victim: ("", RecordType::DS),
        donor: ("plain.test.", RecordType::DS),
        forge: answer_of_donor,
        why: NOT_PROVED,
    },
    Forgery {
        what: "there is no such zone",
        victim: ("", RecordType::DS),
        donor: ("no-such-zone.test.", RecordType::DS),
        forge: answer_of_donor,
        why: NOT_PROVED,
    },
];

fn empty(message: &mut Message) {
    message.answers.clear();
    message.authorities.clear();
}

fn answer_of_donor(honest: &mut Message, donor: Message) {
    honest.metadata.response_code = donor.metadata.response_code;
    honest.answers = donor.answers;
    honest.authorities = donor.authorities;
}

/// As if they were the records of the name that was asked for.
fn renamed_answer_of_donor(honest: &mut Message, donor: Message) {
    let (old, new) = (donor.queries[0].name().clone(), honest.queries[0].name().clone());
    answer_of_donor(honest, donor);
    for record in honest.answers.iter_mut().filter(|record| record.name == old) {
        record.name = new.clone();
    }
}

/// The whole name of one in the table.
fn full(name: &str, zone: &str) -> String {
    match name {
        "" => zone.to_owned(),
        name if name.ends_with("test.") => name.to_owned(),
        name => format!("{name}.{zone}"),
    }
}

/// What a resolver was asked, as `CAA example.org.`.
type Asked = Arc<Mutex<Vec<String>>>;

/// A resolver that tells the truth but for one question.
async fn serve(forgery: Forgery, zone: &'static str) -> (Resolver, Asked) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let victim = Name::from_ascii(full(forgery.victim.0, zone)).unwrap();
    let asked = Asked::default();
    let note = Arc::clone(&asked);
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while let Ok((length, asker)) = socket.recv_from(&mut buffer).await {
            let query = Message::from_vec(&buffer[..length]).unwrap();
            let question = query.queries[0].clone();
            let (name, kind) = (question.name().to_lowercase(), question.query_type());
            note.lock().unwrap().push(format!("{kind} {name}"));
            let mut reply = ask(question.name(), question.query_type()).await;
            if (question.name(), question.query_type()) == (&victim, forgery.victim.1) {
                let donor = Name::from_ascii(full(forgery.donor.0, zone)).unwrap();
                (forgery.forge)(&mut reply, ask(&donor, forgery.donor.1).await);
            }
            reply.metadata.id = query.metadata.id;
            reply.queries = query.queries;
            socket.send_to(&reply.to_vec().unwrap(), asker).await.unwrap();
        }
    });
    (Resolver::from(address), asked)
}

/// The truth, with its signatures.
async fn ask(name: &Name, kind: RecordType) -> Message {
    let server: SocketAddr = dns().resolver();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(server).await.unwrap();
    // Recursion desired, checking disabled; EDNS with 4096 octets and "DNSSEC OK".
    let mut query = vec![0, 1, 1, 0x10, 0, 1, 0, 0, 0, 0, 0, 1];
    for label in name {
        query.push(label.len() as u8);
        query.extend(label);
    }
    query.push(0);
    query.extend(u16::from(kind).to_be_bytes());
    query.extend([0, 1, 0, 0, 41, 16, 0, 0, 0, 0x80, 0, 0, 0]);
    socket.send(&query).await.unwrap();
    let mut reply = [0; 4096];
    let length = socket.recv(&mut reply).await.unwrap();
    Message::from_vec(&reply[..length]).unwrap()
}

async fn check(forgery: Forgery, zone: &'static str) -> Attempt {
    let mut config = real_config();
    config.dns.resolvers = vec![serve(forgery, zone).await.0];
    config.dns.timeout = Duration::from_secs(2);
    let name = match forgery.victim {
        ("", _) => full("allow", zone),
        (name, _) => full(name, zone),
    };
    Stage::start(config)
        .check_caa(name.trim_end_matches('.'), false)
        .await
}

#[tokio::test]
async fn nothing_that_is_forged_passes() {
    for zone in ["nsec.test.", "nsec3.test."] {
        for forgery in FORGERIES {
            let attempt = check(forgery, zone).await;
            let problem = attempt.outcome.problem.as_ref();
            let problem = problem.unwrap_or_else(|| panic!("{zone} {} passed", forgery.what));
            let expected = if forgery.why.starts_with("they name") {
                ErrorKind::Caa
            } else {
                ErrorKind::Dns
            };
            assert_eq!(
                problem.kind, expected,
                "{zone} {}: {}",
                forgery.what, problem.detail
            );
            assert!(
                problem.detail.contains(forgery.why),
                "{zone} {}: {}",
                forgery.what,
                problem.detail
            );
        }
    }
}

/// An address that is authentic does not make up for another that is not.
#[tokio::test]
async fn one_forged_look_up_is_too_many() {
    let forgery = Forgery {
        what: "there is no such name",
        victim: ("web", RecordType::AAAA),
        donor: ("nothing-here", RecordType::AAAA),
        forge: answer_of_donor,
        why: NOT_PROVED,
    };
    let server = HttpServer::start(|_| good()).await;
    for (forgery, passes) in [(Some(forgery), false), (None, true)] {
        let mut config = real_config();
        config.http_01.port = server.port;
        if let Some(forgery) = forgery {
            config.dns.resolvers = vec![serve(forgery, "nsec.test.").await.0];
        }
        let attempt = Stage::start(config)
            .validate(ChallengeType::Http01, "web.nsec.test")
            .await;
        if passes {
            attempt.passed();
        } else {
            attempt.refused(ErrorKind::Dns, &["AAAA records for web.nsec.test", NOT_PROVED]);
            assert!(attempt.proof().contacted.is_empty());
        }
    }
}

const HONEST: Forgery = Forgery {
    what: "the truth",
    victim: ("", RecordType::NULL),
    donor: DENY,
    forge: |_, _| {},
    why: "",
};

/// What validation needs of a zone is asked for once in an attempt, and again in the next.
#[tokio::test]
async fn nothing_is_asked_twice_or_remembered() {
    let mut config = real_config();
    let (resolver, asked) = serve(HONEST, "nsec.test.").await;
    config.dns.resolvers = vec![resolver];
    let stage = Stage::start(config);
    tokio::time::timeout(Duration::from_secs(10), stage.health().ready())
        .await
        .unwrap();
    for _ in 0..2 {
        asked.lock().unwrap().clear();
        let attempt = stage.validate(ChallengeType::Dns01, "proved.nsec.test").await;
        attempt.passed();
        let mut asked = asked.lock().unwrap().clone();
        asked.sort();
        let expected = [
            "CAA nsec.test.",
            "CAA proved.nsec.test.",
            "CAA test.",
            "DNSKEY .",
            "DNSKEY nsec.test.",
            "DNSKEY test.",
            "DS nsec.test.",
            "DS test.",
            "TXT _acme-challenge.proved.nsec.test.",
        ];
        assert_eq!(asked, expected);
    }
}

#[tokio::test]
async fn the_truth_passes_by_the_same_way() {
    for zone in ["nsec.test.", "nsec3.test."] {
        check(HONEST, zone).await.passed();
    }
    // So do records that are made from a wildcard for a name that has no own.
    let answer = ask(&Name::from_ascii("x.open.nsec.test.").unwrap(), RecordType::CAA).await;
    assert!(
        answer
            .answers
            .iter()
            .any(|record| matches!(record.data, RData::CAA(_)))
    );
}
