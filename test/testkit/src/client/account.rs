//! An account and its requests.

use cairn_acme::objects::{
    AccountObject, AccountUpdate, AuthorizationObject, AuthorizationUpdate, ChallengeObject,
    IdentifierObject, KeyChangePayload, NewAccount, NewAuthorization, OrdersList, RevocationPayload,
};
use cairn_acme::{Algorithm, SignAs, SigningKey, base64url};
use cairn_types::{AuthorizationStatus, Thumbprint};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Answer, Client, ClientError, Result};

/// An account at a server.
pub struct Account {
    /// The connection to the server.
    pub client: Client,
    key: SigningKey,
    url: String,
}

/// The JSON of a payload.
pub(super) fn to_json(payload: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(payload).map_err(|error| ClientError::Crypto(error.to_string()))
}

impl Account {
    /// Creates an account with a new key for that algorithm, agreeing to the terms of service.
    pub async fn create(client: Client, algorithm: Algorithm) -> Result<Self> {
        let payload = NewAccount {
            terms_of_service_agreed: true,
            ..NewAccount::default()
        };
        let (account, _) = Self::register(client, SigningKey::generate(algorithm)?, &payload).await?;
        Ok(account)
    }

    /// Creates an account, or finds the one that the key has (RFC 8555 section 7.3).
    pub async fn register(
        mut client: Client,
        key: SigningKey,
        payload: &NewAccount,
    ) -> Result<(Self, Answer)> {
        let directory = client.shared_directory();
        let payload = to_json(payload)?;
        let answer = client
            .post(&key, SignAs::Jwk, &directory.new_account, &payload)
            .await?
            .ok()?;
        let url = answer.location()?;
        Ok((Self { client, key, url }, answer))
    }

    /// The account of that URL, which exists already.
    pub const fn existing(client: Client, key: SigningKey, url: String) -> Self {
        Self { client, key, url }
    }

    /// The same account over a connection of its own.
    #[must_use]
    pub fn another(&self) -> Self {
        Self::existing(self.client.another(), self.key.clone(), self.url.clone())
    }

    /// The account's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The account's key.
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The thumbprint of the account's key.
    pub fn thumbprint(&self) -> Thumbprint {
        self.key.public().thumbprint()
    }

    /// A signed request. Any status is an answer.
    pub async fn post(&mut self, url: &str, payload: &[u8]) -> Result<Answer> {
        let signer = SignAs::Account(&self.url);
        self.client.post(&self.key, signer, url, payload).await
    }

    /// A signed request with a JSON payload. Any status is an answer.
    pub async fn post_json(&mut self, url: &str, payload: &impl Serialize) -> Result<Answer> {
        self.post(url, &to_json(payload)?).await
    }

    /// POST-as-GET (RFC 8555 section 6.3). Any status is an answer.
    pub async fn get(&mut self, url: &str) -> Result<Answer> {
        self.post(url, b"").await
    }

    /// The account as the server sees it.
    pub async fn object(&mut self) -> Result<AccountObject> {
        let url = self.url.clone();
        self.get(&url).await?.ok()?.json()
    }

    /// Changes the account (RFC 8555 section 7.3.2).
    pub async fn update(&mut self, update: &AccountUpdate) -> Result<AccountObject> {
        let url = self.url.clone();
        self.post_json(&url, update).await?.ok()?.json()
    }

    /// Gives the account up (RFC 8555 section 7.3.6).
    pub async fn deactivate(&mut self) -> Result<AccountObject> {
        let update = AccountUpdate {
            contact: None,
            status: Some("deactivated".to_owned()),
        };
        self.update(&update).await
    }

    /// The inner JWS of a change to `new_key`.
    pub fn key_change_payload(&self, new_key: &SigningKey) -> Result<Vec<u8>> {
        let old_key = RawValue::from_string(self.key.public().jwk().to_owned())
            .map_err(|error| ClientError::Crypto(error.to_string()))?;
        let payload = KeyChangePayload {
            account: self.url.clone(),
            old_key,
        };
        let url = &self.client.directory().key_change;
        Ok(new_key.sign_inner(url, &to_json(&payload)?)?.into_bytes())
    }

    /// Replaces the account's key (RFC 8555 section 7.3.5). Any status is an answer; the new key is in use if it
    /// is a success.
    pub async fn change_key(&mut self, new_key: SigningKey) -> Result<Answer> {
        let payload = self.key_change_payload(&new_key)?;
        let directory = self.client.shared_directory();
        let answer = self.post(&directory.key_change, &payload).await?;
        if answer.status.is_success() {
            self.key = new_key;
        }
        Ok(answer)
    }

    /// The URLs of all its orders: every page of the list.
    pub async fn orders(&mut self) -> Result<Vec<String>> {
        let mut next = Some(self.object().await?.orders);
        let mut all = Vec::new();
        while let Some(url) = next {
            let page = self.get(&url).await?.ok()?;
            all.extend(page.json::<OrdersList>()?.orders);
            next = page.links("next").pop();
        }
        Ok(all)
    }

    /// An authorization.
    pub async fn authorization(&mut self, url: &str) -> Result<AuthorizationObject> {
        self.get(url).await?.ok()?.json()
    }

    /// Asks for an authorization without an order (RFC 8555 section 7.4.1). Any status is an answer.
    pub async fn new_authorization(&mut self, kind: &str, value: &str) -> Result<Answer> {
        let directory = self.client.shared_directory();
        let missing = || ClientError::answer("the directory", "has no newAuthz");
        let url = directory.new_authz.as_deref().ok_or_else(missing)?;
        let identifier = IdentifierObject {
            kind: kind.to_owned(),
            value: value.to_owned(),
        };
        self.post_json(url, &NewAuthorization { identifier }).await
    }

    /// Gives an authorization up (RFC 8555 section 7.5.2).
    pub async fn deactivate_authorization(&mut self, url: &str) -> Result<AuthorizationObject> {
        let update = AuthorizationUpdate {
            status: Some(AuthorizationStatus::Deactivated.as_str().to_owned()),
        };
        self.post_json(url, &update).await?.ok()?.json()
    }

    /// Says that a challenge can be validated (RFC 8555 section 7.5.1).
    pub async fn answer_challenge(&mut self, url: &str) -> Result<ChallengeObject> {
        self.post(url, b"{}").await?.ok()?.json()
    }

    /// Revokes a certificate in the account's name (RFC 8555 section 7.6). Any status is an answer.
    pub async fn revoke(&mut self, der: &[u8], reason: Option<i64>) -> Result<Answer> {
        let directory = self.client.shared_directory();
        let payload = RevocationPayload {
            certificate: base64url::encode(der),
            reason,
        };
        self.post_json(&directory.revoke_cert, &payload).await
    }

    /// Revokes a certificate by its own key. Any status is an answer.
    pub async fn revoke_by_key(
        client: &mut Client,
        key: &SigningKey,
        der: &[u8],
        reason: Option<i64>,
    ) -> Result<Answer> {
        let directory = client.shared_directory();
        let payload = RevocationPayload {
            certificate: base64url::encode(der),
            reason,
        };
        let payload = to_json(&payload)?;
        client
            .post(key, SignAs::Jwk, &directory.revoke_cert, &payload)
            .await
    }
}
