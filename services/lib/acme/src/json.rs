//! JSON objects from outside.
//!
//! A derived `Deserialize` also takes an array for a struct, member by member. ACME messages are objects,
//! so everything from outside is read through [`from_slice`].

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

/// The bytes are not the JSON object that was expected. The text is for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JsonError(String);

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        /// Enough for the message, too little for an input that is quoted in it.
        const MOST: usize = 200;
        Self(error.to_string().chars().take(MOST).collect())
    }
}

impl From<JsonError> for cairn_types::Error {
    fn from(error: JsonError) -> Self {
        Self::malformed(error.0)
    }
}

/// Reads one JSON object with nothing but white space around it. Repeated members are refused.
pub fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = object(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// For `deserialize_with`: a struct from an object, and from nothing else.
pub(crate) fn object<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(Object(PhantomData))
}

/// For `deserialize_with` beside `default`: a member that may be absent, but not null.
pub(crate) fn not_null<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// For `deserialize_with` beside `default`: whether the member is there, whatever its value.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Pair {
        a: u8,
        b: u8,
    }

    #[test]
    fn objects_only_and_nothing_after_them() {
        assert_eq!(
            from_slice(b" {\"a\":1,\"b\":2,\"c\":[]} "),
            Ok(Pair { a: 1, b: 2 })
        );
        for text in [
            "",
            "[1,2]",
            "null",
            "{\"a\":1,\"b\":2}{}",
            "{\"a\":1,\"a\":1,\"b\":2}",
            "{\"a\":1,\"b\":\"2\"}",
        ] {
            assert!(from_slice::<Pair>(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_message_quotes_little_of_its_input() {
        let text = format!("{{\"a\":\"{}\"}}", "x".repeat(5000));
        let error = from_slice::<Pair>(text.as_bytes()).unwrap_err();
        assert!(error.to_string().len() <= 200);
    }
}
