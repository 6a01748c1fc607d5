//! Identifier objects (RFC 8555 section 9.7.7).

use cairn_types::{Identifier, IdentifierError};
use serde::{Deserialize, Deserializer, Serialize};

use crate::json;

/// An identifier as it stands in JSON, perhaps of a type that is not supported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdentifierObject {
    /// `dns` or `ip`, if it is one of ours.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name or address.
    pub value: String,
}

impl IdentifierObject {
    /// The identifier, if it is one.
    pub fn parse(&self) -> Result<Identifier, IdentifierError> {
        Identifier::parse(&self.kind, &self.value)
    }
}

impl From<&Identifier> for IdentifierObject {
    fn from(identifier: &Identifier) -> Self {
        Self {
            kind: identifier.kind().to_owned(),
            value: identifier.value(),
        }
    }
}

#[derive(Deserialize)]
struct Members {
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

impl<'de> Deserialize<'de> for IdentifierObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Members { kind, value } = json::object(deserializer)?;
        Ok(Self { kind, value })
    }
}
