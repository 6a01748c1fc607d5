//! Authorizations as rows.

use cairn_types::{
    Authorization, AuthorizationStatus, Challenge, ChallengeId, ChallengeStatus, ChallengeType, Error,
    Identifier, OrderId, Problem, Thumbprint, Timestamp,
};
use diesel::{Insertable, Queryable, Selectable};
use serde::{Deserialize, Serialize};

use crate::db::column;
use crate::db::errors::{Failure, Result};
use crate::db::schema::authorizations;

/// An authorization as stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = authorizations)]
pub(crate) struct AuthorizationRow {
    id: Vec<u8>,
    account_id: Vec<u8>,
    order_id: Option<Vec<u8>>,
    identifier_type: String,
    identifier: String,
    status: String,
    expires: i64,
    challenges: String,
    answered: Option<Vec<u8>>,
    thumbprint: Option<Vec<u8>>,
    validated: Option<i64>,
    caa_checked: Option<i64>,
    error: Option<String>,
    /// The lease under which it is, or was last, worked on.
    pub(crate) lease_id: Option<Vec<u8>>,
    created: i64,
}

/// The part of a challenge that never changes.
#[derive(Serialize, Deserialize)]
struct StoredChallenge {
    id: String,
    #[serde(rename = "type")]
    kind: ChallengeType,
    token: String,
}

impl AuthorizationRow {
    pub(crate) fn decode(&self) -> Result<Authorization> {
        let identifier =
            Identifier::parse(&self.identifier_type, &self.identifier).map_err(|error| Failure::Damaged {
                what: "identifier",
                why: error.to_string(),
            })?;
        let status = column::text("authorization status", &self.status)?;
        let validated_by = match self.validated {
            Some(_) => Some(self.thumbprint()?),
            None => None,
        };
        Ok(Authorization {
            id: column::id(&self.id)?,
            account: column::id(&self.account_id)?,
            identifier: identifier.base(),
            wildcard: identifier.is_wildcard(),
            status,
            expires: Timestamp::from_millis(self.expires),
            challenges: self.challenges(status)?,
            validated_by,
            created: Timestamp::from_millis(self.created),
        })
    }

    /// When CAA records were last found to permit issuance; the epoch if never.
    pub(crate) fn caa_checked(&self) -> Timestamp {
        Timestamp::from_millis(self.caa_checked.unwrap_or(0))
    }

    /// The order that it was made with.
    pub(crate) fn order(&self) -> Result<Option<OrderId>> {
        self.order_id.as_deref().map(column::id).transpose()
    }

    /// Whether it is, or was, valid.
    pub(crate) const fn was_valid(&self) -> bool {
        self.validated.is_some()
    }

    /// The challenge that was answered.
    pub(crate) fn answered(&self) -> Result<ChallengeId> {
        column::id(self.answered.as_deref().unwrap_or_default())
    }

    /// The account key that control is, or was, proved with.
    pub(crate) fn thumbprint(&self) -> Result<Thumbprint> {
        Thumbprint::from_slice(self.thumbprint.as_deref().unwrap_or_default())
            .map_err(column::damaged("thumbprint"))
    }

    fn challenges(&self, status: AuthorizationStatus) -> Result<Vec<Challenge>> {
        let stored: Vec<StoredChallenge> = column::json("challenges", &self.challenges)?;
        stored
            .iter()
            .map(|challenge| self.challenge(challenge, status))
            .collect()
    }

    /// The challenge that was answered shares the fate of its authorization; the others never had one.
    fn challenge(&self, stored: &StoredChallenge, status: AuthorizationStatus) -> Result<Challenge> {
        let id: ChallengeId = column::text("challenge id", &stored.id)?;
        let mut challenge = Challenge {
            id,
            kind: stored.kind,
            token: column::text("token", &stored.token)?,
            status: ChallengeStatus::Pending,
            validated: None,
            error: None,
        };
        if self.answered.as_deref() == Some(id.as_bytes()) {
            challenge.validated = column::moment(self.validated);
            challenge.error = self.error()?;
            challenge.status = match status {
                _ if self.validated.is_some() => ChallengeStatus::Valid,
                AuthorizationStatus::Pending => ChallengeStatus::Processing,
                _ => ChallengeStatus::Invalid,
            };
        }
        Ok(challenge)
    }

    fn error(&self) -> Result<Option<Problem>> {
        self.error
            .as_deref()
            .map(|error| column::json("error", error))
            .transpose()
    }
}

/// An authorization to store.
#[derive(Insertable)]
#[diesel(table_name = authorizations, treat_none_as_default_value = false)]
pub(crate) struct NewAuthorizationRow<'a> {
    id: &'a [u8],
    account_id: &'a [u8],
    order_id: Option<Vec<u8>>,
    identifier_type: &'a str,
    identifier: String,
    status: &'a str,
    expires: i64,
    challenges: String,
    created: i64,
}

impl<'a> NewAuthorizationRow<'a> {
    /// The row of a pending authorization, and the order that it is made with.
    pub(crate) fn encode(authorization: &'a Authorization, order: Option<&OrderId>) -> Result<Self> {
        let challenges: Vec<_> = authorization
            .challenges
            .iter()
            .map(|challenge| StoredChallenge {
                id: challenge.id.to_string(),
                kind: challenge.kind,
                token: challenge.token.as_str().to_owned(),
            })
            .collect();
        Ok(Self {
            id: authorization.id.as_bytes(),
            account_id: authorization.account.as_bytes(),
            order_id: order.map(|order| order.as_bytes().to_vec()),
            identifier_type: authorization.identifier.kind(),
            identifier: authorization.ordered_identifier().value(),
            status: AuthorizationStatus::Pending.as_str(),
            expires: authorization.expires.as_millis(),
            challenges: column::to_json(&challenges)?,
            created: authorization.created.as_millis(),
        })
    }
}

/// The refusal of a call whose lease another holds, or whose authorization is final.
pub(crate) fn not_held(status: AuthorizationStatus) -> Error {
    match status {
        AuthorizationStatus::Pending => Error::conflict("the lease on the authorization was taken over"),
        status => Error::conflict(format!("the authorization is {status}")),
    }
}
