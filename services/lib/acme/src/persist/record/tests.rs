//! What is a record, and what is not.

use proptest::prelude::*;

use super::*;

const URI: &str = "https://ca.example/acme/account/1";

fn record(wildcard: bool, until: Option<i64>) -> Record {
    Record {
        issuer: "ca.example".to_owned(),
        account_uri: URI.to_owned(),
        wildcard,
        until: until.map(Timestamp::from_secs),
    }
}

#[test]
fn records() {
    for (text, expected) in [
        (format!("ca.example; accounturi={URI}"), record(false, None)),
        (format!("ca.example;accounturi={URI}"), record(false, None)),
        (
            format!(" ca.example\t;\taccounturi = {URI} "),
            record(false, None),
        ),
        (
            format!("ca.example; AccountURI={URI}; POLICY=WildCard"),
            record(true, None),
        ),
        (
            format!("ca.example; policy=wildcard; accounturi={URI}"),
            record(true, None),
        ),
        (
            format!("ca.example; accounturi={URI}; policy=wildcards"),
            record(false, None),
        ),
        (
            format!("ca.example; accounturi={URI}; policy="),
            record(false, None),
        ),
        (
            format!("ca.example; accounturi={URI}; persistUntil=1800000000"),
            record(false, Some(1_800_000_000)),
        ),
        (
            format!("ca.example; persistuntil=0; accounturi={URI}"),
            record(false, Some(0)),
        ),
        (
            format!("ca.example; accounturi={URI}; note=x; note=y; a-b=c=d"),
            record(false, None),
        ),
    ] {
        assert_eq!(Record::parse(text.as_bytes()), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_precisely() {
    let account = format!("accounturi={URI}");
    for (text, error) in [
        (String::new(), RecordError::Issuer),
        (format!("; {account}"), RecordError::Issuer),
        (format!("ca..example; {account}"), RecordError::Issuer),
        (format!("ca.example.; {account}"), RecordError::Issuer),
        (format!("ca example; {account}"), RecordError::Issuer),
        (account.clone(), RecordError::Issuer),
        ("ca.example".to_owned(), RecordError::NoAccount),
        ("ca.example;".to_owned(), RecordError::NoAccount),
        ("ca.example; accounturi=".to_owned(), RecordError::NoAccount),
        ("ca.example; policy=wildcard".to_owned(), RecordError::NoAccount),
        (format!("ca.example; {account};"), RecordError::Parameter(2)),
        (
            format!("ca.example; {account}; wildcard"),
            RecordError::Parameter(2),
        ),
        (format!("ca.example; =1; {account}"), RecordError::Parameter(1)),
        (format!("ca.example; a_b=1; {account}"), RecordError::Parameter(1)),
        (
            format!("ca.example; {account} policy=wildcard"),
            RecordError::Parameter(1),
        ),
        (
            format!("ca.example; {account}; {account}"),
            RecordError::Duplicate("accounturi"),
        ),
        (
            format!("ca.example; {account}; policy=wildcard; Policy=x"),
            RecordError::Duplicate("policy"),
        ),
        (
            format!("ca.example; {account}; persistUntil=1; persistuntil=1"),
            RecordError::Duplicate("persistUntil"),
        ),
        (
            format!("ca.example; {account}; persistUntil="),
            RecordError::Until,
        ),
        (
            format!("ca.example; {account}; persistUntil=-1"),
            RecordError::Until,
        ),
        (
            format!("ca.example; {account}; persistUntil=+1"),
            RecordError::Until,
        ),
        (
            format!("ca.example; {account}; persistUntil=1.5"),
            RecordError::Until,
        ),
        (
            format!("ca.example; {account}; persistUntil=2027-01-01T00:00:00Z"),
            RecordError::Until,
        ),
        (
            format!("ca.example; {account}; persistUntil=9999999999999"),
            RecordError::Until,
        ),
        (format!("ca.example; {account}\n"), RecordError::NotAscii),
        (format!("ca.example; {account}é"), RecordError::NotAscii),
        (format!("ca.example; {account}\0"), RecordError::NotAscii),
    ] {
        assert_eq!(Record::parse(text.as_bytes()), Err(error), "{text:?}");
    }
    assert_eq!(Record::parse(b"ca.example\xff"), Err(RecordError::NotAscii));
}

proptest! {
    #[test]
    fn what_is_written_is_read(wildcard: bool, until in prop::option::of(0..=999_999_999_999_i64)) {
        let record = record(wildcard, until);
        prop_assert_eq!(Record::parse(record.to_string().as_bytes()), Ok(record));
    }

    #[test]
    fn anything_is_parsed_or_refused(text in prop::collection::vec(any::<u8>(), 0..80), like in "ca[.]example(; ?(accounturi|policy|persistUntil|x)=[a-z0-9]{0,3}){0,4}") {
        let _ = Record::parse(&text);
        if let Ok(record) = Record::parse(like.as_bytes()) {
            prop_assert_eq!(Record::parse(record.to_string().as_bytes()), Ok(record));
        }
    }
}
