//! Reads one table as two: the common sections, and the rest as the service's own struct.
//!
//! serde's `flatten` cannot be combined with `deny_unknown_fields` and loses line numbers; this keeps
//! both, by taking the common keys out of the stream that the service's struct reads.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, Visitor};

use super::Common;

/// Reads the document as [`Common`] and `C`.
pub(super) fn deserialize<'de, C, D>(document: D) -> Result<(Common, C), D::Error>
where
    C: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let mut common = Common::default();
    let service = C::deserialize(Splitter {
        document,
        common: &mut common,
    })?;
    Ok((common, service))
}

/// A deserializer that shows everything but the common sections.
struct Splitter<'c, D> {
    document: D,
    common: &'c mut Common,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Splitter<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.document.deserialize_map(RestVisitor {
            visitor,
            common: self.common,
        })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct RestVisitor<'c, V> {
    visitor: V,
    common: &'c mut Common,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for RestVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Rest {
            map,
            common: self.common,
        })
    }
}

/// The entries of a table without the common ones, which go to `common` as they pass.
struct Rest<'c, A> {
    map: A,
    common: &'c mut Common,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Rest<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let mut seed = Some(seed);
        loop {
            match self.map.next_key_seed(KeySeed { seed: &mut seed })? {
                None => return Ok(None),
                Some(Key::Own(key)) => return Ok(Some(key)),
                Some(Key::Common(name)) => self.take(name)?,
            }
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

impl<'de, A: MapAccess<'de>> Rest<'_, A> {
    fn take(&mut self, section: Section) -> Result<(), A::Error> {
        match section {
            Section::Log => self.common.log = self.map.next_value()?,
            Section::Debug => self.common.debug = Some(self.map.next_value()?),
            Section::Tracing => self.common.tracing = Some(self.map.next_value()?),
            Section::Runtime => self.common.runtime = self.map.next_value()?,
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Section {
    Log,
    Debug,
    Tracing,
    Runtime,
}

impl Section {
    fn named(name: &str) -> Option<Self> {
        match name {
            "log" => Some(Self::Log),
            "debug" => Some(Self::Debug),
            "tracing" => Some(Self::Tracing),
            "runtime" => Some(Self::Runtime),
            _ => None,
        }
    }
}

enum Key<T> {
    Common(Section),
    Own(T),
}

/// Decides whose key it is, inside the parser's call, so that a refusal carries the key's position.
struct KeySeed<'s, K> {
    seed: &'s mut Option<K>,
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for KeySeed<'_, K> {
    type Value = Key<K::Value>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        let name = String::deserialize(key)?;
        if let Some(section) = Section::named(&name) {
            return Ok(Key::Common(section));
        }
        match self.seed.take() {
            Some(seed) => seed.deserialize(name.into_deserializer()).map(Key::Own),
            None => Err(D::Error::custom("a key was read twice")),
        }
    }
}
