//! What a log is sent, and what it answers (RFC 6962 section 4.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::sct::{SctError, timestamp};
use crate::{LogId, Sct};

/// The path of a submission of a precertificate, below the log's URL.
pub const ADD_PRE_CHAIN: &str = "ct/v1/add-pre-chain";

#[derive(Serialize)]
struct Request {
    chain: Vec<String>,
}

/// Members that are not known are those of later versions of the protocol.
#[derive(Deserialize)]
struct Answer {
    sct_version: u64,
    id: String,
    timestamp: u64,
    extensions: String,
    signature: String,
}

/// Why a log's answer is no SCT.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not JSON, or not with the members that it must have.
    #[error("the log's answer is not as RFC 6962 says: {0}")]
    Json(String),
    /// A member is not base64.
    #[error("{0:?} in the log's answer is not base64")]
    Base64(&'static str),
    /// The id does not have 32 octets.
    #[error("the id in the log's answer does not have 32 octets")]
    Id,
    /// It is JSON, but no SCT.
    #[error(transparent)]
    Sct(#[from] SctError),
}

/// The JSON of a submission: a certificate, then its issuers, as DER.
pub fn request<'c>(chain: impl IntoIterator<Item = &'c [u8]>) -> Vec<u8> {
    let chain = chain.into_iter().map(|der| STANDARD.encode(der)).collect();
    // A list of strings has a JSON form.
    serde_json::to_vec(&Request { chain }).unwrap_or_default()
}

/// Reads the JSON of a log's answer.
pub fn answer(json: &[u8]) -> Result<Sct, AnswerError> {
    let answer: Answer =
        serde_json::from_slice(json).map_err(|error| AnswerError::Json(error.to_string()))?;
    if answer.sct_version != 0 {
        let version = u8::try_from(answer.sct_version).unwrap_or(u8::MAX);
        return Err(SctError::Version(version).into());
    }
    let decode = |member, text: &str| STANDARD.decode(text).map_err(|_| AnswerError::Base64(member));
    let id = decode("id", &answer.id)?
        .try_into()
        .map_err(|_| AnswerError::Id)?;
    let sct = Sct {
        log: LogId(id),
        timestamp: timestamp(answer.timestamp)?,
        extensions: decode("extensions", &answer.extensions)?,
        signature: decode("signature", &answer.signature)?,
    };
    sct.signature_parts()?;
    Ok(sct)
}

#[cfg(test)]
mod tests {
    use cairn_types::Timestamp;

    use super::*;

    #[test]
    fn a_submission_is_a_list_of_base64() {
        let chain: [&[u8]; 2] = [&[0xfb, 0xff], &[0]];
        assert_eq!(request(chain), br#"{"chain":["+/8=","AA=="]}"#);
    }

    fn json(version: &str, id: &str, timestamp: &str, extensions: &str, signature: &str) -> String {
        format!(
            r#"{{"sct_version":{version},"id":"{id}","timestamp":{timestamp},"extensions":"{extensions}","signature":"{signature}","new":1}}"#
        )
    }

    #[test]
    fn an_answer_is_read() {
        let id = STANDARD.encode([7; 32]);
        let sct = answer(json("0", &id, "1800000000123", "", "BAMAAaA=").as_bytes()).unwrap();
        assert_eq!(sct.log, LogId([7; 32]));
        assert_eq!(sct.timestamp, Timestamp::from_millis(1_800_000_000_123));
        assert_eq!(sct.signature, [4, 3, 0, 1, 0xa0]);
    }

    #[test]
    fn other_answers_are_refused() {
        let id = STANDARD.encode([7; 32]);
        for (text, why) in [
            (json("1", &id, "1", "", "BAMAAaA="), "SCT version 1 is not known"),
            (json("0", "AA==", "1", "", "BAMAAaA="), "does not have 32 octets"),
            (
                json("0", &id, "9223372036854775808", "", "BAMAAaA="),
                "out of range",
            ),
            (json("0", &id, "-1", "", "BAMAAaA="), "not as RFC 6962 says"),
            (json("0", &id, "1", "%", "BAMAAaA="), "\"extensions\""),
            (json("0", &id, "1", "", "BAMAAaA"), "\"signature\""),
            (json("0", &id, "1", "", "BAMA"), "wrong length"),
            (json("0", &id, "1", "", "BAMAAaCg"), "wrong length"),
            ("{}".to_owned(), "not as RFC 6962 says"),
            ("<html>".to_owned(), "not as RFC 6962 says"),
        ] {
            let error = answer(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
