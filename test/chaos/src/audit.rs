//! What the certificate authority says it signed, against what is stored.

use std::collections::{BTreeMap, BTreeSet};

/// The audit records of signatures.
const EVENT: &str = "certificate.signed";

/// Serials in the log, and how often each was signed. An order has one to-be-signed certificate, which may be signed again
/// after a crash.
pub(crate) fn signed(log: &str) -> BTreeMap<String, u32> {
    let mut signed = BTreeMap::new();
    for line in log.lines().filter(|line| line.contains(EVENT)) {
        if let Some(serial) = field(line, "id=") {
            *signed.entry(serial.to_owned()).or_default() += 1;
        }
    }
    signed
}

/// The value of a field, without quotes.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split_whitespace()
        .find_map(|part| part.strip_prefix(name))
        .map(|value| value.trim_matches('"'))
}

/// What is signed and not stored, or stored and not signed.
pub(crate) fn differences(signed: &BTreeMap<String, u32>, stored: &BTreeSet<String>) -> Vec<String> {
    let lost = signed
        .keys()
        .filter(|serial| !stored.contains(*serial))
        .map(|serial| format!("serial {serial} was signed, and is stored nowhere"));
    let unsigned = stored
        .iter()
        .filter(|serial| !signed.contains_key(*serial))
        .map(|serial| format!("serial {serial} is stored, and was signed by nobody"));
    lost.chain(unsigned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_and_certificates_are_the_same() {
        let log = "2026 INFO audit: event=\"certificate.signed\" object=\"certificate\" id=\"01aa\" to=\"signed\"\n\
            2026 INFO audit: event=\"certificate.signed\" object=\"certificate\" id=01bb\n\
            2026 INFO audit: event=\"certificate.signed\" object=\"certificate\" id=01bb\n\
            2026 INFO other: id=01cc\n";
        let signed = signed(log);
        assert_eq!(signed, [("01aa".to_owned(), 1), ("01bb".to_owned(), 2)].into());
        let stored = |serials: &[&str]| serials.iter().map(|it| (*it).to_owned()).collect();
        assert!(differences(&signed, &stored(&["01aa", "01bb"])).is_empty());
        assert_eq!(
            differences(&signed, &stored(&["01bb", "01dd"])),
            [
                "serial 01aa was signed, and is stored nowhere",
                "serial 01dd is stored, and was signed by nobody"
            ]
        );
    }
}
