//! The messages that several services share.

use cairn_proto::core::v1 as pb;
use cairn_types::{
    Account, Authorization, Certificate, Challenge, Identifier, Lease, Observation, Order, Problem, Result,
    Revocation, Subproblem,
};

use super::{Wire, message, unfit};

message! {
    Subproblem = pb::Subproblem { kind, detail, identifier }
    Observation = pb::Observation { perspective, rir, kind, summary, expected, found, remedy, steps }
    Problem = pb::Problem { kind, detail, subproblems, observations }
    Account = pb::Account {
        id, jwk, thumbprint, status, contact, terms_agreed, external_account_binding, created,
    }
    Challenge = pb::Challenge { id, kind, token, status, validated, error }
    Authorization = pb::Authorization {
        id, account, identifier, wildcard, status, expires, challenges, validated_by, created,
    }
    Order = pb::Order {
        id, account, status, expires, identifiers, profile, not_before, not_after, replaces, authorizations,
        error, serial, created,
    }
    Lease = pb::Lease { id, owner, deadline }
    Revocation = pb::Revocation { at, reason }
    Certificate = pb::Certificate {
        serial, order, account, profile, issuer, identifiers, spki, not_before, not_after, der, prepared,
        revocation,
    }
}

impl Wire<pb::Identifier> for Identifier {
    fn into_wire(self) -> pb::Identifier {
        pb::Identifier {
            r#type: self.kind().to_owned(),
            value: self.value(),
        }
    }

    fn from_wire(wire: pb::Identifier) -> Result<Self> {
        Self::parse(&wire.r#type, &wire.value).map_err(|error| unfit(&error.to_string()))
    }
}

impl Wire<Option<pb::Identifier>> for Identifier {
    fn into_wire(self) -> Option<pb::Identifier> {
        Some(self.into_wire())
    }

    fn from_wire(wire: Option<pb::Identifier>) -> Result<Self> {
        Self::from_wire(wire.ok_or_else(|| unfit("an identifier is missing"))?)
    }
}
