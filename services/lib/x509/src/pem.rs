//! Textual encoding of certificates (RFC 7468), strictly: what a client is given can be read by every parser.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
const LINE: usize = 64;

/// Why a text is not a bundle of certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// No certificate at all.
    #[error("the bundle holds no certificate")]
    Empty,
    /// A line that does not belong there.
    #[error("line {line} of the bundle: {reason}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// The certificate as one PEM block, with a line feed at its end.
pub fn encode(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = String::with_capacity(body.len() + body.len() / LINE + 64);
    text.push_str(BEGIN);
    for (at, character) in body.chars().enumerate() {
        if at % LINE == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push('\n');
    text.push_str(END);
    text.push('\n');
    text
}

/// The certificates of a bundle. Nothing but blocks, each in lines of 64 characters, and empty lines between blocks.
pub fn decode(text: &str) -> Result<Vec<Vec<u8>>, PemError> {
    let mut certificates = Vec::new();
    let mut body = None::<String>;
    let mut last_is_full = true;
    for (index, line) in text.lines().enumerate() {
        let fault = |reason| PemError::Line {
            line: index + 1,
            reason,
        };
        match (&mut body, line) {
            (None, "") => {}
            (None, BEGIN) => {
                body = Some(String::new());
                last_is_full = true;
            }
            (None, _) => return Err(fault("only certificates may be here")),
            (Some(base64), END) => {
                let der = STANDARD.decode(base64.as_bytes()).unwrap_or_default();
                if der.is_empty() {
                    return Err(fault("the base64 above is not valid"));
                }
                certificates.push(der);
                body = None;
            }
            (Some(base64), line) if last_is_full && line.len() <= LINE && !line.is_empty() => {
                last_is_full = line.len() == LINE;
                base64.push_str(line);
            }
            (Some(_), _) => {
                return Err(fault(
                    "lines hold 64 characters, the last of a block perhaps fewer",
                ));
            }
        }
    }
    match body {
        Some(_) => Err(PemError::Line {
            line: text.lines().count(),
            reason: "the last block does not end",
        }),
        None if certificates.is_empty() => Err(PemError::Empty),
        None => Ok(certificates),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn strictness() {
        let block = encode(&[7; 100]);
        assert_eq!(
            decode(&format!("{block}\n{block}")).unwrap(),
            [[7; 100], [7; 100]]
        );
        assert_eq!(decode(""), Err(PemError::Empty));
        for text in [
            format!("subject=CN\n{block}"),
            format!("{block}trailer"),
            block.replace("CERTIFICATE", "PRIVATE KEY"),
            block.replacen('\n', "\n\n", 1),
            block.replacen("BwcH", "Bw cH", 1),
            block.replace("==", "="),
            block.replacen("BwcHBwcH", "BwcH\nBwcH", 1),
            block[..block.len() - 5].to_owned(),
            format!("{BEGIN}\n{END}\n"),
            format!("{BEGIN}\nBx==\n{END}\n"),
        ] {
            assert!(decode(&text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes(der in proptest::collection::vec(any::<u8>(), 1..300)) {
            prop_assert_eq!(decode(&encode(&der)).unwrap(), vec![der]);
        }

        #[test]
        fn any_text_gets_an_answer(text in "(-----BEGIN CERTIFICATE-----\n|[A-Za-z0-9+/=]{0,70}\n|\\PC{0,10}|-----END CERTIFICATE-----\n){0,6}") {
            if let Ok(list) = decode(&text) {
                prop_assert!(!list.is_empty());
            }
        }
    }
}
