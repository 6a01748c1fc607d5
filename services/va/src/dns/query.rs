//! Queries as octets, and which replies belong to them.

use cairn_types::Rng;
use hickory_proto::rr::{Name, RecordType};

/// The UDP payload that is offered by EDNS: it fits into one IPv6 packet of the least MTU.
const UDP_PAYLOAD: u16 = 1232;

/// One query: a random id, and the name in random case (0x20), which a forged reply would have to guess.
pub(super) struct Query {
    octets: Vec<u8>,
    question_end: usize,
}

impl Query {
    /// Asks for the records of a kind that the name has; with signatures, for these too, and for what the resolver
    /// itself could not validate: the faults can then be named.
    pub(super) fn new(rng: &dyn Rng, name: &Name, kind: RecordType, signatures: bool) -> Self {
        let mut random = [0; 34];
        rng.fill(&mut random);
        let (id, case) = random.split_at(2);
        // Recursion desired, and perhaps "checking disabled"; one question, one additional record.
        let checking_disabled = if signatures { 0x10 } else { 0 };
        let mut octets = vec![id[0], id[1], 0x01, checking_disabled, 0, 1, 0, 0, 0, 0, 0, 1];
        let mut index = 0;
        for label in name {
            // A `Name` has labels of at most 63 octets, and 255 in all.
            octets.push(label.len() as u8);
            for &byte in label {
                let flip = byte.is_ascii_alphabetic() && case[index / 8 % case.len()] >> (index % 8) & 1 == 1;
                octets.push(if flip { byte ^ 0x20 } else { byte });
                index += 1;
            }
        }
        octets.push(0);
        octets.extend(u16::from(kind).to_be_bytes());
        octets.extend([0, 1]);
        let question_end = octets.len();
        // OPT: root name, type 41, payload size, extended code and flags, no options.
        octets.extend([0, 0, 41]);
        octets.extend(UDP_PAYLOAD.to_be_bytes());
        let wants_signatures = if signatures { 0x80 } else { 0 };
        octets.extend([0, 0, wants_signatures, 0, 0, 0]);
        Self { octets, question_end }
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// How well a message answers this query: same id, a response, the same single question.
    pub(super) fn compare(&self, reply: &[u8]) -> Match {
        let answers = reply.len() >= self.question_end
            && reply[..2] == self.octets[..2]
            && reply[2] & 0xf8 == 0x80
            && reply[4..6] == [0, 1];
        if !answers {
            return Match::None;
        }
        let (question, asked) = (&reply[12..self.question_end], &self.octets[12..self.question_end]);
        if question == asked {
            Match::Exact
        } else if question.eq_ignore_ascii_case(asked) {
            Match::OtherCase
        } else {
            Match::None
        }
    }
}

/// How well a message answers a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// To the last bit.
    Exact,
    /// But for the case of letters: a server that does not keep it, or a forger who could not guess it.
    OtherCase,
    /// Not at all.
    None,
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::Message;

    use super::*;

    struct Alternating;
    impl Rng for Alternating {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0b1010_1010);
        }
    }

    #[test]
    fn a_query_is_what_a_dns_library_reads() {
        let query = Query::new(
            &Alternating,
            &Name::from_ascii("www.example.org.").unwrap(),
            RecordType::CAA,
            true,
        );
        let message = Message::from_vec(query.octets()).unwrap();
        assert_eq!(message.queries[0].name().to_ascii(), "wWw.ExAmPlE.oRg.");
        assert_eq!(message.queries[0].query_type(), RecordType::CAA);
        assert!(message.metadata.recursion_desired);
        assert!(message.metadata.checking_disabled);
        assert_eq!(message.max_payload(), UDP_PAYLOAD);
        assert!(message.edns.unwrap().flags().dnssec_ok);
    }

    #[test]
    fn only_the_exact_question_is_answered() {
        let query = Query::new(
            &Alternating,
            &Name::from_ascii("example.org.").unwrap(),
            RecordType::A,
            false,
        );
        let mut reply = query.octets().to_vec();
        assert_eq!(query.compare(&reply), Match::None);
        reply[2] |= 0x80;
        assert_eq!(query.compare(&reply), Match::Exact);
        for (index, mask) in [
            (0, 1),
            (1, 0x80),
            (2, 0x80),
            (2, 0x08),
            (5, 3),
            (13, 0x20),
            (25, 1),
            (28, 2),
        ] {
            let mut forged = reply.clone();
            forged[index] ^= mask;
            let expected = if mask == 0x20 {
                Match::OtherCase
            } else {
                Match::None
            };
            assert_eq!(query.compare(&forged), expected, "octet {index}");
        }
        assert_eq!(query.compare(&reply[..20]), Match::None);
        assert_eq!(query.compare(&[]), Match::None);
    }
}
